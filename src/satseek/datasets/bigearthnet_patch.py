"""One BigEarthNet patch read from its files: dB kept as floats, reflectance from ten-thousandths, all on 120 pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError

from satseek.core.errors import SourceError
from satseek.core.sensor import SENSORS

SIDE = 120
LAND_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")  # those of 10 m and 20 m
RADAR_BANDS = ("VV", "VH")
SIZES = {"B01": 20, "B09": 20, "B05": 60, "B06": 60, "B07": 60, "B8A": 60, "B11": 60, "B12": 60}  # others 120
_DN = np.float32(1e-4)


def read_patch(folder: Path, bands: tuple[str, ...], sensor: str) -> NDArray[np.float32]:
    """Return (bands, 120, 120) of the patch whose folder this is: dB for s1, reflectance for s2, NaN where unmeasured.

    Files are found by the band's name, never by their order.
    """
    values = np.empty((len(bands), SIDE, SIDE), dtype=np.float32)
    for row, band in enumerate(bands):
        values[row] = _read_band(folder / f"{folder.name}_{band}.tif", band, sensor)
    return values


def _read_band(path: Path, band: str, sensor: str) -> NDArray[np.float32]:
    try:
        with rasterio.open(path) as file:
            expected = SIZES.get(band, SIDE)
            if (file.height, file.width) != (expected, expected):
                raise SourceError(
                    f"{path.name} is {file.width}×{file.height} pixels; band {band} of BigEarthNet has "
                    f"{expected}×{expected}. Fetch the patch again."
                )
            numbers = file.read(1, out_shape=(SIDE, SIDE), resampling=Resampling.bilinear)
    except (RasterioError, OSError) as error:
        raise SourceError(f"Cannot read band {band} of patch {path.parent.name}: {error}.") from None
    return _decibels(numbers, path) if sensor == "s1" else _reflectance(numbers, path)


def _decibels(numbers: NDArray[Any], path: Path) -> NDArray[np.float32]:
    values = numbers.astype(np.float32)
    low, high = SENSORS.get("s1").valid_range
    values[~((values >= low) & (values <= high))] = np.nan
    if not np.isfinite(values).any():
        raise SourceError(f"{path.name} holds no measurement.")
    return values


def _reflectance(numbers: NDArray[Any], path: Path) -> NDArray[np.float32]:
    values = np.where(numbers > 0, numbers.astype(np.float32) * _DN, np.float32(np.nan)).astype(np.float32)
    if not np.isfinite(values).any():
        raise SourceError(f"{path.name} holds no measurement.")
    return values
