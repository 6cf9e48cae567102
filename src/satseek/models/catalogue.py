"""The catalogue of models: one line a model, loaded when asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, ModelMismatch
from satseek.core.model import Model
from satseek.core.registry import Registry
from satseek.models.checkpoint import read_card
from satseek.models.entry import ModelEntry

if TYPE_CHECKING:
    from satseek.models.adapter import AdapterModel
    from satseek.models.amfmn.model import AmfmnModel
    from satseek.models.bridge import BridgeModel
    from satseek.models.sscm.model import SscmModel

DEFAULT_MODEL = "colour"
FOLDER = "folder"  # the option of a card that says where a model trained here lies

MODELS: Registry[ModelEntry] = Registry(
    "model",
    {
        "amfmn": "satseek.models.amfmn.entry:ENTRY",
        "colour": "satseek.models.colour.model:ENTRY",
        "precomputed": "satseek.models.precomputed:ENTRY",
        "satseek-one": "satseek.models.bridge:ENTRY",
        "sscm": "satseek.models.sscm.entry:ENTRY",
        "structure": "satseek.models.structure.model:ENTRY",
    },
)


def load_model(name: str) -> Model:
    """Return the model of this name or folder, ready to encode; an unknown name is answered with the nearest."""
    if name not in MODELS and ("/" in name or os.sep in name or Path(name).exists()):
        return _load_folder(Path(name))
    return MODELS.get(name).load()


def model_for(card: ModelCard) -> Model:
    """Return the model that makes the same vectors as the ones an archive holds."""
    if card.name == "precomputed":
        from satseek.models.precomputed import Precomputed

        told = card.options.get("tower")
        return Precomputed(card, None if told is None else cache(partial(load_model, str(told["name"]))))
    folder = card.options.get(FOLDER)
    if folder is not None and Path(folder).is_dir():
        return _same(_load_folder(Path(folder)), card)
    if card.name not in MODELS or folder is not None:
        raise ModelError(
            f"This archive was built with '{card.name}', which is not in this SatSeek's catalogue (see 'satseek "
            "models'). Give the folder it was trained in with --model, search by example with --model precomputed, or "
            "ingest again with a model that is known."
        )
    ours = MODELS.get(card.name).card()
    if not ours.makes_same_vectors_as(card):
        raise ModelMismatch(
            f"This archive was built with another '{card.name}' than this SatSeek has: {card.differences_from(ours)}. "
            "Ingest again into a new archive, or use the SatSeek that built it."
        )
    return load_model(card.name)


def card_of(name: str) -> ModelCard:
    """Return the card of a model by its name or folder, without loading it where the card can be read alone."""
    if name in MODELS:
        return MODELS.get(name).card()
    folder = best_of(Path(name))
    return read_card(folder) if folder.is_dir() else load_model(name).card


def best_of(folder: Path) -> Path:
    """Return the folder of the best model, where a whole run is named."""
    best = folder / "best"
    return best if best.is_dir() else folder


def cards() -> list[ModelCard]:
    """Return the card of every model in the catalogue, without loading any."""
    return [MODELS.get(name).card() for name in MODELS]


def models_with_words(sensors: Iterable[str] = ()) -> list[str]:
    """Return which models of the catalogue read text, each with the sensors that it does so for."""
    wanted = set(sensors)
    able = [card for card in cards() if card.reads_text and (not wanted or wanted & set(card.sensors))]
    return [f"'{card.name}' (of {', '.join(card.sensors)})" for card in able]


def _load_folder(folder: Path) -> Model:
    """Return a model that was trained here; its card remembers the folder, so that an archive finds it again."""
    folder = best_of(folder)
    model = _loaded(folder)
    model.card = replace(model.card, options={**model.card.options, FOLDER: str(folder.resolve())})
    return model


def _loaded(folder: Path) -> AdapterModel | AmfmnModel | SscmModel | BridgeModel:
    """Return the model of a folder; its card says what it learnt from, and so what it is."""
    learns = read_card(folder).options.get("learns")
    if learns == "adapter":
        from satseek.models.adapter import AdapterModel

        return AdapterModel.load(folder, load_model)
    if learns == "bridge":
        from satseek.models.bridge import BridgeModel

        return BridgeModel.load(folder)
    if learns == "pairs":
        from satseek.models.sscm.model import SscmModel

        return SscmModel.load(folder)
    from satseek.models.amfmn.model import AmfmnModel

    return AmfmnModel.load(folder)


def _same(model: Model, card: ModelCard) -> Model:
    if not model.card.makes_same_vectors_as(card):
        raise ModelMismatch(
            f"This archive was built with '{card.name}' as it was in {card.options[FOLDER]}, which has been trained "
            "again since. Ingest again into a new archive, or bring the earlier model back."
        )
    return model
