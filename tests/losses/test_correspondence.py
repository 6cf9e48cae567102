"""Descriptors of places: what both windows show must find itself, at the place it moved to."""

from __future__ import annotations

import torch
from torch import Tensor

from satseek.losses.correspondence import correspondence


def world(shift: tuple[int, int], batch: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Return two windows of wider maps, the second moved so that (y, x) of the first is (y, x) + shift in it."""
    maps = torch.randn(batch, 32, 24, 24, generator=torch.Generator().manual_seed(0))
    down, right = shift
    one, other = maps[:, :, 6:18, 6:18], maps[:, :, 6 - down : 18 - down, 6 - right : 18 - right]
    return one, other, torch.tensor([shift] * batch)


def test_places_that_moved_find_themselves() -> None:
    for shift in ((0, 0), (3, -2), (-5, 4)):
        one, other, told = world(shift)
        assert correspondence(one, other, told, places=40, scale=20.0) < 0.2
        assert correspondence(one, other, told + 2, places=40, scale=20.0) > 3


def test_windows_without_a_place_in_common_teach_nothing() -> None:
    one, other, _ = world((0, 0))
    one = one.clone().requires_grad_()
    loss = correspondence(one, other, torch.tensor([[12, 0], [0, -12], [30, 30]]), places=10, scale=20.0)
    loss.backward()
    assert loss.item() == 0
    assert one.grad is not None
    assert not one.grad.any()


def test_only_the_pairs_that_overlap_count() -> None:
    one, other, told = world((2, 1))
    apart = told.clone()
    apart[1] = 40
    assert correspondence(one, other, apart, places=40, scale=20.0) < 0.3


def test_the_place_next_door_is_no_negative() -> None:
    flat = torch.randn(1, 16, 1, 1, generator=torch.Generator().manual_seed(1)).expand(1, 16, 3, 3)
    loss = correspondence(flat, flat, torch.zeros(1, 2, dtype=torch.long), places=9, scale=20.0)
    assert loss.item() < 1e-6  # all of a 3×3 map is next door to its middle, and within two steps of its corners
