"""Cutting: which windows of a scene become chips, at which scales, or the whole image as one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import Window
from satseek.raster.windows import ChipWindow, windows_of

MOST_WINDOWS = 20_000_000  # of one scene; more is a broken header, or a job that nobody meant
HARDLY_LARGER = 2.0  # times a chip's side: so large a raster without a place is one picture, not a scene
LEAST_PIXELS = 8  # of the source behind one side of a chip; below, a chip shows nothing but smear


@dataclass(frozen=True)
class CutPlan:
    """How scenes are cut into chips; checked as it is made."""

    chip: int = 224  # pixels a side
    overlap: float = 0.25  # share of a chip's side
    scales: tuple[float, ...] = (1.0,)  # source pixels per chip pixel
    chip_metres: float | None = None  # side of a chip on the ground at scale 1
    max_nodata: float = 0.5
    whole_images: bool | None = None  # None: pictures without a place, and rasters without one that are hardly larger

    def __post_init__(self) -> None:
        if not 16 <= self.chip <= 4096:
            raise UsageError(f"A chip is 16 to 4096 pixels a side; {self.chip} is not (--chip).")
        if not 0 <= self.overlap <= 0.9:
            raise UsageError(f"Chips overlap by 0 to 0.9 of their side; {self.overlap:g} is not within (--overlap).")
        if not self.scales or not all(math.isfinite(scale) and 0.01 <= scale <= 10_000 for scale in self.scales):
            raise UsageError(
                "Scales are source pixels per chip pixel: numbers between 0.01 and 10000, such as --scales 1,2,4."
            )
        if self.chip_metres is not None and not (math.isfinite(self.chip_metres) and self.chip_metres > 0):
            raise UsageError(f"A chip's side in metres is above 0; {self.chip_metres:g} is not (--chip-metres).")
        if not 0 <= self.max_nodata <= 1:
            raise UsageError(f"A chip may hold a share of 0 to 1 of nodata, not {self.max_nodata:g} (--max-nodata).")


@dataclass(frozen=True)
class Cutting:
    """The windows of one scene, known from its header alone; they are made as they are asked for."""

    width: int
    height: int
    chip: int
    overlap: float
    scales: tuple[float, ...]  # none: the whole image is one chip

    def __iter__(self) -> Iterator[ChipWindow]:
        if not self.scales:
            return iter((self._whole(),))
        return windows_of(self.width, self.height, chip=self.chip, overlap=self.overlap, scales=self.scales)

    @property
    def is_whole(self) -> bool:
        """Whether the image stays in one piece."""
        return not self.scales

    def _whole(self) -> ChipWindow:
        scale = max(1.0, max(self.width, self.height) / self.chip)
        size = max(1, round(self.height / scale)), max(1, round(self.width / scale))
        return ChipWindow(Window(0, 0, self.width, self.height), scale, size)


def cut(
    plan: CutPlan,
    *,
    width: int,
    height: int,
    ground_resolution_m: float | None = None,
    has_place: bool = True,
    is_picture: bool = False,
) -> Cutting:
    """Return the windows that a plan makes of a scene of this size; `SourceError` where it cannot be cut so.

    A picture is a file in a format for screens, such as PNG; without a place on the globe it stays whole.
    """
    whole = plan.whole_images
    if whole is None:
        whole = not has_place and (is_picture or max(width, height) <= HARDLY_LARGER * plan.chip)
    scales = () if whole else _scales(plan, ground_resolution_m)
    for scale in scales:
        if plan.chip * scale < LEAST_PIXELS:
            raise SourceError(
                f"A chip would be only {plan.chip * scale:.1f} source pixels wide. "
                "Choose coarser chips with --chip-metres or --scales."
            )
    windows = sum(_about(width, height, plan, scale) for scale in scales)
    if windows > MOST_WINDOWS:
        raise SourceError(
            f"Its {width:,} × {height:,} pixels would be cut into about {windows:,.0f} chips; the limit is "
            f"{MOST_WINDOWS:,}. Is the size in its header right? If so, choose coarser chips with --scales."
        )
    return Cutting(width, height, plan.chip, plan.overlap, scales)


def _scales(plan: CutPlan, ground_resolution_m: float | None) -> tuple[float, ...]:
    if plan.chip_metres is None:
        return plan.scales
    if not ground_resolution_m:
        raise SourceError(
            "Its pixels have no size in metres, so --chip-metres cannot cut it. Leave the option out, or use --whole."
        )
    at_one = plan.chip_metres / (plan.chip * ground_resolution_m)
    # six digits: far finer than a pixel of the chip's side, and the same on every machine, for it is part of the id
    return tuple(float(f"{scale * at_one:.6g}") for scale in plan.scales)


def _about(width: int, height: int, plan: CutPlan, scale: float) -> float:
    side = plan.chip * scale
    step = max(1.0, side * (1 - plan.overlap))
    across, down = (max(1.0, math.ceil((length - side) / step) + 1.0) for length in (width, height))
    return across * down
