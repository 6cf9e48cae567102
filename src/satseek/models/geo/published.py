"""One published encoder: which file, what it reads and how, what it makes; its card and the model itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.card import MAY_MISS, ModelCard
from satseek.core.model import Model
from satseek.core.sensor import SENSORS
from satseek.models.brought.published import Published
from satseek.models.brought.ready import Ready, read_tensors, ready
from satseek.models.brought.shelf import known_sha256
from satseek.models.entry import ModelEntry
from satseek.models.geo.reads import Reads

if TYPE_CHECKING:
    from torch import Tensor

    from satseek.models.geo.networks import Croma, Dofa, Plain

    Build = Callable[["GeoSource", Mapping[str, Tensor], ModelCard, Path], Model]

LIMITS = "The whole chip is brought to {side} × {side} pixels; made for 10 m."
CIRRUS = "Without B10, which Level 2A does not have, it is given zeros for it, as its authors give it."


@dataclass(frozen=True)
class GeoSource:
    """All that makes one named model of published weights."""

    published: Published
    summary: str
    dimensions: int
    reads: Mapping[str, Reads]
    takes: Mapping[str, str]  # sensor -> in words, what its values become
    training_data: str
    network: Callable[[], Croma | Dofa | Plain] | None = None  # as it is built, empty
    build: Build | None = None  # of one whose network is as its weights are
    ground_resolution_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: str = ""
    reads_text: bool = False
    shares_one_space: bool = False

    @property
    def entry(self) -> ModelEntry:
        """The model on the shelf."""
        return ModelEntry(card=self.card, load=self.load, published=(self.published,))

    def card(self) -> ModelCard:
        """Return what the model is; no weights are read."""
        side = next(iter(self.reads.values())).side
        missing = [band for reads in self.reads.values() for band in reads.may_miss]
        options: dict[str, Any] = {"source": self.published.page, "takes": dict(self.takes)}
        if missing:
            options[MAY_MISS] = missing
        apart = len(self.reads) > 1 and not self.shares_one_space
        said = [LIMITS.format(side=side), *([CIRRUS] if missing else []), *([_APART] if apart else []), self.limits]
        return ModelCard(
            name=self.published.name,
            version="1",
            summary=self.summary,
            dimensions=self.dimensions,
            sensors={sensor: () if reads.any_of else reads.bands for sensor, reads in self.reads.items()},
            reads_text=self.reads_text,
            chip_size=side,
            units={sensor: SENSORS.get(sensor).unit for sensor in self.reads},
            ground_resolution_m={sensor: self.ground_resolution_m.get(sensor, (10.0, 10.0)) for sensor in self.reads},
            weights_sha256=known_sha256(self.published),
            training_data=self.training_data,
            licence=self.published.licence.name,
            limits=" ".join(part for part in said if part),
            options=options,
            spaces=tuple((sensor,) for sensor in self.reads) if apart else (),
        )

    def load(self) -> Model:
        """Return the model, its weights read from where they lie; nothing is downloaded."""
        return self.of(ready(self.published))

    def of(self, weights: Ready) -> Model:
        """Return the model with these weights."""
        tensors, card = read_tensors(weights.path), self.card()
        if self.build is not None:
            return self.build(self, tensors, card, weights.path.parent)
        from satseek.models.geo.encoder import GeoModel

        assert self.network is not None
        network = self.network()
        network.take(tensors)
        return GeoModel(card, network, self.reads)


_APART = "Radar and optical vectors lie in spaces of their own: a search never compares one with the other."
