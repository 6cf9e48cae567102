"""What one step minimises: the pairs' loss, and beside it the naming of scene classes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.models.amfmn.network import Amfmn
from satseek.training.batches import Batch
from satseek.training.settings import LossSettings


class Objective(nn.Module):
    """The network together with all that only training needs: a temperature and two class heads."""

    def __init__(self, network: Amfmn, settings: LossSettings, classes: int) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / settings.temperature)))
        size = network.settings.dimensions
        self.name_image, self.name_text = nn.Linear(size, max(classes, 1)), nn.Linear(size, max(classes, 1))

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the losses by name; `loss` is their weighted sum."""
        images, texts, scores = self.network(batch.images, batch.texts, begun=batch.begun)
        parts = {"pairs": info_nce(scores * self.log_scale.exp().clamp(max=100), batch.positives)}
        loss = parts["pairs"]
        if self.settings.scene_class:
            parts["classes"] = self._naming(images, texts, batch)
            loss = loss + self.settings.scene_class * parts["classes"]
        return {"loss": loss, **parts}

    def _naming(self, images: Tensor, texts: Tensor, batch: Batch) -> Tensor:
        said = batch.classes[batch.own]
        of_images = functional.cross_entropy(
            self.name_image(images), batch.classes, ignore_index=-1, label_smoothing=0.1
        )
        of_texts = functional.cross_entropy(self.name_text(texts), said, ignore_index=-1, label_smoothing=0.1)
        return of_images + of_texts


def info_nce(scores: Tensor, positives: Tensor) -> Tensor:
    return (_one_way(scores, positives) + _one_way(scores.T, positives.T)) / 2


def _one_way(scores: Tensor, positives: Tensor) -> Tensor:
    others = scores.masked_fill(positives, -torch.inf).logsumexp(1, keepdim=True)
    each = functional.softplus(others - scores)  # -log of each positive's share among itself and the negatives
    return ((each * positives).sum(1) / positives.sum(1).clamp(min=1)).mean()
