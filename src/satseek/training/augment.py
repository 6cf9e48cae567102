"""Varying pictures on tensors: one crop, flip and quarter turn each, then brightness, contrast and saturation."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from satseek.training.settings import AugmentSettings

DICE = 10  # random numbers that one picture's variation takes


def dice_of(seed: int, variant: int, count: int) -> Tensor:
    """Return the numbers that vary each of the pictures, the same ones for the same seed and variant."""
    return torch.rand(count, DICE, generator=torch.Generator().manual_seed(seed * 1_000_003 + variant))


def augment(pictures: Tensor, size: int, settings: AugmentSettings, dice: Tensor) -> Tensor:
    """Return varied pictures of a size, values from 0 to 255."""  # (batch, h, w, 3) uint8 -> (batch, 3, size, size)
    images = pictures.permute(0, 3, 1, 2).float()
    places = _places(settings, dice.T[:7]).to(images.device)
    grid = functional.affine_grid(places, [len(images), 3, size, size], align_corners=False)
    images = functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return _recoloured(images, settings, dice.T[7:].to(images.device)).contiguous(memory_format=torch.channels_last)


def plain(pictures: Tensor, size: int) -> Tensor:
    """Return the pictures as they are served: whole, resized where they must be."""
    images = pictures.permute(0, 3, 1, 2).float()
    if images.shape[2:] != (size, size):
        images = functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True)
    return images.contiguous(memory_format=torch.channels_last)


def _places(settings: AugmentSettings, dice: Tensor) -> Tensor:
    """Return the affine maps from the picture made to the picture given, each within ±1."""
    area = settings.smallest_crop + (1 - settings.smallest_crop) * dice[0]
    stretch = ((dice[1] * 2 - 1) * settings.stretch).exp()
    sides = torch.stack([(area * stretch).sqrt(), (area / stretch).sqrt()], 1).clamp(max=1)  # (batch, 2)
    shifts = (dice[2:4].T * 2 - 1) * (1 - sides)
    turns = (dice[4] * 4).floor() * int(settings.quarter_turns)
    mirror = 1 - 2 * (dice[5] * 2).floor() * int(settings.flips)
    cosine, sine = torch.cos(turns * torch.pi / 2).round(), torch.sin(turns * torch.pi / 2).round()
    turned = torch.stack([torch.stack([cosine * mirror, -sine], 1), torch.stack([sine * mirror, cosine], 1)], 1)
    return torch.cat([turned * sides[:, :, None], shifts[:, :, None]], 2)  # (batch, 2, 3)


def _recoloured(images: Tensor, settings: AugmentSettings, dice: Tensor) -> Tensor:
    wide = (dice * 2 - 1).view(3, -1, 1, 1, 1)
    contrast, saturation = 1 + wide[0] * settings.contrast, 1 + wide[1] * settings.saturation
    brightness = wide[2] * settings.brightness * 255
    grey = images.mean(1, keepdim=True)
    level = grey.mean((2, 3), keepdim=True)
    # contrast about the level, then saturation about the grey, in one pass over the pixels
    mixed = images * (contrast * saturation) + grey * (contrast * (1 - saturation))
    return (mixed + (level * (1 - contrast) + brightness)).clamp_(0, 255)
