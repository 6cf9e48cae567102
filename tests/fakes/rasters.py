"""Small rasters written for a test, and where the real ones are."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning

NORTH_UP_10_M = Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0)


def write_raster(
    path: Path | str,
    values: Any,
    *,
    crs: str | None = "EPSG:32633",
    transform: Affine | None = NORTH_UP_10_M,
    driver: str = "GTiff",
    names: tuple[str, ...] = (),
    tags: dict[str, str] | None = None,
    scale: float | None = None,
    offset: float | None = None,
    mask: Any = None,
    palette: dict[int, tuple[int, ...]] | None = None,
    **profile: Any,
) -> str:
    """Write (bands, height, width) values and return the path as text."""
    values = np.asarray(values)
    bands, height, width = values.shape
    place = {"crs": crs, "transform": transform} if crs is not None else {}
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", driver=driver, width=width, height=height, count=bands, dtype=values.dtype, **place, **profile
        ) as file,
    ):
        file.write(values)
        for index, name in enumerate(names, start=1):
            file.set_band_description(index, name)
        file.update_tags(**(tags or {}))
        if scale is not None:
            file.scales = [scale] * bands
        if offset is not None:
            file.offsets = [offset] * bands
        if mask is not None:
            file.write_mask(mask)
        if palette is not None:
            file.write_colormap(1, palette)
    return str(path)


def gradient(height: int, width: int, dtype: str = "float64") -> Any:
    """Return values that grow by one a column and a thousand a row, so that every pixel tells its place."""
    return (np.arange(height)[:, None] * 1000 + np.arange(width)[None, :]).astype(dtype)


def shared_data(*parts: str) -> Path:
    """Return a path in the real data, or skip the test where there is none."""
    root = os.environ.get("SATSEEK_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data"
    path = Path(root, *parts)
    if not path.exists():
        pytest.skip(f"the real data is not here: {Path(*parts)}")
    return path


def zoomed(factor: int) -> Affine:
    """Return a transform from the same corner with pixels that are coarser by a factor."""
    side = 10.0 * factor
    return Affine(side, 0.0, NORTH_UP_10_M.c, 0.0, -side, NORTH_UP_10_M.f)
