"""The running count of an ingest, from which its progress and its report are told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import Any

from satseek.core.result import IngestReport

MOST_WARNINGS = 100
NODATA = "nodata"  # a window with more nodata than the plan allows


@dataclass(frozen=True)
class Progress:
    """How far an ingest is."""

    scenes: int
    windows: int  # known so far
    all_known: bool  # whether more windows may still turn up
    done: int  # windows held before, skipped, given up or encoded
    added: int  # chips that are safe in the archive


class Tally:
    """Counts what happens to scenes and windows; any thread may report to it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._refused: dict[str, str] = {}
        self._warnings: dict[str, list[str]] = {}  # text -> sources, of which the first is told
        self._more_warnings = 0
        self._all_known = False

    def __getstate__(self) -> dict[str, Any]:
        """Travel without the lock: what a worker of a cluster counted is brought to the one who reports."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def merge(self, other: Tally) -> None:
        """Take over what another one counted; whether all is known, only its own holder can say."""
        with self._lock:
            self._counts.update(other._counts)
            self._skipped.update(other._skipped)
            self._refused = {**other._refused, **self._refused}
            self._more_warnings += other._more_warnings
        for text, sources in other._warnings.items():
            told: list[str | None] = [*sources] or [None]
            for source in told:
                self.warn(text, source)

    def merge_added(self, other: Tally) -> None:
        """Take over what a second pass added and learnt, without what it counted anew."""
        with self._lock:
            self._counts["added"] += other._counts["added"]
            self._counts["bytes"] += other._counts["bytes"]
            self._refused = {**other._refused, **self._refused}

    def refuse(self, source: str, why: str) -> None:
        """Note a source that cannot be read, and why; its first reason stays."""
        with self._lock:
            self._refused.setdefault(source, _about(source, why))

    def warn(self, text: str, source: str | None = None) -> None:
        """Note something that a person should know although the work goes on; the same of many sources is one line."""
        with self._lock:
            told = self._warnings.get(text)
            if told is not None:
                told += [source] if source is not None else []
            elif len(self._warnings) < MOST_WARNINGS:
                self._warnings[text] = [] if source is None else [source]
            else:
                self._more_warnings += 1

    def found(self, windows: int) -> None:
        """Count a scene with so many windows."""
        self._count(scenes=1, windows=windows)

    def found_all(self) -> None:
        """Note that no more scenes will turn up."""
        self._all_known = True

    def held(self, windows: int) -> None:
        """Count windows that the archive holds already."""
        self._count(held=windows, done=windows)

    def skip(self, reason: str, windows: int) -> None:
        """Count windows that are not worth a chip."""
        with self._lock:
            self._skipped[reason] += windows
            self._counts["done"] += windows

    def give_up(self, windows: int) -> None:
        """Count windows of a source that is refused."""
        self._count(done=windows)

    def encoded(self, windows: int) -> None:
        """Count windows that have their vector."""
        self._count(done=windows)

    def added(self, new: int, of: int) -> None:
        """Count the chips of a transaction that is safe; those that another process added meanwhile were held."""
        self._count(added=new, held=of - new)

    def read(self, byte_count: int) -> None:
        """Count bytes that were read."""
        self._count(bytes=byte_count)

    @property
    def chips_added(self) -> int:
        """How many chips are safe in the archive."""
        return self._counts["added"]

    def progress(self) -> Progress:
        """Return how far it is."""
        with self._lock:
            counts = self._counts
            return Progress(counts["scenes"], counts["windows"], self._all_known, counts["done"], counts["added"])

    def report(self, *, seconds: float = 0.0, interrupted: bool = False) -> IngestReport:
        """Return what was done until now; sources in the order of their names, for workers race."""
        with self._lock:
            warnings = [_warning(text, sources) for text, sources in self._warnings.items()]
            if self._more_warnings:
                warnings.append(f"and {self._more_warnings:,} more warnings")
            return IngestReport(
                added=self._counts["added"],
                already_there=self._counts["held"],
                skipped={reason: count for reason, count in sorted(self._skipped.items()) if count},
                refused=dict(sorted(self._refused.items())),
                warnings=tuple(warnings),
                scenes=self._counts["scenes"],
                seconds=seconds,
                megabytes_read=self._counts["bytes"] / 1e6,
                interrupted=interrupted,
            )

    def _count(self, **counts: int) -> None:
        with self._lock:
            self._counts.update(counts)


def _about(source: str, why: str) -> str:
    """One line that names the source shortly, for the report names it in full before."""
    short = source.rstrip("/").rpartition("/")[2]
    return _one_line(why.replace(source, short) if short else why)


def _warning(text: str, sources: list[str]) -> str:
    if not sources:
        return _one_line(text)
    more = f" and {len(sources) - 1:,} more" if len(sources) > 1 else ""
    return _one_line(f"{sources[0]}{more}: {text}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
