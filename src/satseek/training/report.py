"""What a run came to, and who hears how it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from satseek.training.curve import Epoch
from satseek.training.loop import Run, Watcher

BEST = "best"  # the folder of the best epoch's model


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
        learnt = f"{self.images:,} images, {self.captions:,} captions" if self.captions else f"{self.images:,} places"
        lines = [f"{self.name}: {self.parameters:,} parameters, {learnt}"]
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


def report_of(run: Run, *, images: int, captions: int) -> TrainingReport:
    """Return what a run came to."""
    best = max(run.history, key=lambda each: each.score) if run.history else None
    return TrainingReport(
        name=run.recipe.name,
        out=str(run.out),
        epochs=len(run.history),
        best_epoch=None if best is None else best.epoch + 1,
        recalls={} if best is None else best.recalls,
        images=images,
        captions=captions,
        parameters=sum(parameter.numel() for parameter in run.plain.network.parameters()),
        seconds=sum(each.seconds for each in run.history),
    )
