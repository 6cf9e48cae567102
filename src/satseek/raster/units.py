"""Units: from the numbers in a file to reflectance, dB or 8 bits, and how it is told which numbers they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError, did_you_mean
from satseek.core.scene import BandFile, Scene
from satseek.core.sensor import Sensor
from satseek.core.sensors import rgb, s1, s2
from satseek.core.vectors import FloatArray
from satseek.raster.power import PowerScale
from satseek.raster.sample import sample_of

UNITS: Mapping[str, tuple[str, ...]] = {"rgb": rgb.UNITS, "s2": s2.UNITS, "s1": s1.UNITS}
_DB_FACTOR = {"power": 10.0, "amplitude": 20.0}
_STRETCH_PERCENTILES = (2.0, 98.0)
_GRD_COUNTS = 320.0  # the calibration constant of Sentinel-1 ground-range products, within 2 dB


class UnitOfOthers(UsageError):
    """A unit that the numbers of this sensor never have."""


@dataclass(frozen=True)
class Conversion:
    """From stored numbers to the sensor's unit: scale, offset, and for linear radar the factor of the logarithm."""

    scale: float = 1.0
    offset: float = 0.0
    decibels: float | None = None
    pixel_type: str = "float32"

    @property
    def changes_nothing(self) -> bool:
        """Whether numbers of the right type are already in the unit."""
        return self.scale == 1.0 and self.offset == 0.0 and self.decibels is None

    def __call__(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Return the numbers in the sensor's unit and type; what has no logarithm becomes NaN or −inf."""
        if self.changes_nothing and numbers.dtype == self.pixel_type:
            return numbers
        values = numbers.astype(np.float32)
        if self.scale != 1.0:
            values *= np.float32(self.scale)
        if self.offset != 0.0:
            values += np.float32(self.offset)
        if self.decibels is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                np.log10(values, out=values)
            values *= np.float32(self.decibels)
        if self.pixel_type == "uint8":
            return np.clip(np.rint(np.nan_to_num(values)), 0, 255).astype(np.uint8)
        return values


def require_unit(sensor: Sensor, unit: str) -> str:
    """Return the unit as it is written here, or say which units the sensor's numbers may have."""
    known = UNITS.get(sensor.name, (sensor.unit,))
    for name in known:
        if name.casefold() == unit.strip().casefold():
            return name
    raise UnitOfOthers(f"'{unit}' is no unit of {sensor.name} numbers. {did_you_mean(unit, known)}")


def known_unit(unit: str) -> str:
    """Return the unit as it is written here, of whichever sensor's numbers it is, or say which there are."""
    for names in UNITS.values():
        for name in names:
            if name.casefold() == unit.strip().casefold():
                return name
    every = [name for names in UNITS.values() for name in names]
    raise UsageError(f"'{unit}' is no unit of any sensor's numbers (--unit). {did_you_mean(unit, every)}")


def conversion_of(scene: Scene, sensor: Sensor, band: BandFile, dataset: Any) -> Conversion:
    """Return how one band's numbers become the sensor's unit, for a scene whose unit is settled."""
    told = dataset.scales[band.index - 1], dataset.offsets[band.index - 1]
    if scene.sensor == "rgb" or scene.unit in ("reflectance", "display"):
        told = (1.0, 0.0)  # the numbers are what the unit says, whatever the file adds
    if scene.sensor == "s2" and scene.unit == "DN" and told == (1.0, 0.0):
        told = (s2.DN_SCALE, 0.0)
    if scene.unit == "display":
        low, high = s1.DISPLAY_RANGE_DB
        told = ((high - low) / 255.0, low)
    return Conversion(
        scale=told[0] if band.scale is None else band.scale,
        offset=told[1] if band.offset is None else band.offset,
        decibels=_DB_FACTOR.get(scene.unit or ""),
        pixel_type=sensor.pixel_type,
    )


def power_scale_of(scene: Scene, sensor: Sensor, conversion: Conversion) -> PowerScale | None:
    """Return how radar's stored numbers stand for power, None for other sensors and where they are power."""
    if scene.sensor != "s1" or scene.unit == "power":
        return None
    return PowerScale(conversion.scale, conversion.offset, scene.unit == "amplitude", sensor.valid_range)


def implied_nodata(scene: Scene) -> float | None:
    """Return the number that means nothing was measured where the file tells neither nodata nor mask."""
    return 0.0 if scene.sensor == "s2" or scene.unit in _DB_FACTOR else None


def settle_unit(scene: Scene, files: Mapping[str, Any]) -> tuple[Scene, str | None]:
    """Return the scene with its unit told, and what had to be assumed from the values, if anything."""
    if scene.unit is not None:
        return scene, None
    if scene.sensor == "rgb":
        return _settled_rgb(scene, files)
    if scene.sensor == "s1":
        return _settled_s1(scene, files)
    if scene.sensor == "s2":
        return _settled_s2(scene, files)
    return scene, None


def told_s1_unit(texts: Iterable[str | None]) -> str | None:
    """Return the unit that unit tags, band descriptions or file names tell, or None."""
    text = " ".join(filter(None, texts)).casefold()
    if re.search(r"(?<![a-z])(db|decibels?)(?![a-z])", text):
        return "dB"
    if re.search(r"(?<![a-z])amplitude", text):
        return "amplitude"
    return "power" if re.search(r"(?<![a-z])(power|linear|intensity)(?![a-z])", text) else None


def _settled_rgb(scene: Scene, files: Mapping[str, Any]) -> tuple[Scene, str | None]:
    if all(files[band.href].dtypes[band.index - 1] == "uint8" for band in scene.bands):
        return replace(scene, unit="8-bit"), None
    values = np.concatenate([_sampled(scene, files, band) for band in scene.bands])
    measured = values[values != 0] if (values != 0).any() else values
    low, high = (float(edge) for edge in np.percentile(measured, _STRETCH_PERCENTILES)) if measured.size else (0.0, 1.0)
    scale = 255.0 / (high - low if high > low else 1.0)
    bands = tuple(replace(band, scale=scale, offset=-low * scale) for band in scene.bands)
    return replace(scene, unit="8-bit", bands=bands), (
        f"the colours are not 8 bits; they were stretched so that {low:g} is black and {high:g} is white"
    )


def _settled_s2(scene: Scene, files: Mapping[str, Any]) -> tuple[Scene, str | None]:
    first = scene.bands[0]
    dataset = files[first.href]
    told = first.scale is not None or (dataset.scales[first.index - 1], dataset.offsets[first.index - 1]) != (1, 0)
    if told or np.dtype(dataset.dtypes[first.index - 1]).kind in "iu":
        return replace(scene, unit="DN"), None
    values = _sampled(scene, files, first)
    if values.size and float(np.percentile(values, 90)) > s2.S2.valid_range[1]:
        return replace(scene, unit="DN"), "values above 2.5 cannot be reflectance; they were taken as ten-thousandths"
    return replace(scene, unit="reflectance"), None


def _settled_s1(scene: Scene, files: Mapping[str, Any]) -> tuple[Scene, str | None]:
    first = scene.bands[0]
    dataset = files[first.href]
    told = told_s1_unit([*dataset.units, *dataset.descriptions])
    if told is not None:
        return replace(scene, unit=told), None
    dtype = dataset.dtypes[first.index - 1]
    if dtype == "uint8":
        low, high = s1.DISPLAY_RANGE_DB
        return replace(scene, unit="display"), f"8-bit radar was taken as a stretch from {low:g} to {high:g} dB"
    values = _sampled(scene, files, first)
    scale = first.scale if first.scale is not None else dataset.scales[first.index - 1]
    if values.size == 0:
        return replace(scene, unit="dB"), None
    if (values < 0).mean() > 0.01:
        return replace(scene, unit="dB"), None  # power and amplitude are never below zero
    if np.dtype(dtype).kind in "iu" and scale == 1.0:
        bands = tuple(replace(band, scale=1.0 / _GRD_COUNTS) for band in scene.bands)
        return replace(scene, unit="amplitude", bands=bands), (
            f"whole numbers without a unit: the radar was taken as uncalibrated amplitude and divided by "
            f"{_GRD_COUNTS:g}, which leaves the level uncertain by about 2 dB"
        )
    return replace(scene, unit="power"), "no value below zero: the radar was taken as linear power"


def _sampled(scene: Scene, files: Mapping[str, Any], band: BandFile) -> FloatArray:
    values = sample_of(band.href, files[band.href], band.index)
    return values if scene.nodata is None else values[values != np.float32(scene.nodata)]


def assumed_texts(scene: Scene) -> Sequence[str]:
    """Return what was assumed when the scene was recognised, as kept in its properties."""
    text = scene.properties.get(ASSUMED)
    return [text] if isinstance(text, str) else []


ASSUMED = "satseek:assumed"  # the property that says what had to be guessed of a scene
