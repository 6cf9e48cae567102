"""Every model that the contract suite (tests/models/contract) is run on: one line a model in `REGISTERED`.

A learnt model that is not shipped is written by `make` as a small random-weight checkpoint in its project's real file
format, into an empty folder, and read back by the road that users' files take: `load`. Nothing is downloaded.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fakes import geo_weights
from fakes.adapters import adapter_under_contract
from fakes.clip_worlds import folder_under_contract, recipe_under_contract
from fakes.under_contract import Registered
from satseek.core.model import Model
from satseek.models.amfmn.model import AmfmnModel
from satseek.models.bridge import BridgeModel
from satseek.models.catalogue import load_model
from satseek.models.packaged import weights_folder
from satseek.models.sscm.model import SscmModel


def shipped(name: str, load: Callable[[Path], Model]) -> Registered:
    """A model whose weights come with the package: the suite takes a copy of them."""

    def make(folder: Path) -> None:
        shutil.copytree(weights_folder(name), folder, dirs_exist_ok=True)

    return Registered(name, make, load, weights="model.safetensors")


def without_weights(name: str) -> Registered:
    """A model that learnt nothing."""
    return Registered(name, lambda folder: None, lambda folder: load_model(name))


def published(name: str, *covers: str, needs: str | None = None) -> Registered:
    """A radar or multispectral encoder: a small one is written in its authors' format and converted as users do."""
    weights = f"{name}/model.safetensors"
    make, load = partial(geo_weights.write, name), partial(geo_weights.load, name)
    return Registered(name, make, load, weights=weights, covers=covers, needs=needs)


REGISTERED: list[Registered] = [
    without_weights("colour"),
    shipped("amfmn", AmfmnModel.load),
    shipped("sscm", SscmModel.load),
    shipped("satseek-one", BridgeModel.load),
    without_weights("structure"),
    recipe_under_contract("remoteclip-b32", "tiny-ViT", "remoteclip-l14"),
    recipe_under_contract("remoteclip-rn50", "tiny-RN"),
    recipe_under_contract("georsclip-b32", "tiny-ViT", "georsclip-h14"),
    recipe_under_contract("skyclip-b32", "tiny-ViT", "skyclip-l14"),
    recipe_under_contract("siglip-b16", "tiny-SigLIP"),
    folder_under_contract(),
    adapter_under_contract(),
    published("croma-base", "croma-large", needs="torchgeo"),
    published("dofa-base", "dofa-large", needs="torchgeo"),
    published("ssl4eo-moco-s1", "ssl4eo-moco-s2", "decur-s1", "decur-s2"),
    published("softcon-s2", "softcon-s1", "ssl4eo-dino-s2"),
    published("closp-rn", "closp-vs", "closp-vl"),
]

EXEMPT = {"precomputed"}  # it encodes nothing: it stands for vectors that were made elsewhere
