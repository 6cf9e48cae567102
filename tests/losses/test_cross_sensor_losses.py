"""The losses between sensors against the vectors of the method's notes and slow, obvious loops."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import UnknownName, UsageError
from satseek.losses.discrepancy import discrepancy
from satseek.losses.mutual_information import mutual_information
from satseek.losses.neighbour import nearest_others, neighbour
from satseek.training.schedule import ramp

Y1 = torch.tensor([[1, 2, 0], [0.5, 1, 1], [2, 0, 1], [1, 1, 1]], dtype=torch.float64)
Y2 = torch.tensor([[1, 1.5, 0.2], [0, 1, 1.5], [1.5, 0.3, 1], [0.8, 1.2, 0.4]], dtype=torch.float64)
Z1 = torch.tensor([[1, 0.5], [0.2, 1], [-0.5, 1], [0.7, -0.3]], dtype=torch.float64)
Z2 = torch.tensor([[0.9, 0.6], [0.1, 0.8], [-0.6, 0.7], [0.8, -0.1]], dtype=torch.float64)
EXACT = 1e-9


def test_the_discrepancy_has_the_values_of_the_notes() -> None:
    assert discrepancy([Y1, Y2]).item() == pytest.approx(-1.2798112118, abs=EXACT)
    assert discrepancy([Y1, Y2], form="one_minus_cos").item() == pytest.approx(0.0461586648, abs=EXACT)


def test_the_neighbours_and_their_loss_are_those_of_the_notes() -> None:
    assert nearest_others(Y1).tolist() == [3, 3, 3, 1]
    assert nearest_others(Y2).tolist() == [3, 3, 3, 0]
    assert neighbour([Y1, Y2]).item() == pytest.approx(-0.8539779899, abs=EXACT)


@pytest.mark.parametrize(("temperature", "value"), [(0.1, 0.2106864466), (0.5, 1.0728589784)])
def test_the_mutual_information_has_the_values_of_the_notes(temperature: float, value: float) -> None:
    assert mutual_information([Z1, Z2], temperature=temperature).item() == pytest.approx(value, abs=EXACT)


def test_the_weighted_total_is_that_of_the_notes() -> None:
    total = mutual_information([Z1, Z2], temperature=0.5) + 0.1 * discrepancy([Y1, Y2]) + 0.1 * neighbour([Y1, Y2])
    assert total.item() == pytest.approx(0.8594800583, abs=EXACT)


def test_the_ramp_lets_neighbours_mean_nothing_at_first_and_all_at_last() -> None:
    weights = [ramp(epoch, 150) for epoch in (0, 50, 100, 149)]
    assert weights == pytest.approx([1e-4, 2.199e-3, 4.837e-2, 1.0], rel=1e-3)
    assert ramp(0, 1) == 1.0


def test_one_step_on_the_neighbour_loss_raises_the_neighbour_cosine() -> None:
    vectors = Y1.clone().requires_grad_()
    nearest = nearest_others(vectors)
    before = functional.cosine_similarity(vectors, vectors[nearest]).mean()
    neighbour([vectors, Y2]).backward()
    assert vectors.grad is not None
    stepped = vectors.detach() - 0.01 * vectors.grad
    assert functional.cosine_similarity(stepped, stepped[nearest]).mean() > before


def slow_mutual_information(vectors: list[Tensor], temperature: float) -> float:
    """Return NT-Xent, term by term: the partner asked for is in the denominator, other partners are not."""
    named = [(sensor, place, row) for sensor, rows in enumerate(vectors) for place, row in enumerate(rows)]

    def alike(one: Tensor, other: Tensor) -> float:
        return math.exp(float(functional.cosine_similarity(one, other, dim=0)) / temperature)

    terms = []
    for sensor, place, row in named:
        negatives = sum(alike(row, other) for _, elsewhere, other in named if elsewhere != place)
        for partner, same, other in named:
            if same == place and partner != sensor:
                terms.append(-math.log(alike(row, other) / (alike(row, other) + negatives)))
    return sum(terms) / len(terms)


def test_three_sensors_are_each_others_partners_and_never_negatives() -> None:
    third = Z1.flip(1) * 0.5 + Z2
    for vectors in ([Z1, Z2], [Z1, Z2, third]):
        for temperature in (0.1, 0.5):
            ours = mutual_information(vectors, temperature=temperature).item()
            assert ours == pytest.approx(slow_mutual_information(vectors, temperature), abs=EXACT)


def test_three_sensors_count_every_two_in_the_discrepancy() -> None:
    third = Y1 + Y2.flip(0)
    of_two = [discrepancy([one, other]).item() for one, other in ((Y1, Y2), (Y1, third), (Y2, third))]
    assert discrepancy([Y1, Y2, third]).item() == pytest.approx(sum(of_two) / 3, abs=EXACT)


def test_a_place_left_out_is_no_negative() -> None:
    apart = torch.zeros(4, 4, dtype=torch.bool)
    apart[0, 1] = apart[1, 0] = True
    with_it, without = mutual_information([Z1, Z2]), mutual_information([Z1, Z2], ignored=apart)
    assert without < with_it
    everything = torch.ones(4, 4, dtype=torch.bool)
    assert mutual_information([Z1, Z2], ignored=everything).item() == pytest.approx(0, abs=EXACT)


def test_half_precision_rows_are_scored_in_full_precision() -> None:
    rows = torch.randn(64, 32, generator=torch.Generator().manual_seed(5))
    others = rows + 0.1 * torch.randn(64, 32, generator=torch.Generator().manual_seed(6))
    exact = mutual_information([rows, others], temperature=0.02)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert mutual_information([rows, others], temperature=0.02).item() == pytest.approx(exact.item(), rel=1e-6)


def test_one_place_alone_gives_a_gradient_that_is_a_number() -> None:
    alone = Z1[:1].clone().requires_grad_()
    mutual_information([alone, Z2[:1]]).backward()
    assert alone.grad is not None
    assert torch.isfinite(alone.grad).all()


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(UsageError, match="two or more sensors"):
        mutual_information([Z1, Z2[:2]])
    with pytest.raises(UsageError, match="two or more sensors"):
        discrepancy([Y1])
    with pytest.raises(UsageError, match="3 samples or more"):
        neighbour([Y1[:2], Y2[:2]])
    with pytest.raises(UnknownName, match="one_minus_cos"):
        discrepancy([Y1, Y2], form="one_minus_cosine")  # type: ignore[arg-type]
