"""The image branch: F_v = v_g ⊙ m, a global vector and the mask of what stands out in it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from satseek.models.amfmn.salience import LOWERED, Salience
from satseek.models.backbones.catalogue import Backbone


class ImageBranch(nn.Module):
    """A backbone, a linear map of its last map's mean, and the salience mask."""

    def __init__(
        self,
        backbone: Backbone,
        dimensions: int,
        *,
        salience: bool = True,
        as_printed: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(backbone.channels[-1], dimensions)
        self.salience = Salience(backbone.channels, dimensions, as_printed=as_printed) if salience else None

    def forward(self, images: Tensor) -> Tensor:
        """Return one vector for each picture with values from 0 to 255."""  # (batch, 3, h, w) -> (batch, dim)
        maps = self.backbone(images)
        vector = self._global(maps[-1])
        return vector if self.salience is None else vector * self.salience(maps)

    def begin(self, images: Tensor, blocks: int) -> Tensor:
        """Return what the backbone's first blocks make of pictures, and behind it the mask's L where there is one."""
        middle, early = self.backbone.begin(images, blocks)
        if self.salience is None:
            return middle
        return torch.cat([middle, self.salience.lowered(*early[:2]).to(middle.dtype)], 1)  # both at stride 16

    def finish(self, middle: Tensor, blocks: int) -> Tensor:
        """Return the vectors from what `begin` made."""
        if self.salience is None:
            return self._global(self.backbone.finish(middle, blocks)[-1])
        middle, low = middle[:, :-LOWERED], middle[:, -LOWERED:]
        third, fourth = self.backbone.finish(middle, blocks)
        return self._global(fourth) * self.salience.masked(low, third, fourth)

    def _global(self, last: Tensor) -> Tensor:
        vector: Tensor = self.project(self.dropout(last.mean((2, 3))))
        return vector
