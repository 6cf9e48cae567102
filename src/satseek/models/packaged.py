"""Models whose weights come with the package: the card is read at once, the weights when the model is loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.models.checkpoint import read_card
from satseek.models.entry import ModelEntry


def weights_folder(name: str) -> Path:
    """Return where the weights of a packaged model lie."""
    return Path(str(files("satseek.models"))) / "weights" / name


def packaged(name: str, load: Callable[[Path], Model]) -> ModelEntry:
    """Return the entry of a packaged model, which `load` makes of its folder."""
    return ModelEntry(card=partial(_card, name), load=lambda: load(weights_folder(name)))


def _card(name: str) -> ModelCard:
    return read_card(weights_folder(name))
