"""The sigmoid loss: every pair by itself is a yes or a no (SigLIP, arXiv 2303.15343).

−(1/B) Σ log σ(z (a·s + b)), z = 1 for positive pairs and −1 for the others, B the number of images.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def sigmoid(
    scores: Tensor,
    positives: Tensor,
    *,
    scale: float | Tensor = 1.0,
    bias: float | Tensor = 0.0,
    ignored: Tensor | None = None,
) -> Tensor:
    """Return the loss; scale (a) and bias (b) are learnt outside, `ignored` pairs are neither yes nor no."""
    answers = scores * scale + bias
    losses = functional.softplus(answers.where(~positives, -answers))
    if ignored is not None:
        losses = losses.masked_fill(ignored & ~positives, 0)
    return losses.sum() / len(scores)
