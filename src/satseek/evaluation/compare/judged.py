"""Every model on every task: its figures, chance beside them, who is best, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from satseek.core.vectors import FloatArray
from satseek.evaluation.compare.encode import Encoded
from satseek.evaluation.compare.figures import FIGURES, MAIN, Difference, Figure, difference, figures, per_query
from satseek.evaluation.compare.tasks import WORDS, Task
from satseek.evaluation.ranks import Shares

TELLING = 0.05  # points, below which a difference would be written as none


@dataclass(frozen=True)
class Judged:
    """What came of one task."""

    task: Task
    figures: Mapping[str, Mapping[str, Figure]]  # model -> figure -> value, the best model first
    shares: Mapping[str, Shares]  # model -> main figure of each query
    chance: Mapping[str, float]  # figure -> percent that a random order comes to
    differences: tuple[Difference, ...]  # the best against each other, the next best first
    left_out: Mapping[str, str]  # model -> why

    @property
    def best(self) -> str | None:
        """The model with the highest main figure."""
        return next(iter(self.figures), None)

    def verdict(self) -> str:
        """Say it with the name of the task before it."""
        found = self.finding()
        return f"{self.task.name}: {found[0].lower()}{found[1:]}"

    def finding(self) -> str:
        """Say who is best, and whether the difference to the next is more than chance."""
        if not self.figures:
            return "No model can answer."
        best = str(self.best)
        told = self.figures[best][MAIN]
        if not self.differences:
            return f"Only '{best}' can answer (mAP {told.value:.1f})."
        nearest = self.differences[0]
        points = nearest.points
        span = f"{points.value:.1f} points, 95 % interval {points.low:.1f} to {points.high:.1f}"
        if abs(points.value) < TELLING:
            return f"'{best}' and '{nearest.worse}' do equally well (mAP {told.value:.1f})."
        if nearest.is_clear:
            return (
                f"'{best}' is best (mAP {told.value:.1f}); it is ahead of '{nearest.worse}' by more "
                f"than chance explains ({span})."
            )
        return (
            f"'{best}' leads (mAP {told.value:.1f}), but its lead over '{nearest.worse}' may be "
            f"chance ({span}): take the quicker or smaller of the two, or label more."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values, in percent."""
        return {
            "task": self.task.name,
            "title": self.task.title,
            "queries": len(self.task.queries),
            "gallery": len(self.task.gallery),
            "chance": {name: round(value, 3) for name, value in self.chance.items()},
            "models": {
                name: {figure: value.to_json() for figure, value in own.items()} for name, own in self.figures.items()
            },
            "differences": [each.to_json() for each in self.differences],
            "left_out": dict(self.left_out),
            "verdict": self.verdict(),
        }


def judged(task: Task, models: Sequence[Encoded], *, seed: int) -> Judged:
    """Return the figures of all models that can take part in a task."""
    found: dict[str, dict[str, Figure]] = {}
    shares: dict[str, Shares] = {}
    left_out: dict[str, str] = {}
    for model in models:
        why = task.why_not(model.card)
        if why is not None:
            left_out[model.name] = why
            continue
        own = per_query(scores_of(task, model), task.gains, task.hidden)
        found[model.name] = figures(own, task.groups, seed=seed)
        shares[model.name] = own[MAIN]
    order = sorted(found, key=lambda name: -found[name][MAIN].value)
    best = order[0] if order else None
    differences = tuple(
        difference((str(best), shares[str(best)]), (name, shares[name]), task.groups, seed=seed) for name in order[1:]
    )
    return Judged(task, {name: found[name] for name in order}, shares, _chance(task), differences, left_out)


def scores_of(task: Task, model: Encoded) -> FloatArray:
    """Return the scores of a task's queries with its gallery."""
    rows = model.words(task.queries) if task.kind == WORDS else model.like(task.queries)
    return rows[:, task.gallery]


def _chance(task: Task) -> dict[str, float]:
    """Return what a random order comes to: all scores equal, in expectation over at most some hundred queries."""
    rows = np.linspace(0, len(task.queries) - 1, min(len(task.queries), 200)).astype(np.int64)
    equal = np.zeros((len(rows), len(task.gallery)), dtype=np.float32)
    own = per_query(equal, task.gains[rows], task.hidden[rows])
    return {name: float(100 * own[name].mean()) for name in FIGURES}


def overall(tasks: Sequence[Judged]) -> str:
    """Say which model wins most tasks; where it wins none clearly, that too."""
    wins: dict[str, list[int]] = {}
    for each in tasks:
        if each.best is not None and each.differences:
            won = wins.setdefault(each.best, [0, 0])
            won[0] += 1
            won[1] += each.differences[0].is_clear
    if not wins:
        return "Nothing could be compared: no two models can answer the same kind of question."
    total = sum(won for won, _ in wins.values())
    best = max(wins, key=lambda name: (wins[name][0], wins[name][1]))
    led, clearly = wins[best]
    others = "; ".join(
        f"'{name}' leads in {number}"
        for name, (number, _) in sorted(wins.items(), key=lambda each: -each[1][0])
        if name != best
    )
    told = f"'{best}' leads in {led} of {total} kinds of questions, in {clearly} of them by more than chance explains"
    return f"{told}{'; ' + others if others else ''}."
