"""A query: sentence, keywords and examples, each with a weight; where, when, which sensors; how many."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from satseek.core.area import Area
from satseek.core.condition import Condition, condition_of_json, condition_to_json
from satseek.core.errors import UsageError, did_you_mean
from satseek.core.period import Period

MAX_K = 10_000
MAX_WORDS = 2_000  # characters of one sentence or keyword
MAX_PARTS = 200
Cut = float | Literal["auto"]
JSON_KEYS = (
    "q", "weight", "must", "not", "like", "unlike", "bbox", "intersects", "datetime", "sensors",
    "max_nodata", "max_cloud", "properties", "ids", "filter", "limit", "offset", "merge", "cut",
    "same_place",
)  # fmt: skip


@dataclass(frozen=True)
class Keyword:
    """A word or short phrase that must, or must not, be in the picture."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class Example:
    """A picture to find more of, or less of: a chip of the archive by id, or a file."""

    chip: str | None = None
    file: str | None = None
    weight: float = 1.0
    sensor: str | None = None  # of the file, where it cannot be told from the file

    @property
    def name(self) -> str:
        """What the example is called in messages and explanations."""
        return self.chip or self.file or ""


@dataclass(frozen=True)
class Query:
    """One question to an archive; every way of asking ends in this class."""

    sentence: str | None = None
    sentence_weight: float = 1.0
    must: tuple[Keyword, ...] = ()
    must_not: tuple[Keyword, ...] = ()
    like: tuple[Example, ...] = ()
    unlike: tuple[Example, ...] = ()
    where: Area | None = None
    when: Period | None = None
    sensors: tuple[str, ...] = ()
    max_nodata: float | None = None
    max_cloud: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)  # name -> value that a chip's property must equal
    ids: tuple[str, ...] = ()  # of the chips to choose from
    condition: Condition | None = None  # on facts, in JSON and URLs as CQL2 writes it (`filter`)
    k: int = 10
    offset: int = 0
    merge: bool = True  # overlapping hits of one place count once
    same_place: bool = False  # find the very place of the one example, verified by registration
    cut: Cut | None = None  # results that are less probably right are dropped; "auto" leaves what is convincing

    def __post_init__(self) -> None:
        if not isinstance(self.k, int) or not 1 <= self.k <= MAX_K:
            raise UsageError(f"Cannot return {self.k} results: ask for 1 to {MAX_K:,} (-k), and page with an offset.")
        if not isinstance(self.offset, int) or not 0 <= self.offset <= 10 * MAX_K:
            raise UsageError(f"An offset lies between 0 and {10 * MAX_K:,}; this one is {self.offset}.")
        for name, share in (("max_nodata", self.max_nodata), ("max_cloud", self.max_cloud)):
            if share is not None and not 0 <= share <= 1:
                raise UsageError(f"{name} is a share between 0 and 1; this one is {share}.")
        if self.cut is not None and self.cut != "auto" and not _is_share(self.cut):
            raise UsageError(f"A cut is 'auto' or a probability from 0 to 1; this one is {self.cut!r}.")
        if len(self.ids) > MAX_K:
            raise UsageError(f"A query names at most {MAX_K:,} ids; these are {len(self.ids):,}.")
        words = [self.sentence or "", *(keyword.text for keyword in (*self.must, *self.must_not))]
        if any(len(text) > MAX_WORDS for text in words):
            raise UsageError(f"A sentence or keyword is limited to {MAX_WORDS:,} characters. Shorten it.")
        if len(words) + len(self.like) + len(self.unlike) > MAX_PARTS:
            raise UsageError(f"A query is limited to {MAX_PARTS} parts. Leave some keywords or examples out.")
        weights = [self.sentence_weight, *(part.weight for part in (*self.must, *self.must_not))]
        weights += [part.weight for part in (*self.like, *self.unlike)]
        if any(not math.isfinite(weight) or weight < 0 for weight in weights):
            raise UsageError("A weight is a number of at least 0. Use --not or --unlike to push away.")

    @property
    def has_words(self) -> bool:
        """Whether any part is made of words."""
        return bool(self.sentence or self.must or self.must_not)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for beyond where, when and which sensor."""
        return not (self.has_words or self.like or self.unlike)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, leaving out what is not asked."""
        value: dict[str, Any] = {}
        if self.sentence is not None:
            value["q"] = self.sentence
        if self.sentence_weight != 1.0:
            value["weight"] = self.sentence_weight
        for key, keywords in (("must", self.must), ("not", self.must_not)):
            if keywords:
                value[key] = [_keyword_json(keyword) for keyword in keywords]
        for key, examples in (("like", self.like), ("unlike", self.unlike)):
            if examples:
                value[key] = [_example_json(example) for example in examples]
        if self.where is not None:
            value |= self.where.to_json()
        if self.when is not None:
            value["datetime"] = str(self.when)
        if self.sensors:
            value["sensors"] = list(self.sensors)
        for key, share in (("max_nodata", self.max_nodata), ("max_cloud", self.max_cloud)):
            if share is not None:
                value[key] = share
        if self.properties:
            value["properties"] = dict(self.properties)
        if self.ids:
            value["ids"] = list(self.ids)
        if self.condition is not None:
            value["filter"] = condition_to_json(self.condition)
        if self.cut is not None:
            value["cut"] = self.cut
        if self.same_place:
            value["same_place"] = True
        return value | {"limit": self.k, "offset": self.offset, "merge": self.merge}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Query:
        """Read the JSON form; an unknown key is answered with the nearest known one."""
        if not isinstance(value, Mapping):
            raise UsageError('A query is a JSON object, such as {"q": "a river through forest", "limit": 10}.')
        for key in value:
            if key not in JSON_KEYS:
                raise UsageError(f"A query has no part '{key}'. {did_you_mean(str(key), JSON_KEYS)}")
        try:
            return _query_of_json(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"Cannot read the query: {error}.") from None

    def to_url(self) -> str:
        """Return the query string, short enough to share; `from_url` reads it back."""
        pairs: list[tuple[str, str]] = []
        for key, value in self.to_json().items():
            if key in ("must", "not", "like", "unlike"):
                pairs += [(key, _url_item(key, item)) for item in value]
            elif key in ("bbox", "sensors", "ids"):
                pairs.append((key, ",".join(str(item) for item in value)))
            elif (key, value) not in (("offset", 0), ("merge", True), ("limit", 10)):
                pairs.append((key, value if isinstance(value, str) else json.dumps(value)))
        return urlencode(pairs)

    @staticmethod
    def from_url(text: str) -> Query:
        """Read a query string, with or without its question mark."""
        value: dict[str, Any] = {}
        try:
            pairs = parse_qsl(text.lstrip("?"), keep_blank_values=False, max_num_fields=4 * MAX_PARTS)
            for key, item in pairs:
                if key in ("must", "not", "like", "unlike"):
                    value.setdefault(key, []).append(json.loads(item) if item.startswith("{") else item)
                elif key in ("sensors", "ids"):
                    value[key] = item.split(",")
                elif key in ("q", "bbox", "datetime") or (key, item) == ("cut", "auto"):
                    value[key] = item
                else:
                    value[key] = json.loads(item)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"Cannot read the query '{text[:200]}': {error}.") from None
        return Query.from_json(value)


