"""A whole run of a bridge, through the same loop as every other: batches of vectors, an exam, the best kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.core.sensor import SENSORS
from satseek.core.vectors import unit_rows
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import DECIBEL, REFLECTANCE, TRUE_COLOUR, CoRegisteredSet
from satseek.evaluation.metrics import recall
from satseek.losses.discrepancy import discrepancy
from satseek.losses.info_nce import info_nce
from satseek.models.bridge import MEANS, OPTICAL, Bridge, eyes_of
from satseek.models.catalogue import load_model
from satseek.models.checkpoint import save_checkpoint
from satseek.training.bridge.settings import BridgeLoss, BridgeRecipe
from satseek.training.bridge.windows import Windows, together, windows_of
from satseek.training.curve import Epoch
from satseek.training.loop import Run
from satseek.training.painted import PaintedPairs, painted_pairs
from satseek.training.report import BEST, Listener, TrainingReport, report_of

LIMITS = (
    "Words reach radar only as far as they reach the optical picture of the same ground, which the text-optical model "
    "was taught with much finer pixels: kinds of land (built up, fields, hills, bare ground) more than single things. "
    "No radar caption was learnt or tested; how far both rankings agree is what was measured. For the same place "
    "across sensors the radar model itself is much better."
)


class VectorBatch(NamedTuple):
    """Radar vectors and the optical vectors of the same ground, the optical mean taken off."""

    radar: Tensor
    optical: Tensor

    @property
    def shown(self) -> int:
        """How many windows it shows."""
        return len(self.radar)


class VectorBatches:
    """Deals the windows out, in another order each epoch, never two windows of one place as each other's negatives."""

    def __init__(self, windows: Windows, mean: Tensor, recipe: BridgeRecipe, *, rank: int = 0, world: int = 1) -> None:
        self._radar = torch.from_numpy(windows.radar)
        self._optical = functional.normalize(torch.from_numpy(windows.optical) - mean, dim=1)
        self._places, self._recipe = windows.places, recipe
        self._rank, self._world = rank, world

    def __len__(self) -> int:
        return max(self._places // (self._recipe.data.batch * self._world), 1) * self._recipe.data.views

    def epoch(self, epoch: int, device: torch.device | str = "cpu") -> Iterator[VectorBatch]:
        """Go through the batches of one epoch: each view of all places in turn."""
        random = np.random.default_rng([self._recipe.seed, epoch])
        size = min(self._recipe.data.batch, self._places)
        for view in random.permutation(self._recipe.data.views):
            order = torch.from_numpy(random.permutation(self._places))
            for step in range(len(self) // self._recipe.data.views):
                start = (step * self._world + self._rank) * size
                rows = int(view) * self._places + order[start : start + size]
                yield VectorBatch(self._radar[rows].to(device), self._optical[rows].to(device))


class BridgeObjective(nn.Module):
    """The head, and InfoNCE with mean(1 − cos)."""

    def __init__(self, network: Bridge, settings: BridgeLoss) -> None:
        super().__init__()
        self.network: nn.Module = network
        self.settings = settings
        self.log_scale = nn.Parameter(torch.tensor(1 / settings.temperature).log())

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """Go through nothing: both models are frozen and have been asked already."""
        yield from ()

    def forward(self, batch: VectorBatch) -> dict[str, Tensor]:
        """Return the losses by name; `loss` is their weighted sum."""
        radar, optical = batch.radar.float(), batch.optical.float()  # mixed precision hands them over in half
        with torch.autocast(radar.device.type, enabled=False):
            crossed = self.network(radar)
            same = torch.eye(len(crossed), dtype=torch.bool, device=crossed.device)
            pairs = info_nce(crossed @ optical.T, same, scale=self.log_scale.exp().clamp(max=50))
            gap = discrepancy([crossed, optical], form="one_minus_cos")
        return {"loss": pairs + self.settings.one_minus_cos * gap, "pairs": pairs, "gap": gap}


class BridgeExam:
    """Recall between crossed radar and optical vectors of val places."""

    def __init__(self, windows: Windows, mean: Tensor, name: str) -> None:
        self._radar, self._name = torch.from_numpy(windows.radar), name
        self._optical = unit_rows(windows.optical - mean.numpy())

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> dict[str, float]:
        """Return mean recall in percent."""
        device = next(network.parameters()).device
        crossed = unit_rows(network(self._radar.to(device)).float().cpu().numpy())
        found = recall(crossed @ self._optical.T, np.arange(len(crossed)), resamples=1)
        return {f"{self._name}_crossed": found.mean}


def train_bridge(
    recipe: BridgeRecipe, data: Path, out: Path, fabric: Fabric, *, resume: bool, listener: Listener
) -> TrainingReport:
    """Train a bridge from `sscm` to `amfmn` on co-registered pairs, and say what it came to."""
    optical, radar = load_model("amfmn"), load_model("sscm")
    taught, val = (load_pairs(recipe.data.set, data, split=split) for split in ("train", "val"))
    windows = windows_of(taught, recipe, radar, optical, out / "cache")
    if recipe.data.painted:
        painted = _painted(recipe, taught, out / "cache")
        windows = together([windows, windows_of(painted, recipe, radar, optical, out / "cache")])
    seen = windows_of(val, recipe, radar, optical, out / "cache", whole=True)
    mean = torch.from_numpy(windows.optical.mean(axis=0))
    torch.manual_seed(recipe.seed)
    shape = (windows.radar.shape[1], recipe.model.hidden, windows.optical.shape[1])
    objective = BridgeObjective(Bridge(*shape, dropout=recipe.optimiser.dropout), recipe.loss)
    run = Run(recipe, fabric, objective, out)
    if resume:
        run.resume()
    (out / "recipe.json").write_text(json.dumps(recipe.to_json(), indent=2) + "\n")
    batches = VectorBatches(windows, mean, recipe, rank=fabric.global_rank, world=fabric.world_size)
    listener.expect(recipe.optimiser.epochs * len(batches) * recipe.data.batch)
    run.train(
        batches, [BridgeExam(seen, mean, val.name)], _Keeper(run, recipe, windows, mean, (optical, radar), listener)
    )
    return report_of(run, images=windows.places, captions=0)


def _painted(recipe: BridgeRecipe, pairs: CoRegisteredSet, cache: Path) -> PaintedPairs:
    """Return painted places of one window each, in the units that archives deliver."""
    return painted_pairs(
        recipe.data.painted,
        cache,
        bands={"s1": SENSORS.get("s1").band_names, "s2": TRUE_COLOUR},
        units={"s1": DECIBEL, "s2": REFLECTANCE},
        size=min(round(recipe.data.window_m / pairs.ground_resolution_m), pairs.size),
        metres=pairs.ground_resolution_m,
    )


class _Keeper:
    """Writes the model folder whenever an epoch is the best so far, and passes the news on."""

    def __init__(
        self,
        run: Run,
        recipe: BridgeRecipe,
        windows: Windows,
        mean: Tensor,
        eyes: tuple[Model, Model],
        watcher: Listener,
    ) -> None:
        self._run, self._recipe, self._windows, self._mean = run, recipe, windows, mean
        self._eyes, self._watcher = eyes, watcher

    def step(self, images: int, losses: dict[str, float]) -> None:
        self._watcher.step(images, losses)

    def epoch(self, epoch: Epoch, best: bool) -> None:
        if best:
            network = cast(Bridge, self._run.average.network)
            inside, outside = self._windows.radar.shape[1], self._windows.optical.shape[1]
            save_checkpoint(
                self._run.out / BEST,
                _card(self._recipe, self._windows.places, *self._eyes, epoch),
                {**network.state_dict(), MEANS + OPTICAL: self._mean},
                settings={"inside": inside, "hidden": self._recipe.model.hidden, "outside": outside},
            )
        self._watcher.epoch(epoch, best)


def _card(recipe: BridgeRecipe, places: int, optical: Model, radar: Model, epoch: Epoch) -> ModelCard:
    see, hear = optical.card, radar.card
    painted = f", {recipe.data.painted:,} of them painted" if recipe.data.painted else ""
    return ModelCard(
        name=recipe.name,
        version="1",
        summary=recipe.summary,
        dimensions=see.dimensions,
        sensors={**see.sensors, "s1": hear.sensors["s1"]},
        reads_text=True,
        chip_size=hear.chip_size,
        units={**see.units, "s1": "dB"},
        ground_resolution_m={**hear.ground_resolution_m, **see.ground_resolution_m},
        training_data=(
            f"{recipe.data.set}, train split: {places:,} places without words{painted}; recipe '{recipe.name}', "
            f"seed {recipe.seed}, {epoch.epoch + 1} of {recipe.optimiser.epochs} epochs; '{see.name}' and "
            f"'{hear.name}' frozen"
        ),
        figures={f"{name}_val_mean_recall": round(value, 2) for name, value in epoch.recalls.items()},
        limits=LIMITS,
        options={"learns": "bridge", "eyes": eyes_of(see, hear), "recipe": recipe.to_json()},
    )
