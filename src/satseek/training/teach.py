"""A whole run, from a recipe to a model folder: `train` is what the command line calls."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from lightning_fabric import Fabric

from satseek.core.errors import ModelError, UsageError
from satseek.losses.dynamic_margin import dynamic_margin
from satseek.losses.prior_similarity import PriorSimilarity
from satseek.models.amfmn.network import Amfmn
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.checkpoint import load_checkpoint, save_checkpoint
from satseek.training.batches import Batch, Batches
from satseek.training.card import card_of_run
from satseek.training.curve import Epoch
from satseek.training.lessons import Lessons, load_exams, load_lessons
from satseek.training.loop import LAST, Run, Watcher
from satseek.training.objective import Objective
from satseek.training.settings import Recipe

log = logging.getLogger(__name__)

BEST = "best"


@dataclass(frozen=True)
class TrainingReport:
    """What a run came to."""

    name: str
    out: str
    epochs: int
    best_epoch: int | None
    recalls: dict[str, float] = field(default_factory=dict)  # of the best epoch
    images: int = 0
    captions: int = 0
    parameters: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return vars(self) | {"recalls": {name: round(value, 3) for name, value in self.recalls.items()}}

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.parameters:,} parameters, {self.images:,} images, {self.captions:,} captions"]
        if self.best_epoch is not None:
            recalls = ", ".join(f"{name} {value:.2f}" for name, value in self.recalls.items())
            lines.append(f"best after epoch {self.best_epoch} of {self.epochs}: val mean recall {recalls}")
            lines.append(f"model in {Path(self.out) / BEST}")
        return "\n".join(lines)


class Listener(Watcher, Protocol):
    """A watcher that also hears how long it will take."""

    def expect(self, images: int) -> None:
        """Hear how many images the whole run will go through."""
        ...


class Silent:
    """A listener that says nothing."""

    def expect(self, images: int) -> None:
        """Say nothing."""

    def step(self, images: int, losses: dict[str, float]) -> None:
        """Say nothing."""

    def epoch(self, epoch: Epoch, best: bool) -> None:
        """Say nothing."""


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    images: Path | None = None,
    resume: bool = False,
    device: str = "auto",
    devices: int = 1,
    precision: str = "bf16-mixed",
    watcher: Listener | None = None,
) -> TrainingReport:
    """Train a recipe on data, write the best model to `out/best`, and say what it came to."""
    if (out / LAST).exists() and not resume:
        raise UsageError(f"{out} holds a run already. Go on with it by --resume, or choose another --out.")
    listener: Listener = watcher or Silent()
    fabric = _fabric(device, devices, precision)
    lessons = load_lessons(recipe.data, data, images, split="train", cache=out / "cache")
    exams = load_exams(recipe.data, data, images, cache=out / "cache")
    torch.manual_seed(recipe.seed)
    vocabulary = starting_vocabulary(recipe, lessons)
    network = starting_network(recipe, vocabulary, data)
    objective = Objective(network, recipe.loss, len(lessons.classes))
    out.mkdir(parents=True, exist_ok=True)
    run = Run(recipe, fabric, objective, vocabulary, out, margin=_margin(recipe, lessons))
    if resume and not run.resume():
        log.info("%s holds nothing to go on from; the run begins anew", out)
    (out / "recipe.json").write_text(json.dumps(recipe.to_json(), indent=2) + "\n")
    batches = Batches(lessons, vocabulary, recipe, rank=fabric.global_rank, world=fabric.world_size)
    listener.expect(recipe.optimiser.epochs * len(batches) * recipe.data.batch)
    run.train(batches, exams, _Keeper(run, lessons, listener))
    return _report(run, lessons, out)


def starting_vocabulary(recipe: Recipe, lessons: Lessons) -> Vocabulary:
    """Return the words of the model that is gone on from, or of the captions."""
    place = Path(recipe.optimiser.start_from)
    if recipe.optimiser.start_from and place.is_dir():
        known = load_checkpoint(place).vocabulary
        if known is not None:
            return Vocabulary.from_json(known)
    model, data = recipe.model, recipe.data
    return Vocabulary.of_sentences(lessons.told.captions, seen_at_least=data.seen_at_least, buckets=model.buckets)


def starting_network(recipe: Recipe, vocabulary: Vocabulary, data: Path) -> Amfmn:
    """Return the network with the weights that the run begins with, frozen where the recipe says so."""
    settings = recipe.optimiser
    network = Amfmn(recipe.model, vocabulary.size, dropout=settings.dropout, word_dropout=recipe.augment.word_dropout)
    if settings.start_from.endswith(".npz"):
        places = [Path(settings.start_from), data / settings.start_from]
        place = next((each for each in places if each.is_file()), places[0])
        load = getattr(network.image.backbone, "load_imagenet", None)
        if load is None:
            raise UsageError(f"'{settings.start_from}' holds weights of mobilenetv2, not of {recipe.model.backbone}.")
        load(place)
    elif settings.start_from:
        _go_on_from(network, Path(settings.start_from))
    network.image.backbone.freeze_first(settings.frozen_blocks)
    return network.to(memory_format=torch.channels_last)


def _go_on_from(network: Amfmn, folder: Path) -> None:
    """Take over all weights that fit; parts that the other model has not got begin anew."""
    theirs = {name: tensor.float() for name, tensor in load_checkpoint(folder).tensors.items()}
    ours = network.state_dict()
    odd = [name for name, tensor in theirs.items() if name in ours and ours[name].shape != tensor.shape]
    if odd:
        raise ModelError(f"The model in {folder} has another shape of {odd[0]}; make the recipe's [model] agree.")
    network.load_state_dict(theirs, strict=False)
    fresh = sorted({".".join(name.split(".")[:2]) for name in set(ours) - set(theirs)})
    log.info("Going on from %s; begun anew: %s", folder, ", ".join(fresh) or "nothing")


def _fabric(device: str, devices: int, precision: str) -> Fabric:
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("There is no CUDA device here. Use --device cpu or --device auto.")
    try:
        fabric = Fabric(accelerator=device, devices=devices, precision=precision)  # type: ignore[arg-type]
    except (ValueError, RuntimeError) as error:
        raise UsageError(f"Cannot train with --device {device} --devices {devices}: {error}") from error
    fabric.launch()
    return fabric


def _margin(recipe: Recipe, lessons: Lessons) -> Callable[[Batch], torch.Tensor] | None:
    """Return L_ct's margin of every pair in a batch, where the recipe asks for it."""
    if recipe.loss.name != "dynamic_margin":
        return None
    told = lessons.told
    likeness = PriorSimilarity([image.captions for image in told.images])

    def margin(batch: Batch) -> torch.Tensor:
        alike = torch.from_numpy(likeness.of_batch(batch.captions, batch.chosen)).to(batch.positives.device)
        return dynamic_margin(alike, gamma=recipe.loss.margin, beta=recipe.loss.beta)

    return margin


