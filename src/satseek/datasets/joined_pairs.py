"""Several co-registered sets as one: their places one after another, where all have the same pictures to give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError
from satseek.core.sensor import BoolArray
from satseek.datasets.co_registered import CoRegisteredSet


class JoinedPairs:
    """Sets of one size, resolution, and the same sensors, bands and units; labels and places are not joined."""

    label_names: tuple[str, ...] = ()
    labels: BoolArray | None = None
    places: NDArray[np.float64] | None = None
    crs: str | None = None

    def __init__(self, sets: Sequence[CoRegisteredSet]) -> None:
        first = sets[0]
        for other in sets[1:]:
            if _kind(other) != _kind(first):
                raise UsageError(
                    f"'{first.name}' holds {_said(first)}, and '{other.name}' {_said(other)}: they cannot be joined."
                )
        self._sets = tuple(sets)
        self._starts = np.cumsum([0, *(len(each) for each in sets)])
        self.name, self.split = first.name, first.split
        self.sensors, self.size = first.sensors, first.size
        self.ground_resolution_m = first.ground_resolution_m
        self.ids = tuple(f"{each.name}/{name}" for each in sets for name in each.ids)
        self.refused = {f"{each.name}/{name}": why for each in sets for name, why in each.refused.items()}

    def __len__(self) -> int:
        return int(self._starts[-1])

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return what every set has of this sensor."""
        return self._sets[0].bands(sensor)

    def unit(self, sensor: str) -> str:
        """Return what the numbers of every set are."""
        return self._sets[0].unit(sensor)

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return the days, where every set knows them."""
        days = [each.dates(sensor) for each in self._sets]
        return (
            None if any(each is None for each in days) else np.concatenate([each for each in days if each is not None])
        )

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return one picture of the set that the place belongs to."""
        part = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self._sets[part].read(index - int(self._starts[part]), sensor)


def _kind(pairs: CoRegisteredSet) -> tuple[Any, ...]:
    pictures = tuple((sensor, pairs.bands(sensor), pairs.unit(sensor)) for sensor in pairs.sensors)
    return (pairs.size, pairs.ground_resolution_m, *pictures)


def _said(pairs: CoRegisteredSet) -> str:
    pictures = " and ".join(f"{','.join(pairs.bands(each))} ({pairs.unit(each)})" for each in pairs.sensors)
    return f"{pairs.size}×{pairs.size} pixels of {pairs.ground_resolution_m:g} m, {pictures}"
