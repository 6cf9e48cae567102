"""Co-registered sets: places that two or more sensors saw, their pictures paired pixel by pixel, without words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError, did_you_mean
from satseek.core.sensor import SENSORS, BoolArray, Pixels
from satseek.core.sensors.rgb import RGB
from satseek.core.sensors.s1 import DISPLAY_RANGE_DB

DISPLAY, DECIBEL, REFLECTANCE = "display", "dB", "reflectance"  # what the numbers of `read` are
UNITS = (DISPLAY, DECIBEL, REFLECTANCE)
TRUE_COLOUR = ("B04", "B03", "B02")


class CoRegisteredSet(Protocol):
    """One split of a set: pair i shows one place, once for each sensor, on one grid.

    What is the same for all pairs are properties; `read` decodes one picture and may be called from several threads.
    """

    @property
    def name(self) -> str:
        """What the set is called in the catalogue."""
        ...

    @property
    def split(self) -> str:
        """`train`, `val`, `test` or `all`."""
        ...

    @property
    def sensors(self) -> tuple[str, ...]:
        """The sensors that saw every place, such as ("s1", "s2")."""
        ...

    @property
    def ids(self) -> Sequence[str]:
        """A name for each pair, unique in the set."""
        ...

    @property
    def size(self) -> int:
        """The side of every picture, in pixels."""
        ...

    @property
    def ground_resolution_m(self) -> float:
        """The side of a pixel on the ground."""
        ...

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes that `labels` has a column for; empty where places have no labels."""
        ...

    @property
    def labels(self) -> BoolArray | None:
        """Which classes each place shows, (pairs, classes)."""
        ...

    @property
    def places(self) -> NDArray[np.float64] | None:
        """Where each pair lies, (pairs, 4): west, south, east, north in the coordinates of `crs`."""
        ...

    @property
    def crs(self) -> str | None:
        """The coordinate system of `places`, such as EPSG:3395; None where there is none for all."""
        ...

    @property
    def refused(self) -> Mapping[str, str]:
        """What was left out, and why."""
        ...

    def __len__(self) -> int: ...

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return the canonical band names of this sensor's pictures, in the order of `read`."""
        ...

    def unit(self, sensor: str) -> str:
        """Return what the numbers are: `display` (8 bits), `dB` or `reflectance`."""
        ...

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return the day each place was seen by this sensor."""
        ...

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return one picture, (bands, size, size): uint8 where the unit is `display`, float32 otherwise.

        A pixel without a measurement is NaN, or 0 in all bands of a `display` picture.
        """
        ...


@dataclass(frozen=True)
class PairSource:
    """A co-registered set on the shelf: what it is, what it is told by, and how a split of it is read."""

    title: str
    known_by: str  # the file or folder that `--data` is recognised by
    load: Callable[[Path, str], CoRegisteredSet]


def require_sensor(pairs: CoRegisteredSet, sensor: str) -> None:
    """Raise `UsageError` where the set holds no pictures of this sensor."""
    if sensor not in pairs.sensors:
        raise UsageError(f"The pairs of '{pairs.name}' have no '{sensor}'. {did_you_mean(sensor, pairs.sensors)}")


def read_pixels(pairs: CoRegisteredSet, index: int, sensor: str) -> Pixels:
    """Return one picture as models take it: what ingest would have made of the same file."""
    return as_pixels(
        pairs.read(index, sensor), sensor, pairs.bands(sensor), pairs.unit(sensor), pairs.ground_resolution_m
    )


def as_pixels(
    values: NDArray[Any], sensor: str, bands: tuple[str, ...], unit: str, ground_resolution_m: float | None = None
) -> Pixels:
    """Return read numbers as a chip in the sensor's own unit.

    8-bit radar becomes dB over the range that displays usually show; 8-bit true colour of Sentinel-2 is an `rgb` chip,
    as it is when such a file is ingested.
    """
    if unit == DISPLAY:
        valid = np.asarray(values.any(axis=0))
        if sensor == "s1":
            low, high = DISPLAY_RANGE_DB
            values = values.astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)
        elif sensor == "s2" and bands == TRUE_COLOUR:
            sensor, bands = "rgb", RGB.band_names
        return Pixels(sensor, bands, values, valid, ground_resolution_m)
    finite = np.isfinite(values)
    filled = np.where(finite, values, np.float32(0)).astype(SENSORS.get(sensor).pixel_type)
    return Pixels(sensor, bands, filled, finite.all(axis=0), ground_resolution_m)
