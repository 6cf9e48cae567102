"""A small co-registered set on disk in the layout of the given pairs, and one in memory with any sensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE = 64


def scene(number: int, side: int = SIDE) -> NDArray[np.float64]:
    """Return the ground of a place, 0 to 1: fields with borders of their own, the same for every sensor."""
    random = np.random.default_rng(number)
    smooth = gaussian_filter(random.standard_normal((side, side)), 3)
    fields = np.digitize(smooth, np.quantile(smooth, [0.25, 0.5, 0.75]))
    return np.asarray(np.clip((fields + 0.3 * random.random()) / 3.5, 0, 1), dtype=np.float64)


def radar_of(ground: NDArray[np.float64], number: int) -> NDArray[np.uint8]:
    """Return 8-bit radar: other levels than optical, and speckle."""
    speckle = np.random.default_rng(number + 10_000).gamma(8, 1 / 8, ground.shape)
    return np.clip(40 + 160 * np.abs(ground - 0.4) * speckle, 1, 255).astype(np.uint8)


def colour_of(ground: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return 8-bit true colour, (h, w, 3)."""
    return np.stack([60 + 120 * ground, 90 + 60 * ground, 120 - 60 * ground], 2).astype(np.uint8)


def write_pair_world(folder: Path, *, train: int = 16, val: int = 8, side: int = SIDE) -> Path:
    """Write radar, colours and `pairs.json`; pictures are PNG, so that nothing is lost."""
    for name in ("s1", "s2"):
        (folder / name).mkdir(parents=True)
    records = []
    for number in range(train + val):
        ground = scene(number, side)
        Image.fromarray(radar_of(ground, number)).save(folder / "s1" / f"{number}.png")
        Image.fromarray(colour_of(ground)).save(folder / "s2" / f"{number}.png")
        records.append(
            {
                "id": f"place-{number}",
                "split": "train" if number < train else "val",
                "s1": f"s1/{number}.png",
                "s2": f"s2/{number}.png",
                "bounds": [number * 10.0 * side, 0.0, (number + 1) * 10.0 * side, 10.0 * side],
                "s1_date": "07.11.2020",
                "s2_date": "04.11.2020",
                "tile": "11SLT",
            }
        )
    listed: dict[str, Any] = {"crs": "EPSG:3395", "ground_resolution_m": 10, "size_pixels": side, "pairs": records}
    (folder / "pairs.json").write_text(json.dumps(listed))
    return folder


class PairsInMemory:
    """A co-registered set whose pictures lie in memory."""

    name, split = "memory", "train"
    label_names: tuple[str, ...] = ()
    labels = places = crs = None
    ground_resolution_m = 20.0

    def __init__(
        self, pictures: Mapping[str, NDArray[Any]], bands: Mapping[str, tuple[str, ...]], units: Mapping[str, str]
    ) -> None:
        self._pictures, self._bands, self._units = pictures, bands, units
        self.sensors = tuple(pictures)
        self.size = int(next(iter(pictures.values())).shape[-1])
        self.ids = [str(number) for number in range(len(self))]
        self.refused: dict[str, str] = {}

    def __len__(self) -> int:
        return len(next(iter(self._pictures.values())))

    def bands(self, sensor: str) -> tuple[str, ...]:
        return self._bands[sensor]

    def unit(self, sensor: str) -> str:
        return self._units[sensor]

    def dates(self, sensor: str) -> None:
        return None

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        return np.asarray(self._pictures[sensor][index])


SMALL_PAIRS = (
    "data.set=s1s2",
    "data.resolution_m=10",
    "data.window=48",
    "data.batch=8",
    "data.exam_shift_m=80",
    "data.exam_seeds=1",
    "data.choose_every=1",
    "model.width=8",
    "model.top=8",
    "model.blocks=1",
    "model.whole=16",
    "model.cells=2",
    "model.cell_channels=8",
    "model.local=8",
    "model.projection=8",
    "optimiser.epochs=2",
    "optimiser.stop_after=0",
    "optimiser.start_from=",
)  # changes to a recipe that make it run in a second
