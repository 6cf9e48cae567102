"""Control points: a coarse look at a raster that only they place; it is shrunk first, and then turned north.

To warp every pixel and then to shrink costs with the pixels that are warped; so few of them are left to warp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.enums import Resampling
from rasterio.transform import GCPTransformer
from rasterio.warp import reproject
from rasterio.windows import Window as RasterWindow

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.raster.grid import Grid, mapped

_POINTS_A_SIDE = 9  # of a window's outline and inside: control points bend it only gently
_MARGIN = 3  # coarse pixels around, for bends and for what interpolation looks at
Shrunk = Callable[[RasterWindow, tuple[int, int]], tuple[NDArray[Any], BoolArray | None]]


def coarse_by_points(
    dataset: Any, grid: Grid, bands: int, *, coarser: float, shrunk: Shrunk
) -> tuple[FloatArray, BoolArray]:
    """Return a file that control points place, as float on a much coarser grid, and what is valid of it.

    `shrunk` reads a window of the file's own pixels as an image of a size, averaged.
    """
    points, crs = dataset.gcps
    part = _around(dataset, grid, points, coarser)
    shape = grid.height, grid.width
    if part is None:
        return np.zeros((bands, *shape), np.float32), np.zeros((bands, *shape), dtype=np.bool_)
    size = max(1, round(part.height / int(coarser))), max(1, round(part.width / int(coarser)))
    numbers, valid = shrunk(part, size)
    seen = numbers.astype(np.float32)
    if valid is not None:
        seen[~np.broadcast_to(valid, seen.shape)] = np.nan
    turned, _ = reproject(
        seen,
        np.empty((len(seen), *shape), dtype=np.float32),
        gcps=_points_of(points, part, size),
        src_crs=crs,
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    return turned, np.isfinite(turned)


def _around(dataset: Any, grid: Grid, points: Sequence[GroundControlPoint], coarser: float) -> RasterWindow | None:
    """Return the part of the file that the grid may show; None where it shows nothing of it."""
    share = np.linspace(0, 1, _POINTS_A_SIDE)
    columns, rows = (each.ravel() for each in np.meshgrid(share * grid.width, share * grid.height))
    with GCPTransformer(list(points)) as transformer:
        down, across = (
            np.asarray(each) for each in transformer.rowcol(*mapped(grid.transform, columns, rows), op=np.positive)
        )
    margin = _MARGIN * coarser
    top, left = max(0, int(down.min() - margin)), max(0, int(across.min() - margin))
    bottom, right = min(dataset.height, int(down.max() + margin)), min(dataset.width, int(across.max() + margin))
    return RasterWindow(left, top, right - left, bottom - top) if top < bottom and left < right else None


def _points_of(
    points: Sequence[GroundControlPoint], part: RasterWindow, size: tuple[int, int]
) -> list[GroundControlPoint]:
    """Return the control points in the pixels of the shrunk part."""
    down, across = part.height / size[0], part.width / size[1]
    return [
        GroundControlPoint((point.row - part.row_off) / down, (point.col - part.col_off) / across, point.x, point.y)
        for point in points
    ]
