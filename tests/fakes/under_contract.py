"""What the contract suite knows of a model: how its files are written, and how a model is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from satseek.core.model import Model


@dataclass(frozen=True)
class Registered:
    """One model under the contract: how its files are written, and how a model is made of them."""

    name: str
    make: Callable[[Path], None]  # write the files of the model into this empty folder
    load: Callable[[Path], Model]  # read them as users' files are read
    weights: str | None = None  # the file under the folder that must not be changed; None: the model has no weights
    covers: tuple[str, ...] = ()  # the names in the catalogue it stands for, besides its own
    needs: str | None = None  # the module that must be installed, by an extra
    tolerance: float = 2e-4  # of a number of a unit vector, between a batch and one alone
    pinned: bool = True  # whether a changed file is refused; weights of one's own are other weights then

    def __str__(self) -> str:
        return self.name
