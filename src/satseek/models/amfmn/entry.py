"""The shipped `amfmn`: its card is read from the package, its weights when it is loaded."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.models.checkpoint import read_card
from satseek.models.entry import ModelEntry


def packaged(name: str) -> ModelEntry:
    """Return the entry of a model whose weights come with the package."""
    folder = Path(str(files("satseek.models"))) / "weights" / name
    return ModelEntry(card=partial(_card, folder), load=partial(_load, folder))


def _card(folder: Path) -> ModelCard:
    return read_card(folder)


def _load(folder: Path) -> Model:
    from satseek.models.amfmn.model import AmfmnModel

    return AmfmnModel.load(folder)


ENTRY = packaged("amfmn")
