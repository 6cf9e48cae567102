"""Filters as the store understands them: an SQL condition that indices answer, and an exact test of the place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from satseek.archive.cells import CELL_COLUMNS, cells_asked, square_degrees
from satseek.archive.place import PlaceTest
from satseek.archive.predicates import predicate_sql, quoted
from satseek.archive.register import Register, Rows
from satseek.archive.rows import fact
from satseek.archive.store import Snapshot
from satseek.archive.trips import counted, one_trip
from satseek.core.filters import Filters
from satseek.core.period import as_utc, rfc3339

LEAST_SHARE = 0.05  # no estimate of the area's share of its cells is trusted below this


class Condition(NamedTuple):
    """What the store filters by, and what is tested afterwards; the SQL never lets too few rows through."""

    sql: str | None = None
    place: PlaceTest | None = None
    share: float = 1.0  # of the rows that the SQL lets through, roughly those that pass the exact test
    rows: int | None = None  # that may meet the filters, once counted
    passing: float | None = None  # roughly those that do
    touching: Rows | None = None  # all that may meet the filters, where they are few and known: there is no SQL then


def condition_of(filters: Filters, snapshot: Snapshot, register: Register | None = None, *, few: int = 0) -> Condition:
    """Return what the store filters by, with the rows that may meet it, counted by the register or the indices."""
    facts = _facts_sql(filters)
    if filters.where is None:
        sql = " AND ".join(facts) or None
        rows = None if sql is None else one_trip(counted(snapshot.table, sql))
        return Condition(sql, rows=rows, passing=rows)
    place = PlaceTest(filters.where)
    touching = None if register is None or facts else register.touching(place.boxes, few)
    if touching is not None and touching.rows is not None:
        return Condition(place=place, rows=touching.number, passing=touching.number, touching=touching.rows)
    cells, share = _place_sql(place, snapshot)
    condition = Condition(" AND ".join([cells, *facts]), place, share)
    if touching is not None:
        return condition._replace(rows=touching.number, passing=touching.number * place.share_of_boxes)
    rows = one_trip(counted(snapshot.table, str(condition.sql)))
    return condition._replace(rows=rows, passing=rows * share)


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the SQL that a column holds one of the texts."""
    return f"{column} IN ({', '.join(quoted(value) for value in values)})"


def _facts_sql(filters: Filters) -> list[str]:
    parts = [
        one_of(column, values)
        for column, values in (("id", filters.ids), ("sensor", filters.sensors), ("source", filters.sources))
        if values
    ]
    if filters.when is not None:
        if filters.when.start is not None:
            parts.append(f"datetime >= {_moment(filters.when.start)}")
        if filters.when.end is not None:
            parts.append(f"datetime <= {_moment(filters.when.end)}")
    if filters.max_nodata is not None:
        parts.append(f"nodata_share <= {float(filters.max_nodata)!r}")
    if filters.max_cloud is not None:  # where nobody measured clouds, nobody knows of any
        parts.append(f"(cloud_share IS NULL OR cloud_share <= {float(filters.max_cloud)!r})")
    parts += [f"array_has(facts, {quoted(fact(*each))})" for each in filters.properties.items()]
    return parts if filters.condition is None else [*parts, predicate_sql(filters.condition)]


def _place_sql(place: PlaceTest, snapshot: Snapshot) -> tuple[str, float]:
    """Return the SQL for an area on the finest level of cells that suits, and the area's share of what it covers."""
    for level in snapshot.useful_levels:
        cells = cells_asked(place.boxes, level)
        if cells is not None:
            share = place.square_degrees / max(square_degrees(cells, level), 1e-12)
            listed = ", ".join(str(cell) for cell in cells)
            return f"{CELL_COLUMNS[level]} IN ({listed})", min(max(share, LEAST_SHARE), 1.0)
    share = place.square_degrees / (360 * 180)
    return f"{CELL_COLUMNS[0]} IS NOT NULL", min(max(share, LEAST_SHARE), 1.0)


def _moment(moment: datetime) -> str:
    return f"timestamp '{rfc3339(as_utc(moment))}'"
