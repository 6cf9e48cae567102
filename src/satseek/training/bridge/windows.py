"""What both frozen models make of windows of places: encoded once, kept in a file, dealt again each epoch."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.datasets.co_registered import CoRegisteredSet, as_pixels, require_sensor
from satseek.training.bridge.settings import BridgeRecipe

AT_ONCE = 16  # places


@dataclass(frozen=True)
class Windows:
    """Unit vectors of windows, row i of both the same piece of ground."""

    radar: FloatArray
    optical: FloatArray
    places: int

    def __len__(self) -> int:
        return len(self.radar)


def together(parts: Sequence[Windows]) -> Windows:
    """Return the windows of several sets as those of one: each view holds the places of all."""

    def joined(rows: Sequence[FloatArray]) -> FloatArray:
        by_view = [each.reshape(-1, part.places, each.shape[1]) for each, part in zip(rows, parts, strict=True)]
        return np.concatenate(by_view, axis=1).reshape(-1, rows[0].shape[1])

    places = sum(part.places for part in parts)
    return Windows(joined([part.radar for part in parts]), joined([part.optical for part in parts]), places)


def windows_of(
    pairs: CoRegisteredSet, recipe: BridgeRecipe, radar: Model, optical: Model, cache: Path, *, whole: bool = False
) -> Windows:
    """Return the vectors of random windows of each place, or of the whole pictures once."""
    radar_rows = _encoded(pairs, "s1", radar, recipe, cache, whole)
    return Windows(radar_rows, _encoded(pairs, "s2", optical, recipe, cache, whole), len(pairs))


def _encoded(
    pairs: CoRegisteredSet, sensor: str, model: Model, recipe: BridgeRecipe, cache: Path, whole: bool
) -> FloatArray:
    """Return one sensor's vectors, view by view of all places; read back where the same model made them before."""
    require_sensor(pairs, sensor)
    views = 1 if whole else recipe.data.views
    told = [pairs.name, pairs.split, list(pairs.ids), sensor, views, recipe.data.window_m, recipe.seed, whole]
    key = json.dumps([*told, model.card.weights_sha256])
    path = cache / f"windows-{sensor}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if path.exists():
        kept: FloatArray = np.load(path)
        return kept
    rows = []
    for view in range(views):
        for start in range(0, len(pairs), AT_ONCE):
            some = range(start, min(start + AT_ONCE, len(pairs)))
            rows.append(model.encode_images([_window(pairs, place, sensor, recipe, view, whole) for place in some]))
    encoded = np.concatenate(rows)
    cache.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new.npy")
    np.save(fresh, encoded)
    os.replace(fresh, path)  # whole or not at all
    return encoded


def _window(pairs: CoRegisteredSet, place: int, sensor: str, recipe: BridgeRecipe, view: int, whole: bool) -> Pixels:
    """Return a window, the same ground and turn for both sensors."""
    values = pairs.read(place, sensor)
    if not whole:
        random = np.random.default_rng([recipe.seed, place, view])
        side = min(round(recipe.data.window_m / pairs.ground_resolution_m), pairs.size)
        top, left = random.integers(0, pairs.size - side + 1, 2)
        values = np.rot90(values[:, top : top + side, left : left + side], int(random.integers(4)), (1, 2))
        values = np.ascontiguousarray(values[:, :, ::-1] if random.random() < 0.5 else values)
    return as_pixels(values, sensor, pairs.bands(sensor), pairs.unit(sensor), pairs.ground_resolution_m)
