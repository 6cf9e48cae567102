"""Vectors that came with the data: nothing is encoded here, they are searched by example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.entry import ModelEntry


@dataclass(frozen=True)
class Precomputed:
    """Stands for the model that made an archive's vectors elsewhere; it can encode neither pixels nor words."""

    card: ModelCard

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Refuse: the model that made these vectors is not here."""
        raise ModelError(
            "The vectors of this archive were made elsewhere and the model that made them is not here, so no picture "
            "can be encoded. Search by the id of a chip that the archive holds (--like ID), or ingest the imagery "
            "with a model from 'satseek models'."
        )

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Refuse: these vectors come without words."""
        require_text(self.card)
        raise ModelError(
            "The vectors of this archive were made elsewhere and the model that made them is not here, so words "
            "cannot be encoded. Search by the id of a chip that the archive holds (--like ID)."
        )


def _card() -> ModelCard:
    return ModelCard(
        name="precomputed",
        version="1",
        summary="Vectors that came with imported GeoParquet, searched by example",
        dimensions=0,
        sensors={},
        reads_text=False,
        chip_size=0,
        licence="as the imported data",
        limits="Encodes nothing. The dimensions and sensors are those of the imported vectors.",
    )


ENTRY = ModelEntry(card=_card, load=lambda: Precomputed(_card()))
