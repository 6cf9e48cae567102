"""A whole run, from a recipe to a model folder: `train` is what the command line calls."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from lightning_fabric import Fabric

from satseek.core.errors import ModelError, UsageError
from satseek.losses.dynamic_margin import dynamic_margin
from satseek.losses.prior_similarity import PriorSimilarity
from satseek.models.amfmn.network import Amfmn
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.backbones.catalogue import freeze_filters
from satseek.models.backbones.imagenet import fill_from_imagenet, is_imagenet
from satseek.models.checkpoint import load_checkpoint, save_checkpoint
from satseek.training.across.settings import PairRecipe
from satseek.training.across.teach import train_pairs
from satseek.training.adapter.settings import AdapterRecipe
from satseek.training.adapter.teach import train_adapter
from satseek.training.batches import Batch, Batches
from satseek.training.bridge.settings import BridgeRecipe
from satseek.training.bridge.teach import train_bridge
from satseek.training.card import card_of_run
from satseek.training.curve import Epoch
from satseek.training.exam import CaptionExam
from satseek.training.lessons import Lessons, load_exams, load_lessons
from satseek.training.loop import LAST, Run, fabric_of, gather_of
from satseek.training.objective import Objective
from satseek.training.report import BEST, Listener, Silent, TrainingReport, report_of
from satseek.training.settings import Recipe

log = logging.getLogger(__name__)


def train(
    recipe: Recipe | PairRecipe | BridgeRecipe,
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
    fabric = fabric_of(device, devices, precision)
    with _tiny_numbers_as_zero():
        if isinstance(recipe, PairRecipe):
            return train_pairs(recipe, data, out, fabric, resume=resume, listener=listener)
        if isinstance(recipe, AdapterRecipe):
            return train_adapter(recipe, data, out, fabric, resume=resume, listener=listener)
        if isinstance(recipe, BridgeRecipe):
            return train_bridge(recipe, data, out, fabric, resume=resume, listener=listener)
        return _train_captions(recipe, data, out, fabric, images=images, resume=resume, listener=listener)


@contextmanager
def _tiny_numbers_as_zero() -> Iterator[None]:
    """Spare the processor numbers too small to matter, which take it a hundred times as long; then let it be exact."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _train_captions(
    recipe: Recipe, data: Path, out: Path, fabric: Fabric, *, images: Path | None, resume: bool, listener: Listener
) -> TrainingReport:
    lessons = load_lessons(recipe.data, data, images, split="train", cache=out / "cache")
    exams = load_exams(recipe.data, data, images, cache=out / "cache")
    torch.manual_seed(recipe.seed)
    vocabulary = starting_vocabulary(recipe, lessons)
    network = starting_network(recipe, vocabulary, data)
    objective = Objective(network, recipe.loss, len(lessons.classes), gather=gather_of(fabric))
    out.mkdir(parents=True, exist_ok=True)
    run = Run(recipe, fabric, objective, out)
    if resume and not run.resume():
        log.info("%s holds nothing to go on from; the run begins anew", out)
    (out / "recipe.json").write_text(json.dumps(recipe.to_json(), indent=2) + "\n")
    batches = Batches(
        lessons,
        vocabulary,
        recipe,
        rank=fabric.global_rank,
        world=fabric.world_size,
        begin=partial(_begun, run, network, recipe.optimiser.frozen_blocks),
        margin=_margin(recipe, lessons),
    )
    listener.expect(recipe.optimiser.epochs * len(batches) * recipe.data.batch * fabric.world_size)
    tests = [CaptionExam(vocabulary, exam, recipe.data.image_size) for exam in exams]
    run.train(batches, tests, _Keeper(run, recipe, vocabulary, lessons, listener))
    return report_of(run, images=len(lessons), captions=len(lessons.told.captions))


@torch.no_grad()
def _begun(run: Run, network: Amfmn, blocks: int, images: torch.Tensor) -> torch.Tensor:
    with run.fabric.autocast():
        return network.image.begin(images, blocks)


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
    if is_imagenet(settings.start_from):
        fill_from_imagenet(network.image.backbone, recipe.model.backbone, settings.start_from, [data])
    elif settings.start_from:
        _go_on_from(network, Path(settings.start_from))
    network.image.backbone.freeze_first(settings.frozen_blocks)
    if settings.frozen_filters:
        freeze_filters(network.image.backbone, recipe.model.backbone)
    if recipe.teaches == "keywords":
        network.requires_grad_(False)
        network.keyword.requires_grad_(True)
        network.joint.requires_grad_(True)
    if recipe.data.kept_variants and network.image.salience is not None:
        network.image.salience.freeze_lowered()
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

    def __init__(self, run: Run, recipe: Recipe, vocabulary: Vocabulary, lessons: Lessons, watcher: Listener) -> None:
        self._run, self._recipe, self._vocabulary = run, recipe, vocabulary
        self._lessons, self._watcher = lessons, watcher

    def step(self, images: int, losses: dict[str, float]) -> None:
        self._watcher.step(images, losses)

    def epoch(self, epoch: Epoch, best: bool) -> None:
        if best:
            run = self._run
            card = card_of_run(self._recipe, self._lessons, epoch=epoch.epoch, recalls=epoch.recalls)
            save_checkpoint(
                run.out / BEST,
                card,
                run.average.network.state_dict(),
                settings=self._recipe.model.to_json(),
                vocabulary=self._vocabulary.to_json(),
            )
        self._watcher.epoch(epoch, best)
