"""Painted pairs: land of the synthetic world as radar and optical satellites see it, to be taught beside real pairs.

They are painted once and kept in a file. Their pictures have the bands, the size and the unit that are asked for, so
that they can be joined with a set on disk.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.datasets.co_registered import DISPLAY, CoRegisteredSet, require_sensor
from satseek.synthetic.world import BANDS, World

SEED = 3_001  # of the lands that are taught; what is measured on is painted from others
_ACROSS = 2  # pictures a side that are cut from one land
_EVERY = 2  # map cells a side in a pixel
_CLIP = 99.0  # percent of a land's pixels that an 8-bit stretch leaves apart
_PAINTERS = 2


class PaintedPairs:
    """Some places of the painted world, seen by `s1` and `s2`."""

    name, split = "painted", "train"
    sensors = ("s1", "s2")
    label_names: tuple[str, ...] = ()
    labels: BoolArray | None = None
    places: NDArray[np.float64] | None = None
    crs: str | None = None

    def __init__(
        self, bands: Mapping[str, tuple[str, ...]], units: Mapping[str, str], pictures: Mapping[str, NDArray[Any]],
        ground_resolution_m: float,
    ) -> None:  # fmt: skip
        """Take pictures that were painted; use `painted_pairs` instead."""
        self._bands, self._units, self._pictures = dict(bands), dict(units), pictures
        self.ground_resolution_m = ground_resolution_m
        self.size = int(next(iter(pictures.values())).shape[-1])
        self.ids = tuple(f"{number:05d}" for number in range(len(self)))
        self.refused: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._pictures["s1"])

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return the bands that were painted."""
        require_sensor(self, sensor)
        return self._bands[sensor]

    def unit(self, sensor: str) -> str:
        """Return what the numbers are."""
        require_sensor(self, sensor)
        return self._units[sensor]

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return None: painted land has no day."""
        require_sensor(self, sensor)
        return None

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return one picture."""
        require_sensor(self, sensor)
        picture = self._pictures[sensor][index]
        return np.asarray(picture) if self._units[sensor] == DISPLAY else picture.astype(np.float32)


def painted_like(pairs: CoRegisteredSet, count: int, cache: Path, *, seed: int = SEED) -> PaintedPairs:
    """Return painted places whose pictures are of the same size, bands and units as those of a set."""
    bands = {sensor: pairs.bands(sensor) for sensor in PaintedPairs.sensors}
    units = {sensor: pairs.unit(sensor) for sensor in PaintedPairs.sensors}
    return painted_pairs(
        count, cache, bands=bands, units=units, size=pairs.size, metres=pairs.ground_resolution_m, seed=seed
    )


def painted_pairs(
    count: int, cache: Path, *, bands: Mapping[str, tuple[str, ...]], units: Mapping[str, str], size: int,
    metres: float, seed: int = SEED,
) -> PaintedPairs:  # fmt: skip
    """Return painted places, from the files under `cache` where they were painted before."""
    told = json.dumps([count, {**bands}, {**units}, size, metres, seed, _ACROSS, _EVERY])
    key = hashlib.sha256(told.encode()).hexdigest()[:16]
    paths = {sensor: cache / f"painted-{sensor}-{key}.npy" for sensor in PaintedPairs.sensors}
    if not all(path.exists() for path in paths.values()):
        cache.mkdir(parents=True, exist_ok=True)
        _paint(
            count,
            {sensor: path.with_suffix(".new") for sensor, path in paths.items()},
            bands,
            units,
            size,
            metres,
            seed,
        )
        for path in paths.values():
            os.replace(path.with_suffix(".new"), path)  # whole or not at all
    pictures = {sensor: np.load(path, mmap_mode="r") for sensor, path in paths.items()}
    return PaintedPairs(bands, units, pictures, metres)


def _paint(
    count: int, paths: Mapping[str, Path], bands: Mapping[str, tuple[str, ...]], units: Mapping[str, str], size: int,
    metres: float, seed: int,
) -> None:  # fmt: skip
    files = {
        sensor: np.lib.format.open_memmap(
            path, mode="w+", dtype=np.uint8 if units[sensor] == DISPLAY else np.float16,
            shape=(count, len(bands[sensor]), size, size),
        )
        for sensor, path in paths.items()
    }  # fmt: skip
    in_a_land = _ACROSS**2

    def land(number: int) -> None:
        world = World.paint(seed, _ACROSS * _EVERY * size, metres / _EVERY, number=number)
        first = number * in_a_land
        for sensor, file in files.items():
            chosen = [BANDS[sensor].index(name) for name in bands[sensor]]
            seen = world.render(sensor, every=_EVERY)[chosen]
            values = _stretched(seen, sensor) if units[sensor] == DISPLAY else seen
            for place in range(first, min(first + in_a_land, count)):
                row, column = (size * part for part in divmod(place - first, _ACROSS))
                file[place] = values[:, row : row + size, column : column + size]

    with ThreadPoolExecutor(_PAINTERS) as painters:
        for _ in painters.map(land, range(math.ceil(count / in_a_land))):
            pass
    for file in files.values():
        file.flush()


def _stretched(values: FloatArray, sensor: str) -> NDArray[np.uint8]:
    """Return 8 bits as pictures of satellites are given away: radar in amplitude, the brightest hundredth clipped."""
    bright: FloatArray = np.power(np.float32(10), values / 20) if sensor == "s1" else values
    highest: FloatArray = np.percentile(bright, _CLIP, axis=(1, 2), keepdims=True).astype(np.float32)
    return np.asarray(np.clip(bright / highest * 255, 1, 255), dtype=np.uint8)
