"""Figures of rankings: recall, mAP and nDCG of each query, their intervals, and differences in pairs.

Recall@k is the share of what could be found: right answers among the first k, of min(k, right ones). With one right
answer it is the usual R@k. Equal scores stand in no order: figures are expectations under a random one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.evaluation.graded import average_precision, expected_gains, ndcg
from satseek.evaluation.ranks import IntArray, Shares

AT = (1, 5, 10)
DEPTH = 10  # of nDCG
MAIN = "map"  # what models are ordered by
FIGURES = (*(f"recall_{k}" for k in AT), MAIN, "ndcg_10")
RESAMPLES = 1_000
_ROWS = 1_024  # queries whose rankings are held at a time
_DISCOUNTS = 1 / np.log2(np.arange(DEPTH) + 2)


@dataclass(frozen=True)
class Figure:
    """A mean over queries in percent, and its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float]:
        """Return value and bounds."""
        return [round(each, 3) for each in (self.value, self.low, self.high)]

    def __str__(self) -> str:
        return f"{self.value:.1f} ({self.low:.1f}–{self.high:.1f})"


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another on the same queries, in points, and the interval of that."""

    better: str
    worse: str
    points: Figure

    @property
    def is_clear(self) -> bool:
        """Whether chance alone does not explain it."""
        return self.points.low > 0

    def to_json(self) -> dict[str, object]:
        """Return the difference as JSON values."""
        return {"better": self.better, "worse": self.worse, "points": self.points.to_json(), "clear": self.is_clear}


def per_query(scores: FloatArray, gains: NDArray[np.float32], hidden: BoolArray) -> dict[str, Shares]:
    """Return each figure for each query, as shares."""  # all (queries, gallery)
    parts = [
        _some(scores[rows], gains[rows], hidden[rows])
        for rows in (slice(start, start + _ROWS) for start in range(0, len(scores), _ROWS))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in FIGURES}


def figures(shares: Mapping[str, Shares], groups: IntArray, *, seed: int) -> dict[str, Figure]:
    """Return the mean of each figure with its interval over draws of groups of queries."""
    draws = _draws(groups, seed)
    return {name: _figure(values, groups, draws) for name, values in shares.items()}


def difference(one: tuple[str, Shares], other: tuple[str, Shares], groups: IntArray, *, seed: int) -> Difference:
    """Return how much better the better of two is: the same draws for both."""
    better, worse = (one, other) if one[1].mean() >= other[1].mean() else (other, one)
    points = _figure(better[1] - worse[1], groups, _draws(groups, seed))
    return Difference(better[0], worse[0], points)


def _some(scores: FloatArray, gains: NDArray[np.float32], hidden: BoolArray) -> dict[str, Shares]:
    seen = np.where(hidden, -np.inf, scores.astype(np.float32))
    right = (gains > 0) & ~hidden
    order = np.argsort(-seen, axis=1, kind="stable")
    ordered = np.take_along_axis(seen, order, axis=1)
    tied = ((ordered[:, 1:] == ordered[:, :-1]) & np.isfinite(ordered[:, 1:])).any(axis=1)
    found = _in_order(np.take_along_axis(np.where(hidden, 0, gains), order, axis=1).astype(np.float64), right)
    for row in np.flatnonzero(tied):
        for name, value in _with_ties(seen[row], np.where(hidden[row], 0, gains[row]), right[row]).items():
            found[name][row] = value
    return found


def _in_order(gains: NDArray[np.float64], right: BoolArray) -> dict[str, Shares]:
    """Return the figures of gains that stand in their ranking's order."""
    hit = gains > 0
    total = right.sum(axis=1)
    before = np.cumsum(hit, axis=1)
    precision = np.where(hit, before / np.arange(1, hit.shape[1] + 1), 0).sum(axis=1)
    found = {f"recall_{k}": hit[:, :k].sum(axis=1) / np.maximum(np.minimum(total, k), 1) for k in AT}
    depth = min(DEPTH, gains.shape[1])
    best = -np.sort(-gains, axis=1)[:, :depth] @ _DISCOUNTS[:depth]
    reached = gains[:, :depth] @ _DISCOUNTS[:depth]
    found[MAIN] = precision / np.maximum(total, 1)
    found["ndcg_10"] = np.divide(reached, best, out=np.zeros(len(best)), where=best > 0)
    return found


def _with_ties(scores: FloatArray, gains: NDArray[np.float32], right: BoolArray) -> dict[str, float]:
    expected = expected_gains(scores, right.astype(np.float32))
    total = int(right.sum())
    found = {f"recall_{k}": float(expected[:k].sum()) / max(min(total, k), 1) for k in AT}
    found[MAIN] = float(average_precision(scores[None], right[None])[0])
    found["ndcg_10"] = float(ndcg(scores[None], gains[None], DEPTH)[0])
    return found


def _draws(groups: IntArray, seed: int) -> NDArray[np.int64]:
    """Return how often each group is drawn, for each resample."""  # (resamples, groups)
    count = int(groups.max(initial=-1)) + 1
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)


def _figure(values: Shares, groups: IntArray, draws: NDArray[np.int64]) -> Figure:
    sums = np.bincount(groups, weights=values, minlength=draws.shape[1])
    counts = np.bincount(groups, minlength=draws.shape[1]).astype(np.float64)
    means = 100 * (draws @ sums) / np.maximum(draws @ counts, 1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Figure(float(100 * values.mean()), float(low), float(high))
