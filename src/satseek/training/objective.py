"""What one step minimises: the pairs' loss, and beside it keywords and the naming of scene classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.losses.catalogue import LOSSES
from satseek.models.amfmn.network import Amfmn
from satseek.training.batches import Batch
from satseek.training.settings import LossSettings

Gather = Callable[[Tensor], Tensor]


class Objective(nn.Module):
    """The network together with all that only training needs: a temperature and two class heads.

    `gather` brings the vectors of all devices together, so that each device's pictures and captions are negatives of
    all others.
    """

    def __init__(self, network: Amfmn, settings: LossSettings, classes: int, *, gather: Gather | None = None) -> None:
        super().__init__()
        self._gather = gather
        self.network = network
        self.settings = settings
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / settings.temperature)))
        self.bias = nn.Parameter(torch.tensor(-10.0))  # of the sigmoid loss: at first every pair is a no
        size = network.settings.dimensions
        self.name_image, self.name_text = nn.Linear(size, max(classes, 1)), nn.Linear(size, max(classes, 1))

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """Go through the weights that move at the backbone's rate."""
        trunk: Any = self.network.image.backbone
        yield from trunk.parameters()

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the losses by name; `loss` is their weighted sum."""
        network = self.network
        images, texts, scores = network(batch.images, batch.texts, begun=batch.begun)
        if self._gather is not None:
            images, texts = self._gather(images), self._gather(texts)
            scores = network.scores(images, texts)
        parts = {"pairs": self._pairs(scores, batch.positives, batch.margin)}
        loss = parts["pairs"]
        if batch.phrases is not None and batch.phrase_owners is not None:
            parts["keywords"] = self._keywords(batch, images, texts)
            loss = loss + parts["keywords"]
        if self.settings.scene_class:
            parts["classes"] = self._naming(images, texts, batch)
            loss = loss + self.settings.scene_class * parts["classes"]
        return {"loss": loss, **parts}

    def _pairs(self, scores: Tensor, positives: Tensor, margin: Tensor | None = None) -> Tensor:
        settings = self.settings
        options: dict[str, Any] = {"scale": self.log_scale.exp().clamp(max=100)}
        if settings.name == "sigmoid":
            options["bias"] = self.bias
        elif settings.name in ("triplet", "dynamic_margin"):
            margins = settings.margin if margin is None else margin
            options = {"margin": margins, "negatives": settings.negatives, "reduction": settings.reduction}
        return LOSSES.get(_LOSS_BEHIND.get(settings.name, settings.name))(scores, positives, **options)

    def _keywords(self, batch: Batch, images: Tensor, texts: Tensor) -> Tensor:
        """Return the loss of keywords alone, and of each sentence joined with its image's keywords."""
        assert batch.phrases is not None
        assert batch.phrase_owners is not None
        network, count = self.network, len(images)
        keys = network.encode_keywords(batch.phrases, batch.phrase_owners, len(batch.images))
        keys = keys if self._gather is None else self._gather(keys)
        joint = network.joint(texts, keys[batch.own])
        alone = self._pairs(network.scores(images, keys), torch.eye(count, dtype=torch.bool, device=images.device))
        return alone + self._pairs(network.scores(images, joint), batch.positives)

    def _naming(self, images: Tensor, texts: Tensor, batch: Batch) -> Tensor:
        of_images = self._cross_entropy(self.name_image(images), batch.classes)
        return of_images + self._cross_entropy(self.name_text(texts), batch.classes[batch.own])

    def _cross_entropy(self, answers: Tensor, classes: Tensor) -> Tensor:
        known = classes >= 0
        if not known.any():
            return answers.sum() * 0
        return functional.cross_entropy(answers[known], classes[known], label_smoothing=self.settings.label_smoothing)


_LOSS_BEHIND = {"dynamic_margin": "triplet"}
