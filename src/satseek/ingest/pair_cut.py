"""Pairs from any two rasters of one place: both cut into chips on one grid, and looked at whether their edges match."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.datasets.gather import split_by_name
from satseek.datasets.pairs_folder import CUTTING, LIST, MOST_DAYS
from satseek.ingest.pair_grid import CommonGrid, common_grid, on_grid
from satseek.models.structure.alignment import Offset, offset_between
from satseek.raster.read import SceneReader
from satseek.raster.recognise import Override, scene_of_files

MOST_NODATA = 0.05  # of either picture
_CHECKED = 24  # pairs that the edges are compared on
_APART_PIXELS = 1.5  # beyond which the person is warned
_BLOCK = 4  # chips a side that go to one split together, so that neighbours seldom stand in two
_ROLES = {"s1": "s1", "s2": "s2", "rgb": "s2"}
_NAMES = {"red": "B04", "green": "B03", "blue": "B02"}


@dataclass(frozen=True)
class PairPlan:
    """How pairs are cut."""

    chip: int = 256  # pixels a side
    metres: float | None = None  # side of a pixel; the coarser of both unless told
    max_nodata: float = MOST_NODATA
    max_days: float = MOST_DAYS

    def __post_init__(self) -> None:
        if not 32 <= self.chip <= 4096:
            raise UsageError(f"A chip is 32 to 4096 pixels a side; {self.chip} is not (--chip).")
        if self.metres is not None and not (math.isfinite(self.metres) and self.metres > 0):
            raise UsageError(f"A pixel's side is above 0 m; {self.metres:g} is not (--metres).")
        if not 0 <= self.max_nodata <= 1:
            raise UsageError(f"Nodata is a share of 0 to 1, not {self.max_nodata:g} (--max-nodata).")


@dataclass(frozen=True)
class PairsReport:
    """What was cut, what was left out, and how well both lie on each other."""

    folder: Path
    pairs: int
    skipped: int  # places where one of both has too little
    crs: str
    metres: float
    offset: Offset | None
    warnings: tuple[str, ...] = ()
    splits: dict[str, int] = field(default_factory=dict)

    @property
    def offset_m(self) -> tuple[float, float] | None:
        """How far south and east of the radar one the optical raster shows the same ground, in metres."""
        if self.offset is None or not self.offset.is_clear:
            return None
        return self.offset.down * self.metres, self.offset.right * self.metres

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        shift = self.offset_m
        return {
            "folder": str(self.folder),
            "pairs": self.pairs,
            "skipped": self.skipped,
            "crs": self.crs,
            "metres": self.metres,
            "splits": self.splits,
            "south_m": None if shift is None else round(shift[0], 2),
            "east_m": None if shift is None else round(shift[1], 2),
            "clearness": None if self.offset is None else round(self.offset.clearness, 2),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        splits = ", ".join(f"{split} {count:,}" for split, count in self.splits.items())
        lines = [
            f"{self.pairs:,} pairs ({splits}) in {self.folder}, {self.metres:.4g} m a pixel, {self.crs}; "
            f"{self.skipped:,} places left out where one of both has no data"
        ]
        if self.offset_m is not None:
            south, east = self.offset_m
            lines.append(f"the optical raster shows the same ground {said_offset(south, east)} of the radar one")
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])


def cut_pairs(
    first: Scene,
    second: Scene,
    folder: Path,
    plan: PairPlan | None = None,
    *,
    on_place: Callable[[int, int], None] = lambda done, total: None,
) -> PairsReport:
    """Cut two scenes of one place into pairs, write them as a folder of pairs, and say how well they match.

    A cut that was killed is gone on with by the same call: what it wrote is kept, and the folder is none of pairs until
    all is written.
    """
    plan = plan or PairPlan()
    radar, optical = _roles(first, second)
    _require_near(radar.datetime, optical.datetime, plan.max_days)
    if (folder / LIST).exists():
        raise UsageError(f"{folder} holds pairs already. Name another folder with -o.")
    with SceneReader(radar) as one, SceneReader(optical) as other:
        grid = common_grid((one, other), plan.chip, plan.metres)
        cut = _Cut(folder, plan, grid, {"s1": one, "s2": other})
        cut.begin()
        records, skipped = [], 0
        places = list(grid.places(plan.chip))
        for done, (row, column) in enumerate(places, start=1):
            record = cut.write(row, column)
            skipped += record is None
            records += [] if record is None else [record]
            on_place(done, len(places))
        warnings = [*(f"{each.scene.source}: {text}" for each in (one, other) for text in each.warnings)]
        if not records:
            raise SourceError(
                f"{radar.source} and {optical.source} share ground, and nowhere do both have data for a chip of "
                f"{plan.chip} pixels. Allow more nodata with --max-nodata, or cut smaller chips with --chip."
            )
        offset = offset_between(cut.sample(records))
    warnings += _offset_warnings(offset, grid.metres)
    cut.write_list(records)
    splits: dict[str, int] = {}
    for record in records:
        splits[record["split"]] = splits.get(record["split"], 0) + 1
    return PairsReport(
        folder, len(records), skipped, grid.crs.to_string(), grid.metres, offset, tuple(warnings), splits
    )


def scene_of(path: str, sensor: str | None, bands: tuple[str, ...], unit: str | None) -> Scene:
    """Return the scene of one file, with what the person says of it."""
    return scene_of_files([path], Override(sensor=sensor, bands=bands, unit=unit))


def said_offset(south: float, east: float) -> str:
    """Return an offset in words: 120 m south and 40 m west."""
    down = f"{abs(south):.0f} m {'south' if south >= 0 else 'north'}"
    return f"{down} and {abs(east):.0f} m {'east' if east >= 0 else 'west'}"


@dataclass
class _Cut:
    folder: Path
    plan: PairPlan
    grid: CommonGrid
    readers: dict[str, SceneReader]
    goes_on: bool = False  # with what an earlier cut wrote before it was killed

    def begin(self) -> None:
        """Keep what a cut of the very same rasters wrote before it was stopped; remove that of any other."""
        sources = {sensor: [reader.scene.address(), _changed(reader.scene)] for sensor, reader in self.readers.items()}
        told = json.dumps([sources, asdict(self.plan), self.grid.crs.to_string(), self.grid.metres])
        note = self.folder / CUTTING
        self.goes_on = note.exists() and note.read_text(encoding="utf-8") == told
        if note.exists() and not self.goes_on:
            for sensor in self.readers:
                for path in (self.folder / sensor).glob("*.tif"):
                    path.unlink()
        self.folder.mkdir(parents=True, exist_ok=True)
        note.write_text(told, encoding="utf-8")

    def read(self, row: int, column: int) -> dict[str, Pixels]:
        """Return both pictures of one place."""
        place = self.grid.chip(row, column)
        return {sensor: on_grid(reader, self.grid, place, self.plan.chip) for sensor, reader in self.readers.items()}

    def write(self, row: int, column: int) -> dict[str, Any] | None:
        """Write both pictures of one place and return what the list says of them; None where one has too little."""
        name, place = f"{row:06}_{column:06}", self.grid.chip(row, column)
        paths = {sensor: self.folder / sensor / f"{name}.tif" for sensor in self.readers}
        if not (self.goes_on and all(path.exists() for path in paths.values())):
            chips = self.read(row, column)
            if any(chip.nodata_share > self.plan.max_nodata for chip in chips.values()):
                return None
            for sensor, chip in chips.items():
                _write(paths[sensor], chip, place, self.grid.crs)
        side = self.plan.chip
        (west, north), (east, south) = place @ (0, 0), place @ (side, side)
        block = f"{row // (_BLOCK * side)}-{column // (_BLOCK * side)}"
        dates = {f"{sensor}_date": _day(reader.scene.datetime) for sensor, reader in self.readers.items()}
        files = {sensor: f"{sensor}/{name}.tif" for sensor in self.readers}
        bounds = [west, south, east, north]
        return {"id": name, "split": split_by_name(block), **files, "bounds": bounds, **dates}

    def sample(self, records: list[dict[str, Any]]) -> Iterator[tuple[Pixels, Pixels]]:
        """Yield some pairs from all over the ground."""
        for number in np.linspace(0, len(records) - 1, min(_CHECKED, len(records))).astype(int):
            row, column = (int(part) for part in records[number]["id"].split("_"))
            chips = self.read(row, column)
            yield chips["s1"], chips["s2"]

    def write_list(self, records: list[dict[str, Any]]) -> None:
        listed = {
            "sensors": {"s1": {"unit": "dB"}},
            "crs": self.grid.crs.to_string(),
            "ground_resolution_m": self.grid.metres,
            "max_days": self.plan.max_days,
            "sources": {sensor: Path(reader.scene.source).name for sensor, reader in self.readers.items()},
            "pairs": records,
        }
        fresh = self.folder / f"{LIST}.new"
        fresh.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
        os.replace(fresh, self.folder / LIST)
        (self.folder / CUTTING).unlink()


def _changed(scene: Scene) -> list[float]:
    """Return when the files of a scene were last written, where they lie here."""
    files = [Path(band.href) for band in scene.bands]
    return [path.stat().st_mtime for path in files if path.is_file()]


def _roles(first: Scene, second: Scene) -> tuple[Scene, Scene]:
    roles = {_ROLES[scene.sensor]: scene for scene in (first, second)}
    if len(roles) < 2:
        raise UsageError(
            f"Both rasters are {first.sensor if first.sensor == second.sensor else 'optical'}; pairs are of radar and "
            "optical. Where a sensor was mistaken, say it with --sensors, such as --sensors s1,rgb."
        )
    return roles["s1"], roles["s2"]


def _require_near(one: datetime | None, other: datetime | None, most_days: float) -> None:
    if one is not None and other is not None and abs((one - other).total_seconds()) > 86_400 * most_days:
        days = abs((one - other).days)
        raise UsageError(
            f"The rasters are {days} days apart, more than {most_days:g}; the ground may have changed. "
            "Choose nearer ones, or allow it with --max-days."
        )


def _write(path: Path, chip: Pixels, place: Affine, crs: Any) -> None:
    values: NDArray[Any] = chip.values
    nodata: float | None = None
    if chip.sensor == "s1":
        values, nodata = np.where(chip.valid, values, np.float32(np.nan)), math.nan
    elif chip.sensor == "s2":
        numbers = np.clip(np.rint(values * 10_000), 1, 65_535)
        values, nodata = np.where(chip.valid, numbers, 0).astype(np.uint16), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)  # half of one that a killed cut left: GDAL would look into it first, and fail
    with rasterio.open(
        fresh, "w", driver="GTiff", count=len(values), height=values.shape[1], width=values.shape[2], crs=crs,
        dtype=values.dtype.name, transform=place, nodata=nodata, compress="deflate",
    ) as file:  # fmt: skip
        file.write(values)
        for number, band in enumerate(chip.bands, start=1):
            file.set_band_description(number, _NAMES.get(band, band))
    os.replace(fresh, path)  # whole or not at all


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _offset_warnings(offset: Offset | None, metres: float) -> list[str]:
    if offset is None or not offset.is_clear:
        return ["the edges of both could not be compared, so nothing is known of how well they lie on each other"]
    if offset.pixels <= _APART_PIXELS:
        return []
    return [
        f"the edges do not match: the optical raster shows the same ground "
        f"{said_offset(offset.down * metres, offset.right * metres)} ({offset.pixels:.1f} pixels). "
        "Correct the place of one of them, and cut the pairs anew."
    ]
