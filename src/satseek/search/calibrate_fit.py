"""From scores to probabilities: a small monotone fit by sensor, that knows how far it may trust a model about what.

logit p = b + w · (score, standing, margin, looks) + Σ k(concept, question) · offset(concept), with w ≥ 0: of two chips
of one sensor that look alike the one with the better score is never less probable. Concepts are sentences that
validation data says the truth about; k is how near a question is to each, so that one about ships is judged as ships
were, and one about nothing known by the plain fit alone. Looks are Σ k(concept, question) · looks(its thing, chip).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.card import ModelCard
from satseek.core.vectors import FloatArray
from satseek.search.calibrate_looks import Looks

Floats = NDArray[np.float64]

FORMAT, READABLE = 2, (1, 2)  # 1 had no looks
WORDS, EXAMPLE = "words", "example"  # what a probability is asked of
FEATURES = ("score", "standing", "margin", "looks")
NEARNESS = 0.05  # of questions to concepts: how fast the say of a concept fades with the cosine
UNLIKE_ALL = 0.7  # cosine from which on a concept has more say than the plain fit
MOSTLY = 0.6  # of the words: a sports ground is no open ground
RIDGE_FEATURES, RIDGE_CONCEPTS = 0.01, 0.3


@dataclass(frozen=True)
class Line:
    """The fit of one sensor."""

    bias: float
    weights: tuple[float, ...]  # of the first of FEATURES, none below zero

    def logits(self, features: Floats) -> Floats:
        """Return the log odds of rows of features, of which those behind the last weight do not count."""
        return np.asarray(self.bias + features[:, : len(self.weights)] @ np.array(self.weights), dtype=np.float64)


@dataclass(frozen=True)
class Said:
    """What the text of a chip adds to the log odds of words."""

    share: float = 0.0  # where it says most of the words, for each share of them
    whole: float = 0.0  # more, where it says all of them
    silent: float = 0.0  # where it speaks, and mostly of something else (below zero)
    unseen: float = -3.0  # the log odds where the model knows none of the words

    def told(self, share: float) -> float:
        """Return what a text adds that says such a share of the words."""
        return float(np.dot(said_features(share), (self.share, self.whole, self.silent)))


@dataclass(frozen=True)
class Calibration:
    """How the scores of one model become probabilities, in one archive or wherever nothing better is known."""

    model: str
    version: str
    weights_sha256: str | None
    made_of: str  # the validation data, in words
    rows: int  # of the archive that it was fitted on; 0: it came with the model
    lines: Mapping[str, Mapping[str, Line]]  # words or example -> sensor -> line
    concepts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # sentence -> sensor -> offset
    said: Said = field(default_factory=Said)
    auto: float = 0.5  # the cut that `auto` stands for where chips say nothing,
    auto_told: float = 0.5  # and where most of them have a text
    error: Mapping[str, float] = field(default_factory=dict)  # sensor -> expected calibration error when it was made
    looks: Looks = field(default_factory=Looks)

    def fits(self, card: ModelCard) -> bool:
        """Return whether it was made for these vectors."""
        return (self.model, self.version, self.weights_sha256) == (card.name, card.version, card.weights_sha256)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, numbers rounded to what matters."""
        return {
            "format": FORMAT, "model": self.model, "version": self.version, "weights_sha256": self.weights_sha256,
            "made_of": self.made_of, "rows": self.rows, "auto": [round(self.auto, 4), round(self.auto_told, 4)],
            "lines": {
                kind: {sensor: [_short(line.bias), *map(_short, line.weights)] for sensor, line in lines.items()}
                for kind, lines in self.lines.items()
            },
            "said": [_short(number) for number in astuple(self.said)],
            "concepts": {
                text: {sensor: _short(offset) for sensor, offset in offsets.items()}
                for text, offsets in self.concepts.items()
            },
            "error": {sensor: _short(error) for sensor, error in self.error.items()},
            "looks": self.looks.to_json(),
        }  # fmt: skip

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Calibration | None:
        """Read what `to_json` wrote; None for what another SatSeek wrote in a form that this one does not know."""
        try:
            if value["format"] not in READABLE:
                return None
            return Calibration(
                model=value["model"], version=value["version"], weights_sha256=value["weights_sha256"],
                made_of=value["made_of"], rows=value["rows"], auto=value["auto"][0], auto_told=value["auto"][1],
                lines={
                    kind: {sensor: Line(row[0], tuple(row[1:])) for sensor, row in lines.items()}
                    for kind, lines in value["lines"].items()
                },
                said=Said(*value["said"]), concepts=value["concepts"], error=value["error"],
                looks=Looks.from_json(value["looks"]) if "looks" in value else Looks(),
            )  # fmt: skip
        except (KeyError, TypeError, IndexError, AttributeError, ValueError):
            return None


