"""Figures of rankings against slow loops; intervals and differences that can be told from chance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from satseek.evaluation.compare.figures import FIGURES, difference, figures, per_query


def by_loops(scores: np.ndarray, gains: np.ndarray) -> dict[str, float]:
    """The definitions, one query, over all orders of equal scores."""
    found: dict[str, list[float]] = {name: [] for name in FIGURES}
    for order in itertools.permutations(range(len(scores))):
        ordered = [scores[place] for place in order]
        if ordered != sorted(ordered, reverse=True):
            continue
        in_order = gains[list(order)]
        right = in_order > 0
        for k in (1, 5, 10):
            found[f"recall_{k}"].append(right[:k].sum() / min(k, right.sum()))
        precisions = [right[: rank + 1].mean() for rank in range(len(right)) if right[rank]]
        found["map"].append(float(np.mean(precisions)))
        discounts = 1 / np.log2(np.arange(len(scores)) + 2)
        best = (np.sort(gains)[::-1] * discounts).sum()
        found["ndcg_10"].append((in_order * discounts).sum() / best)
    return {name: float(np.mean(values)) for name, values in found.items()}


@pytest.mark.parametrize("ties", [False, True])
def test_figures_agree_with_the_definitions(ties: bool) -> None:
    chance = np.random.default_rng(3)
    for _ in range(6):
        scores = chance.integers(0, 3, 6) if ties else chance.permutation(6)
        gains = np.array([0, 0.5, 0, 1, 0, 0.75], dtype=np.float32)
        own = per_query(scores[None].astype(np.float32), gains[None], np.zeros((1, 6), bool))
        wanted = by_loops(scores, gains)
        assert {name: float(own[name][0]) for name in FIGURES} == pytest.approx(wanted, abs=1e-6)


def test_hidden_pictures_are_no_answers() -> None:
    gains = np.array([[1, 0, 1, 0]], dtype=np.float32)
    scores = np.array([[9, 8, 1, 0]], dtype=np.float32)
    hidden = np.array([[True, False, False, False]])
    own = per_query(scores, gains, hidden)
    assert own["recall_1"][0] == 0  # the first is hidden, and the one after it is wrong
    assert own["map"][0] == 0.5


def test_an_interval_narrows_with_queries_and_holds_the_mean() -> None:
    chance = np.random.default_rng(0)
    few, many = chance.random(20), chance.random(2000)
    narrow = figures({"map": many}, np.arange(2000), seed=1)["map"]
    wide = figures({"map": few}, np.arange(20), seed=1)["map"]
    assert narrow.high - narrow.low < wide.high - wide.low
    assert narrow.low < 100 * many.mean() < narrow.high
    assert narrow == figures({"map": many}, np.arange(2000), seed=1)["map"]


def test_queries_of_one_group_are_drawn_together() -> None:
    values = np.repeat([0.0, 1.0], 50)
    alone = figures({"map": values}, np.arange(100), seed=0)["map"]
    together = figures({"map": values}, np.repeat([0, 1], 50), seed=0)["map"]
    assert (together.low, together.high) == (0, 100)
    assert alone.low > 30


def test_a_paired_difference_is_clear_where_single_intervals_overlap() -> None:
    hard = np.random.default_rng(5).random(200)
    one, other = np.clip(hard + 0.05, 0, 1), hard
    apart = difference(("a", other), ("b", one), np.arange(200), seed=0)
    assert (apart.better, apart.worse, apart.is_clear) == ("b", "a", True)
    own = [figures({"map": each}, np.arange(200), seed=0)["map"] for each in (one, other)]
    assert own[0].low < own[1].high  # each by itself would not have told


def test_a_difference_of_noise_is_not_clear() -> None:
    chance = np.random.default_rng(6)
    apart = difference(("a", chance.random(60)), ("b", chance.random(60)), np.arange(60), seed=0)
    assert not apart.is_clear
