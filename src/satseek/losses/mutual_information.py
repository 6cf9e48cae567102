"""L_MIM of SS-CM-RSIR (doi 10.1109/ICIP46576.2022.9897475): NT-Xent between co-registered patches of N sensors.

−log e^{S(z,z⁺)/τ} / Σ_{z'≠z} e^{S(z,z')/τ} for every vector z and each of its partners z⁺, the same place seen by
another sensor. Vectors of the same sensor are negatives too. With three sensors or more a vector has several partners;
the one asked for stands in the denominator, the others do not: they are never negatives. S is the cosine, in full
precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import UsageError


def mutual_information(
    vectors: Sequence[Tensor], *, temperature: float | Tensor = 0.5, ignored: Tensor | None = None
) -> Tensor:
    """Return the loss, averaged over vectors and partners; `ignored` marks places that are no fair negatives."""
    # vectors: for each sensor (batch, dim), row i of all of them shows place i; ignored: (batch, batch)
    count, batch = require_pairs(vectors, "the mutual information loss")
    with torch.autocast(vectors[0].device.type, enabled=False):
        rows = functional.normalize(torch.cat([_full(each) for each in vectors]), dim=1)
        scores = rows @ rows.T / temperature
    place = torch.arange(batch, device=rows.device).repeat(count)
    same_place = place[:, None] == place[None, :]
    itself = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    left_out = same_place if ignored is None else same_place | ignored.repeat(count, count)
    lowest = torch.finfo(scores.dtype).min  # not −inf: a batch of one place must keep a gradient that is a number
    against = scores.masked_fill(left_out, lowest).logsumexp(1, keepdim=True)
    losses = functional.softplus(against - scores)
    return losses[same_place & ~itself].mean()


def require_pairs(vectors: Sequence[Tensor], loss: str) -> tuple[int, int]:
    """Return how many sensors and places there are, or say what does not fit."""
    shapes = {tuple(each.shape) for each in vectors}
    if len(vectors) < 2 or len(shapes) != 1:
        told = ", ".join(str(tuple(each.shape)) for each in vectors) or "none"
        raise UsageError(f"For {loss} two or more sensors must have a vector for each place; the shapes are {told}.")
    return len(vectors), len(vectors[0])


def _full(vectors: Tensor) -> Tensor:
    return vectors if vectors.dtype == torch.float64 else vectors.float()
