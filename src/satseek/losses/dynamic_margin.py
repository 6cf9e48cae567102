"""The margin of AMFMN's L_ct: the more alike two captions are, the less their images must be told apart.

α = γ (e^β − e^{βs}) / (e^β − 1), with s the likeness of the texts of a *negative* pair: s = 0 gives γ, s = 1 gives 0.
Use it as the margin of the triplet loss: `triplet(scores, positives, margin=dynamic_margin(likeness))`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def dynamic_margin(likeness: Tensor, *, gamma: float = 0.6, beta: float = 5.0) -> Tensor:
    """Return the margin of every pair from the likeness of its texts, which lies in 0…1."""
    # e^β − e^{βs} over e^β − 1, with e^β divided out so that a large β does not overflow
    return gamma * -torch.expm1(beta * (likeness - 1)) / -math.expm1(-beta)
