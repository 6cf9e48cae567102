"""Changes to the rows: add, remove, update; each one transaction, safe against others who write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from satseek.archive.conditions import condition_of, one_of
from satseek.archive.faults import store_errors
from satseek.archive.nearest import matching_rows
from satseek.archive.rows import chips_of, table_of, text_columns
from satseek.archive.store import Store
from satseek.archive.trips import ROW_ID
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 100_000  # in one transaction; 512 numbers each, that is 200 MB
BATCH_ROWS = 8_192  # as Lance's joins have them: of a longer batch they copy every column anew for each part of it
IDS_AT_ONCE = 10_000


def add(store: Store, chips: Sequence[Chip], vectors: FloatArray) -> int:
    """Add chips or replace those with the same id; returns how many are new."""
    schema = store.latest().table.schema
    new = 0
    for start in range(0, len(chips), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        rows = table_of(chips[some], vectors[some], schema, now=datetime.now(UTC))
        new += add_rows(store, rows)
    return new


def add_rows(store: Store, rows: pa.Table) -> int:
    """Add or replace rows of the archive's own schema in one transaction; returns how many are new."""
    import pyarrow as pa

    batches = pa.Table.from_batches(rows.to_batches(max_chunksize=BATCH_ROWS), rows.schema)

    def merge(table: Any) -> int:
        # Without the id index: with it Lance joins on another path that does not notice when two processes insert
        # the same id at once, and both rows stay. The path without notices by the primary key, and tries again.
        builder = table.merge_insert("id").use_index(False)
        return int(builder.when_matched_update_all().when_not_matched_insert_all().execute(batches).num_inserted_rows)

    return store.commit(merge) if len(rows) else 0


def remove(store: Store, filters: Filters) -> int:
    """Remove the chips that meet the filters; returns how many there were."""
    snapshot = store.latest()
    with store_errors(store.uri, "read"):
        condition = condition_of(filters, snapshot)
    if condition.place is None and condition.sql is not None:
        return _delete(store, condition.sql)
    removed = 0
    ids = [each for keys in matching_rows(snapshot, condition, ["id"]) for each in keys.column("id").to_pylist()]
    for start in range(0, len(ids), IDS_AT_ONCE):
        removed += _delete(store, one_of("id", ids[start : start + IDS_AT_ONCE]))
    return removed


def update(store: Store, filters: Filters, change: Callable[[Chip], Chip]) -> int:
    """Rewrite what is said of the chips that meet the filters; returns how many were there."""
    import pyarrow as pa

    snapshot = store.latest()
    changed = 0
    with store_errors(store.uri, "read"):
        condition = condition_of(filters, snapshot)
    for keys in matching_rows(snapshot, condition, ["id"]):
        rows = (
            snapshot.table.take_row_ids(keys.column(ROW_ID).to_pylist()).select(snapshot.table.schema.names).to_arrow()
        )
        columns = [text_columns(change(chip)) for chip in chips_of(rows)]
        for name in columns[0]:
            field = rows.schema.field(name)
            values = pa.array([each[name] for each in columns], field.type)
            rows = rows.set_column(rows.schema.get_field_index(name), field, values)
        changed += store.commit(partial(_rewrite, rows=rows))
    return changed


def said(
    *,
    caption: str | None = None,
    keywords: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    properties: dict[str, Any] | None = None,
) -> Callable[[Chip], Chip]:
    """Return the change that says these things of a chip and leaves the rest; properties are added to those there."""

    def change(chip: Chip) -> Chip:
        return replace(
            chip,
            caption=chip.caption if caption is None else caption or None,
            keywords=chip.keywords if keywords is None else tuple(keywords),
            labels=chip.labels if labels is None else tuple(labels),
            properties={**chip.properties, **(properties or {})},
        )

    return change


def _delete(store: Store, sql: str) -> int:
    return store.commit(lambda table: int(table.delete(sql).num_deleted_rows))


def _rewrite(table: Any, rows: pa.Table) -> int:
    """Replace rows that are still there; those that were removed meanwhile stay removed."""
    return int(table.merge_insert("id").use_index(False).when_matched_update_all().execute(rows).num_updated_rows)
