"""Reads of a table in one trip to the store: its plain calls go there and back five times for one search."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

ROW_ID = "_rowid"


def one_trip(reading: Coroutine[Any, Any, T]) -> T:
    """Run a read in the store's own event loop, where its plain calls run, too, and wait for what it returns."""
    # The loop and the table within the table are not documented. The version of lancedb is pinned; a test of the
    # archive fails at once should they move.
    from lancedb.background_loop import LOOP

    answer: T = LOOP.run(reading)  # type: ignore[no-untyped-call]
    return answer


async def near(
    table: Any, query: FloatArray, columns: Sequence[str], *, sql: str | None, limit: int, nprobes: int | None
) -> pa.Table:
    """Return the columns and row ids of the rows nearest to a vector, by the index where `nprobes` is given."""
    search = table._table.query().nearest_to(query).column("vector").distance_type("cosine")
    search = search.select([*columns, "_distance"]).with_row_id().limit(limit)
    if sql is not None:
        search = search.where(sql)
    # Without Lance's own refining: it would read the same vectors a second time.
    search = search.bypass_vector_index() if nprobes is None else search.nprobes(nprobes)
    found: pa.Table = await search.to_arrow()
    return found


async def saying(table: Any, words: str, columns: Sequence[str], *, sql: str | None, limit: int) -> pa.Table:
    """Return the columns, row ids and BM25 scores of the rows whose text fits words best."""
    from lancedb.query import MatchQuery

    match: Any = MatchQuery  # its other arguments have defaults that the type checker cannot see
    search = table._table.query().nearest_to_text(match(words, "text"))
    search = search.select([*columns, "_score"]).with_row_id().limit(limit)
    found: pa.Table = await (search if sql is None else search.where(sql)).to_arrow()
    return found


async def taken(table: Any, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
    """Return the columns and row ids of rows, in no order."""
    found: pa.Table = await table._table.take_row_ids(list(rows)).select(list(columns)).with_row_id().to_arrow()
    return found


async def counted(table: Any, sql: str) -> int:
    """Return how many rows meet an SQL condition."""
    rows: int = await table._table.count_rows(sql)
    return rows


async def newest(table: Any) -> int:
    """Bring a table that is watched up to date; return the version."""
    await table._table.checkout_latest()
    version: int = await table._table.version()
    return version