@dataclass(frozen=True)
class Lesson:
    """One question, some chips that were found, and which of them are right."""

    question: FloatArray  # (dim,)
    sensors: NDArray[np.str_]  # (n,)
    features: Floats  # (n, 4), or of examples, whose looks nobody names, (n, 3)
    right: NDArray[np.bool_]  # (n,)


def said_features(share: float) -> tuple[float, float, float]:
    """Return what is told by a text that says such a share of the words: half of them is another thing's name."""
    return (share, float(share == 1), 0.0) if share >= MOSTLY else (0.0, 0.0, 1.0)


def nearness(question: FloatArray, concepts: FloatArray) -> Floats:
    """Return how much say each concept has about a question; together less than 1, and 0 where none is near."""
    if not len(concepts):
        return np.zeros(0)
    say = np.exp((concepts.astype(np.float64) @ question - 1) / NEARNESS)
    return np.asarray(say / (say.sum() + np.exp((UNLIKE_ALL - 1) / NEARNESS)), dtype=np.float64)


def probability(logits: Floats) -> Floats:
    """Return the probabilities of log odds."""
    return np.asarray(0.5 * np.tanh(0.5 * logits) + 0.5, dtype=np.float64)  # never overflows


def log_odds(probabilities: Floats) -> Floats:
    """Return the log odds of probabilities, kept finite."""
    kept = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def fit_lines(
    lessons: Sequence[Lesson], sentences: Sequence[str], concepts: FloatArray
) -> tuple[dict[str, Line], dict[str, dict[str, float]]]:
    """Fit a line for each sensor and an offset for each concept; sensors share nothing."""
    sensors = sorted({str(sensor) for lesson in lessons for sensor in np.unique(lesson.sensors)})
    lines: dict[str, Line] = {}
    offsets: dict[str, dict[str, float]] = {sentence: {} for sentence in sentences}
    for sensor in sensors:
        rows, say, right = [], [], []
        for lesson in lessons:
            own = lesson.sensors == sensor
            rows.append(lesson.features[own])
            say.append(np.tile(nearness(lesson.question, concepts), (int(own.sum()), 1)))
            right.append(lesson.right[own])
        features = np.concatenate(rows)
        found = fit_monotone(features, np.concatenate(say), np.concatenate(right))
        count = 1 + features.shape[1]
        lines[sensor] = Line(found[0], tuple(found[1:count]))
        for sentence, offset in zip(sentences, found[count:], strict=True):
            offsets[sentence][sensor] = float(offset)
    return lines, offsets


def fit_monotone(features: Floats, say: Floats, right: NDArray[np.bool_]) -> list[float]:
    """Return bias, weights ≥ 0 and offsets of a logistic regression, held towards zero by ridges."""
    from scipy.optimize import minimize

    count = features.shape[1]
    design = np.hstack([np.ones((len(features), 1)), features, say])
    ridge = np.r_[1e-3, np.full(count, RIDGE_FEATURES), np.full(say.shape[1], RIDGE_CONCEPTS)]
    truth = right.astype(np.float64)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = design @ weights
        value = np.logaddexp(0, logits).sum() - truth @ logits + 0.5 * (ridge * weights**2).sum()
        return float(value), design.T @ (probability(logits) - truth) + ridge * weights

    bounds = [(None, None), *[(0, None)] * count, *[(None, None)] * say.shape[1]]
    start = np.zeros(design.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    return [float(number) for number in found.x]


def _short(number: float) -> float:
    return float(f"{number:.5g}")
