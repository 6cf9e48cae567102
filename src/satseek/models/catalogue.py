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
    from satseek.models.clip.model import ClipModel
    from satseek.models.sscm.model import SscmModel

DEFAULT_MODEL = "colour"
FOLDER = "folder"  # the option of a card that says where a model trained here lies
SPEC = "spec"  # the option of a card that says how weights of one's own are named, such as clip:ViT-B-32:FILE
CLIP = "clip:"

MODELS: Registry[ModelEntry] = Registry(
    "model",
    {
        "amfmn": "satseek.models.amfmn.entry:ENTRY",
        "closp-rn": "satseek.models.geo.entries:CLOSP_RN",
        "closp-vl": "satseek.models.geo.entries:CLOSP_VL",
        "closp-vs": "satseek.models.geo.entries:CLOSP_VS",
        "colour": "satseek.models.colour.model:ENTRY",
        "croma-base": "satseek.models.geo.entries:CROMA_BASE",
        "croma-large": "satseek.models.geo.entries:CROMA_LARGE",
        "decur-s1": "satseek.models.geo.entries:DECUR_S1",
        "decur-s2": "satseek.models.geo.entries:DECUR_S2",
        "dofa-base": "satseek.models.geo.entries:DOFA_BASE",
        "dofa-large": "satseek.models.geo.entries:DOFA_LARGE",
        "georsclip-b32": "satseek.models.clip.entry:GEORSCLIP_B32",
        "georsclip-h14": "satseek.models.clip.entry:GEORSCLIP_H14",
        "precomputed": "satseek.models.precomputed:ENTRY",
        "remoteclip-b32": "satseek.models.clip.entry:REMOTECLIP_B32",
        "remoteclip-l14": "satseek.models.clip.entry:REMOTECLIP_L14",
        "remoteclip-rn50": "satseek.models.clip.entry:REMOTECLIP_RN50",
        "satseek-one": "satseek.models.one:ENTRY",
        "siglip-b16": "satseek.models.clip.entry:SIGLIP_B16",
        "skyclip-b32": "satseek.models.clip.entry:SKYCLIP_B32",
        "skyclip-l14": "satseek.models.clip.entry:SKYCLIP_L14",
        "softcon-s1": "satseek.models.geo.entries:SOFTCON_S1",
        "softcon-s2": "satseek.models.geo.entries:SOFTCON_S2",
        "sscm": "satseek.models.sscm.entry:ENTRY",
        "ssl4eo-dino-s2": "satseek.models.geo.entries:DINO_S2",
        "ssl4eo-moco-s1": "satseek.models.geo.entries:MOCO_S1",
        "ssl4eo-moco-s2": "satseek.models.geo.entries:MOCO_S2",
        "structure": "satseek.models.structure.model:ENTRY",
    },
)


def load_model(name: str) -> Model:
    """Return the model of this name, folder or spec (`clip:…`), ready to encode; an unknown name gets the nearest."""
    if name.startswith(CLIP):
        from satseek.models.clip.spec import load_spec

        return load_spec(name)
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
    spec = card.options.get(SPEC)
    if spec is not None:
        return _same(load_model(str(spec)), card)
    if card.name not in MODELS or folder is not None:
        raise ModelError(
            f"This archive was built with '{card.name}', which is not in this SatSeek's catalogue (see 'satseek "
            "models'). Give the folder it was trained in with --model, search by example with --model precomputed, or "
            "ingest again with a model that is known."
        )
    ours = MODELS.get(card.name).card()
    if ours.weights_sha256 is None and card.weights_sha256 is not None:  # its weights are not on this machine yet
        return _same(load_model(card.name), card)
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
    at_hand = [MODELS.get(name).card() for name in MODELS if not MODELS.get(name).published]
    able = [card for card in at_hand if card.reads_text and (not wanted or wanted & set(card.sensors))]
    return [f"'{card.name}' (of {', '.join(card.sensors)})" for card in able]


def _load_folder(folder: Path) -> Model:
    """Return a model that was trained here; its card remembers the folder, so that an archive finds it again."""
    folder = best_of(folder)
    model = _loaded(folder)
    model.card = replace(model.card, options={**model.card.options, FOLDER: str(folder.resolve())})
    return model


def _loaded(folder: Path) -> AdapterModel | AmfmnModel | SscmModel | BridgeModel | ClipModel:
    """Return the model of a folder; its card says what it learnt from, and so what it is."""
    if (folder / "open_clip_config.json").is_file():
        from satseek.models.clip.load import load_folder

        return load_folder(folder)
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


def _place(card: ModelCard) -> str:
    return str(card.options.get(FOLDER) or card.options.get(SPEC) or "its weights")


def _same(model: Model, card: ModelCard) -> Model:
    if not model.card.makes_same_vectors_as(card):
        raise ModelMismatch(
            f"This archive was built with '{card.name}' as it was in {_place(card)}, which has been trained "
            "again since or exchanged. Ingest again into a new archive, or bring the earlier model back."
        )
    return model
