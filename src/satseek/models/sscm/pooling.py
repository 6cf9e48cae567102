"""Pooling: from maps to y, which tells what is anywhere in a chip and, on a small grid, roughly where.

Both parts are generalised means (GeM, arXiv 1711.02512) with exponent 3: what stands out in one place counts, wherever
it is, so that a chip that was moved has almost the same vector. Each part has unit length, and mean zero over its
channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_FLOOR = 1e-6


class Pooling(nn.Module):
    """Two linear maps of the top map, each with its own mean: over the whole chip, and over each cell."""

    def __init__(self, channels: int, whole: int, cells: int, cell_channels: int) -> None:
        super().__init__()
        self.cells = cells
        self.whole = nn.Conv2d(channels, whole, 1)
        self.cell = nn.Conv2d(channels, cell_channels, 1) if cells else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return y of unit length."""  # (batch, channels, h, w) -> (batch, whole + cells² · cell_channels)
        parts = [_unit(_generalised_mean(self.whole(maps), 1))]
        if self.cell is not None:
            parts.append(_unit(_generalised_mean(self.cell(maps), self.cells)))
        y: Tensor = torch.cat(parts, 1) / len(parts) ** 0.5
        return y


def _generalised_mean(maps: Tensor, cells: int) -> Tensor:
    """Return the cube root of the mean cube in each cell, channels first."""
    seen = functional.relu(maps)
    mean = functional.adaptive_avg_pool2d(seen * seen * seen, cells).float()
    return (mean + _FLOOR).pow(1 / 3)


def _unit(means: Tensor) -> Tensor:
    centred = means - means.mean(1, keepdim=True)
    return functional.normalize(centred.flatten(1), dim=1)
