"""InfoNCE: each positive pair's share of the scores, among itself and its negatives (CLIP, arXiv 2103.00020).

−log e^{s⁺} / (e^{s⁺} + Σ_negatives e^{s}) for every positive pair, averaged over the positives of a query, then over
the queries that have one, then over both directions. Other positives of the query stand in no denominator: they are
never each other's negatives. `multiple="any"` asks instead that the positives together win: −log Σ⁺ e^{s} / Σ e^{s}.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import UnknownName


def info_nce(
    scores: Tensor,
    positives: Tensor,
    *,
    scale: float | Tensor = 1.0,
    multiple: Literal["each", "any"] = "each",
    ignored: Tensor | None = None,
) -> Tensor:
    """Return the loss; `scale` is one over the temperature, `ignored` marks pairs that may be false negatives."""
    if multiple not in ("each", "any"):
        raise UnknownName("way with multiple positives", multiple, ("each", "any"))
    scaled = scores * scale
    negatives = ~positives if ignored is None else ~(positives | ignored)
    to_texts = _one_way(scaled, positives, negatives, multiple)
    to_images = _one_way(scaled.T, positives.T, negatives.T, multiple)
    return (to_texts + to_images) / 2


def _one_way(scores: Tensor, positives: Tensor, negatives: Tensor, multiple: str) -> Tensor:
    lowest = torch.finfo(scores.dtype).min  # not −inf: a query without negatives must keep a gradient that is a number
    against = scores.masked_fill(~negatives, lowest).logsumexp(1, keepdim=True)
    answerable = positives.any(1)
    if multiple == "any":
        together = scores.masked_fill(~positives, lowest).logsumexp(1)
        losses = functional.softplus(against.squeeze(1) - together)
    else:
        losses = functional.softplus(against - scores).masked_fill(~positives, 0).sum(1) / positives.sum(1).clamp(min=1)
    return losses.masked_fill(~answerable, 0).sum() / answerable.sum().clamp(min=1)
