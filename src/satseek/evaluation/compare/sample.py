"""What models are compared on: chips drawn evenly over sensors and scenes, the same ones for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satseek.core.chip import BBox
from satseek.core.scene import Window
from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MOST = 5_000  # chips of one comparison: every one is compared with every other


@dataclass(frozen=True)
class Item:
    """One picture that models look at, and what is known of it."""

    id: str
    sensor: str
    scene: str
    read: Callable[[], Pixels]
    stamp: str = ""  # another one where the pixels may have changed
    source: str = ""
    window: Window | None = None
    place: BaseGeometry | None = None
    bbox: BBox | None = None
    labels: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """The pictures of one comparison."""

    name: str
    items: tuple[Item, ...]
    of: int  # pictures there were to draw from
    stored: FloatArray | None = None  # the vectors that an archive holds of them, where nothing else can be had
    left_out: dict[str, str] = field(default_factory=dict)  # picture -> why it cannot be looked at

    def __len__(self) -> int:
        return len(self.items)

    @property
    def sensors(self) -> tuple[str, ...]:
        """The sensors, in the order of the alphabet."""
        return tuple(sorted({item.sensor for item in self.items}))

    def of_sensor(self, sensor: str) -> NDArray[np.int64]:
        """Return the positions of one sensor's pictures."""
        return np.array([row for row, item in enumerate(self.items) if item.sensor == sensor], dtype=np.int64)

    def without(self, broken: dict[str, str]) -> Sample:
        """Return the sample without pictures that cannot be looked at."""
        kept = [row for row, item in enumerate(self.items) if item.id not in broken]
        return replace(
            self,
            items=tuple(self.items[row] for row in kept),
            stored=None if self.stored is None else self.stored[kept],
            left_out={**self.left_out, **broken},
        )

    def labelled(self, labels: Sequence[tuple[str, ...]]) -> Sample:
        """Return the sample with these labels in the place of what was known."""
        return replace(
            self, items=tuple(replace(item, labels=own) for item, own in zip(self.items, labels, strict=True))
        )

    def fingerprint(self) -> str:
        """Return a name for exactly these pictures, another one where a file was changed."""
        told = "\n".join(f"{item.id} {item.stamp}" for item in self.items)
        return hashlib.sha256(told.encode()).hexdigest()[:24]

    def overlaps(self) -> BoolArray:
        """Return which two pictures show some of the same ground; without a place, some of the same pixels."""
        touching = np.eye(len(self), dtype=np.bool_)
        placed = np.array([row for row, item in enumerate(self.items) if item.bbox is not None], dtype=np.int64)
        boxes = [_unrolled(item.bbox) for item in self.items if item.bbox is not None]
        _mark(touching, placed, np.array(boxes, dtype=np.float64).reshape(-1, 4))
        loose: dict[str, list[int]] = {}
        for row, item in enumerate(self.items):
            if item.bbox is None and item.window is not None:
                loose.setdefault(item.scene, []).append(row)
        for rows in loose.values():
            sides = [_corners(self.items[row].window) for row in rows]
            _mark(touching, np.array(rows, dtype=np.int64), np.array(sides, dtype=np.float64))
        return touching


def draw_order(strata: Iterable[tuple[str, str, str]], seed: int, count: int) -> list[str]:
    """Return ids of (id, sensor, scene) rows: each sensor in turn, each of its scenes in turn, by chance within.

    The order follows from ids and the seed alone, however rows are stored.
    """
    sensors: dict[str, dict[str, list[str]]] = {}
    for name, sensor, scene in strata:
        sensors.setdefault(sensor, {}).setdefault(scene, []).append(name)
    queues = []
    for sensor in sorted(sensors):
        scenes = [sorted(names, key=lambda each: _lot(seed, each))[:count] for names in sensors[sensor].values()]
        scenes.sort(key=lambda names: _lot(seed, names[0]))
        queues.append(_in_turn(scenes))
    return _in_turn(queues)[:count]


def _in_turn(queues: Sequence[Sequence[str]]) -> list[str]:
    return [name for row in zip_longest(*queues) for name in row if name is not None]


def _lot(seed: int, name: str) -> bytes:
    return hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest()


def _unrolled(bbox: BBox) -> BBox:
    """Return a box whose east is east of its west, over the date line too."""
    west, south, east, north = bbox
    return (west, south, east + 360 if east < west else east, north)


def _corners(window: Window | None) -> tuple[float, float, float, float]:
    if window is None:
        return (0, 0, 0, 0)
    return (window.column, window.row, window.column + window.width, window.row + window.height)


def _mark(touching: BoolArray, rows: NDArray[np.int64], boxes: NDArray[np.float64]) -> None:
    """Mark pairs of boxes that share an area; edges that touch share none."""
    if not len(rows):
        return
    west, south, east, north = boxes.T
    tiny = 1e-9
    meet = (west[:, None] < east[None] - tiny) & (east[:, None] > west[None] + tiny)
    meet &= (south[:, None] < north[None] - tiny) & (north[:, None] > south[None] + tiny)
    touching[np.ix_(rows, rows)] |= meet
