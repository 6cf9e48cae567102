"""The shipped `sscm`: its card is read from the package, its weights when it is loaded."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.models.checkpoint import read_card
from satseek.models.entry import ModelEntry


def _folder() -> Path:
    return Path(str(files("satseek.models"))) / "weights" / "sscm"


def _card() -> ModelCard:
    return read_card(_folder())


def _load() -> Model:
    from satseek.models.sscm.model import SscmModel

    return SscmModel.load(_folder())


ENTRY = ModelEntry(card=_card, load=_load)
