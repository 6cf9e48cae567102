"""A published encoder as the house sees it: chips of its sensors in, unit vectors out; most of them know no words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from satseek.core.card import ModelCard
from satseek.core.model import require_readable, require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.device import fast_arithmetic
from satseek.models.geo.inputs import prepared
from satseek.models.geo.reads import Reads

AT_ONCE = 16


class Network(Protocol):
    """The network of a publisher behind one verb."""

    def see(self, sensor: str, bands: Sequence[str], images: Tensor) -> Tensor:
        """Return one vector for each image of a sensor."""  # (batch, bands, side, side) -> (batch, dim)
        ...

    def to(self, device: torch.device) -> Network:
        """Move there."""
        ...


class GeoModel:
    """Encodes chips of one or several sensors by a published network."""

    def __init__(self, card: ModelCard, network: Network, reads: Mapping[str, Reads]) -> None:
        self.card = card
        self._network, self._reads = network, dict(reads)
        self._device = torch.device("cpu")

    def move_to(self, device: torch.device) -> None:
        """Compute there from now on; the seam stays numpy."""
        self._network = self._network.to(device)
        self._device = device

    @torch.inference_mode()
    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip; of one without a valid pixel a row of zeros."""
        rows = np.zeros((len(chips), self.card.dimensions), dtype=np.float32)
        for (sensor, bands), members in self._alike(chips).items():
            for start in range(0, len(members), AT_ONCE):
                some = members[start : start + AT_ONCE]
                images = torch.cat([image for _, image in some]).to(self._device)
                with fast_arithmetic(self._device):
                    seen = self._network.see(sensor, bands, images)
                rows[[place for place, _ in some]] = seen.float().cpu().numpy()
        return unit_rows(rows)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Refuse: it has no words."""
        from satseek.models.catalogue import models_with_words

        require_text(self.card, models_with_words(self.card.sensors))
        raise AssertionError("the card says that there are no words")

    def _alike(self, chips: Sequence[Pixels]) -> dict[tuple[str, tuple[str, ...]], list[tuple[int, Tensor]]]:
        """Return places and images that are encoded together: those of one sensor with the same bands."""
        groups: dict[tuple[str, tuple[str, ...]], list[tuple[int, Tensor]]] = defaultdict(list)
        for place, chip in enumerate(chips):
            require_readable(self.card, chip.sensor)
            reads = self._reads[chip.sensor]
            image = prepared(chip, reads, self.card)
            if image is not None:
                groups[chip.sensor, reads.there(chip)].append((place, image))
        return groups
