"""What the catalogue knows of a model before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from satseek.core.card import ModelCard
from satseek.core.model import Model


@dataclass(frozen=True)
class ModelEntry:
    """A model on the shelf: its card is cheap to read, loading it may read weights."""

    card: Callable[[], ModelCard]
    load: Callable[[], Model]
