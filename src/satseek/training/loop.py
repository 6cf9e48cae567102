"""The loop: batches, losses, steps, an exam after each epoch, and all that is needed to go on after a kill."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

from satseek.core.errors import ModelError, UsageError
from satseek.training.average import Average
from satseek.training.curve import Epoch, write_csv, write_png
from satseek.training.schedule import learning_rate_share, optimiser_of
from satseek.training.settings import OptimiserSettings

LAST = "last.ckpt"


class TrainingBroke(ModelError):
    """A loss that is no number; the last good checkpoint is kept."""


class Watcher(Protocol):
    """Who wants to hear how a run goes."""

    def step(self, images: int, losses: dict[str, float]) -> None:
        """Hear of a batch."""
        ...

    def epoch(self, epoch: Epoch, best: bool) -> None:
        """Hear of an epoch, and whether it is the best so far."""
        ...


class AnyRecipe(Protocol):
    """What the loop must know of a recipe, whatever it teaches."""

    @property
    def name(self) -> str:
        """What the recipe is called."""
        ...

    @property
    def seed(self) -> int:
        """What every random choice follows from."""
        ...

    @property
    def optimiser(self) -> OptimiserSettings:
        """How the weights move."""
        ...

    @property
    def choose_every(self) -> int:
        """Epochs between exams."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        ...


class AnyBatch(Protocol):
    """What the objective takes its losses from."""

    @property
    def shown(self) -> int:
        """How many pictures, or places, it shows."""
        ...


class AnyBatches(Protocol):
    """Deals out an epoch, the same for the same seed and epoch."""

    def __len__(self) -> int: ...

    def epoch(self, epoch: int, device: torch.device | str = "cpu") -> Iterator[AnyBatch]:
        """Go through the batches of one epoch."""
        ...


class AnyObjective(Protocol):
    """A module that turns a batch into losses by name, `loss` their sum, and holds the network that is taught."""

    @property
    def network(self) -> Any:
        """What is taught."""
        ...

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """Go through the weights that move at the backbone's rate."""
        ...


class Exam(Protocol):
    """Says how good a network is, by name; the mean of the figures picks the best epoch."""

    def __call__(self, network: nn.Module) -> Mapping[str, float]:
        """Return the figures, in percent."""
        ...


