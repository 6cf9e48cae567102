"""Chips without a question of content: by words of their text, by date, by id, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from satseek.archive.conditions import Condition, condition_of, one_of
from satseek.archive.faults import store_errors
from satseek.archive.nearest import chips_reader, inside, matching_rows, texts_of
from satseek.archive.neighbours import Neighbours, best_first
from satseek.archive.register import Register
from satseek.archive.rows import vectors_of
from satseek.archive.store import Snapshot
from satseek.archive.trips import ROW_ID, one_trip, saying
from satseek.core.errors import ChipNotFound
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

IDS_AT_ONCE = 5_000
NEWEST_FIRST = [
    {"column_name": "datetime", "ascending": False, "nulls_first": False},
    {"column_name": "id", "ascending": True, "nulls_first": False},
]


def matching_text(snapshot: Snapshot, words: str, filters: Filters, *, k: int, texts: bool, uri: str) -> Neighbours:
    """Return the k chips whose text fits the words best, scored by BM25."""
    with store_errors(uri, "searched"):
        register = snapshot.register.ask(snapshot.table)
        condition = condition_of(filters, snapshot)
        columns = ["vector", *(["text"] if texts else []), *([] if register is not None else ["id"])]
        columns += ["bbox"] if condition.place is not None else []
        limit = k + 16 if condition.place is None else 4 * k + 16
        while True:
            found = one_trip(saying(snapshot.table, words, columns, sql=condition.sql, limit=limit))
            exhausted = len(found) < limit
            candidates = len(found)
            if condition.place is not None:
                found = found.filter(inside(snapshot, found, condition.place))
            if len(found) >= k or exhausted:
                return _by_score(snapshot, found, register, k, candidates, uri)
            limit *= 4


def scan(snapshot: Snapshot, filters: Filters, *, batch: int, limit: int | None, uri: str) -> Iterator[Neighbours]:
    """Yield the chips that meet the filters, newest first, undated last, ties by id."""
    with store_errors(uri, "read"):
        rows = _newest_first(snapshot, condition_of(filters, snapshot), limit)
    for start in range(0, len(rows), batch):
        yield _of_rows(snapshot, rows[start : start + batch], uri)


def count(snapshot: Snapshot, filters: Filters, uri: str) -> int:
    """Return how many chips meet the filters."""
    with store_errors(uri, "read"):
        condition = condition_of(filters, snapshot)
        if condition.place is None:
            return snapshot.rows if condition.rows is None else condition.rows
        return sum(len(keys) for keys in matching_rows(snapshot, condition, ["id"]))


def tables(snapshot: Snapshot, filters: Filters, columns: Sequence[str], uri: str) -> Iterator[pa.Table]:
    """Yield rows that meet the filters as they are stored, in no order, in bounded memory."""
    with store_errors(uri, "read"):
        condition = condition_of(filters, snapshot)
        yield from matching_rows(snapshot, condition, columns, batch=1_000)


def held(snapshot: Snapshot, ids: Sequence[str], uri: str) -> set[str]:
    """Return those of the ids that the archive has."""
    with store_errors(uri, "read"):
        return set(_row_ids(snapshot, ids))


def rows_of(snapshot: Snapshot, ids: Sequence[str], uri: str) -> list[int]:
    """Return the row id of each chip, in order; `ChipNotFound` names the first that is missing."""
    with store_errors(uri, "read"):
        found = _row_ids(snapshot, ids)
    missing = [each for each in ids if each not in found]
    if missing:
        others = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise ChipNotFound(
            f"The archive '{uri}' has no chip '{missing[0]}'{others}. "
            "Ids are printed by 'satseek search --json'; they change with the model and the way of cutting."
        )
    return [found[each] for each in ids]


def vectors_at(snapshot: Snapshot, rows: Sequence[int], ids: Sequence[str], uri: str) -> FloatArray:
    """Return the vectors of row ids, in the order of their ids."""
    with store_errors(uri, "read"):
        table = one_trip(snapshot.taken(list(rows), ["id", "vector"]))
    position = {each: index for index, each in enumerate(table.column("id").to_pylist())}
    ordered: FloatArray = vectors_of(table)[[position[each] for each in ids]]
    return ordered


def _row_ids(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = ids[start : start + IDS_AT_ONCE]
        query = snapshot.table.search().where(one_of("id", some)).select(["id"]).with_row_id(True).limit(None)
        table = query.to_arrow()
        found.update(zip(table.column("id").to_pylist(), table.column(ROW_ID).to_pylist(), strict=True))
    return found


def _by_score(
    snapshot: Snapshot, found: pa.Table, register: Register | None, k: int, candidates: int, uri: str
) -> Neighbours:
    scores = found.column("_score").to_numpy().astype(np.float32)
    rows = found.column(ROW_ID).to_numpy()
    names = found.column("id").to_pylist() if register is None else register.ids_of(rows)
    order = best_first(scores, names, k)
    ids = [names[position] for position in order]
    texts = texts_of(found) if "text" in found.column_names else []
    return Neighbours(
        ids,
        scores[order],
        vectors_of(found)[order],
        index="FTS",
        candidates=candidates,
        read_chips=chips_reader(snapshot, rows[order], ids, uri),
        texts=[texts[position] for position in order] if texts else (),
    )


def _newest_first(snapshot: Snapshot, condition: Condition, limit: int | None) -> list[int]:
    """Return the row ids of all that match, in order; only keys are in memory, never vectors."""
    columns = ["id", *(["bbox"] if condition.place is not None else []), "datetime"]
    fetched = limit if condition.place is None or limit is None else 4 * limit
    while True:
        query = snapshot.table.search().select(columns).with_row_id(True).order_by(_ordering()).limit(fetched)
        found = (query.where(condition.sql) if condition.sql else query).to_arrow()
        exhausted = fetched is None or len(found) < fetched
        if condition.place is not None:
            found = found.filter(inside(snapshot, found, condition.place))
        if exhausted or fetched is None or limit is None or len(found) >= limit:
            rows: list[int] = found.column(ROW_ID).to_pylist()[:limit]
            return rows
        fetched *= 4


def _ordering() -> list[object]:
    from lancedb.query import ColumnOrdering

    return [ColumnOrdering.model_validate(each) for each in NEWEST_FIRST]


def _of_rows(snapshot: Snapshot, rows: list[int], uri: str) -> Neighbours:
    with store_errors(uri, "read"):
        table = snapshot.table.take_row_ids(rows).select(["id", "vector"]).with_row_id().to_arrow()
    position = {row: index for index, row in enumerate(table.column(ROW_ID).to_pylist())}
    order = [position[row] for row in rows]
    names = table.column("id").to_pylist()
    ids = [names[index] for index in order]
    return Neighbours(
        ids,
        np.zeros(len(ids), dtype=np.float32),
        vectors_of(table)[order],
        index="none (listed)",
        candidates=0,
        read_chips=chips_reader(snapshot, np.asarray(rows, np.uint64), ids, uri),
    )
