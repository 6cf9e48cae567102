"""What a comparison returns: tables for a terminal, JSON for machines; the page is made of the same facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from satseek.evaluation.compare.agree import DEPTH, Agreement
from satseek.evaluation.compare.encode import Encoded
from satseek.evaluation.compare.figures import AT, MAIN
from satseek.evaluation.compare.judged import Judged, overall
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.tasks import WORDS

MOST_REASONS = 3


@dataclass(frozen=True)
class Answer:
    """One picture that a model answers a query with."""

    item: int
    right: bool | None  # None: nobody knows


@dataclass(frozen=True)
class Differing:
    """A query whose answers differ much from model to model."""

    kind: str
    task: str
    text: str  # what was asked, or what the asking picture shows
    example: int | None  # the picture that asked
    answers: Mapping[str, tuple[Answer, ...]]
    told: Mapping[str, str]  # model -> how good or how alike its answer is


@dataclass(frozen=True)
class Comparison:
    """Several models on one sample."""

    sample: Sample
    models: tuple[Encoded, ...]
    judged: tuple[Judged, ...]
    agreement: tuple[Agreement, ...]
    differing: tuple[Differing, ...]
    labels_from: str | None
    notes: tuple[str, ...]
    not_loaded: Mapping[str, str]
    seed: int
    seconds: float

    @property
    def verdict(self) -> str:
        """Which model to take, in a sentence."""
        if self.judged:
            return overall(self.judged)
        if not self.agreement:
            return "Nothing could be compared: no two models know enough of the same chips."
        least = min(self.agreement, key=lambda each: each.correlation)
        return (
            f"Without labels nobody can say which is best. '{least.one}' and '{least.other}' agree least (rank "
            f"correlation {least.correlation:.2f}): label some chips, or look at the queries where they differ."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values; figures in percent, intervals as [value, low, high]."""
        counts = Counter(item.sensor for item in self.sample.items)
        return {
            "verdict": self.verdict,
            "sample": {
                "name": self.sample.name,
                "chips": len(self.sample),
                "of": self.sample.of,
                "sensors": dict(sorted(counts.items())),
                "scenes": len({item.scene for item in self.sample.items}),
                "seed": self.seed,
                "labels_from": self.labels_from,
                "left_out": len(self.sample.left_out),
            },
            "models": [_model_json(model) for model in self.models],
            "not_loaded": dict(self.not_loaded),
            "tasks": [each.to_json() for each in self.judged],
            "agreement": [each.to_json() for each in self.agreement],
            "differing": [_differing_json(each, self.sample) for each in self.differing],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 2),
        }

    def __str__(self) -> str:
        counts = Counter(item.sensor for item in self.sample.items)
        sensors = ", ".join(f"{number:,} {sensor}" for sensor, number in sorted(counts.items()))
        lines = [
            f"{self.sample.name}: {len(self.sample):,} of {self.sample.of:,} chips ({sensors}), {self.seconds:.1f} s"
        ]
        if self.labels_from:
            lines.append(f"judged by {self.labels_from}")
        lines += ["", *_models_table(self.models)]
        for each in self.judged:
            lines += ["", *_task_table(each)]
        if self.agreement:
            lines += ["", *_agreement_table(self.agreement)]
        lines += [""] + [each.verdict() for each in self.judged] + ["", self.verdict]
        return "\n".join(lines)


def reads(model: Encoded) -> str:
    """Return what a model reads."""
    sensors = ", ".join(model.card.sensors) or "vectors only"
    return f"{sensors}{', words' if model.card.reads_text else ''}"


def vector_bytes(model: Encoded) -> int:
    """Return the size of one stored vector."""
    return 4 * model.card.dimensions


def _model_json(model: Encoded) -> dict[str, Any]:
    return {
        "name": model.name,
        "summary": model.card.summary,
        "licence": model.card.licence,
        "sensors": list(model.card.sensors),
        "reads_text": model.card.reads_text,
        "dimensions": model.card.dimensions,
        "vector_bytes": vector_bytes(model),
        "chips_per_second": _rounded(model.chips_per_second),
        "peak_memory_mb": _rounded(model.peak_memory_mb),
        "load_seconds": _rounded(model.load_seconds, 3),
        "weights_sha256": model.card.weights_sha256,
        "chips_known": int(model.known.sum()),
        "refused": dict(model.refused),
        "was_kept": model.was_kept,
    }


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def _differing_json(each: Differing, sample: Sample) -> dict[str, Any]:
    return {
        "asked_by": each.kind,
        "task": each.task,
        "asked": each.text,
        "chip": None if each.example is None else sample.items[each.example].id,
        "answers": {
            name: {"told": each.told.get(name, ""), "chips": [sample.items[answer.item].id for answer in answers]}
            for name, answers in each.answers.items()
        },
    }


def _models_table(models: Sequence[Encoded]) -> list[str]:
    rows = [("model", "chips/s", "memory", "vector", "reads")]
    for model in models:
        speed = "–" if model.chips_per_second is None else f"{model.chips_per_second:,.0f}"
        memory = "–" if model.peak_memory_mb is None else f"{model.peak_memory_mb:,.0f} MB"
        rows.append((model.name, speed, memory, f"{vector_bytes(model):,} B", reads(model)))
    return _aligned(rows, left={0, 4})


def _task_table(judged: Judged) -> list[str]:
    task = judged.task
    counts = f"{len(task.queries):,} queries, {len(task.gallery):,} chips; percent, 95 % intervals"
    head = f"{task.name}: {task.title} ({counts})"
    rows = [("", *(f"recall@{k}" for k in AT), "mAP", "nDCG@10")]
    for name, own in judged.figures.items():
        rows.append((name, *(str(own[f"recall_{k}"]) for k in AT), str(own[MAIN]), str(own["ndcg_10"])))
    chance = judged.chance
    rows.append(
        ("chance", *(f"{chance[f'recall_{k}']:.1f}" for k in AT), f"{chance[MAIN]:.1f}", f"{chance['ndcg_10']:.1f}")
    )
    left = [f"{name} is left out: it {why}" for name, why in judged.left_out.items()]
    return [head, *_aligned(rows, left={0}), *left]


def _agreement_table(agreement: Sequence[Agreement]) -> list[str]:
    rows = [("models", "asked by", "queries", "rank correlation", f"overlap@{DEPTH}", "by chance")]
    for each in agreement:
        kind = "words" if each.kind == WORDS else "examples"
        rows.append(
            (
                f"{each.one}, {each.other}",
                kind,
                str(each.queries),
                f"{each.correlation:.2f}",
                f"{each.overlap:.2f}",
                f"{each.by_chance:.2f}",
            )
        )
    return _aligned(rows, left={0, 1})


def _aligned(rows: Sequence[Sequence[str]], *, left: set[int]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
