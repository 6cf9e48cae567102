"""One file of a pair of one's own: which bands it has, what its numbers are, where and when it was; and its pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from satseek.core.errors import SourceError, UsageError, did_you_mean
from satseek.core.sensor import SENSORS
from satseek.core.sensors import s2
from satseek.datasets.co_registered import DECIBEL, DISPLAY, REFLECTANCE, TRUE_COLOUR

LINEAR = {"power": 10.0, "amplitude": 20.0}  # unit -> what its logarithm is multiplied with to be dB
UNITS_OF = {"s1": (DECIBEL, *LINEAR, DISPLAY), "s2": (REFLECTANCE, "DN", DISPLAY)}
_COLOURS = {"red": "B04", "green": "B03", "blue": "B02"}
_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class Told:
    """What the list of pairs says of one sensor's files; it wins over the files."""

    bands: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True)
class Facts:
    """What a file's header tells."""

    path: Path
    sensor: str
    bands: tuple[str, ...]  # canonical, in the sensor's own order
    places: tuple[int, ...]  # of these bands in the file, the first is 1
    unit: str  # of the stored numbers
    size: tuple[int, int]  # (height, width)
    crs: str | None
    bounds: tuple[float, float, float, float] | None
    pixel: float  # side, in the coordinates' unit
    nodata: float | None


def facts_of(path: Path, sensor: str, told: Told | None = None) -> Facts:
    """Return what the header tells; `SourceError` says what is missing and where to say it."""
    told = told or Told()
    try:
        with rasterio.open(path) as file:
            bands, places = _bands(path, sensor, file, told)
            has_place = file.crs is not None and not file.transform.is_identity
            return Facts(
                path=path,
                sensor=sensor,
                bands=bands,
                places=places,
                unit=_unit(path, sensor, file, places[0], told),
                size=(file.height, file.width),
                crs=file.crs.to_string() if has_place else None,
                bounds=tuple(file.bounds) if has_place else None,
                pixel=abs(file.transform.a),
                nodata=file.nodata,
            )
    except (RasterioError, OSError) as error:
        raise SourceError(f"Cannot open {path.name}: {error}.") from None


def read_values(facts: Facts) -> NDArray[Any]:
    """Return (bands, height, width): uint8 for display, dB or reflectance as float32 with NaN where unmeasured."""
    try:
        with rasterio.open(facts.path) as file:
            numbers = file.read(list(facts.places))
    except (RasterioError, OSError) as error:
        raise SourceError(f"Cannot read {facts.path.name}: {error}.") from None
    if facts.unit == DISPLAY:
        if not numbers.any():
            raise SourceError(f"{facts.path.name} holds no measurement: every pixel is 0.")
        return np.asarray(numbers, dtype=np.uint8)
    values = numbers.astype(np.float32)
    if facts.nodata is not None:
        values[numbers == facts.nodata] = np.nan
    if facts.unit in LINEAR:
        values = np.where(values > 0, values, np.float32(np.nan))
        values = np.float32(LINEAR[facts.unit]) * np.log10(values)
    elif facts.unit == "DN":
        values = np.where(values > 0, values * np.float32(s2.DN_SCALE), np.float32(np.nan))
    low, high = SENSORS.get(facts.sensor).valid_range
    values[~((values >= low) & (values <= high))] = np.nan
    if not np.isfinite(values).any():
        raise SourceError(f"{facts.path.name} holds no measurement: all is nodata or outside {low:g} to {high:g}.")
    return np.asarray(values, dtype=np.float32)


def unit_read(facts: Facts) -> str:
    """Return what the numbers of `read_values` are."""
    if facts.unit == DISPLAY:
        return DISPLAY
    return DECIBEL if facts.sensor == "s1" else REFLECTANCE


def day_in(text: str | None) -> date | None:
    """Return the day that a date or a file name tells, or None."""
    found = _DAY.search(text) if text else None
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None


def require_unit(sensor: str, unit: str) -> str:
    """Return the unit, or say which ones this sensor's files may have."""
    known = UNITS_OF[sensor]
    if unit not in known:
        raise UsageError(f"'{unit}' is no unit of {sensor} files. {did_you_mean(unit, known)}")
    return unit


def _bands(path: Path, sensor: str, file: Any, told: Told) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the bands in the sensor's order with their places: names decide, never the order in the file."""
    names = told.bands or tuple(name or "" for name in file.descriptions)
    if len(names) != file.count:
        raise SourceError(f"{path.name} has {file.count} bands, and the list of pairs names {len(names)}.")
    known = SENSORS.get(sensor)
    canonical = [_COLOURS.get(name.casefold()) or known.canonical_band(name) if name else None for name in names]
    if not any(canonical) and sensor == "s2" and file.dtypes[0] == "uint8" and file.count in (3, 4):
        canonical = [*TRUE_COLOUR, *[None] * (file.count - 3)]
    found = {band: place for place, band in enumerate(canonical, start=1) if band}
    if not found:
        raise SourceError(
            f"{path.name} does not say which of {sensor}'s bands it has ({', '.join(known.band_names)}). Describe its "
            f'bands, or name them in pairs.json: {{"sensors": {{"{sensor}": {{"bands": ["{known.band_names[0]}"]}}}}}}.'
        )
    order = TRUE_COLOUR if set(found) == set(TRUE_COLOUR) else [name for name in known.band_names if name in found]
    return tuple(order), tuple(found[name] for name in order)


def _unit(path: Path, sensor: str, file: Any, place: int, told: Told) -> str:
    if told.unit is not None:
        return require_unit(sensor, told.unit)
    if file.dtypes[place - 1] == "uint8":
        return DISPLAY
    values = _sample(file, place)
    if not values.size:
        raise SourceError(f"{path.name} holds no measurement: all is nodata.")
    if sensor == "s1":
        if (values < 0).mean() < 0.01:
            raise SourceError(
                f"{path.name} has no value below 0, so its radar is linear and not dB. Say which, and it is converted: "
                '{"sensors": {"s1": {"unit": "power"}}} in pairs.json, or "amplitude".'
            )
        return DECIBEL
    if np.dtype(file.dtypes[place - 1]).kind in "iu":
        return "DN"
    high = s2.S2.valid_range[1]
    return "DN" if float(np.percentile(values, 90)) > high else REFLECTANCE


def _sample(file: Any, place: int) -> NDArray[np.float32]:
    shape = tuple(min(side, 128) for side in (file.height, file.width))
    look = file.read(place, out_shape=shape, masked=True)
    values = np.asarray(look.compressed(), dtype=np.float32)
    return values[np.isfinite(values)]
