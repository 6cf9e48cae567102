"""What the evaluation of a model on co-registered pairs returns: recall across sensors, aligned, shifted, verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from satseek.core.vectors import FloatArray
from satseek.evaluation.ranks import Shares, places_of

AT = (1, 5, 10)


@dataclass(frozen=True)
class CrossRecall:
    """R@1, R@5 and R@10 in percent, each way between the sensors, of one protocol."""

    ways: Mapping[str, tuple[float, float, float]]  # "s1_s2" -> R@1, R@5, R@10
    median_ranks: Mapping[str, float]
    ci95: tuple[float, float]

    @property
    def mean(self) -> float:
        """The mean over both ways and the three depths."""
        return float(np.mean([share for shares in self.ways.values() for share in shares]))

    def to_json(self, before: str = "") -> dict[str, Any]:
        """Return `s1_s2_r1` …, each name with `before` before it."""
        return {
            f"{before}{way}_r{k}": round(share, 4)
            for way, shares in self.ways.items()
            for k, share in zip(AT, shares, strict=True)
        }


def cross_recall(scores: Mapping[str, FloatArray], *, seed: int = 0, resamples: int = 1000) -> CrossRecall:
    """Return the recall of scores (queries, places) whose right answers lie on the diagonal, way by way."""
    ways, ranks, hits = {}, {}, []
    for way, square in scores.items():
        places = places_of(square, np.eye(len(square), dtype=np.bool_))
        each = np.stack([places.hits(k) for k in AT], axis=1)
        ways[way] = (float(100 * each[:, 0].mean()), float(100 * each[:, 1].mean()), float(100 * each[:, 2].mean()))
        ranks[way] = float(np.median(places.ranks))
        hits.append(each.mean(1))
    return CrossRecall(ways, ranks, _interval(np.mean(hits, axis=0), seed, resamples))


def chance_of(places: int) -> float:
    """Return the mean recall of a random order, in percent."""
    return float(100 * np.mean([min(k / places, 1.0) for k in AT])) if places else 0.0


@dataclass(frozen=True)
class PairReport:
    """How well one model finds a place in another sensor's pictures."""

    model: str
    dataset: str
    split: str
    pairs: int
    shift: int  # pixels that each picture was moved by at most, in the shifted protocol
    window: int  # side of the shifted windows
    turns: bool
    aligned: CrossRecall
    shifted: CrossRecall
    gap: float  # length of the difference of the sensors' mean vectors
    recalled: Mapping[str, float] = field(default_factory=dict)  # share of right answers that verification was given
    verified: CrossRecall | None = None
    verified_shifted: CrossRecall | None = None
    candidates: int = 0
    verify_milliseconds: float = 0.0  # for one query
    offset_error_m: float | None = None  # median, of the right answers at rank 1 of the shifted protocol
    turns_right: float | None = None  # share of them whose turn was found
    seconds: float = 0.0
    broken: Mapping[str, str] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """The mean recall of a random order."""
        return chance_of(self.pairs)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        value = self.aligned.to_json() | {
            "mean_recall": round(self.aligned.mean, 4),
            "ci95": [round(bound, 4) for bound in self.aligned.ci95],
            "shifted_mean_recall": round(self.shifted.mean, 4),
            "shifted_ci95": [round(bound, 4) for bound in self.shifted.ci95],
            "chance": round(self.chance, 4),
            "pairs": self.pairs,
            "model": self.model,
            "dataset": self.dataset,
            "split": self.split,
            "shift": self.shift,
            "window": self.window,
            "turns": self.turns,
            "modality_gap": round(self.gap, 4),
            "median_rank": dict(self.aligned.median_ranks),
            "shifted_median_rank": dict(self.shifted.median_ranks),
            "seconds": round(self.seconds, 3),
            "broken": dict(self.broken),
        }
        value |= self.shifted.to_json("shifted_")
        if self.verified is not None and self.verified_shifted is not None:
            value |= self.verified.to_json("verified_") | self.verified_shifted.to_json("verified_shifted_")
            value |= {
                "verified_mean_recall": round(self.verified.mean, 4),
                "verified_shifted_mean_recall": round(self.verified_shifted.mean, 4),
                "candidates": self.candidates,
                "recalled": {name: round(share, 4) for name, share in self.recalled.items()},
                "verify_milliseconds": round(self.verify_milliseconds, 2),
                "offset_error_m": self.offset_error_m,
                "turns_right": self.turns_right,
            }
        return value

    def __str__(self) -> str:
        ways = list(self.aligned.ways)
        lines = [
            f"{self.model} on {self.dataset} {self.split}: {self.pairs:,} pairs, chance {self.chance:.2f}, "
            f"modality gap {self.gap:.3f}, {self.seconds:.1f} s",
            f"{'':26}" + "".join(f"{way.replace('_', ' → '):>24}" for way in ways),
            f"{'':26}" + f"{'R@1':>8}{'R@5':>8}{'R@10':>8}" * len(ways) + f"{'mean':>9}   95 % interval",
            _line("aligned", self.aligned),
            _line(f"shifted by up to {self.shift} px{' and turned' if self.turns else ''}", self.shifted),
        ]
        if self.verified is not None and self.verified_shifted is not None:
            lines += [
                _line("aligned, verified", self.verified),
                _line("shifted, verified", self.verified_shifted),
                f"verified: {self.candidates} candidates a query in {self.verify_milliseconds:.1f} ms; among them the "
                f"right one for {self.recalled['aligned']:.1f} % aligned, {self.recalled['shifted']:.1f} % shifted",
            ]
            if self.offset_error_m is not None:
                lines.append(
                    f"of the shifted ones found first: offset right within {self.offset_error_m:.0f} m (median)"
                    + ("" if self.turns_right is None else f", turn right for {self.turns_right:.1f} %")
                )
        return "\n".join([*lines, *([f"left out: {len(self.broken)} broken pairs"] if self.broken else [])])


def _line(title: str, found: CrossRecall) -> str:
    shares = "".join(f"{share:8.2f}" for way in found.ways.values() for share in way)
    low, high = found.ci95
    return f"{title:26}{shares}{found.mean:9.2f}   {low:.2f} to {high:.2f}"


def _interval(shares: Shares, seed: int, resamples: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean, in percent, over draws of places."""
    count = len(shares)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
    means = 100 * (draws @ shares) / count
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
