"""Filling an archive with vectors that are there already: our own exports, and those that others made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from satseek.archive.archive import Archive
from satseek.archive.foreign import card_of_foreign, dimensions_of, maker_in, read_foreign
from satseek.archive.geoparquet import card_of, read
from satseek.archive.store import Store
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import ModelMismatch, SourceError, UsageError
from satseek.core.vectors import FloatArray, unit_rows

ROWS_AT_ONCE = 10_000
Rows = Iterable[tuple[list[Chip], FloatArray]]
TowerOf = Callable[[str, int], ModelCard | None]  # the model of this name, where it makes vectors of this length


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    added: int
    already_there: int
    without_direction: int  # vectors of zeros or with gaps, which point nowhere and cannot be compared
    model: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {
            "added": self.added,
            "already_there": self.already_there,
            "without_direction": self.without_direction,
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        line = f"{self.added:,} chips added, {self.already_there:,} already there, in {self.seconds:.1f} s"
        if self.without_direction:
            line += f"; {self.without_direction:,} left out, their vectors are zero or have gaps"
        return line


def import_geoparquet(
    uri: str,
    path: str,
    *,
    made_by: str | None = None,
    sensor: str | None = None,
    side_m: float | None = None,
    tower_of: TowerOf = lambda made_by, dimensions: None,
    batch: int = ROWS_AT_ONCE,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> ImportReport:
    """Add all rows of a GeoParquet file to an archive, made where there is none; safe to repeat.

    Files that SatSeek wrote bring their model's card; for vectors of others `made_by` names the model, and `tower_of`
    says whether that one is at hand. Chips that are given as points are squares of `side_m`.
    """
    card = card_of(path)
    ours = card is not None
    if card is None:
        named, dimensions = made_by or maker_in(path) or _maker_of(uri, path), dimensions_of(path)
        card = card_of_foreign(dimensions, named, tower=tower_of(named, dimensions))
    elif made_by is not None:
        raise UsageError(f"'{path}' says itself that '{card.name}' made its vectors. Leave the model's name out.")
    rows = _readable(path, ours=ours, sensor=sensor, batch=batch, dimensions=card.dimensions, side_m=side_m)
    return import_rows(uri, path, card, rows, on_rows=on_rows)


def import_rows(
    uri: str, path: str, card: ModelCard, rows: Rows, *, on_rows: Callable[[int], None] = lambda rows: None
) -> ImportReport:
    """Add chips and their vectors, of whatever length, to an archive of this card, made where there is none."""
    started = time.perf_counter()
    archive = _open_or_create(uri, card, path)
    added = already_there = without_direction = 0
    for chips, vectors in rows:
        pointing = np.isfinite(vectors).all(axis=1) & (np.linalg.norm(vectors, axis=1) > 0)
        kept = [chip for chip, good in zip(chips, pointing, strict=True) if good]
        new = archive.add(kept, _of_unit_length(vectors[pointing])) if kept else 0
        added += new
        already_there += len(kept) - new
        without_direction += len(chips) - len(kept)
        on_rows(len(chips))
    return ImportReport(added, already_there, without_direction, card.name, time.perf_counter() - started)


def _of_unit_length(vectors: FloatArray) -> FloatArray:
    """Return rows of unit length; those that have it stay as they are, to the last bit."""
    lengths = np.linalg.norm(vectors, axis=1)
    return vectors if np.allclose(lengths, 1, atol=1e-5) else unit_rows(vectors)


def _maker_of(uri: str, path: str) -> str:
    """Return which model's vectors the archive already holds: nobody may mix those of two by accident."""
    if Store(uri).exists():
        card = Archive.open(uri).card
        if card.name == "precomputed":
            return card.version
    raise UsageError(
        f"'{path}' does not say which model made its vectors. Name it with --made-by, such as --made-by SigLIP."
    )


def _open_or_create(uri: str, card: ModelCard, path: str) -> Archive:
    try:
        return Archive.open_or_create(uri, card)
    except ModelMismatch as error:
        raise ModelMismatch(
            f"The vectors in '{path}' were made by '{card.name}' {card.version} ({card.dimensions} numbers) and do not "
            f"belong into '{uri}', whose vectors another model made. Import them into an archive of their own."
        ) from error


def _readable(
    path: str, *, ours: bool, sensor: str | None, batch: int, dimensions: int, side_m: float | None
) -> Iterator[tuple[list[Chip], FloatArray]]:
    rows = read(path, batch=batch) if ours else read_foreign(path, sensor=sensor, batch=batch, side_m=side_m)
    try:
        for chips, vectors in rows:
            if vectors.ndim != 2 or vectors.shape[1] != dimensions:
                raise SourceError(
                    f"The vectors in '{path}' have different lengths; all must have {dimensions} numbers."
                )
            yield chips, vectors
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"A row of '{path}' cannot be understood: {error}.") from error
