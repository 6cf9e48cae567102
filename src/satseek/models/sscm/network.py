"""The whole network: a stem for each sensor, a trunk that they share or one each, one pooling, one projection head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from satseek.models.sscm.pooling import Pooling
from satseek.models.sscm.settings import SscmSettings
from satseek.models.sscm.trunk import build_stem, build_trunk


class Seen(NamedTuple):
    """What the network makes of chips of one sensor."""

    y: Tensor  # (batch, dim): what is stored and searched
    z: Tensor  # (batch, projection): what the mutual information is measured on
    local: Tensor  # (batch, local, h, w): a descriptor for each place


class Sscm(nn.Module):
    """x^k → f^k → y^k → g → z^k for N sensors, with one head g for all of them."""

    def __init__(self, settings: SscmSettings) -> None:
        super().__init__()
        self.settings = settings
        bands = settings.bands
        self.stems = nn.ModuleDict({name: build_stem(settings, len(bands[name])) for name in bands})
        trunks = [build_trunk(settings) for _ in (range(1) if settings.trunk == "shared" else bands)]
        self.trunks = nn.ModuleList(trunks)  # type: ignore[arg-type]
        self.stride = trunks[0].stride
        self.pooling = Pooling(trunks[0].top_channels, settings.whole, settings.cells, settings.cell_channels)
        self.describe = nn.Conv2d(trunks[0].local_channels, settings.local, 1)
        size = settings.dimensions
        self.project = nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, settings.projection))

    def forward(self, pixels: Mapping[str, Tensor]) -> dict[str, Seen]:
        """Return what is made of each sensor's chips; a shared trunk sees all of them as one batch."""
        stemmed = {name: self.stems[name](values) for name, values in pixels.items()}
        shapes = {values.shape[2:] for values in stemmed.values()}
        if len(self.trunks) == 1 and len(shapes) == 1:  # one batch: its normalisation sees all sensors alike
            near, far = self.trunks[0](torch.cat(list(stemmed.values())))
            counts = [len(values) for values in stemmed.values()]
            maps = dict(zip(stemmed, zip(near.split(counts), far.split(counts), strict=True), strict=True))
        else:
            maps = {name: self.trunks[self._trunk_of(name)](values) for name, values in stemmed.items()}
        return {name: self._finish(near, far) for name, (near, far) in maps.items()}

    def encode(self, pixels: Tensor, sensor: str) -> Seen:
        """Return what is made of one sensor's chips."""  # (batch, bands, h, w)
        seen: dict[str, Seen] = self({sensor: pixels})
        return seen[sensor]

    def _trunk_of(self, sensor: str) -> int:
        return 0 if len(self.trunks) == 1 else list(self.stems).index(sensor)

    def _finish(self, near: Tensor, far: Tensor) -> Seen:
        y = self.pooling(far)
        with torch.autocast(y.device.type, enabled=False):
            z = self.project(y)
        return Seen(y, z, self.describe(near))
