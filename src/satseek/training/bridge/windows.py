"""What both frozen models make of windows of places: encoded once, kept in a file, dealt again each epoch."""

from __future__ import annotations

import hashlib
import json
import os
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


def windows_of(
    pairs: CoRegisteredSet, recipe: BridgeRecipe, radar: Model, optical: Model, cache: Path, *, whole: bool = False
) -> Windows:
    """Return the vectors of random windows of each place, or of the whole pictures once."""
    views = 1 if whole else recipe.data.views
    told = [pairs.name, pairs.split, list(pairs.ids), views, recipe.data.window_m, recipe.seed, whole]
    told += [radar.card.weights_sha256, optical.card.weights_sha256]
    path = cache / f"windows-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Windows(kept["radar"], kept["optical"], len(pairs))
    for sensor in ("s1", "s2"):
        require_sensor(pairs, sensor)
    found: dict[str, list[FloatArray]] = {"s1": [], "s2": []}
    for view in range(views):
        for start in range(0, len(pairs), AT_ONCE):
            some = range(start, min(start + AT_ONCE, len(pairs)))
            for sensor, model in (("s1", radar), ("s2", optical)):
                chips = [_window(pairs, place, sensor, recipe, view, whole) for place in some]
                found[sensor].append(model.encode_images(chips))
    windows = Windows(np.concatenate(found["s1"]), np.concatenate(found["s2"]), len(pairs))
    cache.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new.npz")
    np.savez(fresh, radar=windows.radar, optical=windows.optical)
    os.replace(fresh, path)
    return windows


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
