"""Filters as the store understands them: an SQL condition that indices answer, and an exact test of the place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from satseek.archive.cells import CELL_COLUMNS, cells_asked, square_degrees
from satseek.archive.place import PlaceTest
from satseek.archive.predicates import predicate_sql, quoted
from satseek.archive.rows import fact
from satseek.core.filters import Filters
from satseek.core.period import as_utc, rfc3339

LEAST_SHARE = 0.05  # no estimate of the area's share of its cells is trusted below this


class Condition(NamedTuple):
    """What the store filters by, and what is tested afterwards; the SQL never lets too few rows through."""

    sql: str | None = None
    place: PlaceTest | None = None
    share: float = 1.0  # of the rows that the SQL lets through, roughly those that pass the exact test
    rows: int | None = None  # that the SQL lets through, once counted


def narrowest(filters: Filters, table: Any, *, few: int) -> Condition:
    """Return the condition that lets the fewest rows through to the exact test, counted by the indices."""
    facts = _facts_sql(filters)
    if filters.where is None:
        sql = " AND ".join(facts) or None
        return Condition(sql, rows=None if sql is None else table.count_rows(sql))
    place = PlaceTest(filters.where)
    ways: list[Condition] = []
    for places, share in _places(place):
        sql = " AND ".join([places, *facts])
        ways.append(Condition(sql, place, share, rows=table.count_rows(sql)))
        if _count(ways[-1]) <= few:
            break
    return min(ways, key=_count)


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the SQL that a column holds one of the texts."""
    return f"{column} IN ({', '.join(quoted(value) for value in values)})"


def _count(condition: Condition) -> int:
    return condition.rows or 0


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


def _places(place: PlaceTest) -> list[tuple[str, float]]:
    """Return the ways to ask for an area, finest cells first, each with the area's share of what it covers."""
    ways: list[tuple[str, float]] = []
    for level in reversed(range(len(CELL_COLUMNS))):
        cells = cells_asked(place.boxes, level)
        if cells is not None:
            share = place.square_degrees / max(square_degrees(cells, level), 1e-12)
            ways.append((_cells_sql(CELL_COLUMNS[level], cells), min(max(share, LEAST_SHARE), 1.0)))
    return ways or [("bbox IS NOT NULL", max(place.square_degrees / (360 * 180), LEAST_SHARE))]


def _cells_sql(column: str, cells: Sequence[int]) -> str:
    return f"{column} IN ({', '.join(str(cell) for cell in cells)})"


def _moment(moment: datetime) -> str:
    return f"timestamp '{rfc3339(as_utc(moment))}'"
