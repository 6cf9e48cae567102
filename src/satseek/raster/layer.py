"""A layer: the bands of one file laid over the scene's grid, read by windows of that grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.windows import Window as RasterWindow

from satseek.core.scene import Window
from satseek.core.sensor import BoolArray
from satseek.raster.gdal import gdal_call, gdal_name
from satseek.raster.grid import Grid, has_place, is_laid_by_points, is_north_up
from satseek.raster.points import coarse_by_points
from satseek.raster.power import PowerScale, mean_power
from satseek.raster.vrt import with_nodata
from satseek.raster.warp import alpha_of, warped_by_points, warped_to_grid

_COARSE = 2.0  # file pixels a side of a chip's pixel, from where on a file with control points is shrunk first
_MASKED = 128  # of 255: a blended mask pixel counts as measured from here on
_HARDLY = 1e-6  # of a pixel: so little of it measured is enough where nodata is told by values
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
        powers: Sequence[PowerScale | None] = (),
    ) -> None:
        """Take the file's bands, a nodata value that overrides the file's, and one for files that tell nothing.

        `powers` says of radar's bands how their numbers stand for power, where averages have to know.
        """
        self._powers = [scale for scale in powers if scale is not None]
        self.href, self.indexes = href, list(indexes)
        self.bytes_read = 0
        self._opened = ExitStack()
        self._nodata = [_nodata_of(dataset, index, nodata, implied) for index in self.indexes]
        self._grid = grid
        self._unwarped: Any | None = None
        self._flat: Layer | None = None  # a file with control points, in its own pixels
        if _are_points_of(dataset, grid):
            own = Grid(dataset.width, dataset.height, Affine.identity(), None)
            self._flat = Layer(href, dataset, own, indexes, nodata=nodata, implied=implied, powers=powers)
            self._opened.callback(self._flat.close)
            self._dataset = dataset
        with gdal_call(href):
            self._lay(dataset)
        flags = self._exact.mask_flag_enums[self.indexes[0] - 1]
        self._has_mask = MaskFlags.all_valid not in flags and flags != [MaskFlags.nodata]
        self._alpha = None if self._has_mask else alpha_of(self._exact)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the file's own pixels are the grid's, so that a window of a window holds the same numbers."""
        by_x, left, by_y, top = self._place
        ends = (left, top, left + self._grid.width * by_x, top + self._grid.height * by_y)
        same_size = round(by_x, 6) == 1 and round(by_y, 6) == 1
        return self._is_file and same_size and all(isinstance(_snapped(end), int) for end in ends)

    def close(self) -> None:
        """Close what was opened on top of the file; the file itself belongs to the reader."""
        self._opened.close()

    def mask(self, window: Window) -> BoolArray | None:
        """Return what the mask of a plain file says is valid in a window, None where it has none."""
        if not (self.is_plain and (self._has_mask or self._alpha is not None)):
            return None
        size = window.height, window.width
        with gdal_call(self.href):
            mask = self._mask(self._exact, size, {"window": self._part(window, size)[0]})
        self.bytes_read += size[0] * size[1]
        return mask

    def read(
        self, window: Window, size: tuple[int, int], *, blend: bool = True, mask: BoolArray | None = None
    ) -> tuple[NDArray[Any], BoolArray | None]:
        """Return the stored numbers (bands, height, width), and what is valid of them, None where all is.

        Coarser than the file they are averages, finer they are interpolated; without `blend` the nearest is taken. What
        `mask` told of this very window before is not read again.
        """
        known = mask
        part, coarser = self._part(window, size)
        how = (Resampling.average if coarser > 1 else Resampling.bilinear) if blend else Resampling.nearest
        if self._flat is not None and coarser >= _COARSE and blend:
            return self._by_points(self._flat, self._grid.seen_at(window, size), coarser)
        if self._powers and coarser > 1 and blend:
            return self._mean_power(part, size, coarser)
        with gdal_call(self.href), ExitStack() as passing:
            exact, blended = self._exact, self._blended
            if coarser > 1 and self._unwarped is not None:  # far cheaper than warping every pixel and then shrinking
                grid = self._grid.seen_at(window, size)
                exact = blended = warped_to_grid(self._unwarped, grid, nodata=self._nodata[0], how=how)
                passing.enter_context(exact)
                part, coarser = RasterWindow(0, 0, size[1], size[0]), 1.0
            request: dict[str, Any] = {"window": part}
            if coarser == 1.0 and (part.height, part.width) == size:
                numbers = exact.read(self.indexes, **request)
            else:
                request |= {"resampling": how}
                source = blended if blend else exact
                numbers = source.read(self.indexes, out_shape=(len(self.indexes), *size), **request)
            valid = self._told_valid(numbers)
            mask = self._mask(exact, size, request) if known is None else known
        if mask is not None:
            self.bytes_read += mask.nbytes if known is None else 0
            valid = mask[None] if valid is None else valid & mask
        self.bytes_read += numbers.nbytes
        return numbers, None if valid is None or valid.all() else np.broadcast_to(valid, numbers.shape)

    def _by_points(self, flat: Layer, grid: Grid, coarser: float) -> tuple[NDArray[Any], BoolArray]:
        def shrunk(part: RasterWindow, size: tuple[int, int]) -> tuple[NDArray[Any], BoolArray | None]:
            return flat.read(Window(part.col_off, part.row_off, part.width, part.height), size)

        before = flat.bytes_read
        with gdal_call(self.href):
            values, valid = coarse_by_points(self._dataset, grid, len(self.indexes), coarser=coarser, shrunk=shrunk)
        self.bytes_read += flat.bytes_read - before
        dtype = np.dtype(self._dataset.dtypes[self.indexes[0] - 1])
        if dtype.kind in "iu" and not self._powers:
            values = np.rint(np.where(valid, values, 0)).astype(dtype)
        return values, valid

    def _mean_power(
        self, part: RasterWindow, size: tuple[int, int], coarser: float
    ) -> tuple[NDArray[Any], BoolArray | None]:
        """Average power, not the numbers that stand for it; from an overview where one is still finer."""
        overviews = self._exact.overviews(self.indexes[0]) if self._is_file else []
        shrink = max((factor for factor in overviews if factor <= coarser), default=1)
        top, left = int(part.row_off // shrink) * shrink, int(part.col_off // shrink) * shrink
        bottom, right = part.row_off + part.height, part.col_off + part.width
        shape = math.ceil((bottom - top) / shrink), math.ceil((right - left) / shrink)

        def rows(first: int, last: int) -> tuple[NDArray[Any], BoolArray]:
            height = min((last - first) * shrink, self._exact.height - top - first * shrink)
            window = RasterWindow(left, top + first * shrink, min(shape[1] * shrink, self._exact.width - left), height)
            numbers = self._exact.read(
                self.indexes, window=window, out_shape=(len(self.indexes), last - first, shape[1])
            )
            valid, mask = self._told_valid(numbers), self._mask(self._exact, numbers.shape[1:], {"window": window})
            self.bytes_read += numbers.nbytes + (0 if mask is None else mask.nbytes)
            told = np.ones((1, 1, 1), dtype=np.bool_) if valid is None else valid
            return numbers, told if mask is None else told & mask

        inside = tuple(edge / shrink for edge in (part.row_off - top, part.col_off - left, bottom - top, right - left))
        with gdal_call(self.href):
            numbers, share = mean_power(rows, self._powers, shape=shape, inside=inside, size=size)
        least = _MASKED / 255 if self._has_mask or self._alpha is not None else _HARDLY
        return numbers, share >= least

    def _mask(self, source: Any, size: tuple[int, int], request: dict[str, Any]) -> BoolArray | None:
        if self._has_mask:
            return np.asarray(source.read_masks(self.indexes[0], out_shape=size, **request) >= _MASKED)
        if self._alpha is not None:  # GDAL makes a mask only of a second or fourth band
            return np.asarray(source.read(self._alpha, out_shape=size, window=request["window"]) > 0)
        return None

    def _told_valid(self, numbers: NDArray[Any]) -> BoolArray | None:
        if all(value is None for value in self._nodata):
            return None
        valid = np.ones(numbers.shape, dtype=np.bool_)
        for band, value in enumerate(self._nodata):
            if value is not None and not math.isnan(value):  # NaN is never valid: the reader sees to it
                np.not_equal(numbers[band], numbers.dtype.type(value), out=valid[band])
        return valid

    def _lay(self, dataset: Any) -> None:
        """Find how the file reaches the grid: by plain windows, by its control points, or by being warped."""
        how = Resampling.nearest if dataset.colorinterp[0].name == "palette" else Resampling.bilinear
        source = dataset
        if is_laid_by_points(dataset) and self._grid.crs is not None:
            source = self._opened.enter_context(warped_by_points(dataset, nodata=self._nodata[0], how=how))
        place = _place_on(source, self._grid)
        if place is None:
            self._unwarped = source
            source = self._opened.enter_context(warped_to_grid(source, self._grid, nodata=self._nodata[0], how=how))
        self._place = place or (1.0, 0.0, 1.0, 0.0)
        self._exact = self._blended = source
        self._is_file = source is dataset
        if source is dataset and self._knows_more_nodata_than(dataset):
            by_index = dict(zip(self.indexes, self._nodata, strict=True))
            every = [by_index.get(index) for index in range(1, dataset.count + 1)]
            self._blended = self._opened.enter_context(with_nodata(dataset, gdal_name(self.href), every))

    def _knows_more_nodata_than(self, dataset: Any) -> bool:
        told = [dataset.nodatavals[index - 1] for index in self.indexes]
        return any(value is not None and value != own for value, own in zip(self._nodata, told, strict=True))

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


def _are_points_of(dataset: Any, grid: Grid) -> bool:
    """Whether control points place a file on just this grid."""
    return is_laid_by_points(dataset) and grid.crs is not None and dataset.gcps[1] == grid.crs


def _place_on(dataset: Any, grid: Grid) -> tuple[float, float, float, float] | None:
    """Return file pixels per grid pixel and where the grid begins in the file, for x and y; None if it needs a warp."""
    if grid.crs is None or not has_place(dataset):
        return dataset.width / grid.width, 0.0, dataset.height / grid.height, 0.0
    if dataset.crs != grid.crs or not is_north_up(dataset.transform):
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
