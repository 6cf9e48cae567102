"""Warping: a file resampled to a grid in another projection or direction, piece by piece as it is read."""

from __future__ import annotations

from typing import Any

from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from satseek.raster.grid import Grid

_MEGABYTES = 64


def warped_to_grid(source: Any, grid: Grid, *, nodata: float | None, how: Resampling) -> Any:
    """Return the file as if it lay on the grid; where it does not reach, its nodata, or else an alpha band, tells."""
    return WarpedVRT(
        source,
        crs=grid.crs,
        transform=grid.transform,
        width=grid.width,
        height=grid.height,
        resampling=how,
        warp_mem_limit=_MEGABYTES,
        **_outside(source, nodata),
    )


def warped_by_points(source: Any, *, nodata: float | None, how: Resampling) -> Any:
    """Return a file that is laid by control points on the north-up grid that these make."""
    crs = source.gcps[1]
    # Given a transform too, GDAL would forget the points.
    return WarpedVRT(
        source, src_crs=crs, crs=crs, resampling=how, warp_mem_limit=_MEGABYTES, **_outside(source, nodata)
    )


def alpha_of(dataset: Any) -> int | None:
    """Return which band, if any, only says what is transparent."""
    return dataset.count if dataset.count > 1 and dataset.colorinterp[-1].name == "alpha" else None


def _outside(source: Any, nodata: float | None) -> dict[str, Any]:
    if nodata is not None:
        return {"src_nodata": nodata, "nodata": nodata}
    return {"add_alpha": True} if alpha_of(source) is None else {}
