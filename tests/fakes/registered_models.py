"""Every model that the contract suite (tests/models/contract) is run on: one line a model in `REGISTERED`.

A learnt model that is not shipped is written by `make` as a small random-weight checkpoint in its project's real file
format, into an empty folder, and read back by the road that users' files take: `load`. Nothing is downloaded.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from satseek.core.model import Model
from satseek.models.amfmn.model import AmfmnModel
from satseek.models.bridge import BridgeModel
from satseek.models.catalogue import load_model
from satseek.models.packaged import weights_folder
from satseek.models.sscm.model import SscmModel


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

    def __str__(self) -> str:
        return self.name


def shipped(name: str, load: Callable[[Path], Model]) -> Registered:
    """A model whose weights come with the package: the suite takes a copy of them."""

    def make(folder: Path) -> None:
        shutil.copytree(weights_folder(name), folder, dirs_exist_ok=True)

    return Registered(name, make, load, weights="model.safetensors")


def without_weights(name: str) -> Registered:
    """A model that learnt nothing."""
    return Registered(name, lambda folder: None, lambda folder: load_model(name))


REGISTERED: list[Registered] = [
    without_weights("colour"),
    shipped("amfmn", AmfmnModel.load),
    shipped("sscm", SscmModel.load),
    shipped("satseek-one", BridgeModel.load),
    without_weights("structure"),
]

EXEMPT = {"precomputed"}  # it encodes nothing: it stands for vectors that were made elsewhere
