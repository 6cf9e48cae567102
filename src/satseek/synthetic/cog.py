"""Cloud-optimised GeoTIFFs with overviews, band names, nodata and the time they were taken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import rasterio
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasterio.transform import Affine


def write_cog(
    path: Path,
    values: NDArray[Any],
    *,
    crs: str,
    transform: Affine,
    bands: Sequence[str],
    nodata: float | None,
    taken: datetime,
    scale: float | None = None,
    offset: float | None = None,
    unit: str | None = None,
    averaging: str = "average",
) -> None:
    """Write one file, whole or not at all; `scale` and `offset` say what the stored numbers mean."""
    count, height, width = values.shape
    profile = {"driver": "GTiff", "dtype": values.dtype.name, "count": count, "height": height, "width": width}
    half_done = path.with_name(f".{path.name}.part")
    with MemoryFile() as memory:
        with memory.open(**profile, crs=crs, transform=transform, nodata=nodata) as raster:
            raster.write(values)
            raster.descriptions = tuple(bands)
            if unit is not None:
                raster.units = (unit,) * count
            if scale is not None and offset is not None:
                raster.scales, raster.offsets = (scale,) * count, (offset,) * count
            raster.update_tags(TIFFTAG_DATETIME=taken.strftime("%Y:%m:%d %H:%M:%S"), TIFFTAG_SOFTWARE="SatSeek synth")
        predictor = "FLOATING_POINT" if values.dtype.kind == "f" else "STANDARD"
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), memory.open() as raster:
            copy(
                raster, str(half_done), driver="COG", COMPRESS="DEFLATE", LEVEL="1", PREDICTOR=predictor,
                BLOCKSIZE="256", OVERVIEW_RESAMPLING=averaging, NUM_THREADS="2", INTERLEAVE="PIXEL",
            )  # fmt: skip
    os.replace(half_done, path)
