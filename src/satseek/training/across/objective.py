"""What one step minimises: the three losses between sensors, and descriptors of places that two windows share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, cast

import torch
from torch import Tensor, nn

from satseek.losses.correspondence import correspondence
from satseek.losses.discrepancy import discrepancy
from satseek.losses.mutual_information import mutual_information
from satseek.losses.neighbour import neighbour
from satseek.models.sscm.network import Seen, Sscm
from satseek.training.across.batches import PairBatch
from satseek.training.across.settings import PairLoss

_SHARPEST = 50.0  # one over the lowest temperature that learning may reach


class PairObjective(nn.Module):
    """The network together with its temperatures; `gather` brings the vectors of all devices together."""

    def __init__(self, network: Sscm, settings: PairLoss, *, gather: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self.network: nn.Module = network
        self.settings = settings
        self._gather = gather or (lambda vectors: vectors)
        learnt = settings.learn_temperature
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / settings.temperature)), requires_grad=learnt)
        self.log_places = nn.Parameter(torch.tensor(math.log(1 / settings.places_temperature)), requires_grad=learnt)

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """Go through the weights of a trunk of the registry, which may have been taught before."""
        network = cast(Sscm, self.network)
        if network.settings.backbone != "structure":
            yield from network.trunks.parameters()

    def forward(self, batch: PairBatch) -> dict[str, Tensor]:
        """Return the losses by name; `loss` is their weighted sum."""
        settings = self.settings
        seen: dict[str, Seen] = self.network(batch.pixels)
        vectors = [self._gather(each.y) for each in seen.values()]
        parts: dict[str, tuple[float, Tensor]] = {}
        if settings.mutual_information:
            measured = vectors if settings.on == "y" else [self._gather(each.z) for each in seen.values()]
            scale = self.log_scale.exp().clamp(max=_SHARPEST)
            parts["pairs"] = settings.mutual_information, mutual_information(measured, temperature=1 / scale)
        if settings.discrepancy:
            form: Any = settings.discrepancy_form
            parts["gap"] = batch.weight * settings.discrepancy, discrepancy(vectors, form=form)
        if settings.neighbour:
            parts["neighbours"] = batch.weight * settings.neighbour, neighbour(vectors)
        if settings.places:
            parts["places"] = settings.places, self._places(seen, batch)
        total = torch.stack([weight * loss for weight, loss in parts.values()]).sum()
        return {"loss": total, **{name: loss for name, (_, loss) in parts.items()}}

    def _places(self, seen: dict[str, Seen], batch: PairBatch) -> Tensor:
        """Return the mean over every two sensors; shifts are in steps of the local maps."""
        stride = cast(Sscm, self.network).stride
        scale = self.log_places.exp().clamp(max=_SHARPEST)
        losses = [
            correspondence(
                seen[one].local,
                seen[other].local,
                ((batch.corners[one] - batch.corners[other]) / stride).round().long(),
                places=self.settings.places_per_chip,
                scale=scale,
            )
            for one, other in combinations(seen, 2)
        ]
        return torch.stack(losses).mean()
