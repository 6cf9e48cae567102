"""The queries on which models differ most, with what each of them answers: worth more than a table, to an eye."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.evaluation.compare.agree import Apart
from satseek.evaluation.compare.encode import Encoded, comparable
from satseek.evaluation.compare.judged import Judged, scores_of
from satseek.evaluation.compare.questions import Asked
from satseek.evaluation.compare.report import Answer, Differing
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.tasks import WORDS
from satseek.evaluation.ranks import IntArray

SHOWN = 6  # queries in all
OF_ONE_TASK = 2
ANSWERS = 6  # pictures a model


def differing_by_figures(
    judged: Sequence[Judged], models: Sequence[Encoded], sample: Sample, asked: Asked
) -> list[Differing]:
    """Return the queries whose figures lie furthest apart, some of each task."""
    by_name = {model.name: model for model in models}
    found: list[tuple[float, Differing]] = []
    for each in judged:
        if len(each.shares) < 2:
            continue
        every = np.stack(list(each.shares.values()))  # (models, queries)
        spread = every.max(axis=0) - every.min(axis=0)
        for query in np.argsort(-spread, kind="stable")[:OF_ONE_TASK].tolist():
            if spread[query] > 0:
                found.append((float(spread[query]), _of_task(each, query, by_name, sample, asked)))
    found.sort(key=lambda one: -one[0])
    different = {(differing.text, differing.kind): differing for _, differing in reversed(found)}  # the first of alikes
    kept = [differing for _, differing in found if different[differing.text, differing.kind] is differing]
    return kept[:SHOWN]


def differing_by_answers(
    apart: Sequence[Apart], models: Sequence[Encoded], sample: Sample, asked: Asked
) -> list[Differing]:
    """Return the queries whose first answers have least in common; nobody knows which are right."""
    by_name = {model.name: model for model in models}
    overlaps = sample.overlaps()
    return [_of_answers(each, by_name, sample, asked, overlaps) for each in _evenly(apart)]


def _evenly(apart: Sequence[Apart]) -> Iterator[Apart]:
    """Go through the queries that differ most, not all of one kind where there are two."""
    taken: dict[str, int] = {}
    kinds = len({each.kind for each in apart})
    for each in apart:
        if taken.get(each.kind, 0) < SHOWN // max(kinds, 1):
            taken[each.kind] = taken.get(each.kind, 0) + 1
            yield each


def _of_task(judged: Judged, query: int, models: Mapping[str, Encoded], sample: Sample, asked: Asked) -> Differing:
    task = judged.task
    answers, told = {}, {}
    for name, shares in judged.shares.items():
        scores = scores_of(task, models[name])[query]
        first = _first(scores, task.hidden[query])
        answers[name] = tuple(Answer(int(task.gallery[place]), bool(task.gains[query, place] > 0)) for place in first)
        told[name] = f"average precision {100 * shares[query]:.0f} %"
    number = int(task.queries[query])
    text = asked.texts[number] if task.kind == WORDS else _shows(sample, number)
    return Differing(task.kind, task.name, text, None if task.kind == WORDS else number, answers, told)


def _of_answers(
    each: Apart, models: Mapping[str, Encoded], sample: Sample, asked: Asked, overlaps: BoolArray
) -> Differing:
    answers, told = {}, {}
    for name in each.models:
        model = models[name]
        scores = model.words([each.number])[0] if each.kind == WORDS else model.like([each.number])[0]
        hidden = ~model.known
        if each.kind != WORDS:
            hidden = hidden | overlaps[each.number] | ~comparable(model.card, sample)[each.number]
        answers[name] = tuple(Answer(place, None) for place in _first(scores, hidden).tolist())
        told[name] = f"{100 * each.overlap:.0f} % of the first 10 in common"
    text = asked.texts[each.number] if each.kind == WORDS else _shows(sample, each.number)
    example = None if each.kind == WORDS else each.number
    return Differing(each.kind, "words" if each.kind == WORDS else "like", text, example, answers, told)


def _first(scores: FloatArray, hidden: BoolArray) -> IntArray:
    order: IntArray = np.argsort(np.where(hidden, np.inf, -scores), kind="stable")
    return order[: min(ANSWERS, int((~hidden).sum()))]


def _shows(sample: Sample, row: int) -> str:
    item = sample.items[row]
    return ", ".join(item.labels) or (item.captions[0] if item.captions else f"{item.sensor} chip {item.id[:12]}")
