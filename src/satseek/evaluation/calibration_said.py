"""What it is worth that a chip's text says the words: fitted on captioned chips of which it is known what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from satseek.core.chip import Chip
from satseek.core.model import Model
from satseek.evaluation.calibration import BEST, Backgrounds, least_cut
from satseek.evaluation.calibration_shown import Asked
from satseek.search.calibrate import probabilities, said_share
from satseek.search.calibrate_fit import Calibration, Floats, Said, log_odds, probability, said_features
from satseek.search.embed import Part
from satseek.search.fuse import fused

RIDGE = 0.1
WIDEST = 3.0  # of what a text can add to the log odds: texts are trusted, but not blindly


def told(questions: Sequence[Asked], model: Model, calibration: Calibration) -> Calibration:
    """Return a calibration that knows what the texts of chips are worth beside the vectors, and what `auto` is then."""
    backgrounds, scorer = Backgrounds(model), getattr(model, "scorer", None)
    concepts = model.encode_texts(list(calibration.concepts))
    untold = replace(calibration, said=Said())
    rows, right, seen, of = [], [], [], []
    for number, asked in enumerate(questions):
        vector = model.encode_texts([asked.words])[0]
        if not vector.any():
            continue
        part = Part("sentence", "sentence", 1.0, vector, words=asked.words, scorer=scorer)
        shown = asked.of
        score = fused([part], shown.vectors, shown.chips, [True] * len(shown.chips)).total
        some = shown.some([int(row) for row in np.argsort(-score, kind="stable")[:BEST]])
        rows += [_told(asked.words, chip) for chip in some.chips]
        right += list(some.shows(asked.label))
        seen += list(probabilities([part], some.vectors, some.chips, backgrounds.of(shown), untold, concepts))
        of += [number] * len(some.chips)
    features, before = np.array(rows), log_odds(np.array(seen))
    weights = _fit(features, before, np.array(right))
    chances, owner = probability(before + features @ np.array(weights)), np.array(of)
    best = [
        float(chances[owner == number].max())
        for number, asked in enumerate(questions)
        if not asked.has_answer and (owner == number).any()
    ]
    share, whole, silent = weights
    return replace(calibration, said=Said(share, whole, silent, calibration.said.unseen), auto_told=least_cut(best))


def _told(words: str, chip: Chip) -> tuple[float, float, float]:
    return said_features(said_share(words, chip, whole=False)) if chip.text.strip() else (0.0, 0.0, 0.0)


def _fit(rows: Floats, before: Floats, right: Floats) -> list[float]:
    from scipy.optimize import minimize

    truth = right.astype(np.float64)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = before + rows @ weights
        value = np.logaddexp(0, logits).sum() - truth @ logits + 0.5 * RIDGE * (weights**2).sum()
        return float(value), rows.T @ (probability(logits) - truth) + RIDGE * weights

    bounds = [(0, WIDEST), (0, WIDEST), (-WIDEST, 0)]
    found = minimize(loss, np.zeros(3), jac=True, method="L-BFGS-B", bounds=bounds)
    return [float(number) for number in found.x]
