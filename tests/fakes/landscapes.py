"""Pictures of plain land, as the colour model is asked about it: water, forest, sand, town."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from satseek.core.sensor import Pixels

LANDS = ("water", "forest", "sand", "town")


def land(kind: str, *, seed: int = 0, side: int = 96) -> Pixels:
    """An aerial picture of one kind of land."""
    rng = np.random.default_rng(seed)
    draw = {"water": _water, "forest": _forest, "sand": _sand, "town": _town}[kind]
    values = np.clip(draw(rng, side), 0, 255).astype(np.uint8)
    return Pixels("rgb", ("red", "green", "blue"), values, np.ones((side, side), dtype=bool))


def radar(kind: str, *, seed: int = 0, side: int = 96) -> Pixels:
    """A radar picture, VV and VH in dB with speckle, of one kind of land."""
    rng = np.random.default_rng(seed)
    vv, vh = {"water": (-21.0, -28.0), "forest": (-9.0, -14.5), "sand": (-13.5, -21.5), "town": (-4.0, -11.0)}[kind]
    power = 10 ** (np.array([vv, vh])[:, None, None] / 10) * rng.gamma(4.4, 1 / 4.4, (2, side, side))
    if kind == "town":
        power[:, rng.random((side, side)) < 0.04] *= 30
    return Pixels("s1", ("VV", "VH"), (10 * np.log10(power)).astype(np.float32), np.ones((side, side), dtype=bool))


def multispectral(kind: str, *, seed: int = 0, side: int = 96) -> Pixels:
    """A Sentinel-2 picture, blue, green, red and near infrared reflectance, of one kind of land."""
    rng = np.random.default_rng(seed)
    means = {
        "water": (0.06, 0.05, 0.03, 0.01), "forest": (0.02, 0.04, 0.02, 0.32), "sand": (0.14, 0.2, 0.27, 0.33),
        "town": (0.11, 0.12, 0.13, 0.17),
    }[kind]  # fmt: skip
    rough = {"water": 0.003, "forest": 0.008, "sand": 0.01, "town": 0.04}[kind]
    values = np.array(means)[:, None, None] + rng.normal(0, rough, (1, side, side))
    return Pixels("s2", ("B02", "B03", "B04", "B08"), values.astype(np.float32), np.ones((side, side), dtype=bool))


def _water(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    return np.array([25, 45, 70])[:, None, None] + rng.normal(0, 2, (1, side, side))


def _forest(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    return np.array([45, 68, 38])[:, None, None] + rng.normal(0, 14, (1, side, side))


def _sand(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    return np.array([212, 188, 140])[:, None, None] + rng.normal(0, 4, (1, side, side))


def _town(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Roofs of many greys on a street grid, with shadows."""
    blocks = rng.uniform(60, 220, (3, side // 6 + 1, side // 6 + 1)) * 0.25
    blocks = blocks + rng.uniform(60, 200, (1, side // 6 + 1, side // 6 + 1)) * 0.75
    return np.kron(blocks, np.ones((1, 6, 6)))[:, :side, :side] + rng.normal(0, 6, (1, side, side))
