"""A whole run of an adapter: both encoders look once, the head learns from their vectors in minutes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.core.vectors import unit_rows
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import read_pixels
from satseek.datasets.pair_sets import set_in
from satseek.evaluation.metrics import recall
from satseek.losses.discrepancy import discrepancy
from satseek.losses.info_nce import info_nce
from satseek.losses.mutual_information import mutual_information
from satseek.losses.neighbour import neighbour
from satseek.models.adapter import BRIDGE, LEARNS, MEAN, OPTICAL, Adapter, eyes_of, require_joinable
from satseek.models.catalogue import load_model
from satseek.models.checkpoint import save_checkpoint
from satseek.models.device import place
from satseek.models.eyes import RADAR
from satseek.training.adapter.settings import AdapterLoss, AdapterRecipe
from satseek.training.bridge.teach import VectorBatch, VectorBatches
from satseek.training.bridge.windows import Windows, windows_of
from satseek.training.curve import Epoch
from satseek.training.loop import Run
from satseek.training.report import BEST, Listener, TrainingReport, report_of

SHARPEST = 50.0  # one over the lowest temperature that learning may reach
LIMITS = {
    BRIDGE: "Words reach radar only as far as they reach the optical picture of the same ground, at the size of the "
    "windows that were learnt from. No radar caption was learnt or tested.",
    "shared": "Both spaces were bent into a new one, so the image model's words do not fit; search by example.",
}


class AdapterObjective(nn.Module):
    """The head with its losses: of a bridge, or the three of SS-CM-RSIR."""

    def __init__(self, network: Adapter, head: str, settings: AdapterLoss) -> None:
        super().__init__()
        self.network: nn.Module = network
        self.head, self.settings = head, settings
        self.log_scale = nn.Parameter(torch.tensor(1 / settings.temperature).log())

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """Go through nothing: both encoders are frozen and have been asked already."""
        yield from ()

    def forward(self, batch: VectorBatch) -> dict[str, Tensor]:
        """Return the losses by name; `loss` is their weighted sum."""
        with torch.autocast(batch.radar.device.type, enabled=False):
            radar, optical = self.network(batch.radar.float(), batch.optical.float())
            scale = self.log_scale.exp().clamp(max=SHARPEST)
            gap = discrepancy([radar, optical], form="one_minus_cos")
            if self.head == BRIDGE:
                same = torch.eye(len(radar), dtype=torch.bool, device=radar.device)
                pairs = info_nce(radar @ optical.T, same, scale=scale)
            else:
                pairs = mutual_information([radar, optical], temperature=1 / scale)
            parts = {"pairs": pairs, "gap": gap}
            total = pairs + self.settings.one_minus_cos * gap
            if self.settings.neighbour:
                parts["neighbours"] = neighbour([radar, optical])
                total = total + self.settings.neighbour * parts["neighbours"]
        return {"loss": total, **parts}


class AdapterExam:
    """Recall between radar and optical vectors of whole val places, both ways."""

    def __init__(self, windows: Windows, mean: Tensor, name: str) -> None:
        self._radar, self._name = torch.from_numpy(windows.radar), name
        self._optical = torch.from_numpy(unit_rows(windows.optical - mean.numpy()))

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> dict[str, float]:
        """Return mean recall in percent."""
        device = next(network.parameters()).device
        with torch.autocast(device.type, enabled=False):
            radar, optical = network(self._radar.to(device), self._optical.to(device))
        scores = (radar @ optical.T).cpu().numpy()
        return {f"{self._name}_crossed": recall(scores, np.arange(len(scores)), resamples=1).mean}


def train_adapter(
    recipe: AdapterRecipe, data: Path, out: Path, fabric: Fabric, *, resume: bool, listener: Listener
) -> TrainingReport:
    """Join two encoders on co-registered pairs, write the model to `out/best`, and say what it came to."""
    recipe.require_eyes()
    recipe = replace(recipe, data=replace(recipe.data, set=recipe.data.set or set_in(data)))
    optical, radar = load_model(recipe.model.image), load_model(recipe.model.radar)
    require_joinable(optical.card, radar.card)
    for eye in (optical, radar):
        place(eye, "cuda" if fabric.device.type == "cuda" else "cpu")
    windows, seen, name, sensor = _vectors(recipe, data, out, optical, radar)
    mean = torch.from_numpy(windows.optical.mean(axis=0))
    torch.manual_seed(recipe.seed)
    sizes = _sizes(recipe, windows)
    head = Adapter(recipe.model.head, **sizes, dropout=recipe.optimiser.dropout)
    run = Run(recipe, fabric, AdapterObjective(head, recipe.model.head, recipe.loss), out)
    if resume:
        run.resume()
    (out / "recipe.json").write_text(json.dumps(recipe.to_json(), indent=2) + "\n")
    batches = VectorBatches(windows, mean, recipe, rank=fabric.global_rank, world=fabric.world_size)
    listener.expect(recipe.optimiser.epochs * len(batches) * recipe.data.batch)
    keeper = _Keeper(run, recipe, windows, mean, (optical, radar), sensor, listener)
    run.train(batches, [AdapterExam(seen, mean, name)], keeper)
    return report_of(run, images=windows.places, captions=0)


def _vectors(
    recipe: AdapterRecipe, data: Path, out: Path, optical: Model, radar: Model
) -> tuple[Windows, Windows, str, str]:
    """Return what both encoders make of train windows and whole val places, and which sensor the optical one saw."""
    taught, val = (load_pairs(recipe.data.set, data, split=split) for split in ("train", "val"))
    eyes = json.dumps([[each.card.name, each.card.version, each.card.weights_sha256] for each in (optical, radar)])
    cache = out / "cache" / hashlib.sha256(eyes.encode()).hexdigest()[:12]
    windows = windows_of(taught, recipe, radar, optical, cache)
    seen = windows_of(val, recipe, radar, optical, cache, whole=True)
    return windows, seen, val.name, read_pixels(val, 0, "s2").sensor


def _sizes(recipe: AdapterRecipe, windows: Windows) -> dict[str, int]:
    return {
        "radar": windows.radar.shape[1],
        "optical": windows.optical.shape[1],
        "hidden": recipe.model.hidden,
        "joint": recipe.model.joint,
    }


class _Keeper:
    """Writes the model folder whenever an epoch is the best so far, and passes the news on."""

    def __init__(
        self,
        run: Run,
        recipe: AdapterRecipe,
        windows: Windows,
        mean: Tensor,
        eyes: tuple[Model, Model],
        sensor: str,
        watcher: Listener,
    ) -> None:
        self._run, self._recipe, self._windows, self._mean = run, recipe, windows, mean
        self._eyes, self._sensor, self._watcher = eyes, sensor, watcher

    def step(self, images: int, losses: dict[str, float]) -> None:
        self._watcher.step(images, losses)

    def epoch(self, epoch: Epoch, best: bool) -> None:
        if best:
            network = cast(Adapter, self._run.average.network)
            save_checkpoint(
                self._run.out / BEST,
                _card(self._recipe, self._windows, *self._eyes, self._sensor, epoch),
                {**network.state_dict(), MEAN: self._mean},
                settings={"head": self._recipe.model.head, **_sizes(self._recipe, self._windows)},
            )
        self._watcher.epoch(epoch, best)


def _card(
    recipe: AdapterRecipe, windows: Windows, optical: Model, radar: Model, sensor: str, epoch: Epoch
) -> ModelCard:
    see, hear = optical.card, radar.card
    is_bridge = recipe.model.head == BRIDGE
    joined = [name for name in see.comparable_with(sensor) if name != RADAR]  # the space that radar was led into
    names = {OPTICAL: recipe.model.image, "radar": recipe.model.radar}
    return ModelCard(
        name=f"{recipe.name}-{see.name}-{hear.name}",
        version="1",
        summary=f"'{see.name}' and '{hear.name}' joined by a {recipe.model.head} head",
        dimensions=windows.optical.shape[1] if is_bridge else recipe.model.joint,
        sensors={**{name: see.sensors[name] for name in joined}, RADAR: hear.sensors[RADAR]},
        reads_text=see.reads_text and is_bridge,
        chip_size=max(see.chip_size, hear.chip_size),
        units={**see.units, **({RADAR: hear.units[RADAR]} if RADAR in hear.units else {})},
        ground_resolution_m={**hear.ground_resolution_m, **see.ground_resolution_m},
        training_data=(
            f"{recipe.data.set}, train split: {windows.places:,} places without words; seed {recipe.seed}, "
            f"{epoch.epoch + 1} of {recipe.optimiser.epochs} epochs; '{see.name}' and '{hear.name}' frozen"
        ),
        licence=" and ".join(dict.fromkeys([see.licence, hear.licence])),
        figures={f"{name}_val_mean_recall": round(value, 2) for name, value in epoch.recalls.items()},
        limits=LIMITS[recipe.model.head],
        options={"learns": LEARNS, "eyes": eyes_of(see, hear, names), "recipe": recipe.to_json()},
    )
