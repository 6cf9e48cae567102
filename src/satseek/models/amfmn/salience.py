"""MVSA, the multi-scale visual self-attention: what of an image's vector stands out.

L = Conv3×3/4(low), H = Conv1×1(high), X = [L; H] + mean(H), A = Conv(X) ⊙ σ(Conv(X)), m = σ(Linear(flatten A)).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

GRID = 16  # the paper's 256 px give 16×16; other sizes are pooled to it


class Salience(nn.Module):
    """The mask m of a picture from its four stage maps; as printed there are PReLUs and a normed X, as coded not."""

    def __init__(self, channels: Sequence[int], dimensions: int, *, as_printed: bool = True) -> None:
        super().__init__()
        self.low = nn.Conv2d(channels[0] + channels[1], 3, 3, stride=4, padding=1)
        self.high = nn.Conv2d(channels[2] + channels[3], 3, 1)
        self.low_active = nn.PReLU() if as_printed else nn.Identity()
        self.high_active = nn.PReLU() if as_printed else nn.Identity()
        self.value = nn.Conv2d(6, 1, 1)
        self.gate = nn.Conv2d(6, 1, 1)
        self.mask = nn.Linear(GRID * GRID, dimensions)
        self.as_printed = as_printed

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the mask of maps at strides 4, 8, 16 and 32."""  # (batch, dim)
        high = self.high_active(self.high(torch.cat([maps[2], _as_large_as(maps[3], maps[2])], 1)))
        low = self.low_active(self.low(torch.cat([maps[0], _as_large_as(maps[1], maps[0])], 1)))
        low = low if low.shape[2:] == high.shape[2:] else _as_large_as(low, high)
        x = torch.cat([low, high], 1) + high.mean(1, keepdim=True)  # (batch, 6, 16, 16) at 256 px
        if self.as_printed:
            x = functional.normalize(x, dim=1)
        a = self.value(x) * torch.sigmoid(self.gate(x))
        if a.shape[2:] != (GRID, GRID):
            a = functional.adaptive_avg_pool2d(a, GRID)
        return torch.sigmoid(self.mask(a.flatten(1)))


def _as_large_as(x: Tensor, other: Tensor) -> Tensor:
    return functional.interpolate(x, size=other.shape[2:], mode="nearest")
