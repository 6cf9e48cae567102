"""Scores from stored vectors equal the paper's pairwise formulas."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from satseek.core.errors import UnknownName
from satseek.core.vectors import unit_rows
from satseek.models.scorers import Scorer, fold_sim, scorer_of

SIZE = 12


@pytest.fixture
def weights() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(3)

    def matrix(*shape: int) -> NDArray[np.float32]:
        return random.normal(size=shape).astype(np.float32)

    return {
        "gate.weight": matrix(SIZE, SIZE),
        "gate.bias": matrix(SIZE),
        "value.weight": matrix(SIZE, 2 * SIZE),
        "value.bias": matrix(SIZE),
        "of_image.weight": matrix(SIZE, SIZE),
        "of_image.bias": matrix(SIZE),
        "of_text.weight": matrix(SIZE, SIZE),
        "of_text.bias": matrix(SIZE),
    }


@pytest.fixture
def images() -> NDArray[np.float32]:
    return unit_rows(np.random.default_rng(4).normal(size=(9, SIZE)))


@pytest.fixture
def text() -> NDArray[np.float32]:
    return np.random.default_rng(5).normal(size=SIZE).astype(np.float32)


@pytest.mark.parametrize("variant", ["dual", "soft", "fusion", "sim-coded"])
def test_the_scores_of_all_images_are_the_pairs_formula_one_by_one(
    variant: str, weights: dict[str, NDArray[np.float32]], images: NDArray[np.float32], text: NDArray[np.float32]
) -> None:
    if variant == "fusion":
        weights["gate.weight"] = np.concatenate([weights["gate.weight"], weights["of_text.weight"]], axis=1)
    scorer = scorer_of(variant, weights)
    scores = scorer.scores(text, scorer.prepare(images))
    expected = [_cosine(v, _bent(variant, weights, v, text / np.linalg.norm(text))) for v in images]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_sim_as_printed_is_a_plain_dual_encoder(
    weights: dict[str, NDArray[np.float32]], images: NDArray[np.float32], text: NDArray[np.float32]
) -> None:
    scorer: Scorer = scorer_of("sim", weights)
    folded = fold_sim(text[None], weights["of_text.weight"], weights["of_text.bias"])[0]
    t = text / np.linalg.norm(text)
    f_t = weights["of_text.weight"] @ t + weights["of_text.bias"]
    expected = []
    for v in images:
        f_v = weights["of_image.weight"] @ v + weights["of_image.bias"]
        expected.append(_cosine(v, f_t / (1 + np.exp(-_cosine(f_v, f_t)))))
    np.testing.assert_allclose(scorer.scores(folded, scorer.prepare(images)), expected, atol=1e-5)


def test_what_is_prepared_serves_every_query(
    weights: dict[str, NDArray[np.float32]], images: NDArray[np.float32], text: NDArray[np.float32]
) -> None:
    scorer = scorer_of("soft", weights)
    prepared = scorer.prepare(images)
    once = scorer.scores(text, prepared)
    scorer.scores(-text, prepared)
    np.testing.assert_array_equal(scorer.scores(text, prepared), once)
    np.testing.assert_allclose(scorer.scores(text * 9, prepared), once, atol=1e-6)


def test_a_gate_that_is_shut_gives_numbers_all_the_same(images: NDArray[np.float32], text: NDArray[np.float32]) -> None:
    shut = {"gate.weight": np.zeros((SIZE, SIZE), np.float32), "gate.bias": np.full(SIZE, -1000, np.float32)}
    scorer = scorer_of("soft", shut)
    assert np.isfinite(scorer.scores(text, scorer.prepare(images))).all()


def test_an_unknown_scorer_is_answered_with_the_nearest(weights: dict[str, NDArray[np.float32]]) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'fusion'"):
        scorer_of("fussion", weights)


def _bent(
    variant: str, of: dict[str, NDArray[np.float32]], v: NDArray[np.float32], t: NDArray[np.float32]
) -> NDArray[np.float32]:
    if variant == "soft":
        return _sigmoid(of["gate.weight"] @ v + of["gate.bias"]) * t
    if variant == "fusion":
        f = np.concatenate([v, t])
        return (of["value.weight"] @ f + of["value.bias"]) * _sigmoid(of["gate.weight"] @ f + of["gate.bias"])
    if variant == "sim-coded":
        f_v, f_t = of["of_image.weight"] @ v + of["of_image.bias"], of["of_text.weight"] @ t + of["of_text.bias"]
        return _sigmoid(f_v * f_t) * f_t
    return t


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return 1 / (1 + np.exp(-values))
