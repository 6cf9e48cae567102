"""Learning what named things look like to a model, and what those who never saw a scene would say of its chips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from satseek.core.chip import Chip
from satseek.evaluation.calibration_shown import Shown, place_of
from satseek.search.calibrate_fit import Floats, probability
from satseek.search.calibrate_looks import Look, Looks, terms

FOLDS = 4  # of places: what a scene looks like is told by regressions that never saw it
RIDGE, RIDGE_OF_MORE = 3.0, 8.0  # where squares and sizes count, too
LEAST_RIGHT = 10  # chips of a sensor that show a thing
LEAST_SPREAD = 1e-3
STEPS = 80
Told = Mapping[tuple[int, str], Floats]  # (world, chip) -> log odds of each thing


def learn_looks(worlds: Mapping[int, Shown], of: Mapping[str, str]) -> tuple[Looks, Told]:
    """Return the looks of things, and for every chip what regressions on the scenes of other places say of it."""
    things = sorted(set(of.values()))
    sensors: dict[str, Look] = {}
    told: dict[tuple[int, str], Floats] = {}
    for sensor in sorted({chip.sensor for shown in worlds.values() for chip in shown.chips}):
        own = [_OfSensor.of(number, shown, sensor, things) for number, shown in worlds.items()]
        keys = [key for each in own for key in each.keys]
        vectors = np.concatenate([each.vectors for each in own]).astype(np.float64)
        shows, known = np.concatenate([each.shows for each in own]), np.concatenate([each.known for each in own])
        known &= (shows & known).sum(axis=0) >= LEAST_RIGHT
        folds = _folds([place for each in own for place in each.places])
        values = np.zeros(shows.shape)
        for fold in range(FOLDS):
            here = folds == fold
            if here.any() and not here.all():
                look = regressions(vectors[~here], shows[~here], known[~here])
                values[here] = look.log_odds(vectors[here])
        told.update(zip(keys, values, strict=True))
        sensors[sensor] = regressions(vectors, shows, known)
    return Looks(tuple(things), dict(of), sensors), told


def regressions(vectors: Floats, shows: NDArray[np.bool_], known: NDArray[np.bool_]) -> Look:
    """Return a logistic regression for each thing, held towards zero by a ridge; 0 where nothing is known of it."""
    from scipy.optimize import minimize

    middle = vectors.mean(axis=0).astype(np.float16).astype(np.float32)  # as it is kept
    spread = (vectors.std(axis=0) + LEAST_SPREAD).astype(np.float16).astype(np.float32)
    counted = terms(vectors, middle, spread)
    design = np.hstack([np.ones((len(vectors), 1)), counted])
    ridge = np.r_[1e-3, np.full(counted.shape[1], RIDGE if counted.shape == vectors.shape else RIDGE_OF_MORE)][:, None]
    truth, counts = shows.astype(np.float64), known.astype(np.float64)
    shape = (design.shape[1], shows.shape[1])

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(shape)
        logits = design @ weights
        value = (counts * (np.logaddexp(0, logits) - truth * logits)).sum() + 0.5 * (ridge * weights**2).sum()
        slope = design.T @ (counts * (probability(logits) - truth)) + ridge * weights
        return float(value), slope.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    weights = found.x.reshape(shape)
    return Look(middle, spread, weights[0].astype(np.float32), weights[1:].astype(np.float32))


class _OfSensor:
    """The chips of one sensor in one world."""

    def __init__(self, world: int, chips: Sequence[Chip], rows: Sequence[int], shown: Shown, things: Sequence[str]):
        self.keys = [(world, chip.id) for chip in chips]
        self.places = [f"{world} {place_of(chip)}" for chip in chips]
        self.vectors = shown.vectors[list(rows)]
        truth = [shown.truth[row] for row in rows]
        self.shows = np.array([[thing in shows for thing in things] for shows in truth], bool).reshape(-1, len(things))
        named = [shown.vocabulary is None or thing in shown.vocabulary for thing in things]
        self.known = np.broadcast_to(np.array(named, dtype=bool), self.shows.shape).copy()

    @staticmethod
    def of(world: int, shown: Shown, sensor: str, things: Sequence[str]) -> _OfSensor:
        rows = [row for row, chip in enumerate(shown.chips) if chip.sensor == sensor]
        return _OfSensor(world, [shown.chips[row] for row in rows], rows, shown, things)


def _folds(places: Sequence[str]) -> NDArray[np.int64]:
    number = {place: index % FOLDS for index, place in enumerate(sorted(set(places)))}
    return np.array([number[place] for place in places], dtype=np.int64)
