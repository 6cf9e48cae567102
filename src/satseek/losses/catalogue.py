"""The catalogue of losses: one line a loss, found by its name in a recipe."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from satseek.core.registry import Registry


class Loss(Protocol):
    """Takes the scores of all pairs of a batch and which of them belong together; options go by keyword."""

    def __call__(self, scores: Tensor, positives: Tensor, *, ignored: Tensor | None = None) -> Tensor:
        """Return one number to minimise."""  # scores, positives, ignored: (images, texts)
        ...


LOSSES: Registry[Loss] = Registry(
    "loss",
    {
        "triplet": "satseek.losses.triplet:triplet",
        "info_nce": "satseek.losses.info_nce:info_nce",
        "sigmoid": "satseek.losses.sigmoid:sigmoid",
    },
)
