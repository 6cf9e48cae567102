"""What named things look like to a model: for each thing and sensor a logistic regression on the chip's own vector.

A model's score says how well a sentence fits a chip, and models call much a harbour. Where validation data shows what
harbours look like to this model, that is asked as well: a question near to a sentence about harbours is judged by it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.vectors import FloatArray

Floats = NDArray[np.float64]

MOST = 8.0  # log odds: nothing looks surer than this
SHORT = 128  # numbers of a vector


@dataclass(frozen=True)
class Look:
    """One regression for each thing, all on the vectors of one sensor, in spreads from their middle.

    Of short vectors, whose numbers mean something each, squares and sizes count besides: a harbour has some water.
    """

    middle: FloatArray  # (dim,)
    spread: FloatArray  # (dim,)
    bias: FloatArray  # (things,)
    weights: FloatArray  # (dim or 3 dim, things)

    def log_odds(self, vectors: FloatArray) -> Floats:
        """Return the log odds that chips show things, never surer than is possible."""  # (n, things)
        values = terms(vectors, self.middle, self.spread) @ self.weights + self.bias
        return np.asarray(np.clip(values, -MOST, MOST), dtype=np.float64)


def terms(vectors: FloatArray | Floats, middle: FloatArray, spread: FloatArray) -> Floats:
    """Return what is counted of vectors."""  # (n, dim) -> (n, dim or 3 dim)
    plain = (vectors.astype(np.float64) - middle) / spread
    if plain.shape[1] > SHORT:
        return np.asarray(plain, dtype=np.float64)
    return np.hstack([plain, plain**2, np.abs(plain)])


@dataclass(frozen=True)
class Looks:
    """What is known of the looks of things."""

    things: tuple[str, ...] = ()
    of: Mapping[str, str] = field(default_factory=dict)  # sentence -> thing
    sensors: Mapping[str, Look] = field(default_factory=dict)

    def values(self, vectors: FloatArray, sensors: Sequence[str]) -> Floats:
        """Return the log odds that each chip shows each thing by its looks; 0 where nobody knows."""  # (n, things)
        of, found = np.array(sensors, dtype=str), np.zeros((len(vectors), len(self.things)))
        for sensor, look in self.sensors.items():
            own = of == sensor
            if own.any():
                found[own] = look.log_odds(vectors[own])
        return found

    def say(self, nearness: Floats, sentences: Sequence[str]) -> Floats:
        """Return how much say each thing has about a question, from how near it is to sentences."""  # (things,)
        found = np.zeros(len(self.things))
        for share, sentence in zip(nearness, sentences, strict=True):
            if sentence in self.of:
                found[self.things.index(self.of[sentence])] += share
        return found

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; the weights as half-precision numbers in base 64."""
        return {
            "things": list(self.things),
            "of": dict(self.of),
            "sensors": {
                sensor: [_written(part) for part in (look.middle, look.spread, look.bias, look.weights)]
                for sensor, look in self.sensors.items()
            },
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Looks:
        """Read what `to_json` wrote."""
        things = tuple(value["things"])
        looks: dict[str, Look] = {}
        for sensor, written in value["sensors"].items():
            middle, spread, bias, weights = (_read(part) for part in written)
            looks[sensor] = Look(middle, spread, bias, weights.reshape(-1, len(things)))
        return Looks(things, dict(value["of"]), looks)


def _written(values: FloatArray) -> str:
    return base64.b64encode(values.astype("<f2").tobytes()).decode("ascii")


def _read(text: str) -> FloatArray:
    return np.frombuffer(base64.b64decode(text), dtype="<f2").astype(np.float32)
