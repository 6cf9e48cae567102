"""The averaged weights: what a run ships is smoother than where its last step happened to land."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


class Average(Generic[M]):
    """An exponential mean of a network's weights, quick at first; with `keep` 0 it is the network itself."""

    def __init__(self, network: M, keep: float) -> None:
        self.network: M = copy.deepcopy(network).eval().requires_grad_(False)
        self._keep = keep

    @torch.no_grad()
    def follow(self, network: M, step: int) -> None:
        """Move towards the network by one step."""
        keep = min(self._keep, (1 + step) / (10 + step))
        followed = network.state_dict()
        for name, mean in self.network.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(followed[name].to(mean.dtype), 1 - keep)
            else:
                mean.copy_(followed[name])
