"""What may be asked over HTTP, in bodies and in addresses, and how it becomes a query."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from satseek.core.area import MAX_VERTICES, Area
from satseek.core.condition import Condition, condition_of_json
from satseek.core.cql2 import condition_of_text
from satseek.core.errors import UsageError
from satseek.core.query import Query
from satseek.service.settings import Limits

A_POINT_DEGREES = 1e-7  # a point or a line gets this much around it, a centimetre, to be an area
Format = Literal["geojson", "geoparquet", "csv"]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
EXAMPLE: JsonDict = {
    "q": "a river through forest", "must": ["bridge"], "not": ["cloud"], "bbox": [-120, 33, -117, 35],
    "datetime": "2024-01-01/2024-12-31", "limit": 20,
}  # fmt: skip


class Word(BaseModel):
    """A keyword with its weight."""

    model_config = ConfigDict(extra="forbid")
    text: str
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0


class Picture(BaseModel):
    """An example with its weight: the id of a chip, or of a picture that was brought with POST /search/image."""

    model_config = ConfigDict(extra="forbid")
    chip: str
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0


class Fields(BaseModel):
    """Which members of each feature are wanted."""

    model_config = ConfigDict(extra="forbid")
    include: list[str] = []
    exclude: list[str] = []


class Search(BaseModel):
    """A question: what is in the picture, where, when, which sensors; without words or examples, a plain listing."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, json_schema_extra={"examples": [EXAMPLE]})

    q: Annotated[str | None, Field(description="A sentence that says what is in the picture.")] = None
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False, description="How much the sentence counts.")] = 1.0
    must: Annotated[list[str | Word], Field(description="Keywords of what must be there.")] = []
    not_: Annotated[list[str | Word], Field(alias="not", description="Keywords of what must not be there.")] = []
    like: Annotated[list[str | Picture], Field(description="Ids of chips to find more of.")] = []
    unlike: Annotated[list[str | Picture], Field(description="Ids of chips to find less of.")] = []
    bbox: Annotated[list[float] | None, Field(description="west, south, east, north in degrees.")] = None
    intersects: Annotated[dict[str, Any] | None, Field(description="A GeoJSON geometry.")] = None
    datetime: Annotated[str | None, Field(description="A moment or an interval, as STAC writes it.")] = None
    collections: Annotated[list[str] | None, Field(description="Sensors: each is a collection.")] = None
    sensors: Annotated[list[str] | None, Field(description="The same under its own name.")] = None
    ids: Annotated[list[str] | None, Field(description="Ids of the chips to choose from.")] = None
    max_nodata: Annotated[float | None, Field(ge=0, le=1)] = None
    max_cloud: Annotated[float | None, Field(ge=0, le=1)] = None
    properties: Annotated[dict[str, Any] | None, Field(description="Values that properties must equal.")] = None
    filter: Annotated[
        str | dict[str, Any] | None, Field(description="CQL2 on properties, as text or as JSON. See /queryables.")
    ] = None
    filter_lang: Annotated[Literal["cql2-text", "cql2-json"] | None, Field(alias="filter-lang")] = None
    filter_crs: Annotated[str | None, Field(alias="filter-crs")] = None
    merge: Annotated[bool, Field(description="Overlapping hits of one place count once.")] = True
    same_place: Annotated[bool, Field(description="Find the very place of the one example, in any sensor.")] = False
    cut: Annotated[
        Literal["auto"] | Probability | None,
        Field(description="Drop what is less probably right than this; 'auto' leaves what is convincing."),
    ] = None
    limit: Annotated[int, Field(ge=1, description="Results of one page.")] = 10
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0
    token: Annotated[str | None, Field(description="Of the next page, as its link has it.")] = None
    fields: Fields | None = None

    def query(self, limits: Limits) -> Query:
        """Return the query, checked against what this service allows."""
        if self.limit > limits.results:
            raise UsageError(f"A page has at most {limits.results:,} results; this asks for {self.limit:,}. Page on.")
        asked: dict[str, Any] = {
            "q": self.q, "weight": self.weight, "must": _plain(self.must), "not": _plain(self.not_),
            "like": _plain(self.like), "unlike": _plain(self.unlike), "datetime": self.datetime,
            "sensors": self._sensors(), "ids": self.ids, "max_nodata": self.max_nodata, "max_cloud": self.max_cloud,
            "properties": self.properties, "merge": self.merge, "limit": self.limit,
            "cut": self.cut, "same_place": self.same_place or None,
            "offset": self.offset if self.token is None else offset_of(self.token),
        }  # fmt: skip
        asked |= self._where()
        condition = self._condition()
        if condition is not None:
            from satseek.core.condition import condition_to_json

            asked["filter"] = condition_to_json(condition)
        for text in _texts(asked):
            if any(0xD800 <= ord(letter) < 0xE000 or letter == "\0" for letter in text):
                raise UsageError("The question holds characters that are none. Write it in Unicode.")
        return Query.from_json({key: value for key, value in asked.items() if value is not None and value != []})

    def _sensors(self) -> list[str] | None:
        if self.collections and self.sensors and set(self.collections) != set(self.sensors):
            raise UsageError("Collections are the sensors here. Name them in one of both.")
        return self.sensors or self.collections

    def _where(self) -> dict[str, Any]:
        if self.bbox is not None and self.intersects is not None:
            raise UsageError("Give bbox or intersects, not both.")
        if self.bbox is not None:
            flat = self.bbox if len(self.bbox) != 6 else [*self.bbox[:2], *self.bbox[3:5]]  # heights are not looked at
            return {"bbox": flat}
        return {} if self.intersects is None else {"intersects": _polygon(self.intersects)}

    def _condition(self) -> Condition | None:
        if self.filter is None or self.filter == "":
            return None
        if isinstance(self.filter, str) and self.filter_lang != "cql2-json":
            return condition_of_text(self.filter)
        return condition_of_json(_json(self.filter, "filter") if isinstance(self.filter, str) else self.filter)


