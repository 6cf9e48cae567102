"""Filters as the store understands them: one SQL condition that an index answers, and an exact test of the place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from satseek.archive.cells import cells_asked, largest_side, places_asked, square_degrees
from satseek.archive.place import PlaceTest
from satseek.archive.rows import fact
from satseek.core.filters import Filters
from satseek.core.period import as_utc, rfc3339

FINE_DEGREES = 2.5  # areas with sides up to this are asked by the curve, larger ones by coarse cells


class Condition(NamedTuple):
    """What the store filters by, and what is tested afterwards; the SQL never lets too few rows through."""

    sql: str | None
    place: PlaceTest | None
    share: float = 1.0  # of the rows that the SQL lets through, roughly those that pass the exact test

    @staticmethod
    def of(filters: Filters) -> Condition:
        """Return the condition that chips meet exactly when they meet the filters."""
        parts: list[str] = []
        place, share = None, 1.0
        if filters.where is not None:
            place = PlaceTest(filters.where)
            sql, share = _place_sql(place)
            parts.append(sql)
        if filters.ids:
            parts.append(one_of("id", filters.ids))
        if filters.sensors:
            parts.append(one_of("sensor", filters.sensors))
        if filters.sources:
            parts.append(one_of("source", filters.sources))
        if filters.when is not None:
            if filters.when.start is not None:
                parts.append(f"datetime >= {_moment(filters.when.start)}")
            if filters.when.end is not None:
                parts.append(f"datetime <= {_moment(filters.when.end)}")
        if filters.max_nodata is not None:
            parts.append(f"nodata_share <= {float(filters.max_nodata)!r}")
        if filters.max_cloud is not None:  # where nobody measured clouds, nobody knows of any
            parts.append(f"(cloud_share IS NULL OR cloud_share <= {float(filters.max_cloud)!r})")
        parts += [f"array_has_any(facts, [{quoted(fact(*each))}])" for each in filters.properties.items()]
        return Condition(" AND ".join(parts) or None, place, share)


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the SQL that a column holds one of the texts."""
    return f"{column} IN ({', '.join(quoted(value) for value in values)})"


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _place_sql(place: PlaceTest) -> tuple[str, float]:
    """Return the SQL for an area, and the area's share of what the SQL covers."""
    if largest_side(place.boxes) <= FINE_DEGREES:
        ranges = places_asked(place.boxes)
        return "(" + " OR ".join(f"(place >= {low} AND place <= {high})" for low, high in ranges) + ")", 0.5
    cells = cells_asked(place.boxes)
    if cells is None:
        return "west IS NOT NULL", max(place.square_degrees / (360 * 180), 0.01)
    covered = sum(square_degrees(cell) for cell in cells)
    sql = f"array_has_any(cells, [{', '.join(str(cell) for cell in cells)}])"
    return sql, min(max(place.square_degrees / covered, 0.01), 1.0)


def _moment(moment: datetime) -> str:
    return f"timestamp '{rfc3339(as_utc(moment))}'"
