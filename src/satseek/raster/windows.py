"""Windows: how a scene of any size is cut into chips, lazily and always in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from satseek.core.errors import UsageError
from satseek.core.scene import Window


class ChipWindow(NamedTuple):
    """A window of source pixels, how much coarser than them the chip is, and the chip's (height, width)."""

    window: Window
    scale: float
    size: tuple[int, int]


def windows_of(
    width: int, height: int, *, chip: int, overlap: float, scales: Sequence[float] = (1.0,)
) -> Iterator[ChipWindow]:
    """Yield the windows that cover a scene at each scale, row by row; edge windows are shifted to stay whole.

    A side that is shorter than a window is taken whole. A scene that is smaller than a window both ways gives one
    window of all of it, scaled down to fit the chip if need be and never enlarged; a window comes once however many
    scales ask for it.
    """
    _check(width, height, chip, overlap, scales)
    return _all_scales(width, height, chip, overlap, scales)


def _check(width: int, height: int, chip: int, overlap: float, scales: Sequence[float]) -> None:
    if chip < 1:
        raise UsageError(f"A chip of {chip} pixels cannot be cut. Give --chip a whole number such as 224.")
    if not 0 <= overlap < 1:
        raise UsageError(f"An overlap of {overlap:g} is not possible. Give a share from 0 up to, not including, 1.")
    if not scales or any(not scale > 0 for scale in scales):
        raise UsageError(f"Scales must be above 0, such as 1,2,4. These are {', '.join(map(str, scales)) or 'none'}.")
    if width < 1 or height < 1:
        raise UsageError(f"A scene of {width}×{height} pixels has nothing to cut.")


def _all_scales(width: int, height: int, chip: int, overlap: float, scales: Sequence[float]) -> Iterator[ChipWindow]:
    done: set[tuple[int, int]] = set()
    for scale in scales:
        side = max(1, round(chip * scale))
        window_width, window_height = min(side, width), min(side, height)
        if (window_width, window_height) in done:
            continue
        done.add((window_width, window_height))
        whole = side >= width and side >= height
        fit = max(1.0, max(width, height) / chip) if whole else float(scale)
        size = max(1, round(window_height / fit)), max(1, round(window_width / fit))
        step = max(1, round(side * (1 - overlap)))
        for row in _starts(height, window_height, step):
            for column in _starts(width, window_width, step):
                yield ChipWindow(Window(column, row, window_width, window_height), fit, size)


def _starts(length: int, side: int, step: int) -> Iterator[int]:
    last = length - side
    yield from range(0, last, step)
    yield last
