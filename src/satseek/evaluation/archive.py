"""What an archive's index costs: recall of the search path against exact scores of all that is stored, and the time.

Examples are chips of the archive, each held out of its own answer; sentences are captions of such chips, and where
there are none those of the null set. A chip counts as found where it scores as well as the k-th of the exact answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.rows import vectors_of
from satseek.core.errors import UsageError
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray
from satseek.search.calibrate_background import SENTENCES
from satseek.search.embed import Part
from satseek.search.fuse import fused
from satseek.search.recall import recall

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.core.model import Model

ROUNDING = 1e-5  # by which two ways of summing one score may differ
OVER_FETCH, FEWEST = 4, 64  # as a search recalls for one part


@dataclass(frozen=True)
class Recalled:
    """How well and how quickly one kind of question was answered."""

    questions: int
    recall: float  # mean
    worst: float  # of one question
    p50_ms: float
    p99_ms: float

    def to_json(self) -> dict[str, float]:
        """Return the figures as JSON values."""
        return {
            "questions": self.questions,
            "recall": round(self.recall, 4),
            "worst": round(self.worst, 4),
            "p50_ms": round(self.p50_ms, 3),
            "p99_ms": round(self.p99_ms, 3),
        }


@dataclass(frozen=True)
class ArchiveRecall:
    """What the way an archive is searched loses against scoring everything, and what it saves."""

    uri: str
    chips: int
    model: str
    index: str
    k: int
    kinds: Mapping[str, Recalled]  # "examples", "sentences"
    exact_ms: float  # of one question, when all of them are scored together

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "uri": self.uri, "chips": self.chips, "model": self.model, "index": self.index, "k": self.k,
            "exact_ms": round(self.exact_ms, 3), "kinds": {name: each.to_json() for name, each in self.kinds.items()},
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [f"{self.uri}: {self.chips:,} chips, made with '{self.model}', index {self.index}"]
        lines += [
            f"{each.questions} {name}: recall@{self.k} {each.recall:.3f} (worst {each.worst:.2f}), "
            f"{each.p50_ms:.1f} ms (p99 {each.p99_ms:.1f})"
            for name, each in self.kinds.items()
        ]
        return "\n".join([*lines, f"exact scores of everything: {self.exact_ms:.1f} ms a question, many at once"])


def measure(
    archive: Archive,
    model: Callable[[], Model],
    *,
    questions: int = 200,
    k: int = 10,
    seed: int = 0,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> ArchiveRecall:
    """Ask an archive for its own chips and with sentences, by search and exactly, and compare.

    The model is loaded where it reads text.
    """
    if questions < 1 or k < 1:
        raise UsageError(f"Cannot ask {questions} questions for {k} results each: both are at least 1.")
    if len(archive) < 2:
        raise UsageError(f"The archive '{archive.uri}' holds {len(archive)} chips: there is nothing to look for.")
    asked = _questions(archive, model, questions, seed)
    started = time.perf_counter()
    everything, scanned = _best_of_all(archive, asked, k, on_rows)
    exact_ms = 1000 * (time.perf_counter() - started) / max(len(asked), 1)
    kinds: dict[str, list[tuple[float, float]]] = {}
    index = "none"
    for part, best in zip(asked, everything, strict=True):
        index, share, spent = _compared(archive, part, best, k)
        kinds.setdefault("sentences" if part.kind == "sentence" else "examples", []).append((share, spent))
    figures = {name: _recalled(each) for name, each in kinds.items()}
    return ArchiveRecall(archive.uri, scanned, archive.card.name, index, k, figures, exact_ms)


def _questions(archive: Archive, model: Callable[[], Model], number: int, seed: int) -> list[Part]:
    """Return chips to look for, and as many sentences where the model reads them."""
    ids, captions = _drawn(archive, number, seed)
    vectors = archive.vectors(ids)
    parts = [Part("like", f"like: {each}", 1.0, vector, chip=each) for each, vector in zip(ids, vectors, strict=True)]
    if not archive.card.reads_text:
        return parts
    sentences = list(dict.fromkeys(captions))[:number] or list(SENTENCES)[:number]
    scorer = getattr(model(), "scorer", None)
    encoded = model().encode_texts(sentences)
    said = [  # without the words themselves: what the text says is no matter of the index
        Part("sentence", sentence, 1.0, vector, scorer=scorer)
        for sentence, vector in zip(sentences, encoded, strict=True)
    ]
    return parts + [part for part in said if part.is_known]


def _drawn(archive: Archive, number: int, seed: int) -> tuple[list[str], list[str]]:
    """Draw chips: their ids, and the captions of those that have one."""
    names, captions = [], []
    for table in archive.tables(columns=("id", "caption")):
        names += table.column("id").to_pylist()
        captions += table.column("caption").to_pylist()
    order = np.argsort(np.asarray(names, dtype=str), kind="stable")  # the same, however the rows are stored
    chosen = np.random.default_rng(seed).choice(order, size=min(number, len(order)), replace=False)
    return [names[row] for row in chosen], [captions[row] for row in chosen if captions[row]]


def _best_of_all(
    archive: Archive, asked: Sequence[Part], k: int, on_rows: Callable[[int], None]
) -> tuple[list[dict[str, float]], int]:
    """Return the k best and their scores for each question, from one look at everything; and how many there are."""
    best: list[tuple[list[str], FloatArray]] = [([], np.empty(0, np.float32)) for _ in asked]
    rows = 0
    for table in archive.tables(columns=("id", "vector")):
        names, vectors = table.column("id").to_pylist(), vectors_of(table)
        for number, (part, scores) in enumerate(zip(asked, _scores(asked, vectors), strict=True)):
            some = np.argpartition(-scores, min(k, len(scores) - 1))[: k + 1]
            held = [(names[row], scores[row]) for row in some if names[row] != part.chip]
            together = [*best[number][0], *(name for name, _ in held)]
            values = np.concatenate([best[number][1], np.array([score for _, score in held], np.float32)])
            order = np.argsort(-values, kind="stable")[:k]
            best[number] = [together[row] for row in order], values[order]
        rows += len(names)
        on_rows(len(names))
    return [dict(zip(names, map(float, values), strict=True)) for names, values in best], rows


def _scores(asked: Sequence[Part], vectors: FloatArray) -> list[FloatArray]:
    """Return the score of each question with each vector: one matrix product for all that are scored by the cosine."""
    cosines = vectors @ np.stack([part.vector for part in asked]).T  # (rows, questions)
    scorer = next((part.scorer for part in asked if part.scorer is not None), None)
    prepared = None if scorer is None else scorer.prepare(vectors)
    return [
        cosines[:, number] if part.scorer is None else part.scorer.scores(part.vector, prepared)
        for number, part in enumerate(asked)
    ]


def _compared(archive: Archive, part: Part, best: Mapping[str, float], k: int) -> tuple[str, float, float]:
    """Search for one part as `satseek search` does; return the index, the share that was found, the milliseconds."""
    wanted = k if part.chip is None else k + 1  # the chip itself is found, too
    limit = 1 << (max(FEWEST, OVER_FETCH * wanted) - 1).bit_length()
    started = time.perf_counter()
    pool = recall(archive, [part], Filters(), limit)
    scores = fused([part], pool.vectors, pool.candidates, pool.anchors).total
    order = np.argsort(-scores, kind="stable")[:wanted]
    spent = 1000 * (time.perf_counter() - started)
    found = [float(scores[row]) for row in order if pool.candidates[row].id != part.chip][:k]
    least = min(best.values(), default=np.inf) - ROUNDING
    return pool.index, sum(score >= least for score in found) / max(len(best), 1), spent


def _recalled(answers: Sequence[tuple[float, float]]) -> Recalled:
    shares, spent = (np.array(each) for each in zip(*answers, strict=True))
    p50, p99 = (float(each) for each in np.percentile(spent, (50, 99)))
    return Recalled(len(answers), float(shares.mean()), float(shares.min()), p50, p99)
