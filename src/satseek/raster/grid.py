"""The grid: the north-up pixels that all bands of a scene are read on, those of its finest band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import calculate_default_transform

from satseek.core.scene import Window


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


def is_north_up(transform: Affine) -> bool:
    """Whether rows run south and columns east, so that windows are plain rectangles of the map."""
    return transform.b == 0 and transform.d == 0 and transform.a > 0 and transform.e < 0


def is_laid_by_points(dataset: Any) -> bool:
    """Whether ground control points are all that tells the place."""
    return dataset.crs is None and len(dataset.gcps[0]) >= 3 and dataset.gcps[1] is not None


def needs_warp(dataset: Any) -> bool:
    """Whether the file has a place that only resampling brings north-up: a rotation, or ground control points."""
    return is_laid_by_points(dataset) or (dataset.crs is not None and not is_north_up(dataset.transform))


def grid_of(dataset: Any) -> Grid:
    """Return the north-up grid of a file; one laid by control points in degrees gets square metres instead."""
    if is_laid_by_points(dataset):
        points, crs = dataset.gcps
        target = _metric_crs([(point.x, point.y) for point in points]) if crs.is_geographic else crs
        transform, width, height = calculate_default_transform(crs, target, dataset.width, dataset.height, gcps=points)
        return Grid(int(width), int(height), transform, target)
    if dataset.crs is not None and not is_north_up(dataset.transform):
        return _upright(dataset)
    return Grid(dataset.width, dataset.height, dataset.transform, dataset.crs)


def crosses_date_line(longitudes: Sequence[float]) -> bool:
    """Whether neighbouring points jump between +180° and −180°."""
    return max(longitudes) - min(longitudes) > 180


def _metric_crs(points: Sequence[tuple[float, float]]) -> CRS:
    longitude, latitude = np.mean(points, axis=0)
    if abs(latitude) > 84:
        return CRS.from_epsg(32661 if latitude > 0 else 32761)
    zone = int((longitude + 180) % 360 // 6) + 1
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def _upright(dataset: Any) -> Grid:
    """Return a north-up grid around a rotated one, with pixels of the same size."""
    transform, width, height = dataset.transform, dataset.width, dataset.height
    corners = [transform * corner for corner in ((0, 0), (width, 0), (0, height), (width, height))]
    west, north = min(x for x, _ in corners), max(y for _, y in corners)
    east, south = max(x for x, _ in corners), min(y for _, y in corners)
    across, down = math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)
    columns = max(1, math.ceil((east - west) / across - 1e-6))
    rows = max(1, math.ceil((north - south) / down - 1e-6))
    return Grid(columns, rows, Affine(across, 0, west, 0, -down, north), dataset.crs)
