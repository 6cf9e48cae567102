"""What a job or a question returns: facts that print themselves and turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from satseek.core.chip import Chip


@dataclass(frozen=True)
class Placement:
    """Where on a chip the picture that was asked with lies: from the chip's centre to the picture's."""

    down_pixels: float  # of the chip, as it lies in the archive
    right_pixels: float
    turned_degrees: int  # counter-clockwise, that the picture must be turned by to lie as the chip does
    south_m: float | None = None  # None where the chip's ground resolution is not known
    east_m: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the placement as JSON values."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: round(value, 2) if isinstance(value, float) else value for name, value in facts.items()}


@dataclass(frozen=True)
class Hit:
    """One chip that was found, how well it fits, and which others of the same place stand behind it."""

    chip: Chip
    score: float
    rank: int  # from 1
    parts: Mapping[str, float] = field(default_factory=dict)  # part of the query -> its own score
    merged: tuple[str, ...] = ()  # ids of overlapping chips that this one stands for
    probability: float | None = None  # that it is what was asked for; None where that is not known
    placement: Placement | None = None  # of the picture on the chip, where the same place was asked for


@dataclass(frozen=True)
class Explanation:
    """How an answer came about: milliseconds of each stage, the index, the model, the rows looked at."""

    milliseconds: Mapping[str, float]
    index: str  # "IVF_RQ", "none (exact scan)", …
    model: str
    rows: int  # in the archive
    candidates: int  # scored exactly

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        return {
            "milliseconds": {stage: round(spent, 3) for stage, spent in self.milliseconds.items()},
            "index": self.index,
            "model": self.model,
            "rows": self.rows,
            "candidates": self.candidates,
        }


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did: chips added and already there, windows skipped, sources refused and why."""

    added: int = 0
    already_there: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)  # reason -> windows, such as {"nodata": 12}
    refused: Mapping[str, str] = field(default_factory=dict)  # source -> why
    warnings: tuple[str, ...] = ()
    scenes: int = 0
    seconds: float = 0.0
    megabytes_read: float = 0.0
    interrupted: bool = False

    @property
    def chips_per_second(self) -> float:
        """New chips per second of the whole run."""
        return self.added / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "added": self.added,
            "already_there": self.already_there,
            "skipped": dict(self.skipped),
            "refused": dict(self.refused),
            "warnings": list(self.warnings),
            "scenes": self.scenes,
            "seconds": round(self.seconds, 3),
            "chips_per_second": round(self.chips_per_second, 2),
            "megabytes_read": round(self.megabytes_read, 3),
            "interrupted": self.interrupted,
        }

    def __str__(self) -> str:
        lines = [f"{self.added:,} chips added, {self.already_there:,} already there, from {self.scenes:,} scenes"]
        lines += [f"{count:,} windows skipped: {reason}" for reason, count in self.skipped.items()]
        lines += [f"warning: {warning}" for warning in self.warnings]
        lines += [f"refused {source}: {why}" for source, why in self.refused.items()]
        if self.interrupted:
            lines.append("Stopped early. What was added is safe; run the same command again to go on.")
        return "\n".join(lines)
