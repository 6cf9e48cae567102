"""A sensor is a kind of image: its bands, their unit, the range they may take, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError, did_you_mean
from satseek.core.registry import Registry
from satseek.core.vectors import FloatArray

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Band:
    """One band: its canonical name, and the other names that files and catalogs give it."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """How pixels become a picture: three bands (red, green, blue) and the values drawn black and white."""

    bands: tuple[str, str, str]
    black: tuple[float, float, float]
    white: tuple[float, float, float]


@dataclass(frozen=True)
class Sensor:
    """A kind of image that archives hold and models read."""

    name: str
    title: str
    bands: tuple[Band, ...]
    unit: str  # what the values are once read: "8-bit", "reflectance", "dB"
    valid_range: tuple[float, float]  # values outside cannot be measurements
    pixel_type: str  # numpy name of the type of the values once read
    drawings: dict[str, Drawing] = field(default_factory=dict)  # the first is the usual one

    @property
    def band_names(self) -> tuple[str, ...]:
        """The canonical band names, in the sensor's own order."""
        return tuple(band.name for band in self.bands)

    def canonical_band(self, name: str) -> str | None:
        """Return the canonical name for any name a band goes by, or None."""
        folded = name.strip().casefold()
        for band in self.bands:
            if folded == band.name.casefold() or folded in (alias.casefold() for alias in band.aliases):
                return band.name
        return None

    def require_bands(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the canonical names, or say which name is unknown and what is known."""
        found = []
        for name in names:
            canonical = self.canonical_band(name)
            if canonical is None:
                known = ", ".join(self.band_names)
                raise UsageError(
                    f"Sensor '{self.name}' has no band called '{name}'. It knows {known}. "
                    f"{did_you_mean(name, self.band_names)}"
                )
            found.append(canonical)
        return tuple(found)


@dataclass(frozen=True)
class Pixels:
    """The measured values of one chip: named bands in the sensor's unit, with a mask of what is valid."""

    sensor: str
    bands: tuple[str, ...]
    values: NDArray[Any]  # (bands, height, width), in the sensor's unit and pixel_type
    valid: BoolArray  # (height, width)
    ground_resolution_m: float | None = None

    @property
    def nodata_share(self) -> float:
        """The share of pixels that hold no measurement."""
        return float(1.0 - self.valid.mean()) if self.valid.size else 1.0

    def band(self, name: str) -> FloatArray:
        """Return one band as float32 (height, width)."""
        return np.asarray(self.values[self.bands.index(name)], dtype=np.float32)


SENSORS: Registry[Sensor] = Registry(
    "sensor",
    {
        "rgb": "satseek.core.sensors.rgb:RGB",
        "s2": "satseek.core.sensors.s2:S2",
        "s1": "satseek.core.sensors.s1:S1",
    },
)


def sensor_of_bands(names: Iterable[str]) -> Sensor | None:
    """Return the one sensor that knows all these band names, or None; `s2` wins where colours alone are named."""
    wanted = list(names)
    for key in ("s1", "s2", "rgb"):
        sensor = SENSORS.get(key)
        if wanted and all(sensor.canonical_band(name) for name in wanted):
            return sensor
    return None
