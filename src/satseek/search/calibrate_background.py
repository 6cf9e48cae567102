"""What scores look like where nothing is meant: a null set of chips and a null set of sentences.

Chips are drawn at random from the archive, sentences are these, the same for every archive. A question's score on a
chip is then told by three numbers: the score itself, how it stands among the scores of the same question on the chips
of the same sensor, and how far the chip prefers the question to the sentences that ask for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satseek.core.vectors import FloatArray
from satseek.search.calibrate_fit import Floats

if TYPE_CHECKING:
    from satseek.archive.notes import Sample
    from satseek.models.scorers import Scorer

CHIPS = 1024  # drawn from the archive
FEW = 16  # chips of a sensor: with fewer, the other sensors say half or more of what is usual
KIN = 0.75  # correlation over the chips from which on a sentence asks for the same thing
LEAST_SPREAD = 1e-3
SENTENCES = (
    "an airport with a runway", "planes parked beside a terminal", "a harbour full of boats", "ships on the sea",
    "a bridge across a river", "a winding river", "a calm lake", "the open sea", "waves on a beach",
    "a desert with dunes", "bare ground without plants", "rocky mountains", "a snowy mountain ridge", "a dense forest",
    "scattered trees and bushes", "a green meadow", "farmland with many fields", "round irrigated fields",
    "an orchard in rows", "rice paddies", "a village with gardens", "a dense residential area",
    "houses with red roofs", "tall buildings in a city centre", "a church with a square",
    "a school with a playground", "a football stadium", "tennis courts", "a baseball diamond", "a golf course",
    "a swimming pool", "a park with paths", "a parking lot full of cars", "a railway station with many tracks",
    "a motorway junction", "a straight road", "a roundabout with traffic", "a factory with large halls",
    "round storage tanks", "a solar farm", "wind turbines on a hill", "a power station", "a quarry", "an open mine",
    "a greenhouse complex", "a container terminal", "a sewage plant with round basins", "a ruined castle",
    "an island with palms", "a marsh with reeds", "a glacier", "burnt forest", "a flooded town", "clouds over land",
    "ships in a dry dock", "tents in a camp", "a cemetery", "a racing track", "an oil platform",
    "a dam with a reservoir", "a ploughed brown field", "grey water", "white roofs", "green and brown ground",
)  # fmt: skip


@dataclass(frozen=True)
class Usual:
    """Mean and spread of the scores on the chips of one sensor."""

    mean: Floats
    spread: Floats


class Background:
    """The null sets of one archive, scored against each other once."""

    def __init__(self, chips: FloatArray, sensors: list[str], sentences: FloatArray) -> None:
        """Take the vectors of the chips and of the sentences; sentences that the model knows nothing of are left."""
        self.chips, self.sensors = chips, np.array(sensors, dtype=str)
        self.sentences = sentences[sentences.any(axis=1)] if len(sentences) else sentences
        self._known: dict[tuple[str, type], tuple[NDArray[np.bool_], Usual, Floats]] = {}

    @staticmethod
    def of(sample: Sample, sentences: FloatArray) -> Background:
        """Return the background of a sample of an archive."""
        return Background(sample.vectors, sample.sensors, sentences)

    def features(
        self, question: FloatArray, vectors: FloatArray, sensors: list[str], scorer: Scorer | None, *, words: bool
    ) -> Floats:
        """Return score, standing and margin of one question on chips."""  # (n, 3)
        among = scores(question[None], self.chips, scorer)[:, 0]
        found = scores(question[None], vectors, scorer)[:, 0]
        rows = np.zeros((len(vectors), 3))
        rows[:, 0] = found
        of = np.array(sensors, dtype=str)
        for sensor in np.unique(of):
            own = of == sensor
            usual = self._usual(among[:, None], sensor)
            standing = ((found[own, None] - usual.mean) / usual.spread)[:, 0]
            rows[own, 1] = standing
            if words and len(self.sentences):
                rows[own, 2] = self._margin(standing, among, vectors[own], str(sensor), scorer)
        return rows

    def _margin(
        self, standing: Floats, among: Floats, vectors: FloatArray, sensor: str, scorer: Scorer | None
    ) -> Floats:
        """Return by how much chips prefer the question to what is not akin to it, on the mean, in spreads."""
        here, usual, others = self._others(sensor, scorer)
        own = self._usual(among[:, None], sensor)
        asked = (among[here] - own.mean[0]) / own.spread[0]
        kin = asked @ others / len(asked)
        apart = kin < KIN
        if not apart.any():
            return np.zeros(len(vectors))
        theirs = (scores(self.sentences[apart], vectors, scorer) - usual.mean[apart]) / usual.spread[apart]
        difference = (standing[:, None] - theirs) / np.sqrt(2 * (1 - kin[apart]))
        return np.asarray(difference.mean(axis=1), dtype=np.float64)

    def _usual(self, values: Floats, sensor: str) -> Usual:
        """Return what is usual for a sensor; for one with few chips partly what is usual for all."""
        own = values[self.sensors == sensor]
        if not len(values):
            nothing = np.zeros(values.shape[1])
            return Usual(nothing, nothing + 1)
        share = len(own) / (len(own) + FEW)
        mean, spread = values.mean(axis=0), values.std(axis=0)
        if len(own):
            mean, spread = (1 - share) * mean + share * own.mean(axis=0), (1 - share) * spread + share * own.std(axis=0)
        return Usual(mean, spread + LEAST_SPREAD)

    def _others(self, sensor: str, scorer: Scorer | None) -> tuple[NDArray[np.bool_], Usual, Floats]:
        """Return which null chips are of a sensor, and the null sentences' scores on them, in spreads; made once."""
        key = (sensor, type(scorer))
        if key not in self._known:
            values = scores(self.sentences, self.chips, scorer)
            here = self.sensors == sensor
            if here.sum() < FEW:
                here = np.ones(len(self.sensors), dtype=bool)
            usual = self._usual(values, sensor)
            self._known[key] = here, usual, (values[here] - usual.mean) / usual.spread
        return self._known[key]


def scores(questions: FloatArray, vectors: FloatArray, scorer: Scorer | None) -> Floats:
    """Return the model's exact scores of each chip for each question, cosines where it has no other."""  # (n, q)
    if scorer is None:
        return np.asarray(vectors @ questions.T, dtype=np.float64)
    prepared = scorer.prepare(vectors)
    columns = [scorer.scores(each, prepared) for each in questions]
    return np.asarray(np.stack(columns, axis=1) if columns else np.zeros((len(vectors), 0)), dtype=np.float64)