class _Keeper:
    """Writes the model folder whenever an epoch is the best so far, and passes the news on."""

    def __init__(self, run: Run, lessons: Lessons, watcher: Listener) -> None:
        self._run, self._lessons, self._watcher = run, lessons, watcher

    def step(self, images: int, losses: dict[str, float]) -> None:
        self._watcher.step(images, losses)

    def epoch(self, epoch: Epoch, best: bool) -> None:
        if best:
            run = self._run
            card = card_of_run(run.recipe, self._lessons, epoch=epoch.epoch, recalls=epoch.recalls)
            save_checkpoint(
                run.out / BEST,
                card,
                run.average.network.state_dict(),
                settings=run.recipe.model.to_json(),
                vocabulary=run.vocabulary.to_json(),
            )
        self._watcher.epoch(epoch, best)


def _report(run: Run, lessons: Lessons, out: Path) -> TrainingReport:
    best = max(run.history, key=lambda each: each.score) if run.history else None
    return TrainingReport(
        name=run.recipe.name,
        out=str(out),
        epochs=len(run.history),
        best_epoch=None if best is None else best.epoch + 1,
        recalls={} if best is None else best.recalls,
        images=len(lessons),
        captions=len(lessons.told.captions),
        parameters=int(np.sum([parameter.numel() for parameter in run.plain.network.parameters()])),
        seconds=sum(each.seconds for each in run.history),
    )