class Address(BaseModel):
    """The same question in an address: lists with commas, areas and filters as JSON text."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    q: Annotated[str | None, Field(description="A sentence that says what is in the picture.")] = None
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    must: Annotated[list[str], Field(description="A keyword; may be repeated.")] = []
    not_: Annotated[list[str], Field(alias="not", description="A keyword; may be repeated.")] = []
    like: Annotated[list[str], Field(description="The id of a chip; may be repeated.")] = []
    unlike: Annotated[list[str], Field(description="The id of a chip; may be repeated.")] = []
    bbox: Annotated[str | None, Field(examples=["-120,33,-117,35"])] = None
    intersects: Annotated[str | None, Field(description="A GeoJSON geometry as text.")] = None
    datetime: Annotated[str | None, Field(examples=["2024-01-01/2024-12-31"])] = None
    collections: Annotated[str | None, Field(examples=["s1,s2"])] = None
    sensors: str | None = None
    ids: str | None = None
    max_nodata: Annotated[float | None, Field(ge=0, le=1)] = None
    max_cloud: Annotated[float | None, Field(ge=0, le=1)] = None
    properties: Annotated[str | None, Field(description="A JSON object.")] = None
    filter: Annotated[str | None, Field(examples=["eo:cloud_cover < 10"])] = None
    filter_lang: Annotated[Literal["cql2-text", "cql2-json"], Field(alias="filter-lang")] = "cql2-text"
    filter_crs: Annotated[str | None, Field(alias="filter-crs")] = None
    merge: bool = True
    same_place: bool = False
    cut: Annotated[Literal["auto"] | Probability | None, Field(description="'auto' or a probability.")] = None
    limit: Annotated[int, Field(ge=1)] = 10
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0
    token: str | None = None
    fields: Annotated[str | None, Field(examples=["id,properties.datetime,-assets"])] = None
    f: Annotated[Format | None, Field(description="The format of the answer; else the Accept header says.")] = None

    def search(self) -> Search:
        """Return the question as a body would ask it."""
        given = self.model_dump(by_alias=True, exclude={"f", "fields", "bbox", "intersects"}, exclude_none=True)
        for name in ("collections", "sensors", "ids"):
            if name in given:
                given[name] = [part for part in given[name].split(",") if part]
        for name in ("must", "not", "like", "unlike"):
            given[name] = [_json(item, name) if item.startswith("{") else item for item in given[name]]
        if self.bbox is not None:
            given["bbox"] = _numbers(self.bbox)
        for name, text in (("intersects", self.intersects), ("properties", self.properties)):
            if text is not None:
                given[name] = _json(text, name)
        if self.fields:
            parts = [part for part in self.fields.split(",") if part.strip()]
            given["fields"] = {
                "include": [part.lstrip("+ ") for part in parts if not part.startswith("-")],
                "exclude": [part[1:] for part in parts if part.startswith("-")],
            }
        return checked(given)


def checked(given: Mapping[str, Any]) -> Search:
    """Return a question, or say what is wrong with it."""
    from pydantic import ValidationError

    try:
        return Search.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{place[:100]}: {str(first['msg'])[:200]}.") from None


def token_of(offset: int) -> str:
    """Return the token of the page that starts after so many results."""
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode().rstrip("=")


def offset_of(token: str) -> int:
    """Return how many results stand before the page of a token."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
        kind, _, number = text.partition(":")
        if kind == "after" and number.isascii() and number.isdigit() and len(number) < 9:
            return int(number)
    except ValueError:
        pass
    raise UsageError("This page token is none of ours. Follow the link 'next' of an answer.")


def _plain(items: list[Any]) -> list[Any]:
    return [item.model_dump() if isinstance(item, BaseModel) else item for item in items]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for key, each in value.items() for text in (str(key), *_texts(each))]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"Cannot read the box '{text[:100]}'. Write west,south,east,north in degrees.") from None


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"Cannot read '{name}': it is no JSON.") from None


def _polygon(geometry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the area of any GeoJSON geometry; of points and lines what lies within a centimetre."""
    kind = geometry.get("type")
    if kind not in ("Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection"):
        return Area.from_geojson(geometry).to_json()["intersects"]  # type: ignore[no-any-return]
    import shapely
    from shapely.geometry import mapping, shape

    try:
        drawn = shape(dict(geometry))
        if shapely.get_num_coordinates(drawn) > MAX_VERTICES:
            raise UsageError(f"The area has more than {MAX_VERTICES:,} points. Simplify it first.")
        around = drawn.buffer(A_POINT_DEGREES, quad_segs=1)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError, shapely.errors.ShapelyError):
        raise UsageError("Cannot read the area. Give a GeoJSON geometry in degrees.") from None
    if around.is_empty or not around.is_valid:
        raise UsageError("The area is empty. Give a GeoJSON geometry in degrees.")
    west, south, east, north = around.bounds
    if not (west >= -180.001 and east <= 180.001 and south >= -90.001 and north <= 90.001):
        raise UsageError("The area leaves the globe: longitudes are within ±180, latitudes within ±90.")
    inside = around.intersection(shapely.box(-180, -90, 180, 90))
    drawn_again: Mapping[str, Any] = json.loads(json.dumps(mapping(inside)))
    return drawn_again
