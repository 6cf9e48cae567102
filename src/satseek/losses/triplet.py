"""The triplet loss: every positive pair must beat its negatives by a margin.

AMFMN (doi 10.1109/TGRS.2021.3078451): Σ [α − S(I,T) + S(I,T̂)]₊ + Σ [α − S(I,T) + S(Î,T)]₊ over all negatives T̂ of the
image and Î of the text in the batch. With a margin for each pair, α is that of the negative pair: α(I,T̂) and α(Î,T).
`hardest` keeps the one negative a positive pair loses most to (VSE++, arXiv 1707.05612).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from satseek.core.errors import UnknownName


def triplet(
    scores: Tensor,
    positives: Tensor,
    *,
    margin: float | Tensor = 0.2,
    negatives: Literal["all", "hardest"] = "all",
    reduction: Literal["sum", "mean"] = "sum",
    ignored: Tensor | None = None,
) -> Tensor:
    """Return the loss over both directions; `mean` is over the terms of each direction, zeros included."""
    # scores, positives, ignored and a margin for each pair: (images, texts)
    for kind, choice, known in (
        ("negatives", negatives, ("all", "hardest")),
        ("reduction", reduction, ("sum", "mean")),
    ):
        if choice not in known:
            raise UnknownName(f"{kind} of the triplet loss", choice, known)
    left_out = positives if ignored is None else positives | ignored
    margins = torch.as_tensor(margin, dtype=scores.dtype, device=scores.device).expand_as(scores)
    to_texts = _one_way(scores, positives, ~left_out, margins, negatives, reduction)
    to_images = _one_way(scores.T, positives.T, ~left_out.T, margins.T, negatives, reduction)
    return to_texts + to_images


def _one_way(
    scores: Tensor, positives: Tensor, negatives: Tensor, margins: Tensor, which: str, reduction: str
) -> Tensor:
    queries, matches = positives.nonzero(as_tuple=True)
    facing = negatives[queries]  # (positive pairs, candidates)
    short = (margins + scores)[queries] - scores[queries, matches][:, None]
    short = short.clamp(min=0).masked_fill(~facing, 0)
    if which == "hardest":
        short, facing = short.amax(1), facing.any(1)
    return short.sum() if reduction == "sum" else short.sum() / facing.sum().clamp(min=1)
