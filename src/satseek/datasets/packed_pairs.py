"""Pairs decoded once into one packed file a sensor, mapped and not loaded; made anew when the set changes.

Half a million BigEarthNet pairs are 14 files each: opening them takes ten times as long as what is learnt from them.
Reflectance is kept in ten-thousandths, as it is delivered; dB stay floats.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError
from satseek.core.sensor import BoolArray
from satseek.datasets.co_registered import DECIBEL, DISPLAY, REFLECTANCE, CoRegisteredSet

log = logging.getLogger(__name__)

_TYPES: dict[str, np.dtype[Any]] = {
    DISPLAY: np.dtype(np.uint8),
    DECIBEL: np.dtype(np.float32),
    REFLECTANCE: np.dtype(np.uint16),
}
_UNMEASURED = 65535  # reflectance that is NaN
_DN = 10_000
_AT_ONCE = 64  # pairs decoded between two writes


class PackedPairs:
    """A co-registered set whose pictures come from packed files; all else is the set's own."""

    def __init__(self, pairs: CoRegisteredSet, values: Mapping[str, NDArray[Any]], broken: Mapping[int, str]) -> None:
        """Take what `open` made; `broken` says which pairs could not be read, and why."""
        self.pairs, self._values, self.broken = pairs, values, broken
        self.name, self.split, self.sensors = pairs.name, pairs.split, pairs.sensors
        self.ids: Sequence[str] = pairs.ids
        self.size, self.ground_resolution_m = pairs.size, pairs.ground_resolution_m
        self.crs: str | None = pairs.crs
        self.label_names: tuple[str, ...] = pairs.label_names

    @staticmethod
    def open(
        pairs: CoRegisteredSet,
        cache: Path,
        *,
        workers: int = 4,
        rebuild: bool = False,
        on_pair: Callable[[], None] = lambda: None,
    ) -> PackedPairs:
        """Open the packed files of a set under the folder `cache`; make them where they are missing or stale."""
        packed = cache / f"{pairs.name}-{pairs.split}-{_fingerprint(pairs)}"
        shapes = {sensor: _shape(pairs, sensor) for sensor in pairs.sensors}
        broken = None if rebuild else _held(packed, pairs)
        if broken is None:
            broken = _pack(pairs, packed, workers, on_pair)
        values = {
            sensor: np.memmap(_file(packed, sensor), dtype=_TYPES[pairs.unit(sensor)], mode="r", shape=shape)
            if len(pairs)
            else np.zeros(shape, dtype=_TYPES[pairs.unit(sensor)])
            for sensor, shape in shapes.items()
        }
        return PackedPairs(pairs, values, broken)

    @property
    def good(self) -> NDArray[np.int64]:
        """The positions of the pairs that could be read."""
        return np.array([position for position in range(len(self)) if position not in self.broken], dtype=np.int64)

    @property
    def labels(self) -> BoolArray | None:
        """The set's own labels."""
        return self.pairs.labels

    @property
    def places(self) -> NDArray[np.float64] | None:
        """The set's own places."""
        return self.pairs.places

    @property
    def refused(self) -> Mapping[str, str]:
        """What the set left out, and pairs that are broken."""
        return dict(self.pairs.refused) | {self.ids[position]: why for position, why in self.broken.items()}

    def __len__(self) -> int:
        return len(self.pairs)

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return the set's own bands."""
        return self.pairs.bands(sensor)

    def unit(self, sensor: str) -> str:
        """Return the set's own unit."""
        return self.pairs.unit(sensor)

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return the set's own dates."""
        return self.pairs.dates(sensor)

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return what the set's own `read` would; a broken pair has no measurement."""
        return _unpacked(np.asarray(self._values[sensor][index]), self.unit(sensor))

    def read_many(self, positions: Sequence[int] | NDArray[np.int64], sensor: str) -> NDArray[Any]:
        """Return many pictures at once."""  # (positions, bands, size, size)
        rows = np.asarray(positions, dtype=np.int64)
        order = np.argsort(rows, kind="stable")  # a memory map is read forwards
        held = self._values[sensor]
        block = np.empty((len(rows), *held.shape[1:]), dtype=held.dtype)
        block[order] = held[rows[order]]
        return _unpacked(block, self.unit(sensor))


