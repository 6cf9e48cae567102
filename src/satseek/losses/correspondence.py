"""Dense InfoNCE: the descriptor of a place in one window should find the same place in another sensor's window.

A window of a chip is one positive pair for a vector, but hundreds for descriptors: every place that both windows show.
Places of all chips of the batch are negatives, those next door in the same chip are not counted.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from satseek.losses.info_nce import info_nce

NEXT_DOOR = 2  # steps of the map


def correspondence(one: Tensor, other: Tensor, shift: Tensor, *, places: int, scale: float | Tensor) -> Tensor:
    """Return the loss over random places; what is at (y, x) in `one` is at (y, x) + shift in `other`."""
    # one, other: (batch, dim, h, w); shift: (batch, 2) whole steps
    batch, size = len(one), one.shape[2:]
    here = torch.stack([_drawn(size[axis], shift[:, axis], places) for axis in (0, 1)], 2)  # (batch, places, 2)
    chip = torch.arange(batch, device=one.device).repeat_interleave(places)
    found = _at(one, here), _at(other, here + shift[:, None, :])
    flat = here.reshape(-1, 2)
    close = (flat[:, None] - flat[None, :]).abs().amax(2) <= NEXT_DOOR
    shared = (shift.abs() < shift.new_tensor(size)).all(1)  # windows that do not overlap show no place in common
    positives = torch.diag(shared.repeat_interleave(places))
    with torch.autocast(one.device.type, enabled=False):
        first, second = (functional.normalize(each.float(), dim=1) for each in found)
        ignored = (chip[:, None] == chip[None, :]) & close
        return info_nce(first @ second.T, positives, scale=scale, ignored=ignored & ~positives)


def _drawn(size: int, shift: Tensor, places: int) -> Tensor:
    """Return rows (or columns) of one map that the other map shows too."""
    low, high = (-shift).clamp(0, size - 1), (size - shift).clamp(1, size)
    dice = torch.rand(len(shift), places, device=shift.device)
    return (low[:, None] + dice * (high - low).clamp(min=1)[:, None]).long().clamp(max=size - 1)


def _at(maps: Tensor, places: Tensor) -> Tensor:
    """Return the descriptors at places, inside the map."""  # (batch, places, 2) -> (batch · places, dim)
    height, width = maps.shape[2:]
    rows, columns = places[..., 0].clamp(0, height - 1), places[..., 1].clamp(0, width - 1)
    each = torch.arange(len(maps), device=maps.device)[:, None]
    return maps.permute(0, 2, 3, 1)[each, rows, columns].flatten(0, 1)
