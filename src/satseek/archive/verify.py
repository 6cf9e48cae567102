"""Whether an archive keeps its promises: every row is read, every invariant is checked, and what is wrong is named."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.cells import CELL_COLUMNS, cells_of
from satseek.archive.faults import store_errors
from satseek.archive.reports import VerifyReport
from satseek.archive.rows import UNIT_TOLERANCE, chips_of, text_columns, vectors_of
from satseek.archive.schema import CHIP_COLUMNS, chip_schema, stored_card
from satseek.archive.store import Snapshot, Store
from satseek.archive.upkeep import indices_of
from satseek.core.chip import BBox, Chip, Geometry
from satseek.core.errors import ArchiveError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 5_000
MOST_NAMED = 3  # ids of one kind of problem
CLOSE = 1e-6  # degrees


def verify(store: Store, *, on_rows: Callable[[int], None] = lambda rows: None) -> VerifyReport:
    """Read everything and report what is wrong; only an archive that cannot be opened at all raises."""
    started = time.perf_counter()
    snapshot = store.latest(at_once=True)
    problems = _Problems()
    rows = 0
    try:
        with store_errors(store.uri, "read"):
            _check_schema(snapshot, store.uri, problems)
            hashes = []
            for table in _everything(snapshot):
                _check_rows(table, problems)
                hashes.append(np.asarray([hash(each) for each in table.column("id").to_pylist()], dtype=np.int64))
                rows += len(table)
                on_rows(len(table))
            _check_unique(snapshot, hashes, problems)
            _check_indices(snapshot, rows, problems)
    except ArchiveError as error:
        problems.add("files that cannot be read", str(error.__cause__ or error).split(",")[0])
    if rows != snapshot.rows and not problems.found:
        problems.add("rows", f"{snapshot.rows:,} are promised and {rows:,} were read")
    return VerifyReport(rows, problems.lines(), time.perf_counter() - started)


class _Problems:
    """Problems by kind, each with how often it was met and a few examples."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, kind: str, example: str) -> None:
        self.found.setdefault(kind, []).append(example)

    def lines(self) -> tuple[str, ...]:
        return tuple(
            f"{kind}: {', '.join(examples[:MOST_NAMED])}"
            + (f" and {len(examples) - MOST_NAMED:,} more" if len(examples) > MOST_NAMED else "")
            for kind, examples in self.found.items()
        )


def _check_schema(snapshot: Snapshot, uri: str, problems: _Problems) -> None:
    card = stored_card(snapshot.table.schema, uri)
    wanted = chip_schema(card)
    for field in wanted:
        position = snapshot.table.schema.get_field_index(field.name)
        if position < 0:
            problems.add("missing columns", field.name)
        elif snapshot.table.schema.field(position).type != field.type:
            problems.add("columns of another type", f"{field.name} ({snapshot.table.schema.field(position).type})")


def _everything(snapshot: Snapshot) -> Iterator[pa.Table]:
    import pyarrow as pa

    for batch in snapshot.table.search().limit(None).to_batches(batch_size=ROWS_AT_ONCE):
        yield pa.Table.from_batches([batch])


def _check_rows(table: pa.Table, problems: _Problems) -> None:
    names = table.column("id").to_pylist()
    lengths = np.linalg.norm(vectors_of(table), axis=1)
    for position in np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE)):
        problems.add("vectors not of unit length", names[position])
    try:
        chips = chips_of(table.select(list(CHIP_COLUMNS)))
    except (ValueError, TypeError, KeyError) as error:  # json and shapely say ValueError
        problems.add("rows that are no chips", f"near {names[0]} ({error})")
        return
    derived = table.select([*CELL_COLUMNS, "text", "properties", "facts"]).to_pylist()
    for chip, row in zip(chips, derived, strict=True):
        _check_chip(chip, row, problems)


def _check_chip(chip: Chip, row: dict[str, Any], problems: _Problems) -> None:
    if (chip.geometry is None) != (chip.bbox is None):
        problems.add("a footprint without a box, or a box without a footprint", chip.id)
    elif chip.geometry is not None and chip.bbox is not None and not _fits(chip.geometry, chip.bbox):
        problems.add("boxes that do not fit their footprint", chip.id)
    if [row[column] for column in CELL_COLUMNS] != cells_of(chip.bbox):
        problems.add("grid cells that do not fit the box", chip.id)
    said = text_columns(chip)
    if row["text"] != said["text"] or json.loads(row["properties"] or "{}") != dict(chip.properties):
        problems.add("text that does not fit the caption, keywords and labels", chip.id)
    if sorted(row["facts"] or ()) != sorted(said["facts"]):
        problems.add("facts that do not fit the properties", chip.id)
    if not 0 <= chip.nodata_share <= 1 or (chip.cloud_share is not None and not 0 <= chip.cloud_share <= 1):
        problems.add("shares outside 0 to 1", chip.id)


def _fits(geometry: Geometry, bbox: BBox) -> bool:
    """Return whether the box is the footprint's, also where both cross the date line."""
    from shapely.geometry import shape

    west, south, east, north = bbox
    bounds = shape(dict(geometry)).bounds
    if east < west:  # the parts on both sides span the whole map
        west, east = -180.0, 180.0
    return all(math.isclose(a, b, abs_tol=CLOSE) for a, b in zip((west, south, east, north), bounds, strict=True))


def _check_unique(snapshot: Snapshot, hashes: list[Any], problems: _Problems) -> None:
    if not hashes:
        return
    values, counts = np.unique(np.concatenate(hashes), return_counts=True)
    doubled = set(values[counts > 1].tolist())
    if not doubled:
        return
    seen: set[str] = set()
    for batch in snapshot.table.search().select(["id"]).limit(None).to_batches(batch_size=100_000):
        for each in batch.column("id").to_pylist():
            if hash(each) in doubled:
                if each in seen:
                    problems.add("ids that occur more than once", each)
                seen.add(each)


def _check_indices(snapshot: Snapshot, rows: int, problems: _Problems) -> None:
    for index in indices_of(snapshot.table):
        if index.rows + index.rows_outside != rows:
            problems.add(
                "indices that do not know every row",
                f"{index.column} ({index.rows:,} inside and {index.rows_outside:,} outside of {rows:,})",
            )
