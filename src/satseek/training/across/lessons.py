"""The places of one split, each sensor's pictures as its encoder takes them, at one ground resolution."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import SourceError, UsageError
from satseek.core.vectors import FloatArray
from satseek.datasets.co_registered import DISPLAY, CoRegisteredSet, read_pixels, require_sensor
from satseek.models.sscm.prepare import bands_of
from satseek.training.across.settings import PairRecipe

log = logging.getLogger(__name__)

Pictures = NDArray[np.float16]


@dataclass(frozen=True)
class PairLessons:
    """Places by number; pictures of half precision in memory, or mapped from a file."""

    name: str
    pictures: Mapping[str, Pictures]  # sensor -> (places, bands, side, side), in the sensor's unit
    resolution_m: float  # of these pictures
    native_m: float  # of the set's own
    display_radar: bool  # whether radar was 8 bits, not dB
    whole: NDArray[np.int64]  # numbers of the places whose pictures could all be read

    def __len__(self) -> int:
        return len(self.whole)

    @property
    def side(self) -> int:
        """The side of a picture, in pixels of the network."""
        return int(next(iter(self.pictures.values())).shape[-1])

    def read(self, sensor: str, chosen: NDArray[np.int64]) -> Tensor:
        """Return pictures of some places, float32."""  # (chosen, bands, side, side)
        return torch.from_numpy(self.pictures[sensor][self.whole[chosen]].astype(np.float32))


def lessons_of(
    pairs: CoRegisteredSet, recipe: PairRecipe, cache: Path, *, on_pair: Callable[[], None] = lambda: None
) -> PairLessons:
    """Return the pictures of a set, decoded once; beyond the memory bound they are packed in a file under `cache`."""
    bands = recipe.model.bands
    for sensor in bands:
        require_sensor(pairs, sensor)
    if not len(pairs):
        raise SourceError(f"The split '{pairs.split}' of '{pairs.name}' holds no pairs.")
    metres = recipe.data.resolution_m or pairs.ground_resolution_m
    side = round(pairs.size * pairs.ground_resolution_m / metres / 8) * 8
    if side < recipe.data.window:
        raise UsageError(
            f"The chips of '{pairs.name}' are {side} pixels a side at {metres:g} m, less than data.window, "
            f"{recipe.data.window}. Set data.window={side}, or a finer data.resolution_m."
        )
    shapes = {sensor: (len(pairs), len(names), side, side) for sensor, names in bands.items()}
    size = sum(2 * int(np.prod(shape)) for shape in shapes.values())
    if size <= recipe.data.memory_gb * 1e9:
        pictures = {sensor: np.empty(shape, np.float16) for sensor, shape in shapes.items()}
        broken = _decode(pairs, bands, pictures, on_pair)
    else:
        pictures, broken = _packed(pairs, bands, shapes, cache, on_pair)
    if len(broken) == len(pairs):
        raise SourceError(
            f"None of the {len(pairs):,} pairs of '{pairs.name}' can be read: {next(iter(broken.values()))}"
        )
    if broken:
        log.warning("%s %s: %d broken pairs are left out", pairs.name, pairs.split, len(broken))
    whole = np.setdiff1d(np.arange(len(pairs)), np.array(list(broken), dtype=np.int64))
    return PairLessons(pairs.name, pictures, metres, pairs.ground_resolution_m, _is_display(pairs), whole)


def _is_display(pairs: CoRegisteredSet) -> bool:
    return "s1" in pairs.sensors and pairs.unit("s1") == DISPLAY


def _decode(
    pairs: CoRegisteredSet,
    bands: Mapping[str, tuple[str, ...]],
    pictures: Mapping[str, Pictures],
    on_pair: Callable[[], None],
) -> dict[int, str]:
    """Fill the pictures, and return which pairs could not be read, and why."""
    broken: dict[int, str] = {}

    def decode(index: int) -> None:
        try:
            for sensor, wanted in bands.items():
                # an 8-bit picture in true colour reads as an rgb chip, which the encoder of s2 takes as well
                values = bands_of(read_pixels(pairs, index, sensor), sensor, wanted)
                pictures[sensor][index] = _resized(values, pictures[sensor].shape[-1])
        except SourceError as error:
            broken[index] = str(error)
        on_pair()

    with ThreadPoolExecutor() as workers:
        for _ in workers.map(decode, range(len(pairs))):
            pass
    return dict(sorted(broken.items()))


def _resized(values: FloatArray, side: int) -> FloatArray:
    if values.shape[1:] == (side, side):
        return values
    image = torch.from_numpy(np.ascontiguousarray(values))[None]
    resized: FloatArray = functional.interpolate(image, size=(side, side), mode="bilinear", antialias=True)[0].numpy()
    return resized


def _packed(
    pairs: CoRegisteredSet,
    bands: Mapping[str, tuple[str, ...]],
    shapes: Mapping[str, tuple[int, ...]],
    cache: Path,
    on_pair: Callable[[], None],
) -> tuple[dict[str, Pictures], dict[int, str]]:
    """Return maps of files, written anew unless they are whole and of these very places and bands."""
    told = [list(pairs.ids), {sensor: list(names) for sensor, names in bands.items()}, {**shapes}]
    key = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    paths = {sensor: cache / f"{pairs.name}-{pairs.split}-{sensor}-{key}.npy" for sensor in bands}
    left_out = cache / f"{pairs.name}-{pairs.split}-{key}.json"  # written last: with it the files are whole
    if not left_out.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = {sensor: path.with_suffix(".new") for sensor, path in paths.items()}
        maps = {
            sensor: np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shapes[sensor])
            for sensor, path in fresh.items()
        }
        broken = _decode(pairs, bands, maps, on_pair)
        for sensor, path in fresh.items():
            maps[sensor].flush()
            os.replace(path, paths[sensor])
        left_out.with_suffix(".new").write_text(json.dumps(broken))
        os.replace(left_out.with_suffix(".new"), left_out)
    told_broken = {int(index): str(why) for index, why in json.loads(left_out.read_text()).items()}
    return {sensor: np.load(path, mmap_mode="r") for sensor, path in paths.items()}, told_broken
