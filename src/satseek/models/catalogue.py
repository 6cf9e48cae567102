"""The catalogue of models: one line a model, loaded when asked for."""

from __future__ import annotations

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, ModelMismatch
from satseek.core.model import Model
from satseek.core.registry import Registry
from satseek.models.entry import ModelEntry

DEFAULT_MODEL = "colour"

MODELS: Registry[ModelEntry] = Registry(
    "model",
    {
        "colour": "satseek.models.colour.model:ENTRY",
        "precomputed": "satseek.models.precomputed:ENTRY",
    },
)


def load_model(name: str) -> Model:
    """Return the model of this name, ready to encode; an unknown name is answered with the nearest known one."""
    return MODELS.get(name).load()


def model_for(card: ModelCard) -> Model:
    """Return the model that makes the same vectors as the ones an archive holds."""
    if card.name == "precomputed":
        from satseek.models.precomputed import Precomputed

        return Precomputed(card)
    if card.name not in MODELS:
        raise ModelError(
            f"This archive was built with '{card.name}', which is not in this SatSeek's catalogue (see 'satseek "
            "models'). Search it by example with --model precomputed, or ingest again with a model that is known."
        )
    ours = MODELS.get(card.name).card()
    if not ours.makes_same_vectors_as(card):
        raise ModelMismatch(
            f"This archive was built with '{card.name}' version {card.version}; this SatSeek has version "
            f"{ours.version}, whose vectors differ. Ingest again into a new archive, or use the SatSeek that built it."
        )
    return load_model(card.name)


def cards() -> list[ModelCard]:
    """Return the card of every model in the catalogue, without loading any."""
    return [MODELS.get(name).card() for name in MODELS]
