"""Embeddings in: vectors that others made, or we did, become an archive; words where their text tower is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from satseek.archive.archive import Archive
from satseek.archive.foreign import card_of_foreign
from satseek.archive.imports import ROWS_AT_ONCE, ImportReport, import_geoparquet, import_rows
from satseek.archive.store import Store
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import SourceError, UsageError
from satseek.core.vectors import FloatArray
from satseek.models.catalogue import MODELS, card_of
from satseek.stac.embeddings import Embedded, embedded_items
from satseek.stac.reading import is_web, path_of

TABLES = (".parquet", ".geoparquet", ".gpq", ".pq")
OnRefused = Callable[[str, str], None]


def import_embeddings(
    uri: str,
    address: str,
    *,
    made_by: str | None = None,
    words: str | None = None,
    sensor: str | None = None,
    side_m: float | None = None,
    on_rows: Callable[[int], None] = lambda rows: None,
    on_refused: OnRefused = lambda source, why: None,
) -> ImportReport:
    """Fill an archive from GeoParquet, or from STAC items that carry embeddings; safe to repeat.

    `words` names the model whose text tower fits the vectors, where `made_by` is not its name here.
    """
    if side_m is not None and not 0 < side_m <= 1_000_000:
        raise UsageError(f"The side of a chip is above 0 and at most 1,000,000 metres; {side_m:g} is not.")
    if words is not None:
        card_of(words)  # an unknown name is answered before anything is read

    def tower_of(named: str, dimensions: int) -> ModelCard | None:
        return tower(words or named, dimensions, asked=words is not None)

    if not is_web(address) and path_of(address).casefold().endswith(TABLES):
        return import_geoparquet(
            uri, address, made_by=made_by, sensor=sensor, side_m=side_m, tower_of=tower_of, on_rows=on_rows
        )
    importer = _Items(uri, address, made_by, sensor, side_m, tower_of, on_rows, on_refused)
    return importer.all()


def tower(name: str, dimensions: int, *, asked: bool = False) -> ModelCard | None:
    """Return the card of a model of this name that makes vectors of this length, None where there is none.

    `asked` is a name that a person gave for this: one that does not fit is an error then.
    """
    if not asked and name not in MODELS:
        return None
    card = card_of(name)
    if card.dimensions == dimensions and (card.reads_text or card.sensors):
        return card
    if asked:
        raise UsageError(
            f"'{name}' makes vectors of {card.dimensions} numbers and these have {dimensions}, so its words do not fit "
            "them. Name the model that made them, or leave --words out."
        )
    return None


class _Items:
    """STAC items on their way into an archive: vectors in batches, tables one by one."""

    def __init__(
        self,
        uri: str,
        address: str,
        made_by: str | None,
        sensor: str | None,
        side_m: float | None,
        tower_of: Callable[[str, int], ModelCard | None],
        on_rows: Callable[[int], None],
        on_refused: OnRefused,
    ) -> None:
        self._uri, self._address, self._made_by, self._sensor = uri, address, made_by, sensor
        self._side_m, self._tower_of, self._on_rows, self._on_refused = side_m, tower_of, on_rows, on_refused
        self._reports: list[ImportReport] = []
        self._card: ModelCard | None = None

    def all(self) -> ImportReport:
        """Add everything, and return what was done in all."""
        for batch in self._batches():
            assert self._card is not None
            self._reports.append(import_rows(self._uri, self._address, self._card, [batch], on_rows=self._on_rows))
        if not self._reports:
            raise SourceError(f"Not one item of {self._address} carries a vector that can be used.")
        return ImportReport(
            added=sum(each.added for each in self._reports),
            already_there=sum(each.already_there for each in self._reports),
            without_direction=sum(each.without_direction for each in self._reports),
            model=self._reports[0].model,
            seconds=sum(each.seconds for each in self._reports),
        )

    def _batches(self) -> Iterator[tuple[list[Chip], FloatArray]]:
        chips: list[Chip] = []
        vectors: list[FloatArray] = []
        for item in embedded_items(self._address, self._on_refused):
            if item.table is not None:
                self._add_table(item)
            elif item.chip is not None and item.vector is not None and self._fits(item):
                chips.append(item.chip if self._sensor is None else replace(item.chip, sensor=self._sensor))
                vectors.append(item.vector)
            if len(chips) == ROWS_AT_ONCE:
                yield chips, np.stack(vectors)
                chips, vectors = [], []
        if chips:
            yield chips, np.stack(vectors)

    def _add_table(self, item: Embedded) -> None:
        try:
            self._reports.append(
                import_geoparquet(
                    self._uri,
                    str(item.table),
                    made_by=self._made_by or item.made_by,
                    sensor=self._sensor,
                    side_m=self._side_m,
                    tower_of=self._tower_of,
                    on_rows=self._on_rows,
                )
            )
        except SourceError as error:
            self._on_refused(item.address, str(error))

    def _fits(self, item: Embedded) -> bool:
        """Whether an item's vector is of the model that the others are of; the first one says which that is."""
        assert item.vector is not None
        if self._card is None:
            self._card = self._card_for(item, len(item.vector))
            self._first = item
        if len(item.vector) != self._card.dimensions:
            why = f"Its vector has {len(item.vector)} numbers, and those before it {self._card.dimensions}."
        elif self._made_by is None and item.made_by != self._first.made_by:
            why = f"Its vector was made by '{item.made_by}', and those before it by '{self._first.made_by}'."
        else:
            return True
        self._on_refused(item.address, why)
        return False

    def _card_for(self, item: Embedded, dimensions: int) -> ModelCard:
        if self._made_by is None and item.made_by in MODELS:
            ours = card_of(str(item.made_by))
            if (ours.version, ours.weights_sha256, ours.dimensions) == (item.version, item.weights_sha256, dimensions):
                return ours  # written by SatSeek with the very model that is here
        named = self._made_by or item.made_by or _maker_in(self._uri)
        if named is None:
            raise UsageError(
                f"The items of {self._address} do not say which model made their vectors. Name it with --made-by."
            )
        return card_of_foreign(dimensions, named, tower=self._tower_of(named, dimensions))


def _maker_in(uri: str) -> str | None:
    """Return whose vectors an archive already holds."""
    if not Store(uri).exists():
        return None
    card = Archive.open(uri).card
    return card.version if card.name == "precomputed" else None
