"""The averaged weights: what a run ships is smoother than where its last step happened to land."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """An exponential mean of a network's weights, quick at first."""

    def __init__(self, network: nn.Module, keep: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._keep = keep

    @torch.no_grad()
    def follow(self, network: nn.Module, step: int) -> None:
        """Move towards the network by one step."""
        keep = min(self._keep, (1 + step) / (10 + step))
        followed = network.state_dict()
        for name, mean in self.network.state_dict().items():
            value = followed[name]
            if mean.is_floating_point():
                mean.lerp_(value.to(mean.dtype), 1 - keep)
            else:
                mean.copy_(value)
