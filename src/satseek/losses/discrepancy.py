"""L_MDE of SS-CM-RSIR: the two patches of a pair should have the same vector, without any negatives.

−(1/B) Σ_i log(1 + e^{S(y¹_i, y²_i)}) with the cosine S, and for more than two sensors the mean over every two of them.
`one_minus_cos` is (1/B) Σ (1 − S), which a later ablation of the group favours: its pull does not fade as S grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import UnknownName
from satseek.losses.mutual_information import require_pairs

FORMS = ("paper", "one_minus_cos")


def discrepancy(vectors: Sequence[Tensor], *, form: Literal["paper", "one_minus_cos"] = "paper") -> Tensor:
    """Return the loss over places and every two sensors."""  # vectors: for each sensor (batch, dim)
    if form not in FORMS:
        raise UnknownName("form of the discrepancy loss", form, FORMS)
    require_pairs(vectors, "the discrepancy loss")
    cosines = torch.stack([functional.cosine_similarity(one, other) for one, other in combinations(vectors, 2)])
    return -functional.softplus(cosines).mean() if form == "paper" else (1 - cosines).mean()
