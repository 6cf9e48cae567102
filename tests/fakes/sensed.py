"""Chips of any sensor and any bands, each of another kind of ground, as the contract suite shows them to models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from satseek.core.card import ModelCard
from satseek.core.sensor import SENSORS, Pixels

_USUAL = {"rgb": ("red", "green", "blue"), "s2": ("B02", "B03", "B04", "B08"), "s1": ("VV", "VH")}
_LEVELS = {"8-bit": (110.0, 45.0), "reflectance": (0.12, 0.05), "dB": (-13.0, 4.0)}  # mean and deviation


def bands_of(card: ModelCard, sensor: str) -> tuple[str, ...]:
    """Return the bands to show a model: those it names, or the sensor's usual ones."""
    return tuple(card.sensors[sensor]) or _USUAL[sensor]


def sensed(sensor: str, bands: Sequence[str], seed: int, *, height: int, width: int | None = None) -> Pixels:
    """A chip with hills, fields and grain that differ from seed to seed, in the sensor's unit."""
    kind = SENSORS.get(sensor)
    rng = np.random.default_rng(seed)
    mean, deviation = _LEVELS[kind.unit]
    size = (len(bands), height, width or height)
    values = mean + deviation * (0.7 * _blobs(rng, size) + 0.5 * rng.standard_normal((size[0], 1, 1)))
    values = values + 0.3 * deviation * rng.standard_normal(size)
    low, high = {"8-bit": (0, 255), "reflectance": (0.001, 1), "dB": (-40, 15)}[kind.unit]
    clipped = np.clip(values, low, high).astype(kind.pixel_type)
    return Pixels(sensor, tuple(bands), clipped, np.ones(size[1:], dtype=bool), 10.0)


def _blobs(rng: np.random.Generator, size: tuple[int, int, int]) -> NDArray[np.float64]:
    bands, height, width = size
    coarse = rng.standard_normal((bands, 6, 6))
    rows = np.linspace(0, 5.999, height).astype(int)
    columns = np.linspace(0, 5.999, width).astype(int)
    return coarse[:, rows][:, :, columns]


def in_another_unit(chip: Pixels) -> Pixels:
    """The same ground in a unit that its sensor does not have: 0…1 for 8 bits, whole numbers, linear power."""
    values = chip.values.astype(np.float32)
    other = {"rgb": values / 255, "s2": values * 10_000, "s1": 10 ** (values / 10)}[chip.sensor]
    return Pixels(chip.sensor, chip.bands, other.astype(np.float32), chip.valid, chip.ground_resolution_m)