def split_weight(text: str) -> tuple[str, float]:
    """Split `river:0.5` into text and weight; without a number behind the last colon the weight is 1."""
    head, colon, tail = text.rpartition(":")
    if colon and head:
        try:
            return head, float(tail)
        except ValueError:
            pass
    return text, 1.0


def _keyword_json(keyword: Keyword) -> Any:
    return keyword.text if keyword.weight == 1.0 else {"text": keyword.text, "weight": keyword.weight}


def _example_json(example: Example) -> Any:
    if example.chip and example.weight == 1.0 and example.sensor is None:
        return example.chip
    parts = {"chip": example.chip, "file": example.file, "sensor": example.sensor}
    return {key: part for key, part in parts.items() if part is not None} | {"weight": example.weight}


def _url_item(key: str, item: Any) -> str:
    """Write text as it is, unless it would be read back as JSON."""
    if isinstance(item, str) and not item.startswith("{"):
        return item
    return json.dumps({"text" if key in ("must", "not") else "chip": item} if isinstance(item, str) else item)


def _query_of_json(value: Mapping[str, Any]) -> Query:
    where = None
    if value.get("bbox") is not None and value.get("intersects") is not None:
        raise UsageError("Give bbox or intersects, not both: a polygon already has its box.")
    if value.get("bbox") is not None:
        where = Area.from_bbox(value["bbox"])
    elif value.get("intersects") is not None:
        where = Area.from_geojson(value["intersects"])
    return Query(
        sentence=None if value.get("q") is None else str(value["q"]),
        sentence_weight=float(value.get("weight", 1.0)),
        must=tuple(_keyword(item) for item in _listed(value.get("must", ()))),
        must_not=tuple(_keyword(item) for item in _listed(value.get("not", ()))),
        like=tuple(_example(item) for item in _listed(value.get("like", ()))),
        unlike=tuple(_example(item) for item in _listed(value.get("unlike", ()))),
        where=where,
        when=None if value.get("datetime") is None else Period.parse(str(value["datetime"])),
        sensors=tuple(str(item) for item in _listed(value.get("sensors", ()))),
        max_nodata=value.get("max_nodata"),
        max_cloud=value.get("max_cloud"),
        properties=dict(value.get("properties", {})),
        ids=tuple(str(item) for item in _listed(value.get("ids", ()))),
        condition=None if value.get("filter") is None else condition_of_json(value["filter"]),
        k=value.get("limit", 10),
        offset=value.get("offset", 0),
        merge=bool(value.get("merge", True)),
        same_place=bool(value.get("same_place", False)),
        cut=value.get("cut"),
    )


def cut_of(text: str) -> Cut:
    """Read a cut as it is typed: `auto`, or a probability."""
    try:
        return "auto" if text == "auto" else float(text)
    except ValueError:
        raise UsageError(f"A cut is 'auto' or a probability from 0 to 1; '{text}' is neither.") from None


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _listed(value: Any) -> Sequence[Any]:
    return [value] if isinstance(value, str | Mapping) else list(value)


def _keyword(item: Any) -> Keyword:
    if isinstance(item, Mapping):
        return Keyword(str(item["text"]), float(item.get("weight", 1.0)))
    return Keyword(str(item))


def _example(item: Any) -> Example:
    parts = item if isinstance(item, Mapping) else {"chip": str(item)}
    if not parts.get("chip") and not parts.get("file"):
        raise ValueError("an example names a 'chip' or a 'file'")
    return Example(parts.get("chip"), parts.get("file"), float(parts.get("weight", 1.0)), parts.get("sensor"))
