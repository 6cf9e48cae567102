"""An archive: chips, their vectors and the card of the model that made them, in one table that is safe to share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive import listing, notes, prewarm, upkeep, verify, writing
from satseek.archive.nearest import nearest, nothing, read_chips
from satseek.archive.neighbours import Neighbours
from satseek.archive.reports import ArchiveInfo, OptimizeReport, VerifyReport, Version
from satseek.archive.scenes import SceneFacts, Scenes, outlines, scenes
from satseek.archive.schema import CHIP_COLUMNS, chip_schema, stored_card
from satseek.archive.store import Store
from satseek.archive.tuning import DEFAULT, FAR, Tuning
from satseek.core.card import ModelCard
from satseek.core.chip import Chip, Geometry
from satseek.core.errors import ArchiveError, ModelMismatch, UsageError
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray, unit_rows

if TYPE_CHECKING:
    import pyarrow as pa

EVERYTHING = Filters()


class Archive:
    """A folder, or a prefix of an object store, full of searchable chips."""

    def __init__(self, store: Store, card: ModelCard, tuning: Tuning | None = None) -> None:
        """Take a store that is open; use `open`, `create` or `open_or_create` instead."""
        self.uri = store.uri
        self.card = card
        self._store = store
        self._tuning = tuning or (DEFAULT if store.is_local else FAR)

    @staticmethod
    def open(
        uri: str,
        *,
        card: ModelCard | None = None,
        tuning: Tuning | None = None,
        storage: Mapping[str, str] | None = None,
    ) -> Archive:
        """Open an archive; with a card, only if that model's vectors are in it.

        `storage` says of an object store what the environment (AWS_…) does not, such as `aws_endpoint`.
        """
        store = Store(str(uri), storage)
        held = stored_card(store.open().table.schema, store.uri)
        if card is not None and not held.makes_same_vectors_as(card):
            raise ModelMismatch(_mismatch(store.uri, held, card))
        return Archive(store, held, tuning)

    @staticmethod
    def create(
        uri: str, card: ModelCard, *, tuning: Tuning | None = None, storage: Mapping[str, str] | None = None
    ) -> Archive:
        """Make an empty archive for the vectors of one model."""
        store = Store(str(uri), storage)
        if store.exists():
            raise ArchiveError(f"There is already an archive at '{uri}'. Open it, or name another place.")
        return _created(store, card, tuning)

    @staticmethod
    def open_or_create(
        uri: str, card: ModelCard, *, tuning: Tuning | None = None, storage: Mapping[str, str] | None = None
    ) -> Archive:
        """Open an archive for this model, or make it where there is none."""
        store = Store(str(uri), storage)
        if not store.exists():
            return _created(store, card, tuning)
        return Archive.open(uri, card=card, tuning=tuning, storage=storage)

    def __len__(self) -> int:
        return self._store.latest().rows

    def __repr__(self) -> str:
        return f"Archive({self.uri!r}, {len(self):,} chips, model {self.card.name!r})"

    @property
    def version(self) -> int:
        """The number of the latest version; every change makes a new one."""
        return self._store.latest().version

    @property
    def storage(self) -> Mapping[str, str]:
        """What was said of the object store beside the environment; another process needs it to open the archive."""
        return self._store.storage

    def add(self, chips: Sequence[Chip], vectors: FloatArray) -> int:
        """Add chips with their unit vectors, replacing those with the same id; returns how many are new."""
        return writing.add(self._store, chips, vectors)

    def held(self, ids: Sequence[str], *, version: int | None = None) -> set[str]:
        """Return those of the ids that are here, or were at a version that is kept."""
        snapshot = self._store.latest() if version is None else self._store.at(version)
        return listing.held(snapshot, ids, self.uri)

    def get(self, ids: Sequence[str]) -> list[Chip]:
        """Return chips by id, in order; `ChipNotFound` where one is missing."""
        snapshot = self._store.latest()
        return read_chips(snapshot, listing.rows_of(snapshot, ids, self.uri), list(ids), self.uri)

    def vectors(self, ids: Sequence[str]) -> FloatArray:
        """Return the vectors of chips by id, in order."""
        snapshot = self._store.latest()
        rows = listing.rows_of(snapshot, ids, self.uri)
        return listing.vectors_at(snapshot, rows, ids, self.uri)

    def nearest(
        self, vector: FloatArray, *, filters: Filters = EVERYTHING, k: int = 10, texts: bool = False
    ) -> Neighbours:
        """Return the k chips nearest to a vector that meet the filters; fewer only where fewer do."""
        asked = np.asarray(vector, dtype=np.float32).ravel()
        if asked.size != self.card.dimensions:
            raise ModelMismatch(
                f"This vector has {asked.size} numbers and the archive '{self.uri}' holds vectors of "
                f"{self.card.dimensions}, made by '{self.card.name}'. Encode the question with that model."
            )
        if not (np.isfinite(asked).all() and asked.any()):
            raise UsageError("This vector is zero or has gaps, so nothing can be near to it. Ask with other words.")
        query = unit_rows(asked)[0]
        snapshot = self._store.latest()
        return nearest(snapshot, query, filters, k=_checked(k), texts=texts, tuning=self._tuning, uri=self.uri)

    def matching_text(
        self, words: str, *, filters: Filters = EVERYTHING, k: int = 10, texts: bool = False
    ) -> Neighbours:
        """Return the k chips whose text fits the words best; the scores are BM25's."""
        snapshot = self._store.latest()
        if not words.strip() or not snapshot.rows:
            return nothing(unit_rows([0.0] * self.card.dimensions)[0], "FTS")
        return listing.matching_text(snapshot, words, filters, k=_checked(k), texts=texts, uri=self.uri)

    def scan(
        self,
        filters: Filters = EVERYTHING,
        *,
        batch: int = 1000,
        limit: int | None = None,
    ) -> Iterator[Neighbours]:
        """Yield all chips that meet the filters in batches, newest first; one unchanging version of the archive."""
        return listing.scan(self._store.latest(), filters, batch=batch, limit=limit, uri=self.uri)

    def tables(
        self, filters: Filters = EVERYTHING, *, columns: Sequence[str] = (*CHIP_COLUMNS, "vector")
    ) -> Iterator[pa.Table]:
        """Yield chips with their vectors as Arrow tables, in no order: for exports, in bounded memory."""
        return listing.tables(self._store.latest(), filters, columns, self.uri)

    def count(self, filters: Filters = EVERYTHING) -> int:
        """Return how many chips meet the filters."""
        return listing.count(self._store.latest(), filters, self.uri)

    def remove(self, filters: Filters) -> int:
        """Remove the chips that meet the filters; returns how many there were."""
        require_choice(filters, "remove")
        return writing.remove(self._store, filters)

    def update(
        self,
        filters: Filters,
        *,
        caption: str | None = None,
        keywords: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
        properties: dict[str, Any] | None = None,
    ) -> int:
        """Say something else of the chips that meet the filters; what is not named stays. Returns how many."""
        change = writing.said(caption=caption, keywords=keywords, labels=labels, properties=properties)
        return writing.update(self._store, filters, change)

    def scenes(self) -> Scenes:
        """Return the scenes that the chips are cut from, as of the latest version."""
        return scenes(self._store.latest(), self.uri)

    def outlines(self, found: Sequence[SceneFacts]) -> list[Geometry | None]:
        """Return the outline of each scene."""
        return outlines(self._store.latest(), found, self.uri)

    def sample(self, size: int) -> notes.Sample:
        """Return up to so many chips drawn at random, the same ones as long as their number is the same."""
        return notes.sample(self._store.latest(), size, self.uri)

    def note(self, name: str) -> str | None:
        """Return what was noted beside the vectors under a name."""
        return notes.read(self._store.latest(), name)

    def write_note(self, name: str, text: str) -> None:
        """Note something beside the vectors; it is versioned with the chips."""
        notes.write(self._store, name, text)

    def info(self) -> ArchiveInfo:
        """Return what is in the archive: chips by sensor, where and when, indices, space."""
        return upkeep.info(self._store)

    def optimize(
        self, *, keep_days: float = upkeep.KEEP_DAYS, measure: bool = True, ray_workers: int = 0
    ) -> OptimizeReport:
        """Compact, bring the indices up to date, build the vector index where it pays, prune old versions.

        With workers, that many of the Ray cluster that this process is connected to build the vector index.
        """
        return upkeep.optimize(self._store, self._tuning, keep_days=keep_days, measure=measure, ray_workers=ray_workers)

    def prewarm(self) -> tuple[str, ...]:
        """Bring indices into memory before the first question, as far as they fit; returns of which columns."""
        return prewarm.prewarm(self._store)

    def is_untidy(self) -> bool:
        """Return whether `optimize` would make reading noticeably quicker."""
        return upkeep.is_untidy(self._store, self._tuning)

    def verify(self, *, on_rows: Callable[[int], None] = lambda rows: None) -> VerifyReport:
        """Read everything and report what is wrong."""
        return verify.verify(self._store, on_rows=on_rows)

    def history(self) -> list[Version]:
        """Return the versions that can be gone back to, newest first."""
        return upkeep.history(self._store)

    def restore(self, version: int) -> None:
        """Make an earlier version the latest one; the versions between stay."""
        upkeep.restore(self._store, version)


def require_choice(filters: Filters, doing: str) -> None:
    """Raise `UsageError` where nothing says which chips are meant: all of them must be meant in words."""
    if filters.is_empty:
        raise UsageError(
            f"Nothing says which chips to {doing}. Name ids, an area, dates, sensors, sources or properties."
        )


def _created(store: Store, card: ModelCard, tuning: Tuning | None) -> Archive:
    from satseek.archive.indices import create_scalar_indices

    store.create(chip_schema(card), create_scalar_indices)
    return Archive.open(store.uri, card=card, tuning=tuning, storage=store.storage)


def _checked(k: int) -> int:
    if k < 1:
        raise UsageError(f"Cannot return {k} results: ask for at least 1.")
    return k


def _mismatch(uri: str, held: ModelCard, card: ModelCard) -> str:
    if held.name != card.name:
        return (
            f"The archive '{uri}' was built with '{held.name}' and cannot be searched or filled with '{card.name}'. "
            f"Open it with '{held.name}', or ingest again into a new archive with --model {card.name}."
        )
    return (
        f"The archive '{uri}' was built with another '{held.name}' than the one in hand: "
        f"{held.differences_from(card)}. Open it with the one that built it, or ingest again into a new archive."
    )
