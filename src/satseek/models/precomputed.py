"""Vectors that came with the data: searched by example; by words and pictures where the model behind them is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, ModelMismatch
from satseek.core.model import Model, require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.entry import ModelEntry


@dataclass(frozen=True)
class Precomputed:
    """Stands for the model that made an archive's vectors elsewhere; it can encode neither pixels nor words."""

    card: ModelCard
    tower: Callable[[], Model] | None = None  # the model that made the vectors, where it is at hand

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return what the model behind the vectors makes of pictures; refuse where it is not here."""
        if self.tower is not None:
            return self._tower().encode_images(chips)
        raise ModelError(
            "The vectors of this archive were made elsewhere and the model that made them is not here, so no picture "
            "can be encoded. Search by the id of a chip that the archive holds (--like ID), or ingest the imagery "
            "with a model from 'satseek models'."
        )

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return what the model behind the vectors makes of words; refuse where it is not here."""
        if self.tower is not None and self.card.reads_text:
            return self._tower().encode_texts(sentences, keywords)
        require_text(self.card)
        raise ModelError(
            "The vectors of this archive were made elsewhere and the model that made them is not here, so words "
            "cannot be encoded. Search by the id of a chip that the archive holds (--like ID)."
        )

    def _tower(self) -> Model:
        """Return the model behind the vectors, if it is the one that the archive was told of."""
        assert self.tower is not None
        found = self.tower()
        told = self.card.options["tower"]
        pinned = told.get("weights_sha256")
        if found.card.dimensions != self.card.dimensions or pinned not in (None, found.card.weights_sha256):
            raise ModelMismatch(
                f"These vectors are searched with '{told['name']}' as it was when they were imported, and its weights "
                "have changed since. Bring the earlier ones back, or import the vectors again."
            )
        return found


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
