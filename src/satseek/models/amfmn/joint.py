"""VGMF, the joint of sentence and keywords: F_t = ŝ ⊙ w + k̂ ⊙ (1 − w), with w = σ(Linear[ŝ; k̂])."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Joint(nn.Module):
    """Weighs a sentence and its keywords against each other, number by number."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(2 * dimensions, dimensions)

    def forward(self, sentences: Tensor, keywords: Tensor) -> Tensor:
        """Return the joint vectors."""  # (batch, dim), (batch, dim) -> (batch, dim)
        sentences, keywords = functional.normalize(sentences, dim=1), functional.normalize(keywords, dim=1)
        weights = torch.sigmoid(self.weigh(torch.cat([sentences, keywords], 1)))
        return sentences * weights + keywords * (1 - weights)