def _pack(pairs: CoRegisteredSet, packed: Path, workers: int, on_pair: Callable[[], None]) -> dict[int, str]:
    """Write the files whole or not at all, the list of what is broken last: it says that all are there."""
    broken: dict[int, str] = {}
    fresh = {sensor: packed.with_name(f"{packed.name}.{sensor}.{os.getpid()}") for sensor in pairs.sensors}
    listed = packed.with_name(packed.name + ".json")
    try:
        packed.parent.mkdir(parents=True, exist_ok=True)
        listed.unlink(missing_ok=True)
        with ExitStack() as opened:
            files = {sensor: opened.enter_context(open(path, "wb")) for sensor, path in fresh.items()}
            for decoded in _decoded(pairs, workers):
                for sensor, file in files.items():
                    file.write(_packed(decoded[sensor], pairs, sensor).tobytes())
                if isinstance(decoded["why"], str):
                    broken[decoded["position"]] = decoded["why"]
                    log.warning("%s: %s It is left out.", pairs.ids[decoded["position"]], decoded["why"])
                on_pair()
        for sensor, path in fresh.items():
            os.replace(path, _file(packed, sensor))
        listed.write_text(json.dumps(broken))
    except OSError as error:
        needed = sum(_bytes(pairs, sensor) for sensor in pairs.sensors) / 1e9
        raise SourceError(
            f"Cannot keep the decoded pairs in {packed.parent}: {error}. They need {needed:.2g} GB there; choose "
            "another folder for them."
        ) from None
    finally:
        for path in fresh.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return broken


def _decoded(pairs: CoRegisteredSet, workers: int) -> Iterator[dict[str, Any]]:
    """Go through the pairs in order, decoded by several workers, few ahead of the writer."""
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        for start in range(0, len(pairs), _AT_ONCE):
            yield from pool.map(partial(_one, pairs), range(start, min(start + _AT_ONCE, len(pairs))))


def _one(pairs: CoRegisteredSet, position: int) -> dict[str, Any]:
    try:
        values = {sensor: pairs.read(position, sensor) for sensor in pairs.sensors}
        return {"position": position, "why": None, **values}
    except SourceError as error:
        return {"position": position, "why": str(error), **dict.fromkeys(pairs.sensors)}


def _packed(values: NDArray[Any] | None, pairs: CoRegisteredSet, sensor: str) -> NDArray[Any]:
    unit = pairs.unit(sensor)
    if values is None:
        blank = {DISPLAY: 0, DECIBEL: np.nan, REFLECTANCE: _UNMEASURED}[unit]
        return np.full(_shape(pairs, sensor)[1:], blank, dtype=_TYPES[unit])
    if unit != REFLECTANCE:
        return values.astype(_TYPES[unit], copy=False)
    numbers = np.clip(np.rint(np.nan_to_num(values) * _DN), 0, _UNMEASURED - 1)
    return np.where(np.isnan(values), _UNMEASURED, numbers).astype(np.uint16)


def _unpacked(numbers: NDArray[Any], unit: str) -> NDArray[Any]:
    if unit != REFLECTANCE:
        return numbers
    values = numbers.astype(np.float32) * np.float32(1 / _DN)
    values[numbers == _UNMEASURED] = np.nan
    return values


def _held(packed: Path, pairs: CoRegisteredSet) -> dict[int, str] | None:
    """Return what is broken, where the files are all there and whole."""
    try:
        listed = json.loads(packed.with_name(packed.name + ".json").read_text())
        if any(_file(packed, sensor).stat().st_size != _bytes(pairs, sensor) for sensor in pairs.sensors):
            return None
        return {int(position): str(why) for position, why in listed.items()}
    except (OSError, ValueError, AttributeError):
        return None


def _file(packed: Path, sensor: str) -> Path:
    return packed.with_name(f"{packed.name}.{sensor}")


def _shape(pairs: CoRegisteredSet, sensor: str) -> tuple[int, ...]:
    return (len(pairs), len(pairs.bands(sensor)), pairs.size, pairs.size)


def _bytes(pairs: CoRegisteredSet, sensor: str) -> int:
    return math.prod(_shape(pairs, sensor)) * _TYPES[pairs.unit(sensor)].itemsize


def _fingerprint(pairs: CoRegisteredSet) -> str:
    """Return a mark that changes with the pairs, their order and the bands that are read."""
    digest = sha256(json.dumps([pairs.size, [[s, pairs.bands(s), pairs.unit(s)] for s in pairs.sensors]]).encode())
    block = getattr(pairs.ids, "block", None)
    digest.update(block.tobytes() if block is not None else "\n".join(pairs.ids).encode())
    return digest.hexdigest()[:16]
