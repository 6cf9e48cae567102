"""Small random weights of published radar and multispectral encoders, in the file format that each is published in.

The names of the weights are the real ones; the networks are as narrow as their code allows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from satseek.core.model import Model
from satseek.models.brought.fetch import bring
from satseek.models.brought.shelf import CONVERTED, WEIGHTS
from satseek.models.geo import entries
from satseek.models.geo.bert import Bert
from satseek.models.geo.closp import Closp
from satseek.models.geo.entries import SOURCES
from satseek.models.geo.networks import Croma, Dofa, timm_network
from satseek.models.geo.published import GeoSource

SIDE = 40  # pixels that the small CROMA takes
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", *_LETTERS, *(f"##{letter}" for letter in _LETTERS)),
    *("water", "forest", "flooded", "area", ".", "beside"),
)


def _without_pin(source: GeoSource) -> GeoSource:
    return replace(source, published=replace(source.published, sha256_begins=None))


@cache
def tiny(name: str) -> GeoSource:
    """The named model with a small network."""
    if name == "croma-base":
        return entries.croma("CROMA_base-0238d814.pt", "rev", None, "base", 32, 2, SIDE)
    if name == "dofa-base":
        return entries.dofa("dofa_base_patch16_224-a0275954.pth", None, "base", 32, 1, 4)
    if name == "closp-rn":
        return replace(entries.closp("rn", "test_resnet", 64), dimensions=24)
    sensor = name[-2:]
    real = _without_pin(SOURCES[name])
    network, dimensions = ("test_vit", 64) if "dino" in name or "softcon" in name else ("test_resnet", 96)
    method = {"moco": "MoCo", "dino": "DINO", "decur": "DeCUR", "softcon": "SoftCon"}[name.split("-")[-2]]
    settings: dict[str, Any] = {"img_size": 224} if network == "test_vit" else {}
    return entries.ssl4eo(name, sensor, method, real.published, dimensions, network, **settings)


def checkpoint(name: str) -> Any:
    """What the pickled file of a model holds: a nested checkpoint, or plain weights."""
    torch.manual_seed(7)
    if name == "croma-base":
        net = Croma(32, 2, SIDE).croma
        parts = ("s1_encoder", "s1_GAP_FFN", "s2_encoder", "s2_GAP_FFN", "joint_encoder")
        return {part: getattr(net, part).state_dict() for part in parts}
    if name == "dofa-base":
        weights = Dofa(32, 1, 4).dofa.state_dict()
        nn.init.normal_(weights["pos_embed"])
        own = ("fc_norm.weight", "fc_norm.bias")  # torchgeo's file has none
        return {key: value for key, value in weights.items() if key not in own}
    source = tiny(name)
    vit, sensor = source.dimensions == 64, name[-2:]
    network = timm_network(
        "test_vit" if vit else "test_resnet", 2 if sensor == "s1" else 13, **({"img_size": 224} if vit else {})
    )
    return _livened(network)


def closp_weights(*, classes: tuple[int, int] = (5, 0), words: int = len(WORDS)) -> dict[str, Tensor]:
    """All of CLOSP under its authors' names; its radar eye kept the classifier, its optical one did not."""
    torch.manual_seed(7)
    eyes = timm_network("test_resnet", 2, classes[0]), timm_network("test_resnet", 13, classes[1])
    network = Closp(*eyes, (classes[0] or 96, classes[1] or 96), Bert(words, 24, 2, 12, 48))
    pooler = {"text_model.pooler.dense.weight": torch.eye(24), "text_model.pooler.dense.bias": torch.zeros(24)}
    return _livened(network) | pooler


def write(name: str, home: Path) -> GeoSource:
    """Put the file of a small model where users put it under `home`, and convert it as they do."""
    source = tiny(name)
    folder = home / name
    folder.mkdir(parents=True, exist_ok=True)
    if name == "closp-rn":
        save_file(closp_weights(), folder / CONVERTED)
        (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    else:
        torch.save(checkpoint(name), folder / source.published.file_name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WEIGHTS, str(home))
        bring(source.published, trust_pickle=True)
    if source.published.file_name != CONVERTED:
        (folder / source.published.file_name).unlink()
    return source


def load(name: str, home: Path) -> Model:
    """Load a small model as users' files are loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WEIGHTS, str(home))
        return tiny(name).load()


def _livened(network: nn.Module) -> dict[str, Tensor]:
    """Weights with which different pictures look different: norms that were never taught keep all at zero."""
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    for name, value in weights.items():
        if value.is_floating_point() and "running" not in name and value.ndim == 1 and name.endswith("weight"):
            value.fill_(1.0)  # of norms; some begin at zero
    return weights
