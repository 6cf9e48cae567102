"""VGA, visual-guided attention: how an image bends a sentence's vector before they are compared.

S(I, T) = cos(F_v, t'), with t' by variant: soft σ(W v + b) ⊙ t; fusion (W₁f + b₁) ⊙ σ(W₂f + b₂) with f = [v; t];
sim as printed σ(cos(f_v, f_t)) · f_t; sim as coded σ(f_v ⊙ f_t) ⊙ f_t; dual t itself. v and t are scaled to unit
length first: so the vectors that an archive stores are all that a score needs (`models.scorers`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

VARIANTS = ("dual", "soft", "fusion", "sim", "sim-coded")


class Guidance(nn.Module):
    """Scores every image with every sentence, in the way of one variant."""

    def __init__(self, variant: str, dimensions: int) -> None:
        super().__init__()
        self.variant = variant
        size = dimensions
        if variant == "soft":
            self.gate = nn.Linear(size, size)
        elif variant == "fusion":
            self.value, self.gate = nn.Linear(2 * size, size), nn.Linear(2 * size, size)
        elif variant in ("sim", "sim-coded"):
            self.of_text = nn.Linear(size, size)
            if variant == "sim-coded":  # as printed, the image's projection has no effect on any score
                self.of_image = nn.Linear(size, size)

    def forward(self, images: Tensor, texts: Tensor) -> Tensor:
        """Return the score of every pair."""  # (images, dim), (texts, dim) -> (images, texts)
        images, texts = functional.normalize(images, dim=1), functional.normalize(texts, dim=1)
        if self.variant == "soft":
            return self._soft(images, texts)
        if self.variant == "fusion":
            return _cosines_of_pairs(images, self._fused(images, texts))
        if self.variant == "sim":  # the gate is one positive number a pair and cancels in the cosine
            return images @ functional.normalize(self.of_text(texts), dim=1).T
        if self.variant == "sim-coded":
            bent = self.of_text(texts)
            return _cosines_of_pairs(images, torch.sigmoid(self.of_image(images)[:, None] * bent) * bent)
        return images @ texts.T

    def _soft(self, images: Tensor, texts: Tensor) -> Tensor:
        gates = torch.sigmoid(self.gate(images))
        lengths = ((gates * gates) @ (texts * texts).T).clamp(min=1e-12).sqrt()
        return (images * gates) @ texts.T / lengths

    def _fused(self, images: Tensor, texts: Tensor) -> Tensor:
        size = images.shape[1]
        value = (images @ self.value.weight[:, :size].T)[:, None] + texts @ self.value.weight[:, size:].T
        gate = (images @ self.gate.weight[:, :size].T)[:, None] + texts @ self.gate.weight[:, size:].T
        return (value + self.value.bias) * torch.sigmoid(gate + self.gate.bias)  # (images, texts, dim)


def _cosines_of_pairs(images: Tensor, bent: Tensor) -> Tensor:
    return torch.einsum("id,itd->it", images, functional.normalize(bent, dim=2))
