"""A whole run across sensors, from a recipe to a model folder."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from satseek.core.errors import ModelError
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import CoRegisteredSet
from satseek.datasets.joined_pairs import JoinedPairs
from satseek.models.backbones.catalogue import freeze_filters
from satseek.models.backbones.imagenet import fill_from_imagenet, is_imagenet
from satseek.models.checkpoint import load_checkpoint, save_checkpoint
from satseek.models.sscm.model import MEANS
from satseek.models.sscm.network import Sscm
from satseek.training.across.batches import PairBatches
from satseek.training.across.card import card_of_pair_run
from satseek.training.across.exam import PairExam
from satseek.training.across.lessons import PairLessons, lessons_of
from satseek.training.across.objective import PairObjective
from satseek.training.across.settings import PairRecipe
from satseek.training.curve import Epoch
from satseek.training.loop import Run, gather_of
from satseek.training.painted import painted_like
from satseek.training.report import BEST, Listener, TrainingReport, report_of

log = logging.getLogger(__name__)


def train_pairs(
    recipe: PairRecipe, data: Path, out: Path, fabric: Fabric, *, resume: bool, listener: Listener
) -> TrainingReport:
    """Train a recipe on co-registered pairs, write the best model to `out/best`, and say what it came to."""
    cache = out / "cache"
    lessons = lessons_of(_taught(recipe, data, cache), recipe, cache)
    val = lessons_of(load_pairs(recipe.data.set, data, split="val"), recipe, cache)
    torch.manual_seed(recipe.seed)
    network = starting_pair_network(recipe, data)
    objective = PairObjective(network, recipe.loss, gather=gather_of(fabric))
    out.mkdir(parents=True, exist_ok=True)
    run = Run(recipe, fabric, objective, out)
    if resume and not run.resume():
        log.info("%s holds nothing to go on from; the run begins anew", out)
    (out / "recipe.json").write_text(json.dumps(recipe.to_json(), indent=2) + "\n")
    batches = PairBatches(lessons, recipe, rank=fabric.global_rank, world=fabric.world_size)
    listener.expect(recipe.optimiser.epochs * len(batches) * recipe.data.batch)
    exam = PairExam(lessons, val, recipe)
    run.train(batches, [exam], _Keeper(run, recipe, lessons, exam, listener))
    return report_of(run, images=len(lessons), captions=0)


def _taught(recipe: PairRecipe, data: Path, cache: Path) -> CoRegisteredSet:
    """Return the places to learn from: those of the set, and painted ones beside them where the recipe wants some."""
    pairs = load_pairs(recipe.data.set, data, split="train")
    if not recipe.data.painted:
        return pairs
    return JoinedPairs([pairs, painted_like(pairs, recipe.data.painted, cache)])


def starting_pair_network(recipe: PairRecipe, data: Path) -> Sscm:
    """Return the network with the weights that the run begins with."""
    settings = recipe.optimiser
    network = Sscm(recipe.model)
    if is_imagenet(settings.start_from):
        for trunk in network.trunks:
            fill_from_imagenet(
                getattr(trunk, "backbone", None), recipe.model.backbone, settings.start_from, [data, data.parent]
            )
    elif settings.start_from:
        _go_on_from(network, Path(settings.start_from))
    for trunk in network.trunks:
        backbone: Any = getattr(trunk, "backbone", None)
        if settings.frozen_blocks:
            backbone.freeze_first(settings.frozen_blocks)
        if settings.frozen_filters:
            freeze_filters(backbone, recipe.model.backbone)
    return network.to(memory_format=torch.channels_last)


def _go_on_from(network: Sscm, folder: Path) -> None:
    theirs = {name: tensor.float() for name, tensor in load_checkpoint(folder).tensors.items()}
    ours = network.state_dict()
    odd = [name for name, tensor in theirs.items() if name in ours and ours[name].shape != tensor.shape]
    if odd:
        raise ModelError(f"The model in {folder} has another shape of {odd[0]}; make the recipe's [model] agree.")
    network.load_state_dict({name: tensor for name, tensor in theirs.items() if name in ours}, strict=False)


class _Keeper:
    """Writes the model folder whenever an epoch is the best so far, and passes the news on."""

    def __init__(self, run: Run, recipe: PairRecipe, lessons: PairLessons, exam: PairExam, watcher: Listener) -> None:
        self._run, self._recipe, self._lessons, self._exam, self._watcher = run, recipe, lessons, exam, watcher

    def step(self, images: int, losses: dict[str, float]) -> None:
        self._watcher.step(images, losses)

    def epoch(self, epoch: Epoch, best: bool) -> None:
        if best:
            means = {MEANS + sensor: mean for sensor, mean in self._exam.means.items()}
            save_checkpoint(
                self._run.out / BEST,
                card_of_pair_run(self._recipe, self._lessons, self._exam, epoch=epoch.epoch, figures=epoch.recalls),
                {**self._run.average.network.state_dict(), **means},
                settings=self._recipe.model.to_json(),
            )
        self._watcher.epoch(epoch, best)
