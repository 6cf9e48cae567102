"""MVSA, the multi-scale visual self-attention: what of an image's vector stands out.

L = Conv3×3/4(low), H = Conv1×1(high), X = [L; H] + mean(H), A = Conv(X) ⊙ σ(Conv(X)), m = σ(Linear(flatten A)).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

LOWERED = 3  # channels of L
GRID = 16  # the paper's 256 px give 16×16; other sizes are pooled to it


class Salience(nn.Module):
    """The mask m of a picture from its four stage maps; as printed there are PReLUs and a normed X, as coded not."""

    def __init__(self, channels: Sequence[int], dimensions: int, *, as_printed: bool = True) -> None:
        super().__init__()
        self.low = nn.Conv2d(channels[0] + channels[1], LOWERED, 3, stride=4, padding=1)
        self.high = nn.Conv2d(channels[2] + channels[3], 3, 1)
        self.low_active = nn.PReLU() if as_printed else nn.Identity()
        self.high_active = nn.PReLU() if as_printed else nn.Identity()
        self.value = nn.Conv2d(6, 1, 1)
        self.gate = nn.Conv2d(6, 1, 1)
        self.mask = nn.Linear(GRID * GRID, dimensions)
        self.as_printed = as_printed

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the mask of maps at strides 4, 8, 16 and 32."""  # (batch, dim)
        return self.masked(self.lowered(maps[0], maps[1]), maps[2], maps[3])

    def freeze_lowered(self) -> None:
        """Keep what makes L as it is, so that L can be kept beside what frozen blocks make."""
        self.low.requires_grad_(False)
        self.low_active.requires_grad_(False)

    def lowered(self, first: Tensor, second: Tensor) -> Tensor:
        """Return L, what counts of the maps at strides 4 and 8."""  # (batch, 3, h / 16, w / 16)
        lowered: Tensor = self.low_active(self.low(torch.cat([first, _as_large_as(second, first)], 1)))
        return lowered

    def masked(self, low: Tensor, third: Tensor, fourth: Tensor) -> Tensor:
        """Return the mask of L and the maps at strides 16 and 32."""  # (batch, dim)
        high = self.high_active(self.high(torch.cat([third, _as_large_as(fourth, third)], 1)))
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
