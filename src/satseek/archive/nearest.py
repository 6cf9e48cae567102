"""The chips nearest to a vector, with filters inside the search: never fewer than k while k exist.

Three ways, by what is cheapest: every vector is read where there is no index; the few rows that a narrow filter
leaves are scored one by one; else the index finds candidates among the rows that the filter lets through, more than
are wanted, and more still while the exact test of the area leaves too few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from satseek.archive.conditions import Condition, condition_of
from satseek.archive.faults import store_errors
from satseek.archive.indices import Effort
from satseek.archive.neighbours import Neighbours, best_first, exact_scores
from satseek.archive.place import BoolArray, PlaceTest
from satseek.archive.register import Register, Rows
from satseek.archive.rows import chips_of, fixed_rows, vectors_of
from satseek.archive.schema import CHIP_COLUMNS
from satseek.archive.store import Snapshot
from satseek.archive.trips import ROW_ID, near, one_trip
from satseek.archive.tuning import Tuning
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

EXACT = "none (exact scan)"
EXACT_FILTERED = "filter (exact scan of the matching rows)"
VECTORS_AT_ONCE = 4_000
_NONE = np.empty(0, dtype=np.float32)


class _Asked(NamedTuple):
    """A question as it goes through this file."""

    snapshot: Snapshot
    register: Register | None  # where it is in memory, ids and boxes are not read
    query: FloatArray
    condition: Condition
    k: int
    texts: bool  # are wanted
    tuning: Tuning
    uri: str

    @property
    def columns(self) -> list[str]:
        """What has to be read of a candidate."""
        wanted = {"id": True, "bbox": self.condition.place is not None}
        unknown = [] if self.register is not None else [name for name, asked in wanted.items() if asked]
        return ["vector", *unknown, *(["text"] if self.texts else [])]


class _Found(NamedTuple):
    """Candidates that meet the filters, scored."""

    rows: Rows
    ids: list[str]
    texts: list[str]  # none where none are wanted
    vectors: FloatArray
    scores: FloatArray

    def best(self, k: int) -> _Found:
        """Return the k best, best first, ties by id."""
        return self.at(best_first(self.scores, self.ids, k))

    def at(self, positions: NDArray[np.intp]) -> _Found:
        """Return some of them."""
        ids, texts = ([each[position] for position in positions] if each else [] for each in (self.ids, self.texts))
        return _Found(self.rows[positions], ids, texts, self.vectors[positions], self.scores[positions])

    def with_more(self, more: _Found) -> _Found:
        """Return both together."""
        return _Found(
            np.concatenate([self.rows, more.rows]),
            [*self.ids, *more.ids],
            [*self.texts, *more.texts],
            np.concatenate([self.vectors, more.vectors]),
            np.concatenate([self.scores, more.scores]),
        )


def nearest(
    snapshot: Snapshot, query: FloatArray, filters: Filters, *, k: int, texts: bool, tuning: Tuning, uri: str
) -> Neighbours:
    """Return the k chips that meet the filters and are nearest to a unit vector."""
    with store_errors(uri, "searched"):
        wanted = min(k, snapshot.rows)
        if wanted <= 0:
            return nothing(query, snapshot.vector_index or EXACT)
        register = snapshot.register.ask(snapshot.table)
        few = max(tuning.exact_rows, wanted)
        condition = condition_of(filters, snapshot, register, few=few)
        asked = _Asked(snapshot, register, query, condition, wanted, texts, tuning, uri)
        if condition.rows == 0:
            return nothing(query, EXACT_FILTERED)
        narrow = condition.rows is not None and condition.rows <= few
        if narrow and (snapshot.vector_index is not None or condition.touching is not None):
            return _exact(asked)
        return _widening(asked)


def nothing(query: FloatArray, index: str) -> Neighbours:
    """Return the empty answer."""
    vectors = np.empty((0, len(query)), dtype=np.float32)
    return Neighbours(
        [], np.empty(0, dtype=np.float32), vectors, index=index, candidates=0, read_chips=lambda positions: []
    )


def read_chips(snapshot: Snapshot, rows: list[int], ids: list[str], uri: str) -> list[Chip]:
    """Read the chips of row ids, in the order of their ids."""
    if not rows:
        return []
    with store_errors(uri, "read"):
        table = one_trip(snapshot.taken(rows, CHIP_COLUMNS))
    found = {chip.id: chip for chip in chips_of(table)}
    return [found[each] for each in ids]


def chips_reader(snapshot: Snapshot, rows: Rows, ids: Sequence[str], uri: str) -> Callable[[Sequence[int]], list[Chip]]:
    """Return what reads the chips at some positions among rows and ids."""

    def read(positions: Sequence[int]) -> list[Chip]:
        return read_chips(snapshot, [int(rows[each]) for each in positions], [ids[each] for each in positions], uri)

    return read


def texts_of(table: pa.Table) -> list[str]:
    """Return what is said of each row."""
    return [text or "" for text in table.column("text").to_pylist()]


def matching_rows(
    snapshot: Snapshot, condition: Condition, columns: Sequence[str], *, batch: int = 10_000
) -> Iterator[pa.Table]:
    """Yield the columns and the row ids of all rows that meet a condition, place included, in batches."""
    import pyarrow as pa

    tested = [] if condition.place is None or "bbox" in columns else ["bbox"]
    query = snapshot.table.search().select([*columns, *tested]).with_row_id(True).limit(None)
    if condition.sql is not None:
        query = query.where(condition.sql)
    for each in query.to_batches(batch_size=batch):
        table = pa.Table.from_batches([each])
        if condition.place is not None:
            table = table.filter(inside(snapshot, table, condition.place))
        if len(table):
            yield table.select([*columns, ROW_ID])


def inside(snapshot: Snapshot, table: pa.Table, place: PlaceTest) -> BoolArray:
    """Return which rows lie in an area; footprints are read only along its edge."""
    bboxes = fixed_rows(table.column("bbox"))
    sure, unsure = place.by_boxes(bboxes)
    if unsure.any():
        rows = table.column(ROW_ID).to_numpy()[unsure]
        sure[unsure] = place.by_footprints(one_trip(_footprints(snapshot, rows)), bboxes[unsure])
    return sure


async def _footprints(snapshot: Snapshot, rows: Rows) -> list[bytes | None]:
    found = await snapshot.taken(rows.tolist(), ["geometry"])
    wkb = dict(zip(found.column(ROW_ID).to_pylist(), found.column("geometry").to_pylist(), strict=True))
    return [wkb[row] for row in rows.tolist()]


def _exact(asked: _Asked) -> Neighbours:
    """Score every row that meets the condition."""
    best, scored = _Found(np.empty(0, np.uint64), [], [], np.empty((0, len(asked.query)), np.float32), _NONE), 0
    for rows in _matching(asked):
        for start in range(0, len(rows), VECTORS_AT_ONCE):
            some = one_trip(_scored(asked, rows[start : start + VECTORS_AT_ONCE]))
            scored += len(some.ids)
            best = best.with_more(some).best(asked.k)
    return _neighbours(asked, best, EXACT_FILTERED, scored)


def _matching(asked: _Asked) -> Iterator[Rows]:
    """Yield the rows that meet the condition, or touch the area, which `_scored` tests."""
    if asked.condition.touching is not None:
        yield asked.condition.touching
    else:
        for keys in matching_rows(asked.snapshot, asked.condition, []):
            yield keys.column(ROW_ID).to_numpy()


async def _scored(asked: _Asked, rows: Rows) -> _Found:
    """Read and score rows that were found without their vectors."""
    reading = asked.snapshot.taken(rows.tolist(), asked.columns)
    place, register = asked.condition.place, asked.register
    if asked.condition.touching is None or place is None or register is None:
        return _found(asked, await reading)
    table, inside = await asyncio.gather(reading, _inside(asked, rows, register.boxes_of(rows), place))
    return _found(asked, table.filter(np.isin(table.column(ROW_ID).to_numpy(), rows[inside])))


def _widening(asked: _Asked) -> Neighbours:
    """Ask for more candidates than are wanted, and for more still while the exact test leaves too few."""
    snapshot, condition, tuning = asked.snapshot, asked.condition, asked.tuning
    effort = snapshot.effort or Effort(tuning.nprobes[1], tuning.refine[1])
    limit = int(asked.k / condition.share) + 1  # one more shows a tie
    if snapshot.vector_index is None:
        limit = int(limit * tuning.overfetch)
    else:  # its scores are rough: the best are among the first few times as many. That does for the area, too
        best = min(limit, tuning.refined)
        limit = best * effort.refine + int((limit - best) * tuning.overfetch)
    while True:
        fetched = min(limit, snapshot.rows)
        found, kept = one_trip(_candidates(asked, fetched, effort))
        exhausted = len(found.ids) < fetched or fetched == snapshot.rows
        enough = int(kept.sum()) >= asked.k and (exhausted or not _tie_goes_on(found.scores, kept, asked.k))
        if enough or (exhausted and snapshot.vector_index is None):
            return _neighbours(asked, found.at(np.flatnonzero(kept)), snapshot.vector_index or EXACT, len(found.ids))
        if exhausted or limit > tuning.most_overfetch:
            return _exact(asked)
        limit *= 4


def _tie_goes_on(fetched: FloatArray, kept: BoolArray, k: int) -> bool:
    """Whether chips that were not fetched may score as the k-th does, so that ids could not decide among them."""
    return bool(fetched.min() >= np.partition(fetched[kept], -k)[-k])


async def _candidates(asked: _Asked, limit: int, effort: Effort) -> tuple[_Found, BoolArray]:
    """Return what the index finds, or reading every vector, and which of it lies in the area."""
    condition, place = asked.condition, asked.condition.place
    nprobes = None if asked.snapshot.vector_index is None else _partitions(asked, effort)
    apart = asked.snapshot.kept is not None and nprobes is not None  # rows first, then of them what is not kept
    columns = [] if apart else asked.columns
    table = await near(asked.snapshot.table, asked.query, columns, sql=condition.sql, limit=limit, nprobes=nprobes)
    if apart:
        table = await asked.snapshot.taken(table.column(ROW_ID).to_pylist(), asked.columns)
    found = _found(asked, table)
    if place is None:
        return found, np.ones(len(table), dtype=bool)
    boxes = fixed_rows(table.column("bbox")) if asked.register is None else asked.register.boxes_of(found.rows)
    return found, await _inside(asked, found.rows, boxes, place)


async def _inside(asked: _Asked, rows: Rows, boxes: NDArray[np.float64], place: PlaceTest) -> BoolArray:
    """Return which rows lie in an area; footprints are read only along its edge."""
    inside, unsure = place.by_boxes(boxes)
    if unsure.any():
        inside[unsure] = place.by_footprints(await _footprints(asked.snapshot, rows[unsure]), boxes[unsure])
    return inside


def _partitions(asked: _Asked, effort: Effort) -> int:
    """Return how many to look at: as many as `optimize` found to be needed, more where few of their chips pass."""
    rows, tuning, passing = asked.snapshot.rows, asked.tuning, asked.condition.passing
    partitions = max(rows // tuning.partition_rows, 1)
    enough = -(-tuning.choice * asked.k * partitions // max(int(rows if passing is None else passing), 1))
    return min(max(effort.nprobes, enough), partitions)


def _found(asked: _Asked, table: pa.Table) -> _Found:
    rows, vectors = table.column(ROW_ID).to_numpy(), vectors_of(table)
    ids = table.column("id").to_pylist() if asked.register is None else asked.register.ids_of(rows)
    return _Found(rows, ids, texts_of(table) if asked.texts else [], vectors, exact_scores(asked.query, vectors))


def _neighbours(asked: _Asked, found: _Found, index: str, candidates: int) -> Neighbours:
    best = found.best(asked.k)
    return Neighbours(
        best.ids,
        best.scores,
        best.vectors,
        index=index,
        candidates=candidates,
        read_chips=chips_reader(asked.snapshot, best.rows, best.ids, asked.uri),
        texts=best.texts,
    )
