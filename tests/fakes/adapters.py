"""A small adapter with random weights between two models that are shipped, written as a run writes one."""

from __future__ import annotations

from pathlib import Path

import torch

from fakes.under_contract import Registered
from satseek.core.card import ModelCard
from satseek.models.adapter import BRIDGE, LEARNS, MEAN, OPTICAL, Adapter, AdapterModel, eyes_of
from satseek.models.catalogue import card_of, load_model
from satseek.models.checkpoint import save_checkpoint
from satseek.models.eyes import RADAR

EYES = {OPTICAL: "colour", "radar": "sscm"}


def write_adapter(folder: Path) -> None:
    """Write the folder of an adapter that was taught nothing."""
    see, hear = (card_of(name) for name in EYES.values())
    torch.manual_seed(0)
    sizes = {"radar": hear.dimensions, "optical": see.dimensions, "hidden": 16, "joint": 16}
    head = Adapter(BRIDGE, **sizes)
    card = ModelCard(
        name="adapter-colour-sscm",
        version="1",
        summary="two models joined by a head that learnt nothing",
        dimensions=see.dimensions,
        sensors={**see.sensors, RADAR: hear.sensors[RADAR]},
        reads_text=True,
        chip_size=hear.chip_size,
        units={**see.units, RADAR: hear.units[RADAR]},
        training_data="none",
        limits="Random weights.",
        options={"learns": LEARNS, "eyes": eyes_of(see, hear, EYES)},
    )
    mean = torch.full((see.dimensions,), 0.01)
    save_checkpoint(folder, card, {**head.state_dict(), MEAN: mean}, settings={"head": BRIDGE, **sizes})


def adapter_under_contract() -> Registered:
    """An adapter as users have one: a folder, its eyes found by their names."""
    return Registered(
        "adapter", write_adapter, lambda folder: AdapterModel.load(folder, load_model), weights="model.safetensors"
    )
