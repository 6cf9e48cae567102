"""The grid: the north-up pixels that all bands of a scene are read on, those of its finest band."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.warp import calculate_default_transform

from satseek.core.errors import SourceError
from satseek.core.scene import Window

_MOST_GROWTH = 4  # turned by 45°, a square with the raster's longer side grows by 2


@dataclass(frozen=True)
class Grid:
    """Size, and where there is one, the CRS and the affine transform from pixels to it."""

    width: int
    height: int
    transform: Affine
    crs: Any | None

    @property
    def pixel_area(self) -> float:
        """The area of a pixel in the CRS's own units, for comparing the bands of one scene."""
        return abs(float(self.transform.determinant))

    def holds(self, window: Window) -> bool:
        """Whether a window lies inside."""
        column, row, width, height = window
        return (
            width > 0
            and height > 0
            and column >= 0
            and row >= 0
            and column + width <= self.width
            and row + height <= self.height
        )

    def seen_at(self, window: Window, size: tuple[int, int]) -> Grid:
        """Return the grid of a window that is shown as (height, width) = size pixels."""
        a, _, c, _, e, f = self.transform[:6]
        across, down = window.width / size[1], window.height / size[0]
        left, top = c + a * window.column, f + e * window.row
        return Grid(size[1], size[0], Affine(a * across, 0.0, left, 0.0, e * down, top), self.crs)


def mapped(transform: Affine, columns: Any, rows: Any) -> tuple[Any, Any]:
    """Return where columns and rows, numbers or arrays of them, lie on the map."""
    a, b, c, d, e, f = transform[:6]
    return a * columns + b * rows + c, d * columns + e * rows + f


def is_north_up(transform: Affine) -> bool:
    """Whether rows run south and columns east, so that windows are plain rectangles of the map."""
    return transform.b == 0 and transform.d == 0 and transform.a > 0 and transform.e < 0


def has_place(dataset: Any) -> bool:
    """Whether CRS and transform together place the pixels; either alone, or a transform without an area, does not."""
    transform = dataset.transform
    sensible = all(map(math.isfinite, transform[:6])) and transform.determinant != 0.0
    return dataset.crs is not None and sensible and transform != Affine.identity()


def is_laid_by_points(dataset: Any) -> bool:
    """Whether ground control points are all that tells the place."""
    return dataset.crs is None and len(dataset.gcps[0]) >= 3 and dataset.gcps[1] is not None


def grid_of(dataset: Any) -> Grid:
    """Return the north-up grid of a file."""
    if is_laid_by_points(dataset):
        points, crs = dataset.gcps
        transform, width, height = calculate_default_transform(crs, crs, dataset.width, dataset.height, gcps=points)
        return Grid(int(width), int(height), transform, crs)
    if not has_place(dataset):
        return Grid(dataset.width, dataset.height, dataset.transform, None)
    if not is_north_up(dataset.transform):
        return _upright(dataset)
    return Grid(dataset.width, dataset.height, dataset.transform, dataset.crs)


def _upright(dataset: Any) -> Grid:
    """Return a north-up grid around a rotated one, with pixels of the same size."""
    transform, width, height = dataset.transform, dataset.width, dataset.height
    x, y = mapped(transform, np.array([0, width, 0, width]), np.array([0, 0, height, height]))
    west, south, east, north = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    across, down = math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)
    columns = max(1, math.ceil((east - west) / across - 1e-6))
    rows = max(1, math.ceil((north - south) / down - 1e-6))
    if columns * rows > _MOST_GROWTH * max(width, height) ** 2:
        raise SourceError("The raster's transform is skewed beyond sense. Give it a right one with gdal_edit.py.")
    return Grid(columns, rows, Affine(across, 0, west, 0, -down, north), dataset.crs)
