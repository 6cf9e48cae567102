"""A co-registered set painted in memory: fields with straight borders as radar and as colours see them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from satseek.datasets.co_registered import TRUE_COLOUR

COVERS = (  # colour, and backscatter in dB: water, wood, field, meadow, town
    ((15, 30, 50), -26.0),
    ((30, 50, 30), -14.0),
    ((170, 150, 110), -19.0),
    ((80, 120, 60), -17.0),
    ((150, 145, 150), -8.0),
)


@cache
def fields(seed: int, size: int) -> np.ndarray:
    """Return which of 40 fields each pixel lies in."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    centres = rng.uniform(0, size, (40, 2))
    nearest: np.ndarray = ((rows[..., None] - centres[:, 0]) ** 2 + (columns[..., None] - centres[:, 1]) ** 2).argmin(
        -1
    )
    return nearest


def covers(seed: int, size: int) -> np.ndarray:
    """Return which of COVERS each pixel is."""
    of_field = np.random.default_rng(seed + 1000).integers(0, len(COVERS), 40)
    return np.asarray(of_field[fields(seed, size)])


def colours_of(seed: int, size: int) -> np.ndarray:
    """Return (3, size, size), 8 bits."""
    rng = np.random.default_rng(seed + 2000)
    shades = np.array([colour for colour, _ in COVERS], dtype=np.float32)[covers(seed, size)]
    noisy = shades + rng.normal(0, 3, shades.shape)
    return np.ascontiguousarray(np.clip(noisy, 0, 255).transpose(2, 0, 1), dtype=np.uint8)


def backscatter_of(seed: int, size: int) -> np.ndarray:
    """Return (1, size, size) in dB with speckle."""
    rng = np.random.default_rng(seed + 3000)
    power = 10 ** (np.array([decibels for _, decibels in COVERS])[covers(seed, size)] / 10)
    return np.asarray(10 * np.log10(power * rng.gamma(4, 1 / 4, (size, size)))[None], dtype=np.float32)


class PaintedPairs:
    """So many places, each seen by both sensors."""

    sensors = ("s1", "s2")
    ground_resolution_m = 10.0
    places = None
    crs = None

    def __init__(
        self,
        count: int = 8,
        size: int = 96,
        *,
        split: str = "val",
        labels: Sequence[Sequence[str]] = (),
        first: int = 0,
    ) -> None:
        self.name, self.split, self.size, self.first = "painted", split, size, first
        self.ids = tuple(f"place-{first + row}" for row in range(count))
        self.refused: dict[str, str] = {}
        self.label_names = tuple(sorted({label for names in labels for label in names}))
        self.labels = np.array([[n in names for n in self.label_names] for names in labels]) if labels else None

    def __len__(self) -> int:
        return len(self.ids)

    def bands(self, sensor: str) -> tuple[str, ...]:
        return ("VH",) if sensor == "s1" else TRUE_COLOUR

    def unit(self, sensor: str) -> str:
        return "dB" if sensor == "s1" else "display"

    def dates(self, sensor: str) -> None:
        return None

    def read(self, index: int, sensor: str) -> np.ndarray:
        paint = backscatter_of if sensor == "s1" else colours_of
        return paint(self.first + index, self.size)
