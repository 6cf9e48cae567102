"""What a model is to the rest of the house: a card, and two ways of making unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray


class Model(Protocol):
    """Encodes chips and words into one space; numpy at the seam, whatever lies behind it."""

    @property
    def card(self) -> ModelCard:
        """What the model reads and makes."""
        ...

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip; wrong bands or units are refused with `ModelError`."""
        ...

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each sentence (or each list of keywords, or both joined)."""
        ...


def require_readable(card: ModelCard, sensor: str) -> None:
    """Raise `ModelError` when the model cannot read this sensor."""
    if sensor not in card.sensors:
        raise ModelError(
            f"Model '{card.name}' cannot read '{sensor}' chips; it reads {', '.join(card.sensors)}. "
            "Choose another model with --model (see 'satseek models')."
        )


def require_text(card: ModelCard, instead: Sequence[str] = ()) -> None:
    """Raise `ModelError` when the model has no words; `instead` are models that have."""
    if not card.reads_text:
        which = f": {', '.join(instead)}" if instead else " (see 'satseek models')"
        raise ModelError(
            f"Model '{card.name}' knows no words. Search by example instead (--like FILE or a chip id), "
            f"or ingest with a model that reads text{which}."
        )
