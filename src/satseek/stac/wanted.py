"""Which items of a catalog are wanted: where, when, of which collections, and with which properties."""

from __future__ import annotations

import datetime as dates
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import shapely
from pystac.utils import str_to_datetime
from shapely.geometry.base import BaseGeometry

from satseek.core.area import Area
from satseek.core.errors import SourceError, UsageError
from satseek.core.period import Period, as_utc
from satseek.stac.walk import require_item

_EXPRESSION = re.compile(r"\s*([A-Za-z_][\w:.\-]*)\s*(<=|>=|!=|<>|==|=|<|>)\s*(\S.*?)\s*")
_SPELLINGS = {"==": "=", "<>": "!="}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_IN_QUERY_EXTENSION = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": "eq", "!=": "neq"}
_IN_CQL2 = {"!=": "<>"}


class Comparison(NamedTuple):
    """One condition on a property, such as `eo:cloud_cover<20`."""

    name: str
    operator: str
    value: float | str | bool

    @staticmethod
    def parse(text: str) -> Comparison:
        """Read a name, a comparison and a value."""
        match = _EXPRESSION.fullmatch(text)
        if match is None:
            raise UsageError(
                f"Cannot read the query '{text}'. Write a name, a comparison and a value, such as "
                "'eo:cloud_cover<20' or 'platform=sentinel-2a' (in quotes, or the shell takes < and > for itself)."
            )
        name, sign, value = match.groups()
        return Comparison(name, _SPELLINGS.get(sign, sign), _value(value))

    def holds(self, properties: Mapping[str, Any]) -> bool:
        """Whether the properties meet the condition; one that is not there meets none."""
        held = properties.get(self.name)
        if held is None:
            return False
        if isinstance(held, list | tuple):
            among = self.value in held
            return among if self.operator == "=" else not among if self.operator == "!=" else False
        if isinstance(held, str) != isinstance(self.value, str) or not isinstance(held, str | int | float):
            return self.operator == "!="
        return _COMPARE[self.operator](held, self.value)


@dataclass(frozen=True)
class Wanted:
    """The conditions on items; an empty one wants all."""

    where: Area | None = None
    when: Period | None = None
    comparisons: tuple[Comparison, ...] = ()
    collections: tuple[str, ...] = ()

    @staticmethod
    def of(
        *,
        bbox: Area | str | Sequence[float] | None = None,
        datetime: Period | str | None = None,
        query: str | Sequence[str] | None = None,
        collections: Sequence[str] = (),
    ) -> Wanted:
        """Read the conditions as a person or a program gives them."""
        expressions = [query] if isinstance(query, str) else list(query or ())
        return Wanted(
            where=bbox if isinstance(bbox, Area) or bbox is None else Area.from_bbox(bbox),
            when=Period.parse(datetime) if isinstance(datetime, str) else datetime,
            comparisons=tuple(Comparison.parse(expression) for expression in expressions),
            collections=(collections,) if isinstance(collections, str) else tuple(collections),
        )

    def takes(self, item: Mapping[str, Any]) -> bool:
        """Whether an item, as JSON, meets all conditions."""
        require_item(item)
        if self.collections and item.get("collection") not in self.collections:
            return False
        return self._has_properties(item) and self._at_that_time(item) and self._at_that_place(item)

    def as_query_extension(self) -> dict[str, dict[str, Any]]:
        """Return the comparisons for an API that has the query extension."""
        query: dict[str, dict[str, Any]] = {}
        for name, sign, value in self.comparisons:
            query.setdefault(name, {})[_IN_QUERY_EXTENSION[sign]] = value
        return query

    def as_cql2(self) -> dict[str, Any]:
        """Return the comparisons for an API that has the filter extension."""
        parts = [
            {"op": _IN_CQL2.get(sign, sign), "args": [{"property": name}, value]}
            for name, sign, value in self.comparisons
        ]
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _has_properties(self, item: Mapping[str, Any]) -> bool:
        return all(comparison.holds(item["properties"]) for comparison in self.comparisons)

    def _at_that_time(self, item: Mapping[str, Any]) -> bool:
        if self.when is None:
            return True
        properties = item["properties"]
        moment = properties.get("datetime")
        start = _moment(moment or properties.get("start_datetime"))
        end = _moment(moment or properties.get("end_datetime"))
        if start is None and end is None:
            return False
        too_early = self.when.start is not None and end is not None and end < self.when.start
        too_late = self.when.end is not None and start is not None and start > self.when.end
        return not (too_early or too_late)

    def _at_that_place(self, item: Mapping[str, Any]) -> bool:
        if self.where is None:
            return True
        place = _place_of(item)
        return place is not None and bool(shapely.intersects(self._shape, place))

    @cached_property
    def _shape(self) -> BaseGeometry:
        assert self.where is not None
        if self.where.geometry is not None:
            return _geometry(self.where.geometry)
        return shapely.union_all([shapely.box(*box) for box in self.where.boxes])


def _value(text: str) -> float | str | bool:
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip("'\"")
    return value if isinstance(value, bool | int | float | str) else text


def _moment(text: Any) -> dates.datetime | None:
    if text is None:
        return None
    try:
        return as_utc(str_to_datetime(str(text)))
    except (ValueError, OverflowError) as error:
        raise SourceError(f"Its date '{text}' cannot be read. STAC writes dates like 2024-05-01T10:00:00Z.") from error


def _place_of(item: Mapping[str, Any]) -> BaseGeometry | None:
    try:
        if item.get("geometry"):
            return _geometry(item["geometry"])
        box = item.get("bbox")
        if not box:
            return None
        west, south, east, north = (float(box[place]) for place in ((0, 1, 2, 3) if len(box) == 4 else (0, 1, 3, 4)))
        halves = Area((west, south, east, north)).boxes
        return shapely.union_all([shapely.box(*half) for half in halves])
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SourceError(f"Its geometry cannot be read ({error}). Mend the item's geometry or bbox.") from error


def _geometry(geojson: Mapping[str, Any]) -> BaseGeometry:
    shape = shapely.from_geojson(json.dumps(dict(geojson)))
    return shape if shape.is_valid else shapely.make_valid(shape)
