"""Stems: what a sensor's own first layers make of its bands before the trunk, at a quarter of the resolution."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

ORIENTATIONS = 8
SIGMA = 1.0  # pixels, of the derivative of a Gaussian
REACH = 6  # half cells: how far around the strength of a gradient is compared with others
PATCH, MIXED = 32, 32
_FAINT = 0.02  # of a deviation of the whole chip: weaker gradients are noise


class Structure(nn.Module):
    """Strength of the gradient in eight directions against the strength around, and that strength: edges, no colour.

    Radar and optical rarely agree in what is bright; they agree in where borders run and how.
    """

    kernels: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernels", _derivatives(), persistent=False)
        self.channels = ORIENTATIONS + 1

    @torch.no_grad()
    def forward(self, grey: Tensor) -> Tensor:
        """Return the channels at half the resolution."""  # (batch, 1, h, w) -> (batch, 9, h/2, w/2)
        with torch.autocast(grey.device.type, enabled=False):
            margin = self.kernels.shape[-1] // 2
            padded = functional.pad(grey.float(), (margin,) * 4, mode="reflect")
            strength = functional.avg_pool2d(functional.conv2d(padded, self.kernels).abs(), 2)
            power = functional.pad(strength.square().mean(1, keepdim=True), (REACH,) * 4, mode="reflect")
            around = functional.avg_pool2d(power, 2 * REACH + 1, stride=1).sqrt() + _FAINT
            channels: Tensor = torch.cat([strength / around - 0.7, 0.5 * around.log()], 1)
            return channels


class Stem(nn.Module):
    """A convolution over the pixels and the structure beside it, brought together and down to the trunk's width."""

    def __init__(self, bands: int, width: int, *, structure: bool = True) -> None:
        super().__init__()
        self.structure = Structure() if structure else None
        beside = self.structure.channels if self.structure is not None else 0
        self.patch = convolution(bands, PATCH, kernel=6, stride=2, padding=2)
        self.mix = convolution(PATCH + beside, MIXED)
        self.down = convolution(MIXED, width, stride=2)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return maps of normalised bands."""  # (batch, bands, h, w) -> (batch, width, h/4, w/4)
        maps = self.patch(pixels.contiguous(memory_format=torch.channels_last))
        if self.structure is not None:
            beside = self.structure(pixels.mean(1, keepdim=True))
            maps = torch.cat([maps, beside.to(maps.dtype)], 1)
        lowered: Tensor = self.down(self.mix(maps))
        return lowered


class BandsToColours(nn.Module):
    """Any bands as three channels from 0 to 255, as backbones of the registry take them."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(bands, 3, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return pictures; one deviation of a chip's values is a fifth of the range."""
        colours: Tensor = self.mix(pixels.contiguous(memory_format=torch.channels_last)).float()
        return 127.5 + 51.0 * colours


def convolution(inside: int, outside: int, *, kernel: int = 3, stride: int = 1, padding: int = 1) -> nn.Sequential:
    """Return a convolution with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


def _derivatives() -> Tensor:
    """Return the derivative of a Gaussian in each direction."""  # (ORIENTATIONS, 1, side, side)
    reach = int(3 * SIGMA + 0.5)
    places = torch.arange(-reach, reach + 1, dtype=torch.float32)
    bell = torch.exp(-places.square() / (2 * SIGMA**2))
    bell = bell / bell.sum()
    slope = -places / SIGMA**2 * bell
    right, below = bell[:, None] * slope[None, :], slope[:, None] * bell[None, :]
    angles = [math.pi * step / ORIENTATIONS for step in range(ORIENTATIONS)]
    return torch.stack([right * math.cos(angle) + below * math.sin(angle) for angle in angles])[:, None]
