"""The loop: batches, losses, steps, an exam after each epoch, and everything needed to go on after a kill."""

from __future__ import annotations

import csv
import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from satseek.core.errors import ModelError
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.average import Average
from satseek.training.batches import Batches
from satseek.training.exam import Exam, mean_recall, scores_of
from satseek.training.objective import Objective
from satseek.training.schedule import learning_rate_share, optimiser_of
from satseek.training.settings import Recipe

log = logging.getLogger(__name__)


@dataclass
class Epoch:
    """What one epoch came to."""

    epoch: int
    losses: dict[str, float]
    recalls: dict[str, float] = field(default_factory=dict)  # exam -> mean recall
    images_per_second: float = 0.0
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """The mean over the exams, by which the best epoch is chosen; -inf where none was held."""
        return sum(self.recalls.values()) / len(self.recalls) if self.recalls else -math.inf


class TrainingBroke(ModelError):
    """A loss that is no number; the last good checkpoint is kept."""


class Run:
    """One training run: its weights, how far it is, and where it writes."""

    def __init__(self, recipe: Recipe, fabric: Fabric, objective: Objective, vocabulary: Vocabulary, out: Path) -> None:
        self.recipe, self.fabric, self.vocabulary, self.out = recipe, fabric, vocabulary, out
        self.plain = objective
        keep = recipe.optimiser.average
        self.average = Average(objective.network, keep)
        optimiser = optimiser_of(objective, recipe.optimiser)
        self.objective, self.optimiser = fabric.setup(objective, optimiser)
        self.average.network.to(fabric.device)
        self.history: list[Epoch] = []
        self.step = 0

    @property
    def last(self) -> Path:
        """The file to go on from."""
        return self.out / "last.ckpt"

    def resume(self) -> bool:
        """Go back to the end of the last whole epoch; False where there is none."""
        if not self.last.exists():
            return False
        state = torch.load(self.last, map_location=self.fabric.device, weights_only=True)
        self.plain.load_state_dict(state["objective"])
        self.average.network.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        self.history = [Epoch(**each) for each in state["history"]]
        return True

    def train(
        self,
        batches: Batches,
        exams: Sequence[Exam],
        *,
        on_step: Callable[[int, dict[str, float]], None] | None = None,
        on_epoch: Callable[[Epoch, bool], None] | None = None,
    ) -> None:
        """Train to the recipe's last epoch; `on_epoch` hears of each, and whether it is the best so far."""
        for epoch in range(len(self.history), self.recipe.optimiser.epochs):
            done = self._one_epoch(epoch, batches, on_step)
            if (epoch + 1) % self.recipe.data.choose_every == 0 or epoch + 1 == self.recipe.optimiser.epochs:
                done.recalls = {exam.name: self._recall(exam) for exam in exams}
            best = done.score > max((each.score for each in self.history), default=-math.inf)
            self.history.append(done)
            self._save()
            if on_epoch is not None:
                on_epoch(done, best)

    def _one_epoch(self, epoch: int, batches: Batches, on_step: Any) -> Epoch:
        torch.manual_seed(self.recipe.seed * 100_003 + epoch)  # dropout: the same after a resume
        self.objective.train()
        settings, sums, seen, began = self.recipe.optimiser, {}, 0, time.perf_counter()
        steps_per_epoch = math.ceil(len(batches) / settings.accumulate)
        for index, batch in enumerate(batches.epoch(epoch, self.fabric.device, self._begin)):
            stepping = (index + 1) % settings.accumulate == 0 or index + 1 == len(batches)
            with self.fabric.no_backward_sync(self.objective, enabled=not stepping):
                losses = self.objective(batch)
                self.fabric.backward(losses["loss"] / settings.accumulate)
            values = {name: float(loss.detach()) for name, loss in losses.items()}
            if not math.isfinite(values["loss"]):
                raise TrainingBroke(
                    f"The loss became {values['loss']} at step {self.step + 1} (epoch {epoch + 1}). The last good "
                    f"checkpoint is kept in {self.out}. Lower optimiser.learning_rate and go on with --resume."
                )
            if stepping:
                self._step(steps_per_epoch)
            seen += len(batch.images)
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + value
            if on_step is not None:
                on_step(len(batch.images), values)
        spent = time.perf_counter() - began
        return Epoch(epoch, {name: total / len(batches) for name, total in sums.items()}, {}, seen / spent, spent)

    @torch.no_grad()
    def _begin(self, images: Tensor) -> Tensor:
        with self.fabric.autocast():
            return self.plain.network.image.begin(images, self.recipe.optimiser.frozen_blocks)

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

    def _recall(self, exam: Exam) -> float:
        with self.fabric.autocast():
            scores = scores_of(self.average.network, self.vocabulary, exam, self.recipe.data.image_size)
        return mean_recall(scores, exam.owners)

    def _save(self) -> None:
        state = {
            "objective": self.plain.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "history": [vars(each) for each in self.history],
        }
        if self.fabric.is_global_zero:
            fresh = self.last.with_suffix(".new")
            torch.save(state, fresh)
            os.replace(fresh, self.last)  # whole or not at all, even when killed here
            self._write_curve()

    def _write_curve(self) -> None:
        exams = dict.fromkeys(name for each in self.history for name in each.recalls)
        with open(self.out / "curve.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            losses = list(self.history[0].losses)
            writer.writerow(["epoch", *losses, *exams, "mean_recall", "images_per_second", "seconds"])
            for each in self.history:
                score = {"mean_recall": each.score} if each.recalls else {}
                values = each.losses | each.recalls | score
                row = [f"{values[name]:.4f}" if name in values else "" for name in (*losses, *exams, "mean_recall")]
                writer.writerow([each.epoch + 1, *row, f"{each.images_per_second:.1f}", f"{each.seconds:.1f}"])
