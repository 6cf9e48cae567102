"""Finding what shows the same kinds of ground in another sensor: labels judge the first hits, in all four directions.

The protocol of cross-sensor papers: queries from the validation split, the archive from the test split, so that no
query's own place can be found. Where one split is both, the place itself is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError, UsageError
from satseek.core.model import Model, require_readable
from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray
from satseek.datasets.co_registered import CoRegisteredSet, read_pixels
from satseek.evaluation.graded import average_precision, label_scores, ndcg, random_label_scores

DEPTH, ITEM_DEPTH = 10, 5  # hits that F1 of averages, and the mean of item F1, look at
_ROWS = 256


@dataclass(frozen=True)
class MeaningScores:
    """The figures of one direction, or of a random ranking; shares between 0 and 1."""

    f1: float  # of average precision and recall over the first 10
    precision: float
    recall: float
    item_f1: float  # mean over queries and the first 5 hits of each one's own F1: another convention, not comparable
    ndcg: float  # at 10; the gain of a hit is how many labels it shares
    mean_average_precision: float  # over the whole ranking; right is what shares a label

    def to_json(self, before: str) -> dict[str, float]:
        """Return the figures, each name with `before` before it."""
        return {
            f"{before}_f1_10": round(self.f1, 6),
            f"{before}_p_10": round(self.precision, 6),
            f"{before}_r_10": round(self.recall, 6),
            f"{before}_item_f1_5": round(self.item_f1, 6),
            f"{before}_ndcg_10": round(self.ndcg, 6),
            f"{before}_map": round(self.mean_average_precision, 6),
        }


@dataclass(frozen=True)
class MeaningReport:
    """How well a model finds ground of the same kinds, within and across sensors."""

    model: str
    dataset: str
    queries: str  # the split that asks
    archive: str  # the split that is searched
    pairs: int  # places that ask
    places: int  # places that are searched
    ways: Mapping[str, MeaningScores]  # "s1_s2" -> figures
    random: MeaningScores
    seconds: float = 0.0
    broken: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        value: dict[str, Any] = {}
        for way, scores in self.ways.items():
            value |= scores.to_json(way)
        return value | self.random.to_json("random") | {
            "model": self.model,
            "dataset": self.dataset,
            "queries": self.queries,
            "archive": self.archive,
            "pairs": self.pairs,
            "places": self.places,
            "seconds": round(self.seconds, 3),
            "broken": dict(self.broken),
        }  # fmt: skip

    def __str__(self) -> str:
        titles = ("F1@10", "P@10", "R@10", "item F1@5", "nDCG@10", "mAP")
        lines = [
            f"{self.model} on {self.dataset}: {self.pairs:,} places of {self.queries} ask {self.places:,} of "
            f"{self.archive}, {self.seconds:.1f} s",
            f"{'':14}" + "".join(f"{title:>11}" for title in titles),
        ]
        for way, row in {**self.ways, "random": self.random}.items():
            figures = (row.f1, row.precision, row.recall, row.item_f1, row.ndcg, row.mean_average_precision)
            lines.append(f"{way.replace('_', ' → '):14}" + "".join(f"{100 * figure:11.2f}" for figure in figures))
        return "\n".join([*lines, *([f"left out: {len(self.broken)} broken pairs"] if self.broken else [])])


def evaluate_meaning(
    model: Model,
    queries: CoRegisteredSet,
    archive: CoRegisteredSet,
    *,
    name: str | None = None,
    batch: int = 64,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> MeaningReport:
    """Return the figures of every direction between the sensors, and of a random ranking."""
    began = time.perf_counter()
    if queries.labels is None or archive.labels is None:
        raise UsageError(f"The places of '{queries.name}' have no labels to judge by; ask for pair retrieval instead.")
    same = queries.split == archive.split
    steps, done = len(queries.sensors) * (len(queries) + (0 if same else len(archive))), 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        on_progress(done, steps)

    asked = _Encoded.of(model, queries, batch, progress)
    held = asked if same else _Encoded.of(model, archive, batch, progress)
    ways = {
        f"{one}_{other}": _scores(asked.vectors[one] @ held.vectors[other].T, asked.labels, held.labels, same=same)
        for one in queries.sensors
        for other in archive.sensors
    }
    return MeaningReport(
        model=name or model.card.name,
        dataset=queries.name,
        queries=queries.split,
        archive=archive.split + (" without the place itself" if same else ""),
        pairs=len(asked.labels),
        places=len(held.labels),
        ways=ways,
        random=_random(asked.labels, held.labels, same=same),
        seconds=time.perf_counter() - began,
        broken=asked.broken | held.broken,
    )


@dataclass(frozen=True)
class _Encoded:
    vectors: Mapping[str, FloatArray]
    labels: BoolArray
    broken: dict[str, str]

    @staticmethod
    def of(model: Model, pairs: CoRegisteredSet, batch: int, on_done: Callable[[int], None]) -> _Encoded:
        broken: dict[str, str] = {}
        vectors = {sensor: np.zeros((len(pairs), model.card.dimensions), np.float32) for sensor in pairs.sensors}
        for sensor in pairs.sensors:
            for start in range(0, len(pairs), batch):
                chips: dict[int, Pixels] = {}
                rows = range(start, min(start + batch, len(pairs)))
                for row in rows:
                    try:
                        chips[row] = read_pixels(pairs, row, sensor)
                    except SourceError as error:
                        broken[pairs.ids[row]] = str(error)
                if chips:
                    require_readable(model.card, next(iter(chips.values())).sensor)
                    vectors[sensor][list(chips)] = model.encode_images(list(chips.values()))
                on_done(len(rows))
        good = np.array([row for row in range(len(pairs)) if pairs.ids[row] not in broken], dtype=np.int64)
        if not len(good) or pairs.labels is None:
            raise SourceError(f"Not one of the {len(pairs):,} pairs of {pairs.name} can be read; nothing was measured.")
        return _Encoded({sensor: rows[good] for sensor, rows in vectors.items()}, pairs.labels[good], broken)


def _scores(scores: FloatArray, asked: BoolArray, held: BoolArray, *, same: bool) -> MeaningScores:
    """Return the figures of scores (queries, places); where both are one split, the diagonal is left out."""
    if same:
        scores, gains = _without_itself(scores), _without_itself(_shared(asked, held))
    else:
        gains = _shared(asked, held)
    first = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    if same:  # positions in the shortened rows stand for places behind the diagonal too
        first = first + (first >= np.arange(len(first))[:, None])
    deep, shallow = label_scores(asked, held, first), label_scores(asked, held, first[:, :ITEM_DEPTH])
    graded = [
        (ndcg(scores[rows], gains[rows], DEPTH), average_precision(scores[rows], gains[rows] > 0))
        for rows in (slice(start, start + _ROWS) for start in range(0, len(scores), _ROWS))
    ]
    return MeaningScores(
        f1=deep.f1,
        precision=deep.precision,
        recall=deep.recall,
        item_f1=shallow.item_f1,
        ndcg=float(np.concatenate([each[0] for each in graded]).mean()),
        mean_average_precision=float(np.concatenate([each[1] for each in graded]).mean()),
    )


def _random(asked: BoolArray, held: BoolArray, *, same: bool) -> MeaningScores:
    """Return what a random order comes to: label figures exactly, the others as all scores being equal."""
    labels = random_label_scores(asked, held)
    equal = _scores(np.zeros((len(asked), len(held)), dtype=np.float32), asked, held, same=same)
    return MeaningScores(
        labels.f1, labels.precision, labels.recall, labels.item_f1, equal.ndcg, equal.mean_average_precision
    )


def _shared(asked: BoolArray, held: BoolArray) -> NDArray[np.float32]:
    return asked.astype(np.float32) @ held.astype(np.float32).T


def _without_itself(square: NDArray[np.float32]) -> NDArray[np.float32]:
    count = len(square)
    return square[~np.eye(count, dtype=np.bool_)].reshape(count, count - 1)
