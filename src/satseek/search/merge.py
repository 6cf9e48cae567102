"""Overlapping hits of one place count once: the best one stands for the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from satseek.core.chip import BBox, Chip
from satseek.core.scene import Window

SAME_PLACE = 0.5  # of the smaller footprint lies in the other


@dataclass
class Place:
    """A chip that is kept, and the ids of worse ones that show the same place."""

    chip: Chip
    row: int
    others: list[str] = field(default_factory=list)


def merge(blocks: Iterable[Sequence[tuple[int, Chip]]], *, enough: int | None = None) -> list[Place]:
    """Return the chips that stand for a place each, best first; chips come as (row, chip), best first, in blocks.

    No further block is taken once there are enough places.
    """
    kept: list[Place] = []
    shelves: dict[str, _Shelf] = {}
    for block in blocks:
        for row, chip in block:
            shelf = shelves.setdefault(chip.sensor, _Shelf())
            same = shelf.place_of(chip)
            if same is not None:
                same.others.append(chip.id)
                continue
            place = Place(chip, row)
            kept.append(place)
            shelf.put(place)
        if enough is not None and len(kept) >= enough:
            break
    return kept


def window_overlap(one: Window, other: Window) -> float:
    """Return the share of the smaller window that lies in the other."""
    width = min(one.column + one.width, other.column + other.width) - max(one.column, other.column)
    height = min(one.row + one.height, other.row + other.height) - max(one.row, other.row)
    smaller = min(one.width * one.height, other.width * other.height)
    return max(0, width) * max(0, height) / smaller if smaller else 0.0


@dataclass
class _Shelf:
    """The kept places of one sensor, quick to look up by box and by scene."""

    boxes: np.ndarray = field(default_factory=lambda: np.zeros((16, 4)))
    boxed: list[Place] = field(default_factory=list)
    scenes: dict[tuple[str, str], list[Place]] = field(default_factory=dict)

    def put(self, place: Place) -> None:
        self.scenes.setdefault((place.chip.source, place.chip.scene), []).append(place)
        if place.chip.bbox is None:
            return
        if len(self.boxed) == len(self.boxes):
            self.boxes = np.concatenate([self.boxes, np.zeros_like(self.boxes)])
        self.boxes[len(self.boxed)] = _unrolled(place.chip.bbox)
        self.boxed.append(place)

    def place_of(self, chip: Chip) -> Place | None:
        """Return the best kept place that this chip shows too."""
        for place in self.scenes.get((chip.source, chip.scene), ()):
            if window_overlap(place.chip.window, chip.window) >= SAME_PLACE:
                return place
        if chip.bbox is None:
            return None
        overlaps = _box_overlaps(_unrolled(chip.bbox), self.boxes[: len(self.boxed)])
        for index in np.flatnonzero(overlaps >= SAME_PLACE):
            place = self.boxed[int(index)]
            of_another_scene = (place.chip.source, place.chip.scene) != (chip.source, chip.scene)
            if of_another_scene and _footprints_overlap(place.chip, chip):
                return place
        return None


def _unrolled(bbox: BBox) -> BBox:
    """Return the box with its east beyond 180° where it crosses the date line."""
    west, south, east, north = bbox
    return (west, south, east + 360 if east < west else east, north)


def _box_overlaps(box: BBox, boxes: np.ndarray) -> np.ndarray:
    west, south, east, north = box
    height = np.minimum(boxes[:, 3], north) - np.maximum(boxes[:, 1], south)
    width = np.max(
        [np.minimum(boxes[:, 2], east + turn) - np.maximum(boxes[:, 0], west + turn) for turn in (-360, 0, 360)], axis=0
    )
    areas = np.minimum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), (east - west) * (north - south))
    overlaps: np.ndarray = np.maximum(width, 0) * np.maximum(height, 0) / np.maximum(areas, 1e-18)
    return overlaps


def _footprints_overlap(one: Chip, other: Chip) -> bool:
    if one.geometry is None or other.geometry is None:
        return True  # the boxes are all there is
    from shapely.geometry import shape

    first, second = shape(dict(one.geometry)), shape(dict(other.geometry))
    smaller = min(first.area, second.area)
    return bool(smaller > 0 and first.intersection(second).area / smaller >= SAME_PLACE)
