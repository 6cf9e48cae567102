"""Is an explanation faithful? What it calls important is taken away first: the score must fall sooner than by chance.

The deletion test of Petsiuk, Das and Saenko, "RISE" (2018), told as the mean fall of the score while the first half of
the chip is taken away: the larger, the better the order. Falls are in the score's own unit, so that chips whose score
is near zero do not drown the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.search.embed import Part
from satseek.search.why import hidden, score_of

STEPS = 8
MOST = 0.5  # of the chip that is taken away: of less than half a chip hardly anything can be said


@dataclass(frozen=True)
class Deletion:
    """Mean falls of the score of one chip."""

    told: float  # what is called important first
    chance: tuple[float, ...]  # in random orders

    @property
    def is_faithful(self) -> bool:
        """Whether the score falls sooner than in the mean of random orders."""
        return self.told > float(np.mean(self.chance))


def deletion(
    pixels: Pixels, grid: FloatArray, parts: Sequence[Part], model: Model, *, orders: int = 5, seed: int = 0
) -> Deletion:
    """Return how fast the score falls when cells are taken away by importance, and in random orders."""
    chance = np.random.default_rng(seed)
    importance = grid.ravel()
    by_importance = np.lexsort((chance.permutation(importance.size), -importance))
    told = _fall(pixels, by_importance, grid.shape, parts, model)
    others = [_fall(pixels, chance.permutation(importance.size), grid.shape, parts, model) for _ in range(orders)]
    return Deletion(told, tuple(others))


def _fall(
    pixels: Pixels, order: NDArray[np.int64], shape: tuple[int, ...], parts: Sequence[Part], model: Model
) -> float:
    chips = []
    for share in np.linspace(0, MOST, STEPS + 1):
        cells = np.zeros(order.size, dtype=bool)
        cells[order[: round(share * order.size)]] = True
        chips.append(hidden(pixels, cells.reshape(shape)))
    scores = score_of(parts, model)(chips).astype(np.float64)
    return float(scores[0] - np.mean((scores[:-1] + scores[1:]) / 2))
