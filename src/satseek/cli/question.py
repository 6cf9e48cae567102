"""From what was typed to a query."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.area import Area
from satseek.core.errors import UsageError
from satseek.core.period import Period
from satseek.core.query import Example, Keyword, Query, split_weight

if TYPE_CHECKING:
    from satseek.search.collection import Collection


@dataclass(frozen=True)
class Asked:
    """The options of `satseek search` that make up the question, as they were typed."""

    sentence: str | None = None
    must: list[str] | None = None
    must_not: list[str] | None = None
    like: list[str] | None = None
    unlike: list[str] | None = None
    like_sensor: str | None = None
    bbox: str | None = None
    area: Path | None = None
    datetime: str | None = None
    sensor: list[str] | None = None
    max_cloud: float | None = None
    max_nodata: float | None = None
    property: list[str] | None = None

    def query(self, collection: Collection) -> Query:
        """Return the query; examples are looked up among the archive's chips first, then among files."""
        return Query(
            sentence=self.sentence,
            must=tuple(Keyword(*split_weight(text)) for text in self.must or ()),
            must_not=tuple(Keyword(*split_weight(text)) for text in self.must_not or ()),
            like=self._examples(self.like, collection),
            unlike=self._examples(self.unlike, collection),
            where=self._area(),
            when=None if self.datetime is None else Period.parse(self.datetime),
            sensors=tuple(self.sensor or ()),
            max_cloud=self.max_cloud,
            max_nodata=self.max_nodata,
            properties=dict(_property(text) for text in self.property or ()),
        )

    def _examples(self, texts: list[str] | None, collection: Collection) -> tuple[Example, ...]:
        found = (collection.weighted_example(text) for text in texts or ())
        return tuple(replace(each, sensor=self.like_sensor) if each.file else each for each in found)

    def _area(self) -> Area | None:
        if self.bbox is not None and self.area is not None:
            raise UsageError("Give --bbox or --area, not both: a polygon already has its box.")
        if self.bbox is not None:
            return Area.from_bbox(self.bbox)
        return None if self.area is None else Area.from_geojson(_text_of(self.area))


def whole_query(text: str, asked: Asked) -> Query:
    """Read a question from a JSON file, JSON text, a URL or the query part of one."""
    given = [each.name for each in fields(asked) if getattr(asked, each.name)]
    if given:
        raise UsageError(
            f"The whole question is in --query, and there is {given[0].replace('_', ' ')} beside it. "
            "Put everything into one of them; -k, --offset and --no-merge may stay."
        )
    is_json = text.lstrip().startswith("{")
    if not is_json and "=" in text and not Path(text).is_file():
        return Query.from_url(text.rpartition("?")[2])
    try:
        return Query.from_json(json.loads(text if is_json else _text_of(Path(text))))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Cannot read the query: {error}.") from None


def _property(text: str) -> tuple[str, Any]:
    """Read `platform=sentinel-2a` or `gsd=10`: what reads as a JSON number or truth value is one."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"Cannot read the property '{text}'. Write KEY=VALUE, such as platform=sentinel-2a.")
    try:
        read = json.loads(value)
    except ValueError:
        return key, value
    return key, read if isinstance(read, bool | int | float | str) else value


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"Cannot read '{file}': {why}.") from None
