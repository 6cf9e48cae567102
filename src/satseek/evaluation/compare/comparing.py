"""A whole comparison: look through the sample, let every model see it, judge or set side by side, say who is best."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, SatSeekError, UsageError
from satseek.evaluation.compare.agree import agreement
from satseek.evaluation.compare.differ import differing_by_answers, differing_by_figures
from satseek.evaluation.compare.encode import Contender, Encoded, encoded, looked_through
from satseek.evaluation.compare.from_archive import STORED
from satseek.evaluation.compare.judged import judged
from satseek.evaluation.compare.kept import Kept
from satseek.evaluation.compare.labels import counted
from satseek.evaluation.compare.questions import LABELS, Asked, OwnQuery, asked_of
from satseek.evaluation.compare.report import Comparison
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.tasks import FEWEST_RIGHT, Task, tasks_of
from satseek.models.catalogue import card_of, load_model, model_for

MOST_NODATA = 0.5
NOTHING_KEPT = partial(Kept, None)
log = logging.getLogger(__name__)


class Told(Protocol):
    """Who hears how far it is."""

    def describe(self, text: str) -> None:
        """Hear what is done now."""
        ...

    def expect(self, total: int | None) -> None:
        """Hear how many steps there are in all."""
        ...

    def advance(self, count: int = 1) -> None:
        """Hear of steps done."""
        ...


class Nobody:
    """Nobody hears."""

    def describe(self, text: str) -> None:
        """Say nothing."""

    def expect(self, total: int | None) -> None:
        """Say nothing."""

    def advance(self, count: int = 1) -> None:
        """Say nothing."""


def contenders_of(names: Sequence[str], *, stored: ModelCard | None = None) -> list[Contender]:
    """Return the models of these names or folders, their cards read and nothing loaded.

    `stored` is the card of an archive whose vectors came without pictures: what `precomputed` stands for there.
    """
    return [
        Contender(name, stored, partial(model_for, stored))
        if name == STORED and stored is not None
        else Contender(name.rstrip("/") or name, card_of(name), partial(load_model, name))
        for name in dict.fromkeys(names)
    ]


def compare(
    contenders: Sequence[Contender],
    sample: Sample,
    *,
    by: str | None,
    labels_from: str | None = None,
    own: Sequence[OwnQuery] = (),
    notes: Sequence[str] = (),
    kept: Callable[[Sample], Kept] = NOTHING_KEPT,
    device: str = "cpu",
    seed: int = 0,
    told: Told | None = None,
) -> Comparison:
    """Return how the models do on one sample, `by` its labels or captions, or side by side where there are none."""
    began = time.perf_counter()
    told = told or Nobody()
    asked = asked_of(sample, own, by=by or "")
    _require_fitting(contenders, sample)
    told.expect(len(sample) * (len(contenders) + 1))
    told.describe("looking through the sample")
    whole = kept(sample)
    seen = looked_through(sample, whole, most_nodata=MOST_NODATA, on_done=told.advance)
    if len(seen) < 2:
        why = next(iter(seen.left_out.values()), "there are none")
        raise UsageError(f"Hardly one of the {len(sample):,} sampled chips can be read: {why}")
    if len(seen) < len(sample):
        asked = asked_of(seen, own, by=by or "")
    models, not_loaded = _encoded(contenders, seen, asked, kept(seen), device, told)
    results = tuple(judged(task, models, seed=seed) for task in _tasks(seen, asked))
    alike, apart = agreement(models, seen, asked, seed=seed) if len(models) > 1 else ([], [])
    if results:
        differing = differing_by_figures(results, models, seen, asked)
    else:
        differing = differing_by_answers(apart, models, seen, asked)
    return Comparison(
        seen,
        tuple(models),
        results,
        tuple(alike),
        tuple(differing),
        labels_from,
        (*notes, *_notes(seen, by, results)),
        not_loaded,
        seed,
        time.perf_counter() - began,
    )


def _require_fitting(contenders: Sequence[Contender], sample: Sample) -> None:
    """Raise `UsageError` where vectors came without pictures and a model would have to see them, or the other way."""
    for each in contenders:
        if each.card.name == STORED and sample.stored is None:
            raise UsageError(
                f"'{STORED}' stands for vectors that came with an archive, and {sample.name} "
                "holds none such. Leave it out."
            )
        if each.card.name != STORED and sample.stored is not None:
            raise UsageError(
                f"The vectors in {sample.name} came without pictures, so '{each.name}' has nothing to look at. "
                f"Ingest the imagery, or compare with --models {STORED} alone."
            )


def _encoded(
    contenders: Sequence[Contender], sample: Sample, asked: Asked, kept: Kept, device: str, told: Told
) -> tuple[list[Encoded], dict[str, str]]:
    """Let every model see the sample; one that cannot be loaded is left out, where another can."""
    models: list[Encoded] = []
    failed: dict[str, str] = {}
    error: SatSeekError | None = None
    for each in contenders:
        told.describe(f"encoding with {each.name}")
        try:
            models.append(encoded(each, sample, asked.texts, kept=kept, device=device, on_done=told.advance))
        except ModelError as why:
            failed[each.name], error = str(why), why
            log.warning("%s is left out: %s", each.name, why)
    if not models and error is not None:
        raise error
    return models, failed


def _tasks(sample: Sample, asked: Asked) -> list[Task]:
    return tasks_of(sample, asked) if asked.labels or asked.captions else []


def _notes(sample: Sample, by: str | None, results: Sequence[object]) -> list[str]:
    told = []
    if sample.left_out:
        told.append(f"{len(sample.left_out):,} pictures are left out: {next(iter(sample.left_out.values()))}")
    if by == LABELS:
        rare = sorted(name for name, count in counted(sample).items() if count < FEWEST_RIGHT)
        if rare:
            told.append(f"too rare to ask for: {', '.join(rare[:12])}{' …' if len(rare) > 12 else ''}")
        if not results:
            told.append("no label is on some chips and not on others, so nothing can be judged by labels")
    return told
