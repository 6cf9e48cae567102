"""The losses against slow, obvious loops from the papers."""

from __future__ import annotations

import math
from itertools import chain, product

import pytest
import torch
from torch import Tensor

from satseek.core.errors import UnknownName
from satseek.losses.catalogue import LOSSES
from satseek.losses.dynamic_margin import dynamic_margin
from satseek.losses.info_nce import info_nce
from satseek.losses.sigmoid import sigmoid
from satseek.losses.triplet import triplet


@pytest.fixture
def world() -> tuple[Tensor, Tensor]:
    """Four images, seven captions: several an image, and one caption that two images share."""
    positives = torch.zeros(4, 7, dtype=torch.bool)
    for image, text in [(0, 0), (0, 1), (1, 2), (1, 3), (2, 3), (2, 4), (3, 5), (3, 6)]:
        positives[image, text] = True
    scores = torch.rand(4, 7, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return scores, positives


def slow_triplet_terms(scores: Tensor, positives: Tensor, margin: Tensor) -> list[list[float]]:
    """Return the hinges of each (positive pair, direction), as the paper's double sum goes."""
    rows = []
    images, texts = scores.shape
    for image, text in product(range(images), range(texts)):
        if not positives[image, text]:
            continue
        good = scores[image, text]
        rows.append(
            [
                max(0.0, float(margin[image, other] - good + scores[image, other]))
                for other in range(texts)
                if not positives[image, other]
            ]
        )
        rows.append(
            [
                max(0.0, float(margin[other, text] - good + scores[other, text]))
                for other in range(images)
                if not positives[other, text]
            ]
        )
    return rows


def test_the_triplet_loss_is_the_papers_double_sum(world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    rows = slow_triplet_terms(scores, positives, torch.full_like(scores, 0.2))
    assert triplet(scores, positives, margin=0.2).item() == pytest.approx(sum(map(sum, rows)))


def test_the_triplet_loss_takes_a_margin_for_each_pair(world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    margin = torch.rand(4, 7, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    rows = slow_triplet_terms(scores, positives, margin)
    assert triplet(scores, positives, margin=margin).item() == pytest.approx(sum(map(sum, rows)))


def test_the_mean_triplet_loss_is_over_the_terms_of_each_direction(world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    rows = slow_triplet_terms(scores, positives, torch.full_like(scores, 0.2))
    to_texts, to_images = list(chain(*rows[0::2])), list(chain(*rows[1::2]))
    expected = sum(to_texts) / len(to_texts) + sum(to_images) / len(to_images)
    assert triplet(scores, positives, reduction="mean").item() == pytest.approx(expected)


def test_the_hardest_negative_alone_counts_where_asked(world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    rows = slow_triplet_terms(scores, positives, torch.full_like(scores, 0.2))
    assert triplet(scores, positives, negatives="hardest").item() == pytest.approx(sum(map(max, rows)))


def test_dynamic_margin_is_the_printed_formula() -> None:
    likeness = [0.0, 0.3, 0.5, 0.9, 1.0]
    gamma, beta = 0.6, 5.0
    slow = [gamma * (math.exp(beta) - math.exp(beta * s)) / (math.exp(beta) - 1) for s in likeness]
    quick = dynamic_margin(torch.tensor(likeness, dtype=torch.float64), gamma=gamma, beta=beta)
    assert quick.tolist() == pytest.approx(slow)
    assert quick[0] == pytest.approx(0.6)
    assert quick[-1] == 0


def test_dynamic_margin_survives_a_large_beta() -> None:
    assert dynamic_margin(torch.tensor([0.5, 1.0]), gamma=1.0, beta=2000.0).tolist() == [1.0, 0.0]


def slow_info_nce(scores: Tensor, positives: Tensor, ignored: Tensor, multiple: str) -> float:
    directions = []
    for s, p, out in ((scores, positives, ignored), (scores.T, positives.T, ignored.T)):
        queries = []
        for row in range(len(s)):
            good = [math.exp(s[row, other]) for other in range(s.shape[1]) if p[row, other]]
            bad = [math.exp(s[row, other]) for other in range(s.shape[1]) if not (p[row, other] or out[row, other])]
            if not good:
                continue
            if multiple == "any":
                queries.append(-math.log(sum(good) / (sum(good) + sum(bad))))
            else:
                queries.append(sum(-math.log(each / (each + sum(bad))) for each in good) / len(good))
        directions.append(sum(queries) / len(queries))
    return sum(directions) / 2


@pytest.mark.parametrize("multiple", ["each", "any"])
def test_info_nce_never_sets_positives_against_each_other(world: tuple[Tensor, Tensor], multiple: str) -> None:
    scores, positives = world
    ignored = torch.zeros_like(positives)
    ignored[0, 5] = ignored[2, 1] = True
    quick = info_nce(scores, positives, scale=7.0, multiple=multiple, ignored=ignored)  # type: ignore[arg-type]
    assert quick.item() == pytest.approx(slow_info_nce(7.0 * scores, positives, ignored, multiple))


def test_info_nce_with_one_positive_each_is_the_mean_of_two_cross_entropies() -> None:
    scores = torch.randn(5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    answer = torch.arange(5)
    entropy = torch.nn.functional.cross_entropy
    expected = (entropy(scores, answer) + entropy(scores.T, answer)) / 2
    assert info_nce(scores, torch.eye(5, dtype=torch.bool)).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("multiple", ["each", "any"])
def test_info_nce_of_a_batch_without_negatives_is_zero_with_a_gradient_that_is_a_number(multiple: str) -> None:
    scores = torch.randn(2, 3, requires_grad=True)
    loss = info_nce(scores, torch.ones(2, 3, dtype=torch.bool), multiple=multiple)  # type: ignore[arg-type]
    loss.backward()
    assert loss.item() == 0
    assert scores.grad is not None
    assert scores.grad.abs().max() == 0


def test_a_text_without_any_image_in_the_batch_is_a_negative_and_asks_nothing_itself() -> None:
    scores = torch.tensor([[2.0, 1.0], [0.0, 0.5]], dtype=torch.float64)
    positives = torch.tensor([[True, False], [False, False]])
    ignored = torch.zeros_like(positives)
    assert info_nce(scores, positives).item() == pytest.approx(slow_info_nce(scores, positives, ignored, "each"))


def test_the_sigmoid_loss_asks_every_pair_by_itself(world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    ignored = torch.zeros_like(positives)
    ignored[0, 6] = True
    slow = 0.0
    for image, text in product(range(4), range(7)):
        if ignored[image, text]:
            continue
        z = 1 if positives[image, text] else -1
        slow += -math.log(1 / (1 + math.exp(-z * (10 * float(scores[image, text]) - 4))))
    quick = sigmoid(scores, positives, scale=10.0, bias=-4.0, ignored=ignored)
    assert quick.item() == pytest.approx(slow / 4)


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_step_down_any_loss_brings_positives_up_and_negatives_down(name: str, world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    scores = scores.clone().requires_grad_()
    LOSSES.get(name)(scores, positives).backward()
    assert scores.grad is not None
    assert (scores.grad[positives] <= 0).all()
    assert (scores.grad[~positives] >= 0).all()
    assert (scores.grad != 0).any()


@pytest.mark.parametrize("name", list(LOSSES))
def test_what_is_ignored_pulls_nothing(name: str, world: tuple[Tensor, Tensor]) -> None:
    scores, positives = world
    scores = scores.clone().requires_grad_()
    ignored = torch.zeros_like(positives)
    ignored[0, 4] = True
    LOSSES.get(name)(scores, positives, ignored=ignored).backward()
    assert scores.grad is not None
    assert scores.grad[0, 4] == 0


def test_a_misspelt_option_is_answered_with_the_right_one(world: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'hardest'"):
        triplet(*world, negatives="hardst")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="Known: any, each"):
        info_nce(*world, multiple="softly")  # type: ignore[arg-type]