class Run:
    """One training run: its weights, how far it is, and where it writes."""

    def __init__(
        self,
        recipe: AnyRecipe,
        fabric: Fabric,
        objective: AnyObjective,
        out: Path,
    ) -> None:
        self.recipe, self.fabric, self.out = recipe, fabric, out
        self.plain = cast(Any, objective)  # what fabric wraps must be a module, and this is one
        if fabric.world_size > 1 and fabric.device.type == "cuda":  # else each device would norm by its own share
            nn.SyncBatchNorm.convert_sync_batchnorm(self.plain)  # type: ignore[no-untyped-call]
        self.average = Average(objective.network, recipe.optimiser.average)
        self.objective, self.optimiser = fabric.setup(self.plain, optimiser_of(self.plain, recipe.optimiser))
        self.average.network.to(fabric.device)
        self.history: list[Epoch] = []
        self.step = 0

    def resume(self) -> bool:
        """Go back to the end of the last whole epoch; False where there is none."""
        path = self.out / LAST
        if not path.exists():
            return False
        try:
            state = torch.load(path, map_location=self.fabric.device, weights_only=True)
            if state["recipe"] != _what_must_agree(self.recipe):
                raise ModelError(
                    f"{path} was written with other settings than asked for now. Go on with the same recipe and "
                    "--set, or choose another --out."
                )
            self.plain.load_state_dict(state["objective"])
            self.average.network.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (OSError, RuntimeError, ValueError, KeyError, EOFError, UnpicklingError) as error:
            raise ModelError(f"Cannot go on from {path}: {error}. Remove it to begin anew.") from error
        self.step = state["step"]
        self.history = [Epoch(**each) for each in state["history"]]
        return True

    def train(self, batches: AnyBatches, exams: Sequence[Exam], watcher: Watcher) -> None:
        """Train to the recipe's last epoch."""
        every, settings = self.recipe.choose_every, self.recipe.optimiser
        last = min(settings.stop_after or settings.epochs, settings.epochs)
        for epoch in range(len(self.history), last):
            done = self._one_epoch(epoch, batches, watcher)
            if (epoch + 1) % every == 0 or epoch + 1 == last:
                done.recalls = self._examined(exams)
            best = done.score > max((each.score for each in self.history), default=-math.inf)
            self.history.append(done)
            if self.fabric.is_global_zero:
                watcher.epoch(done, best or (not exams and epoch + 1 == last))
                self._save()
            self.fabric.barrier()  # nobody goes on, or ends, before it is kept

    def _one_epoch(self, epoch: int, batches: AnyBatches, watcher: Watcher) -> Epoch:
        torch.manual_seed(self.recipe.seed * 100_003 + epoch)  # dropout: the same after a resume
        self.objective.train()
        accumulate = self.recipe.optimiser.accumulate
        sums: dict[str, float] = {}
        seen, began = 0, time.perf_counter()
        steps_per_epoch = math.ceil(len(batches) / accumulate)
        for index, batch in enumerate(batches.epoch(epoch, self.fabric.device)):
            stepping = (index + 1) % accumulate == 0 or index + 1 == len(batches)
            with self.fabric.no_backward_sync(self.objective, enabled=not stepping):
                losses = self.objective(batch)
                self.fabric.backward(losses["loss"] / accumulate)
            values = {name: float(loss.detach()) for name, loss in losses.items()}
            self._require_finite(values["loss"], epoch)
            if stepping:
                self._step(steps_per_epoch)
            seen += batch.shown
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + value
            watcher.step(batch.shown, values)
        spent = time.perf_counter() - began
        return Epoch(epoch, {name: total / len(batches) for name, total in sums.items()}, {}, seen / spent, spent)

    def _require_finite(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            kept = f"The last good checkpoint is kept in {self.out}" if self.history else "Nothing was kept yet"
            raise TrainingBroke(
                f"The loss became {loss} at step {self.step + 1} (epoch {epoch + 1}). {kept}. "
                "Lower optimiser.learning_rate and train again."
            )

    def _step(self, steps_per_epoch: int) -> None:
        settings = self.recipe.optimiser
        share = learning_rate_share(self.step, steps_per_epoch * settings.epochs, steps_per_epoch, settings)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * share
        if settings.clip_gradient:
            self.fabric.clip_gradients(self.objective, self.optimiser, max_norm=settings.clip_gradient)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.step += 1
        self.average.follow(self.plain.network, self.step)

    def _examined(self, exams: Sequence[Exam]) -> dict[str, float]:
        figures: dict[str, float] = {}
        with self.fabric.autocast(), torch.no_grad():
            for exam in exams:
                figures.update(exam(self.average.network))
        return figures

    def _save(self) -> None:
        state = {
            "recipe": _what_must_agree(self.recipe),
            "objective": self.plain.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "history": [vars(each) for each in self.history],
        }
        fresh = self.out / f"{LAST}.new"
        torch.save(state, fresh)
        os.replace(fresh, self.out / LAST)  # whole or not at all, even when killed here
        write_csv(self.out / "curve.csv", self.history)
        write_png(self.out / "curve.png", self.history)


def fabric_of(device: str, devices: int, precision: str) -> Fabric:
    """Return the devices that a run computes on, or say why they cannot be had."""
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("There is no CUDA device here. Use --device cpu or --device auto.")
    try:
        # heads and temperatures that a recipe switches off get no gradient, which DDP has to know
        strategy = "auto" if devices == 1 else DDPStrategy(find_unused_parameters=True)
        fabric = Fabric(accelerator=device, devices=devices, precision=precision, strategy=strategy)  # type: ignore[arg-type]
    except (ValueError, RuntimeError) as error:
        raise UsageError(f"Cannot train with --device {device} --devices {devices}: {error}") from error
    fabric.launch()
    return fabric


def gather_of(fabric: Fabric) -> Callable[[Tensor], Tensor] | None:
    """Return what brings the vectors of all devices together; None for one device.

    Every device then has the same loss; gradients come back summed over devices and are averaged with the weights'.
    """
    if fabric.world_size == 1:
        return None

    def gather(vectors: Tensor) -> Tensor:
        return cast(Tensor, fabric.all_gather(vectors, sync_grads=True)).flatten(0, 1)

    return gather


def _what_must_agree(recipe: AnyRecipe) -> dict[str, Any]:
    """Return the settings that a run that goes on must share with the one that stopped."""
    settings = recipe.to_json()
    settings.pop("summary")
    settings["data"].pop("memory_gb", None)
    return settings
