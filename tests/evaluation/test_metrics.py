"""Recall, chance, ceiling and graded figures against all orders of ties, tried one by one."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from satseek.core.errors import ModelError
from satseek.evaluation import graded, metrics
from satseek.evaluation.ranks import Places, chance_of_hit, places_of


def orders_of(scores: np.ndarray) -> list[list[int]]:
    """Return every order of items that the scores allow, equal ones in every way."""
    groups = [np.flatnonzero(scores == value).tolist() for value in np.unique(scores)[::-1]]
    return [
        [item for group in choice for item in group] for choice in product(*(list(permutations(g)) for g in groups))
    ]


@pytest.fixture
def tied() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    scores = random.integers(0, 3, size=(12, 6)).astype(np.float32)
    relevant = random.random((12, 6)) < 0.35
    relevant[np.arange(12), random.integers(0, 6, 12)] = True
    return scores, relevant


@pytest.mark.parametrize("k", [1, 2, 3, 5, 6, 10])
def test_a_hit_among_ties_is_the_mean_over_all_their_orders(tied: tuple[np.ndarray, np.ndarray], k: int) -> None:
    for scores, relevant in zip(*tied, strict=True):
        orders = orders_of(scores)
        expected = np.mean([relevant[order[:k]].any() for order in orders])
        strict = min(relevant[order[:k]].any() for order in orders)
        rank = np.mean([1 + np.argmax(relevant[order]) for order in orders])
        places = places_of(scores[None], relevant[None])
        assert places.hits(k)[0] == pytest.approx(expected)
        assert places.strict_hits(k)[0] == strict
        assert places.ranks[0] == pytest.approx(rank)


def test_the_closed_form_is_that_of_the_protocol() -> None:
    from math import comb

    for g, t, r, k in product((0, 2, 7), (1, 4, 30), (1, 3), (1, 5, 10)):
        if r > t:
            continue
        m = min(max(k - g, 0), t)
        expected = 1 - comb(t - r, m) / comb(t, m)
        places = Places(*(np.array([number]) for number in (g, t, r)))
        assert places.hits(k)[0] == pytest.approx(expected)


def test_a_model_that_gives_no_numbers_is_told_so() -> None:
    with pytest.raises(ModelError, match="not numbers"):
        places_of(np.array([[np.nan, 1]], dtype=np.float32), np.array([[True, False]]))


def test_recall_of_a_small_gallery_worked_out_by_hand() -> None:
    # three images; captions 0,1 are of image 0, 2 of image 1, 3 of image 2
    scores = np.array([[0.9, 0.1, 0.8, 0.0], [0.2, 0.3, 0.7, 0.1], [0.5, 0.4, 0.6, 0.3]], dtype=np.float32)
    found = metrics.recall(scores, np.array([0, 0, 1, 2]))
    assert found.i2t == pytest.approx((100 * 2 / 3, 100, 100))  # image 2 has its caption at rank 4
    # caption 1 has its image at rank 3, caption 2 at rank 2
    assert found.t2i == pytest.approx((50, 100, 100))
    assert found.mean == pytest.approx(np.mean([200 / 3, 100, 100, 50, 100, 100]))
    assert found.strict == pytest.approx(found.mean)
    assert (found.i2t_median_rank, found.t2i_median_rank) == (1, 1.5)


def test_scores_of_different_texts_say_the_same_as_scores_of_all_captions() -> None:
    random = np.random.default_rng(1)
    texts, owners = random.integers(0, 40, 1300), np.sort(random.integers(0, 600, 1300))
    owners[:600] = np.sort(np.arange(600))
    scores = random.integers(0, 50, (600, 40)).astype(np.float32)
    assert metrics.recall(scores, owners, texts=texts) == metrics.recall(scores[:, texts], owners)


def test_a_model_that_says_the_same_of_everything_reaches_chance_and_strictly_nothing() -> None:
    owners = np.repeat(np.arange(40), 5)
    found = metrics.recall(np.zeros((40, 200), dtype=np.float32), owners)
    assert found.mean == pytest.approx(metrics.chance(owners, 40))
    assert found.strict == 0
    t2i = [k / 40 for k in (1, 5, 10)]
    assert found.t2i == pytest.approx([100 * share for share in t2i])


def test_chance_of_the_official_test_sets_is_as_published() -> None:
    for images, figure in ((1093, 0.49), (452, 1.18), (210, 2.52), (58, 8.98)):
        assert metrics.chance(np.repeat(np.arange(images), 5), images) == pytest.approx(figure, abs=0.006)


def test_no_model_beats_the_ceiling_and_the_best_one_reaches_it() -> None:
    texts = ["river", "lake", "river", "river", "road", "road", "road", "lake", "lake"]
    owners = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3])
    different = sorted(set(texts))
    column = [different.index(text) for text in texts]
    best = dict.fromkeys(product(("i2t", "t2i"), range(3)), 0.0)
    random = np.random.default_rng(5)
    for _ in range(1200):  # models that know nothing but the text give equal texts equal scores
        found = metrics.recall(random.permutation(12).reshape(4, 3).astype(np.float32)[:, column], owners, resamples=1)
        for way, place in best:
            best[way, place] = max(best[way, place], getattr(found, way)[place])
    assert metrics.ceiling(texts, owners) == pytest.approx(np.mean(list(best.values())))


def test_the_ceiling_is_all_where_no_caption_is_shared() -> None:
    assert metrics.ceiling(["a", "b", "b", "c"], np.array([0, 1, 1, 2])) == 100


def test_a_shared_caption_costs_as_worked_out_by_hand() -> None:
    # 'x' stands with 20 images; image 0 has a caption of its own too
    texts, owners = ["x"] * 20 + ["own"], np.array([*range(20), 0])
    i2t = [(1 + 19 * k / 20) / 20 for k in (1, 5, 10)]
    t2i = [(1 + k) / 21 for k in (1, 5, 10)]
    assert metrics.ceiling(texts, owners) == pytest.approx(100 * np.mean(i2t + t2i))


def test_the_interval_holds_what_resampling_images_by_hand_gives() -> None:
    random = np.random.default_rng(0)
    owners = np.repeat(np.arange(60), random.integers(1, 5, 60))
    i2t, t2i = random.random((60, 3)), random.random((len(owners), 3))
    low, high = metrics.bootstrap_interval(i2t, t2i, owners, resamples=4000)
    by_hand = []
    for _ in range(1500):
        drawn = random.integers(0, 60, 60)
        captions = np.concatenate([t2i[owners == image] for image in drawn])
        by_hand.append(100 * (i2t[drawn].mean(0).mean() + captions.mean(0).mean()) / 2)
    assert (low, high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])), abs=0.5)
    assert low < 50 * (i2t.mean() + t2i.mean()) < high
    assert metrics.bootstrap_interval(i2t, t2i, owners) == metrics.bootstrap_interval(i2t, t2i, owners)


def test_label_scores_are_those_of_the_protocols_test_vector() -> None:
    queries = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], dtype=bool)
    archive = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]], dtype=bool)
    found = graded.label_scores(queries, archive, np.array([[1, 3], [3, 0]]))
    assert found.precision == pytest.approx(0.5625)
    assert found.recall == pytest.approx(0.75)
    assert found.f1 == pytest.approx(0.6428571429)
    assert found.item_f1 == pytest.approx(0.6309523810)


def test_random_label_scores_are_the_mean_over_all_rankings() -> None:
    queries = np.array([[1, 1, 0], [0, 1, 1]], dtype=bool)
    archive = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]], dtype=bool)
    every = [graded.label_scores(queries, archive, np.array([first, first])) for first in permutations(range(4), 2)]
    found = graded.random_label_scores(queries, archive)
    assert found.precision == pytest.approx(np.mean([each.precision for each in every]))
    assert found.recall == pytest.approx(np.mean([each.recall for each in every]))
    assert found.item_f1 == pytest.approx(np.mean([each.item_f1 for each in every]))


@pytest.mark.parametrize("k", [1, 3, 6])
def test_ndcg_is_the_mean_over_all_orders_of_ties(tied: tuple[np.ndarray, np.ndarray], k: int) -> None:
    scores, _ = tied
    gains = np.random.default_rng(3).integers(0, 4, scores.shape)
    gains[4] = 0
    found = graded.ndcg(scores, gains, k)
    discount = 1 / np.log2(np.arange(k) + 2)
    for row in range(len(scores)):
        best = float(np.sort(gains[row])[::-1][:k] @ discount)
        each = [float(gains[row][order[:k]] @ discount) for order in orders_of(scores[row])]
        assert found[row] == pytest.approx(np.mean(each) / best if best else 0)


def test_average_precision_is_the_mean_over_all_orders_of_ties(tied: tuple[np.ndarray, np.ndarray]) -> None:
    scores, relevant = tied
    relevant[5] = False
    found = graded.average_precision(scores, relevant)
    for row in range(len(scores)):
        each = []
        for order in orders_of(scores[row]):
            right = relevant[row][order]
            places = np.flatnonzero(right)
            each.append(
                np.mean([(index + 1) / (place + 1) for index, place in enumerate(places)]) if len(places) else 0
            )
        assert found[row] == pytest.approx(np.mean(each))


def test_more_places_than_items_is_a_sure_hit() -> None:
    assert chance_of_hit(np.array([3]), np.array([1]), np.array([10]))[0] == 1
