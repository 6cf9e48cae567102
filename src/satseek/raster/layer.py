"""A layer: the bands of one file laid over the scene's grid, read by windows of that grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.enums import MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as RasterWindow

from satseek.core.scene import Window
from satseek.core.sensor import BoolArray
from satseek.raster.gdal import gdal_call, gdal_name
from satseek.raster.grid import Grid, crosses_date_line, is_laid_by_points, needs_warp
from satseek.raster.vrt import with_nodata, with_points

_WARP_MEGABYTES = 64
_MASKED = 128  # of 255: a blended mask pixel counts as measured from here on
_NEARLY = 0.01  # of a pixel: grids that differ by less are the same


class Layer:
    """Some bands of one open file, read as if they lay on the scene's grid, with what is valid in them."""

    def __init__(
        self,
        href: str,
        dataset: Any,
        grid: Grid,
        indexes: Sequence[int],
        *,
        nodata: float | None,
        implied: float | None,
    ) -> None:
        """Take the file's bands, a nodata value that overrides the file's, and one for files that tell nothing."""
        self.href, self.indexes = href, list(indexes)
        self.bytes_read = 0
        self._opened = ExitStack()
        flags = dataset.mask_flag_enums[self.indexes[0] - 1]
        self._nodata = [_nodata_of(dataset, index, nodata, implied) for index in self.indexes]
        self._has_mask = MaskFlags.all_valid not in flags and flags != [MaskFlags.nodata]
        with gdal_call(href):
            self._lay(dataset, grid)

    def close(self) -> None:
        """Close what was opened on top of the file; the file itself belongs to the reader."""
        self._opened.close()

    def read(
        self, window: Window, size: tuple[int, int], *, blend: bool = True
    ) -> tuple[NDArray[Any], BoolArray | None]:
        """Return the stored numbers (bands, height, width), and what is valid of them, None where all is.

        Coarser than the file they are averages, finer they are interpolated; without `blend` the nearest is taken.
        """
        part, coarser = self._part(window, size)
        exact = coarser == 1.0 and (part.height, part.width) == size
        request: dict[str, Any] = {"window": part}
        if not exact:
            how = (Resampling.average if coarser > 1 else Resampling.bilinear) if blend else Resampling.nearest
            request |= {"out_shape": (len(self.indexes), *size), "resampling": how}
        with gdal_call(self.href):
            numbers = (self._exact if exact or not blend else self._blended).read(self.indexes, **request)
            valid = self._told_valid(numbers)
            if self._has_mask:
                request["out_shape"] = size
                mask = self._exact.read_masks(self.indexes[0], **request) >= _MASKED
                self.bytes_read += mask.nbytes
                valid = mask[None] if valid is None else valid & mask
        self.bytes_read += numbers.nbytes
        return numbers, None if valid is None or valid.all() else np.broadcast_to(valid, numbers.shape)

    def _told_valid(self, numbers: NDArray[Any]) -> BoolArray | None:
        if all(value is None for value in self._nodata):
            return None
        valid = np.ones(numbers.shape, dtype=np.bool_)
        for band, value in enumerate(self._nodata):
            if value is not None and not math.isnan(value):  # NaN is never valid: the reader sees to it
                np.not_equal(numbers[band], numbers.dtype.type(value), out=valid[band])
        return valid

    def _lay(self, dataset: Any, grid: Grid) -> None:
        place = None if needs_warp(dataset) else _place_on(dataset, grid)
        if place is None:
            self._exact = self._blended = self._opened.enter_context(self._warped(dataset, grid))
            self._place = (1.0, 0.0, 1.0, 0.0)
            return
        self._place = place
        self._exact = self._blended = dataset
        told = [dataset.nodatavals[index - 1] for index in self.indexes]
        if any(value is not None and value != file for value, file in zip(self._nodata, told, strict=True)):
            by_index = dict(zip(self.indexes, self._nodata, strict=True))
            every = [by_index.get(index) for index in range(1, dataset.count + 1)]
            self._blended = self._opened.enter_context(with_nodata(dataset, gdal_name(self.href), every))

    def _warped(self, dataset: Any, grid: Grid) -> WarpedVRT:
        source, source_crs = dataset, dataset.crs
        if is_laid_by_points(dataset):
            points, source_crs = dataset.gcps
            if source_crs.is_geographic and crosses_date_line([point.x for point in points]):
                points = [_eastwards(point) for point in points]
                source = self._opened.enter_context(with_points(dataset, gdal_name(self.href), points, source_crs))
        nodata = self._nodata[0]
        fill: dict[str, Any] = {"src_nodata": nodata, "nodata": nodata}
        if nodata is None:
            alpha_there = any(MaskFlags.alpha in flags for flags in dataset.mask_flag_enums)
            fill = {} if alpha_there else {"add_alpha": True}
            self._has_mask = True
        return WarpedVRT(
            source,
            src_crs=source_crs,
            crs=grid.crs,
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=Resampling.bilinear if dataset.colorinterp[0].name != "palette" else Resampling.nearest,
            warp_mem_limit=_WARP_MEGABYTES,
            **fill,
        )

    def _part(self, window: Window, size: tuple[int, int]) -> tuple[RasterWindow, float]:
        """Return the window in the file's own pixels, and how many of them one pixel of the answer stands for."""
        by_x, left, by_y, top = self._place
        column, width = _snapped(window.column * by_x + left), _snapped(window.width * by_x)
        row, height = _snapped(window.row * by_y + top), _snapped(window.height * by_y)
        column, row = max(0, column), max(0, row)
        width, height = min(width, self._exact.width - column), min(height, self._exact.height - row)
        whole = all(isinstance(number, int) for number in (column, row, width, height))
        coarser = max(height / size[0], width / size[1])
        return RasterWindow(column, row, width, height), coarser if whole or coarser != 1.0 else 0.999


def _place_on(dataset: Any, grid: Grid) -> tuple[float, float, float, float] | None:
    """Return file pixels per grid pixel and where the grid begins in the file, for x and y; None if it needs a warp."""
    if dataset.crs is None or grid.crs is None:
        return dataset.width / grid.width, 0.0, dataset.height / grid.height, 0.0
    if dataset.crs != grid.crs:
        return None
    own, target = dataset.transform, grid.transform
    by_x, by_y = target.a / own.a, target.e / own.e
    left, top = (target.c - own.c) / own.a, (target.f - own.f) / own.e
    right, bottom = left + grid.width * by_x, top + grid.height * by_y
    if min(left, top) < -0.5 or right > dataset.width + 0.5 or bottom > dataset.height + 0.5:
        return None
    return by_x, left, by_y, top


def _snapped(number: float) -> float | int:
    nearest = round(number)
    return nearest if abs(number - nearest) < _NEARLY else number


def _nodata_of(dataset: Any, index: int, override: float | None, implied: float | None) -> float | None:
    flags = dataset.mask_flag_enums[index - 1]
    own = dataset.nodatavals[index - 1]
    if own is None and MaskFlags.all_valid in flags:
        own = implied
    value = own if override is None else override
    dtype = np.dtype(dataset.dtypes[index - 1])
    if value is None or dtype.kind == "f":
        return value
    limits = np.iinfo(dtype)
    return value if math.isfinite(value) and value == int(value) and limits.min <= value <= limits.max else None


def _eastwards(point: GroundControlPoint) -> GroundControlPoint:
    return GroundControlPoint(point.row, point.col, point.x % 360, point.y, point.z)
