"""How fast the weights move at each step, and which of them move."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from satseek.training.settings import OptimiserSettings


def learning_rate_share(step: int, steps: int, steps_per_epoch: int, settings: OptimiserSettings) -> float:
    """Return by what the learning rates are multiplied at a step."""
    warm = max(int(settings.warm_up * steps), 1)
    if step < warm:
        return (step + 1) / warm
    if settings.schedule == "steps":
        return float(0.7 ** (step // steps_per_epoch // 20))
    if settings.schedule == "cosine":
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))
    return 1.0


def ramp(epoch: int, epochs: int) -> float:
    """Return the weight of what means nothing before there is a space: from 1e-4 to 1, evenly in its logarithm."""
    return 1.0 if epochs < 2 else float(10 ** (-4 * (1 - epoch / (epochs - 1))))


def optimiser_of(objective: Any, settings: OptimiserSettings) -> torch.optim.Optimizer:
    """Return AdamW with a rate of its own for the backbone, and no decay on biases and embeddings."""
    backbone = {id(parameter) for parameter in objective.backbone_parameters()}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in objective.named_parameters():
        if parameter.requires_grad:
            decays = parameter.ndim > 1 and "embedding" not in name
            groups.setdefault((id(parameter) in backbone, decays), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "peak": settings.backbone_learning_rate if trunk else settings.learning_rate,
                "weight_decay": settings.weight_decay if decays else 0.0,
            }
            for (trunk, decays), parameters in groups.items()
        ],
        lr=settings.learning_rate,
        betas=(0.9, 0.98),
    )
