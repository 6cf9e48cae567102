"""CROMA as a model: radar chips, optical chips, and places that both have seen at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from satseek.core.card import ModelCard
from satseek.core.errors import UsageError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.device import fast_arithmetic
from satseek.models.geo.encoder import AT_ONCE, GeoModel
from satseek.models.geo.inputs import prepared
from satseek.models.geo.networks import Croma
from satseek.models.geo.reads import Reads


class CromaModel(GeoModel):
    """Encodes chips of each sensor for archives, and pairs of co-registered chips for whoever has them."""

    def __init__(self, card: ModelCard, network: Croma, reads: Mapping[str, Reads]) -> None:
        super().__init__(card, network, reads)
        self._croma = network

    @torch.inference_mode()
    def encode_together(self, radar: Sequence[Pixels], optical: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each place that a radar and an optical chip show, pixel on pixel.

        These vectors lie in a space of their own, neither radar's nor optical's. A place of which one of the two shows
        nothing is a row of zeros.
        """
        if len(radar) != len(optical):
            raise UsageError(
                f"{len(radar)} radar chips and {len(optical)} optical ones are no pairs: give one for one."
            )
        rows = np.zeros((len(radar), self.card.dimensions), dtype=np.float32)
        pairs = [
            (place, one, other)
            for place, (seen, shown) in enumerate(zip(radar, optical, strict=True))
            if (one := self._prepared(seen, "s1")) is not None and (other := self._prepared(shown, "s2")) is not None
        ]
        for start in range(0, len(pairs), AT_ONCE):
            some = pairs[start : start + AT_ONCE]
            ones = torch.cat([one for _, one, _ in some]).to(self._device)
            others = torch.cat([other for _, _, other in some]).to(self._device)
            with fast_arithmetic(self._device):
                joined = self._croma.see_together(ones, others)
            rows[[place for place, _, _ in some]] = joined.float().cpu().numpy()
        return unit_rows(rows)

    def _prepared(self, chip: Pixels, sensor: str) -> torch.Tensor | None:
        if chip.sensor != sensor:
            raise UsageError(f"A pair is a chip of s1 and one of s2, in this order; here stands one of {chip.sensor}.")
        return prepared(chip, self._reads[sensor], self.card)
