"""From chips to what an image tower takes: sized and cut as open_clip does it for these weights, then normalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from satseek.core.card import ModelCard
from satseek.core.model import require_bands, require_readable
from satseek.core.sensor import Pixels
from satseek.models.true_colour import true_colour

_WAYS = {each.value: each for each in InterpolationMode}


@dataclass(frozen=True)
class Look:
    """How a tower wants its pictures."""

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bicubic"
    resize_mode: str = "shortest"
    fill_colour: int = 0

    @staticmethod
    def of(size: int | Sequence[int], preprocess: Mapping[str, Any]) -> Look:
        """Read what open_clip's configurations state."""
        height, width = (size, size) if isinstance(size, int) else size
        return Look(
            (int(height), int(width)),
            tuple(preprocess["mean"]),
            tuple(preprocess["std"]),
            str(preprocess["interpolation"]),
            str(preprocess["resize_mode"]),
            int(preprocess.get("fill_color") or 0),
        )

    def sized(self, pictures: Tensor) -> Tensor:
        """Return 8-bit pictures at the tower's size."""  # (batch, 3, h, w) -> (batch, 3, height, width)
        height, width = pictures.shape[2:]
        if (height, width) == self.size:
            return pictures
        if self.resize_mode == "squash":
            return self._resized(pictures, self.size)
        ratios = (self.size[0] / height, self.size[1] / width)
        scale = min(ratios) if self.resize_mode == "longest" else max(ratios)
        fits = (max(round(height * scale), 1), max(round(width * scale), 1))
        if self.resize_mode == "shortest":  # the longer side as torchvision's Resize has it: cut, not rounded
            fits = (
                self.size[0] if ratios[0] == scale else int(height * scale),
                self.size[1] if ratios[1] == scale else int(width * scale),
            )
        resized = self._resized(pictures, fits)
        if self.resize_mode == "longest":
            missing = (self.size[0] - fits[0], self.size[1] - fits[1])
            top, left = round(missing[0] / 2), round(missing[1] / 2)
            resized = functional.pad(
                resized, [left, top, missing[1] - left, missing[0] - top], fill=float(self.fill_colour)
            )
        cut: Tensor = functional.center_crop(resized, list(self.size))
        return cut

    def normalised(self, pictures: Tensor) -> Tensor:
        """Return 8-bit pictures as the numbers that the tower was taught with."""
        mean = torch.tensor(self.mean, device=pictures.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=pictures.device).view(1, 3, 1, 1)
        return pictures.float().mul_(1 / 255).sub_(mean).div_(std)

    def _resized(self, pictures: Tensor, size: tuple[int, int]) -> Tensor:
        resized: Tensor = functional.resize(pictures, list(size), _WAYS[self.interpolation], antialias=True)
        return resized


def picture(chip: Pixels, card: ModelCard) -> Tensor:
    """Return a chip as an 8-bit true-colour picture."""  # (3, height, width)
    if chip.sensor == "rgb" and chip.values.dtype == np.uint8 and chip.valid.all():
        require_readable(card, chip.sensor)
        require_bands(card, chip)
        wanted = card.sensors["rgb"]
        plain = chip.values if chip.bands == wanted else chip.values[[chip.bands.index(name) for name in wanted]]
        return torch.from_numpy(np.array(plain, order="C"))  # a copy: pixels may be read-only
    return torch.from_numpy(np.rint(true_colour(chip, card)).astype(np.uint8))
