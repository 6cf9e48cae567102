"""The grid that two rasters of one place are cut on: what both show, in one projection with one pixel size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from satseek.core.errors import SourceError
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader


@dataclass(frozen=True)
class CommonGrid:
    """The ground that both scenes show, in one projection with one pixel size."""

    crs: Any
    transform: Affine
    width: int
    height: int
    metres: float

    def places(self, chip: int) -> Iterator[tuple[int, int]]:
        """Yield the upper left pixels of the chips that fit."""
        for row in range(0, self.height - chip + 1, chip):
            for column in range(0, self.width - chip + 1, chip):
                yield row, column

    def chip(self, row: int, column: int) -> Affine:
        """Return the transform of the chip whose upper left pixel this is."""
        return self.transform @ Affine.translation(column, row)


def common_grid(readers: tuple[SceneReader, SceneReader], chip: int, metres: float | None = None) -> CommonGrid:
    """Return the grid on which both are cut: the first one's projection where it is in metres, else UTM."""
    for reader in readers:
        if not reader.has_place or reader.grid.crs is None:
            raise SourceError(f"{reader.scene.source} does not say where it lies. Georeference it first (gdalwarp).")
    crs = _metric_crs(readers[0])
    side_m = metres or max(float(reader.ground_resolution_m or 0) for reader in readers)
    boxes = [transform_bounds(reader.grid.crs, crs, *_bounds(reader)) for reader in readers]
    west, south = (max(box[side] for box in boxes) for side in (0, 1))
    east, north = (min(box[side] for box in boxes) for side in (2, 3))
    names = " and ".join(reader.scene.source for reader in readers)
    if west >= east or south >= north:
        raise SourceError(f"{names} show no ground in common. Pairs need two rasters of one place.")
    side = side_m / _scale(crs, readers[0])
    west, north = math.ceil(west / side - 1e-6) * side, math.floor(north / side + 1e-6) * side
    width, height = int((east - west) / side + 1e-6), int((north - south) / side + 1e-6)
    if min(width, height) < chip:
        raise SourceError(
            f"{names} share {width}×{height} pixels of {side_m:g} m, which holds no chip of {chip}. "
            "Cut smaller chips with --chip, or finer ones with --metres."
        )
    return CommonGrid(crs, Affine(side, 0, west, 0, -side, north), width, height, side_m)


def _metric_crs(reader: SceneReader) -> Any:
    crs = reader.grid.crs
    if crs is not None and crs.is_projected and crs.linear_units.casefold() in ("metre", "meter", "m"):
        return crs
    west, south, east, north = transform_bounds(crs, "EPSG:4326", *_bounds(reader))
    zone = int(((west + east) / 2 + 180) // 6) + 1
    return CRS.from_epsg((32600 if south + north >= 0 else 32700) + zone)


def _scale(crs: Any, reader: SceneReader) -> float:
    """Return how many metres of ground a unit of the projection is here: those of Mercator are longer ones."""
    if reader.grid.crs != crs or not reader.ground_resolution_m:
        return 1.0
    return float(reader.ground_resolution_m) / math.sqrt(reader.grid.pixel_area)


def _bounds(reader: SceneReader) -> tuple[float, float, float, float]:
    grid = reader.grid
    (west, north), (east, south) = grid.transform @ (0, 0), grid.transform @ (grid.width, grid.height)
    return west, south, east, north


def on_grid(reader: SceneReader, grid: CommonGrid, place: Affine, side: int) -> Pixels:
    """Return one scene's picture on the common grid: the scene's own pixels around it, resampled."""
    (west, north), (east, south) = place @ (0, 0), place @ (side, side)
    box = transform_bounds(grid.crs, reader.grid.crs, west, south, east, north)
    inverse = ~reader.grid.transform
    (left, top), (right, bottom) = inverse @ (box[0], box[3]), inverse @ (box[2], box[1])
    column, row = max(0, math.floor(left) - 2), max(0, math.floor(top) - 2)
    width = min(reader.width, math.ceil(right) + 2) - column
    height = min(reader.height, math.ceil(bottom) + 2) - row
    if width < 1 or height < 1:
        return _nothing(reader, side)
    own = reader.read(Window(column, row, width, height), (height, width))
    source = reader.grid.transform @ Affine.translation(column, row)
    values = np.where(own.valid, own.values.astype(np.float32), np.float32(np.nan))
    seen = np.full((len(own.bands), side, side), np.nan, dtype=np.float32)
    finer = grid.metres / float(reader.ground_resolution_m or grid.metres)
    reproject(
        values, seen, src_transform=source, src_crs=reader.grid.crs, src_nodata=np.nan, dst_transform=place,
        dst_crs=grid.crs, dst_nodata=np.nan, resampling=Resampling.average if finer > 1.5 else Resampling.bilinear,
    )  # fmt: skip
    valid = np.asarray(np.isfinite(seen).all(axis=0))
    filled = np.where(valid, seen, np.float32(0))
    if own.values.dtype == np.uint8:
        filled = np.clip(np.rint(filled), 0, 255)
    return Pixels(own.sensor, own.bands, filled.astype(own.values.dtype), valid, grid.metres)


def _nothing(reader: SceneReader, side: int) -> Pixels:
    bands = tuple(band.name for band in reader.scene.bands)
    empty = np.zeros((len(bands), side, side), dtype=np.float32)
    return Pixels(reader.scene.sensor, bands, empty, np.zeros((side, side), dtype=np.bool_))
