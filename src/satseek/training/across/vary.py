"""Varying the chips of a place: the same turn for all sensors, a window for each, and what each sensor's noise does."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.sensors.s1 import DISPLAY_RANGE_DB
from satseek.training.across.settings import PairVariation

_DARKEST = 0.02  # of the display range: below it nothing is told apart
_LEAST_POWER = 0.02


def turned(pictures: Tensor, turns: Tensor, mirrored: Tensor) -> Tensor:
    """Return each picture turned by quarters and mirrored as told."""  # (batch, bands, h, w), (batch,), (batch,) bool
    out = pictures.clone()
    for quarters in range(4):
        for mirror in (False, True):
            chosen = (turns == quarters) & (mirrored == mirror)
            if chosen.any():
                some = torch.rot90(pictures[chosen], quarters, (2, 3))
                out[chosen] = some.flip(3) if mirror else some
    return out


def windows(pictures: Tensor, corners: Tensor, side: int) -> Tensor:
    """Return a square window of each picture."""  # corners (batch, 2): top, left
    rows = corners[:, :1] + torch.arange(side)
    columns = corners[:, 1:] + torch.arange(side)
    each = torch.arange(len(pictures))[:, None, None]
    return pictures.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def radar_varied(chips: Tensor, settings: PairVariation, random: torch.Generator, *, display: bool) -> Tensor:
    """Return radar chips in dB with other speckle, other looks and another stretch.

    `display` says that they were 8 bits, straight in amplitude or nearly so, and only called dB; a stretch leads from
    there to the logarithm, and from true dB to amplitude.
    """
    count = (len(chips), 1, 1, 1)
    if settings.looks:
        averaged = functional.avg_pool2d(functional.pad(chips, (0, 1, 0, 1), mode="replicate"), 2, stride=1)
        chips = torch.where(torch.rand(count, generator=random) < settings.looks, averaged, chips)
    if not settings.speckle and not settings.radar_stretch:
        return chips
    low, high = DISPLAY_RANGE_DB
    bright = ((chips - low) / (high - low)).clamp(min=0) + _DARKEST if display else torch.pow(10.0, chips / 20)
    if settings.speckle:
        strength = settings.speckle * torch.rand(count, generator=random)
        bright = bright * (1 + strength * torch.randn(chips.shape, generator=random)).clamp(min=0.1)
    if not settings.radar_stretch:
        return bright * (high - low) + low if display else 20 * bright.log10()
    # Box-Cox: with power 1 the amplitude, towards 0 its logarithm, which is dB
    way = (1 - _LEAST_POWER) * settings.radar_stretch * torch.rand(count, generator=random)
    power = 1 - way if display else _LEAST_POWER + way
    stretched = (bright.pow(power) - 1) / power
    return stretched * (high - low) + low if display else stretched * (20 / math.log(10))


def optical_varied(chips: Tensor, settings: PairVariation, random: torch.Generator) -> Tensor:
    """Return optical chips with other brightness in each band and less colour."""
    count, bands = chips.shape[:2]
    if settings.brightness:
        chips = chips * (1 + settings.brightness * torch.randn((count, bands, 1, 1), generator=random))
    if settings.grey:
        share = settings.grey * torch.rand((count, 1, 1, 1), generator=random)
        chips = chips * (1 - share) + chips.mean(1, keepdim=True) * share
    return chips
