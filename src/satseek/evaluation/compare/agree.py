"""How far two models agree on one order of pictures, where nobody has said what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.evaluation.compare.encode import Encoded, comparable
from satseek.evaluation.compare.questions import Asked
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.tasks import LIKE, WORDS
from satseek.evaluation.ranks import IntArray, Shares

DEPTH = 10
EXAMPLES = 100  # pictures that ask for more like them
FEWEST = DEPTH + 2  # pictures both must know


@dataclass(frozen=True)
class Agreement:
    """How alike two models order the same pictures; 1 is the same order, 0 is chance."""

    one: str
    other: str
    kind: str  # WORDS or LIKE
    queries: int
    correlation: float  # of ranks, the mean over queries
    overlap: float  # share of the first 10 that both name
    by_chance: float  # of the overlap

    def to_json(self) -> dict[str, object]:
        """Return the figures as JSON values."""
        return {
            "models": [self.one, self.other],
            "asked_by": self.kind,
            "queries": self.queries,
            "rank_correlation": round(self.correlation, 4),
            f"overlap_{DEPTH}": round(self.overlap, 4),
            "overlap_by_chance": round(self.by_chance, 4),
        }


@dataclass(frozen=True)
class Apart:
    """A query, and how little the models that answer it agree: the mean share of the first 10 that two of them name."""

    kind: str
    number: int  # of the text or picture
    overlap: float
    models: tuple[str, ...]


def agreement(
    models: Sequence[Encoded], sample: Sample, asked: Asked, *, seed: int
) -> tuple[list[Agreement], list[Apart]]:
    """Return how far every two models agree, and the queries on which they agree least first."""
    found: list[Agreement] = []
    shares: dict[tuple[str, int], list[tuple[float, str, str]]] = {}
    overlaps = sample.overlaps()
    for one, other in combinations(models, 2):
        common = one.known & other.known
        if common.sum() < FEWEST:
            continue
        for kind, numbers in (
            (WORDS, _texts(one, other, asked)),
            (LIKE, _examples(common, seed)),
        ):
            if not len(numbers):
                continue
            hidden = np.zeros((len(numbers), len(sample)), np.bool_)
            if kind == LIKE:
                together = comparable(one.card, sample) & comparable(other.card, sample)
                hidden = overlaps[numbers] | ~together[numbers]
            mine, its = (each.words(numbers) if kind == WORDS else each.like(numbers) for each in (one, other))
            correlation, overlap = _alike(mine, its, hidden | ~common[None])
            chance = DEPTH / float(common.sum())
            found.append(
                Agreement(
                    one.name, other.name, kind, len(numbers), float(correlation.mean()), float(overlap.mean()), chance
                )
            )
            for number, share in zip(numbers.tolist(), overlap.tolist(), strict=True):
                shares.setdefault((kind, number), []).append((share, one.name, other.name))
    apart = [
        Apart(
            kind,
            number,
            float(np.mean([each[0] for each in told])),
            tuple(dict.fromkeys(n for e in told for n in e[1:])),
        )
        for (kind, number), told in shares.items()
    ]
    return found, sorted(apart, key=lambda each: (each.overlap, each.kind, each.number))


def _texts(one: Encoded, other: Encoded, asked: Asked) -> IntArray:
    """Return the texts that both can be asked: the open ones, else all."""
    if one.scores is None or other.scores is None:
        return np.empty(0, dtype=np.int64)
    wanted = np.array(asked.open or range(len(asked.texts)), dtype=np.int64)[:EXAMPLES]
    speaking = one.scores[wanted].any(axis=1) & other.scores[wanted].any(axis=1)
    chosen: IntArray = wanted[speaking]
    return chosen


def _examples(common: BoolArray, seed: int) -> IntArray:
    rows = np.flatnonzero(common)
    return np.sort(np.random.default_rng(seed).choice(rows, size=min(EXAMPLES, len(rows)), replace=False))


def _alike(one: FloatArray, other: FloatArray, hidden: BoolArray) -> tuple[Shares, Shares]:
    """Return rank correlation and overlap of the first 10 for each query."""
    correlation = np.zeros(len(one))
    overlap = np.zeros(len(one))
    for row in range(len(one)):
        seen = ~hidden[row]
        mine, its = one[row, seen], other[row, seen]
        correlation[row] = _spearman(mine, its)
        depth = min(DEPTH, len(mine))
        first = (set(np.argsort(-each, kind="stable")[:depth].tolist()) for each in (mine, its))
        overlap[row] = len(set.intersection(*first)) / depth if depth else 0.0
    return correlation, overlap


def _spearman(one: FloatArray, other: FloatArray) -> float:
    ranks: list[NDArray[np.float64]] = [rankdata(each) - (len(each) + 1) / 2 for each in (one, other)]
    lengths = float(np.linalg.norm(ranks[0]) * np.linalg.norm(ranks[1]))
    return float(ranks[0] @ ranks[1]) / lengths if lengths else 0.0
