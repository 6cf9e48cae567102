"""What the catalogue knows of a model before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.models.brought.published import Published


@dataclass(frozen=True)
class ModelEntry:
    """A model on the shelf: its card is cheap to read, loading it may read weights."""

    card: Callable[[], ModelCard]
    load: Callable[[], Model]
    published: tuple[Published, ...] = ()  # the weights that have to be brought first; none: all comes with SatSeek
