"""The chips nearest to a vector, with filters inside the search: never fewer than k while k exist.

Three ways, by what is cheapest: every vector is read where there is no index; the few rows that a narrow filter
leaves are scored one by one; else the index finds candidates among the rows that the filter lets through, more than
are wanted, and doubles their number while the exact test of the area leaves too few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.conditions import Condition, condition_of
from satseek.archive.faults import store_errors
from satseek.archive.indices import Effort
from satseek.archive.neighbours import Neighbours, best_first, exact_scores
from satseek.archive.place import BoolArray, PlaceTest
from satseek.archive.rows import chips_of, fixed_rows, vectors_of
from satseek.archive.schema import CHIP_COLUMNS
from satseek.archive.store import Snapshot
from satseek.archive.tuning import Tuning
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

EXACT = "none (exact scan)"
EXACT_FILTERED = "filter (exact scan of the matching rows)"
ROW_ID = "_rowid"
VECTORS_AT_ONCE = 4_000


def nearest(snapshot: Snapshot, query: FloatArray, filters: Filters, *, k: int, tuning: Tuning, uri: str) -> Neighbours:
    """Return the k chips that meet the filters and are nearest to a unit vector."""
    with store_errors(uri, "searched"):
        wanted = min(k, snapshot.rows)
        if wanted <= 0:
            return nothing(query, snapshot.vector_index or EXACT)
        condition = condition_of(filters, snapshot)
        if condition.rows == 0:
            return nothing(query, EXACT_FILTERED)
        narrow = condition.rows is not None and condition.rows <= max(tuning.exact_rows, wanted)
        if narrow and snapshot.vector_index is not None:
            return _exact(snapshot, query, condition, wanted, uri)
        return _widening(snapshot, query, condition, wanted, tuning, uri)


def nothing(query: FloatArray, index: str) -> Neighbours:
    """Return the empty answer."""
    vectors = np.empty((0, len(query)), dtype=np.float32)
    return Neighbours([], np.empty(0, dtype=np.float32), vectors, index=index, candidates=0, read_chips=list)


def read_chips(snapshot: Snapshot, rows: list[int], ids: list[str], uri: str) -> list[Chip]:
    """Read the chips of row ids, in the order of their ids."""
    if not rows:
        return []
    with store_errors(uri, "read"):
        table = snapshot.table.take_row_ids(rows).select(list(CHIP_COLUMNS)).to_arrow()
    found = {chip.id: chip for chip in chips_of(table)}
    return [found[each] for each in ids]


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
        rows = table.column(ROW_ID).filter(unsure).to_pylist()
        found = snapshot.table.take_row_ids(rows).select(["geometry"]).with_row_id().to_arrow()
        wkb = dict(zip(found.column(ROW_ID).to_pylist(), found.column("geometry").to_pylist(), strict=True))
        sure[unsure] = place.by_footprints([wkb[row] for row in rows], bboxes[unsure])
    return sure


def _exact(snapshot: Snapshot, query: FloatArray, condition: Condition, k: int, uri: str) -> Neighbours:
    """Score every row that meets the condition."""
    best: pa.Table | None = None
    scored = 0
    for keys in matching_rows(snapshot, condition, []):
        for start in range(0, len(keys), VECTORS_AT_ONCE):
            rows = keys.column(ROW_ID)[start : start + VECTORS_AT_ONCE].to_pylist()
            found = snapshot.table.take_row_ids(rows).select(["id", "vector"]).with_row_id().to_arrow()
            scored += len(found)
            best = _best(found, best, query, k)
    if best is None:
        return nothing(query, EXACT_FILTERED)
    return _neighbours(snapshot, best, query, k, EXACT_FILTERED, scored, uri)


def _best(found: pa.Table, best: pa.Table | None, query: FloatArray, k: int) -> pa.Table:
    import pyarrow as pa

    both = found if best is None else pa.concat_tables([best, found.select(best.column_names)])
    return both.take(best_first(exact_scores(query, vectors_of(both)), both.column("id").to_pylist(), k))


def _widening(
    snapshot: Snapshot, query: FloatArray, condition: Condition, k: int, tuning: Tuning, uri: str
) -> Neighbours:
    """Ask for more candidates than are wanted, and for more still while the exact test leaves too few."""
    effort = snapshot.effort or Effort(tuning.nprobes[1], tuning.refine[1])
    limit = int(k / condition.share) + 1  # one more shows a tie
    # The index's scores are rough: the best are among the first few times as many. That does for the area, too.
    limit = limit * effort.refine if snapshot.vector_index is not None else int(limit * tuning.overfetch)
    while True:
        fetched = min(limit, snapshot.rows)
        found = _candidates(snapshot, query, condition, fetched, effort, tuning)
        exhausted = len(found) < fetched or fetched == snapshot.rows
        scores = exact_scores(query, vectors_of(found))
        kept = np.ones(len(found), dtype=bool) if condition.place is None else inside(snapshot, found, condition.place)
        enough = int(kept.sum()) >= k and (exhausted or not _tie_goes_on(scores, scores[kept], k))
        if enough or (exhausted and snapshot.vector_index is None):
            index = snapshot.vector_index or EXACT
            return _neighbours(snapshot, found.filter(kept), query, k, index, len(found), uri)
        if exhausted or limit > tuning.most_overfetch:
            return _exact(snapshot, query, condition, k, uri)
        limit *= 4


def _tie_goes_on(fetched: FloatArray, kept: FloatArray, k: int) -> bool:
    """Whether chips that were not fetched may score as the k-th does, so that ids could not decide among them."""
    return bool(fetched.min() >= np.partition(kept, -k)[-k])


def _candidates(
    snapshot: Snapshot, query: FloatArray, condition: Condition, limit: int, effort: Effort, tuning: Tuning
) -> pa.Table:
    columns = ["id", *(["bbox"] if condition.place is not None else []), "vector", "_distance"]
    search: Any = snapshot.table.search(query, query_type="vector", vector_column_name="vector")
    search = search.distance_type("cosine").select(columns).with_row_id(True).limit(limit)
    if condition.sql is not None:
        search = search.where(condition.sql)
    if snapshot.vector_index is None:
        search = search.bypass_vector_index()
    else:  # without Lance's refining: it would read the same vectors a second time
        search = search.nprobes(_partitions(snapshot, condition, limit // effort.refine, effort, tuning))
    table: pa.Table = search.to_arrow()
    return table


def _partitions(snapshot: Snapshot, condition: Condition, wanted: int, effort: Effort, tuning: Tuning) -> int:
    """Return how many to look at: as many as `optimize` found to be needed, more where few of their chips pass."""
    partitions = max(snapshot.rows // tuning.partition_rows, 1)
    passing = snapshot.rows if condition.rows is None else condition.rows
    enough = -(-tuning.choice * wanted * partitions // max(passing, 1))
    return min(max(effort.nprobes, enough), partitions)


def _neighbours(
    snapshot: Snapshot, found: pa.Table, query: FloatArray, k: int, index: str, candidates: int, uri: str
) -> Neighbours:
    vectors = vectors_of(found)
    scores = exact_scores(query, vectors)
    names = found.column("id").to_pylist()
    order = best_first(scores, names, k)
    ids = [names[index] for index in order]
    rows = found.column(ROW_ID).take(order).to_pylist() if len(order) else []
    return Neighbours(
        ids,
        scores[order],
        vectors[order],
        index=index,
        candidates=candidates,
        read_chips=lambda: read_chips(snapshot, rows, ids, uri),
    )
