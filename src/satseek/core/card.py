"""A model card says what a model reads, what it makes of it, where it comes from and how good it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MAY_MISS = "may_miss"  # the option that names bands for which zeros are given where a chip has none


@dataclass(frozen=True)
class ModelCard:
    """What must be known of a model to use its vectors; a copy lives in every archive."""

    name: str
    version: str
    summary: str
    dimensions: int
    sensors: Mapping[str, tuple[str, ...]]  # sensor name -> band names it needs; () takes any of the sensor's bands
    reads_text: bool
    chip_size: int  # pixels a side it was made for
    scorer: str = "cosine"
    units: Mapping[str, str] = field(default_factory=dict)  # sensor name -> unit of the values it takes
    ground_resolution_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    weights_sha256: str | None = None
    training_data: str = ""
    licence: str = "Apache-2.0"
    figures: Mapping[str, float] = field(default_factory=dict)
    limits: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    spaces: tuple[tuple[str, ...], ...] = ()  # sensors whose vectors may be compared; (): each with every other

    def needs(self, sensor: str) -> tuple[str, ...]:
        """Return the bands of a sensor that the model cannot do without; others it reads may be missing."""
        may_miss = self.options.get(MAY_MISS, ())
        return tuple(band for band in self.sensors[sensor] if band not in may_miss)

    def comparable_with(self, sensor: str) -> tuple[str, ...]:
        """Return the sensors whose vectors may be compared with those of this one, itself among them."""
        for space in self.spaces:
            if sensor in space:
                return space
        return (sensor,) if self.spaces else tuple(self.sensors)

    def makes_same_vectors_as(self, other: ModelCard) -> bool:
        """Return whether vectors of both may be compared with each other."""
        return (
            self.name == other.name
            and self.version == other.version
            and self.dimensions == other.dimensions
            and self.weights_sha256 == other.weights_sha256
        )

    def differences_from(self, other: ModelCard) -> str:
        """Return why vectors of this model may not be compared with those of another of its name."""
        facts = (
            ("version", self.version, other.version),
            ("dimensions", self.dimensions, other.dimensions),
            ("weights", self.weights_sha256, other.weights_sha256),
        )
        return ", ".join(f"{what} {_short(mine)} instead of {_short(its)}" for what, mine, its in facts if mine != its)

    def to_json(self) -> dict[str, Any]:
        """Return the card as JSON values."""
        card: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return card

    @staticmethod
    def from_json(card: Mapping[str, Any]) -> ModelCard:
        """Read a card back; facts that a newer SatSeek may have added are left out."""
        known = {key: value for key, value in card.items() if key in ModelCard.__dataclass_fields__}
        known["sensors"] = {name: tuple(bands) for name, bands in card["sensors"].items()}
        known["ground_resolution_m"] = {
            name: (float(low), float(high)) for name, (low, high) in card.get("ground_resolution_m", {}).items()
        }
        known["spaces"] = tuple(tuple(space) for space in card.get("spaces", ()))
        return ModelCard(**known)


def _short(fact: str | int | None) -> str:
    """Enough of a checksum to tell two apart by eye, and anything short as it is."""
    text = "none" if fact is None else str(fact)
    return text if len(text) <= 16 else f"{text[:12]}…"
