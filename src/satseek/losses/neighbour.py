"""L_MSP of SS-CM-RSIR: a patch and its nearest other patch of the same sensor should come closer still.

n_k(i) is the nearest other sample of the batch on y^k by Euclidean distance, and for N sensors
L_MSP = −(1/N)(1/B) Σ_k Σ_i S(y_i^k, y_{n_k(i)}^k). The index is not differentiated, the cosine is. (The group's public
code has the sign the other way round and pushes neighbours apart.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import UsageError

FEWEST = 3  # samples: of two, each is the other's neighbour whatever they show


def neighbour(vectors: Sequence[Tensor]) -> Tensor:
    """Return the loss over all sensors and samples."""  # vectors: for each sensor (batch, dim)
    return torch.stack([_one_sensor(each) for each in vectors]).mean()


def nearest_others(vectors: Tensor) -> Tensor:
    """Return for each sample the place of its nearest other one."""  # (batch, dim) -> (batch,)
    if len(vectors) < FEWEST:
        raise UsageError(f"The neighbour loss needs {FEWEST} samples or more in a batch; there are {len(vectors)}.")
    rows = vectors.detach() if vectors.dtype == torch.float64 else vectors.detach().float()
    with torch.autocast(rows.device.type, enabled=False):
        # not by matrix product: its rounding would make far-out vectors their neighbours' neighbours
        distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.fill_diagonal_(torch.inf).argmin(1)


def _one_sensor(vectors: Tensor) -> Tensor:
    return -functional.cosine_similarity(vectors, vectors[nearest_others(vectors)]).mean()
