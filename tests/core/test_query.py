"""A query survives JSON and URL, and refuses what makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from satseek.core.area import Area
from satseek.core.errors import UsageError
from satseek.core.period import Period
from satseek.core.query import Cut, Example, Keyword, Query, cut_of, split_weight

weights = st.floats(0, 100, allow_nan=False)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789/._-", min_size=1, max_size=30)
keywords = st.lists(st.builds(Keyword, words.filter(lambda text: not text.startswith("{")), weights), max_size=3).map(
    tuple
)
examples = st.lists(
    st.one_of(
        st.builds(Example, chip=names, weight=weights),
        st.builds(Example, file=names, weight=weights, sensor=st.sampled_from([None, "rgb", "s1"])),
    ),
    max_size=3,
).map(tuple)
longitudes, latitudes = st.floats(-180, 180), st.floats(-90, 90)
boxes = st.builds(
    lambda west, south, east, north: Area.from_bbox((west, min(south, north), east, max(south, north))),
    longitudes, latitudes, longitudes, latitudes,
)  # fmt: skip
triangles = st.builds(
    lambda x, y: Area.from_geojson({"type": "Polygon", "coordinates": [[[x, y], [x + 1, y], [x, y + 1], [x, y]]]}),
    st.floats(-179, 178), st.floats(-89, 88),
)  # fmt: skip
moments = st.datetimes(datetime(1972, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
periods = st.one_of(
    st.builds(lambda one, other: Period(min(one, other), max(one, other)), moments, moments),
    st.builds(lambda start: Period(start, None), moments),
    st.builds(lambda end: Period(None, end), moments),
)
shares = st.one_of(st.none(), st.floats(0, 1))
queries = st.builds(
    Query,
    sentence=st.one_of(st.none(), words),
    sentence_weight=weights,
    must=keywords,
    must_not=keywords,
    like=examples,
    unlike=examples,
    where=st.one_of(st.none(), boxes, triangles),
    when=st.one_of(st.none(), periods),
    sensors=st.lists(st.sampled_from(["rgb", "s1", "s2"]), unique=True).map(tuple),
    max_nodata=shares,
    max_cloud=shares,
    properties=st.dictionaries(names, st.one_of(st.integers(-1000, 1000), st.booleans(), words), max_size=3),
    k=st.integers(1, 10_000),
    offset=st.integers(0, 100_000),
    merge=st.booleans(),
    cut=st.one_of(st.none(), st.just("auto"), st.floats(0, 1)),
)


@given(queries)
@settings(max_examples=80, deadline=None)
def test_a_query_comes_back_from_json_as_it_went(query: Query) -> None:
    assert Query.from_json(query.to_json()) == query


@given(queries)
@settings(max_examples=80, deadline=None)
def test_a_query_comes_back_from_a_url_as_it_went(query: Query) -> None:
    assert Query.from_url("?" + query.to_url()) == query


keys = st.sampled_from(["q", "cut", "must", "like", "bbox", "datetime", "limit", "weight", "intersects", "properties"])
plain_values = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    plain_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(keys, json_values))
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused_politely(value: dict[str, object]) -> None:
    try:
        query = Query.from_json(value)
    except UsageError:
        return
    assert Query.from_json(query.to_json()) == query


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_url_is_read_or_refused_politely(text: str) -> None:
    try:
        query = Query.from_url(text)
    except UsageError:
        return
    assert Query.from_url(query.to_url()) == query


def test_the_usual_query_is_a_short_url() -> None:
    query = Query("a river", must=(Keyword("ship"),), like=(Example(chip="3f2a"),), where=Area.from_bbox("10,47,11,48"))
    assert query.to_url() == "q=a+river&must=ship&like=3f2a&bbox=10.0%2C47.0%2C11.0%2C48.0"


def test_weights_are_kept_where_they_are_not_one() -> None:
    query = Query(must=(Keyword("ship", 0.5), Keyword("sea")), unlike=(Example(file="x.tif", weight=2.0, sensor="s1"),))
    assert query.to_json()["must"] == [{"text": "ship", "weight": 0.5}, "sea"]
    assert query.to_json()["unlike"] == [{"file": "x.tif", "sensor": "s1", "weight": 2.0}]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"sentense": "x"}, "no part 'sentense'"),
        ({"limits": 3}, "Did you mean 'limit'"),
        ({"q": "x", "limit": 0}, "ask for 1 to 10,000"),
        ({"q": "x", "limit": "ten"}, "ask for 1 to 10,000"),
        ({"q": "x", "offset": -1}, "offset"),
        ({"bbox": [1, 2, 3]}, "four numbers"),
        ({"bbox": [1, 2, 3, 4], "intersects": {"type": "Polygon", "coordinates": []}}, "not both"),
        ({"intersects": {"type": "Point", "coordinates": [1, 2]}}, "not a polygon"),
        ({"datetime": "2024-06/2024-01"}, "ends before it starts"),
        ({"must": [{"weight": 1}]}, "text"),
        ({"like": [{"weight": 1}]}, "names a 'chip' or a 'file'"),
        ({"must": [{"text": "x", "weight": -1}]}, "at least 0"),
        ({"max_cloud": 40}, "between 0 and 1"),
        ({"q": "x" * 2001}, "limited to 2,000"),
        ({"must": ["x"] * 201}, "limited to 200"),
        ({"q": "x", "cut": 2}, "'auto' or a probability from 0 to 1; this one is 2"),
        ({"q": "x", "cut": "often"}, "this one is 'often'"),
        ({"q": "x", "cut": True}, "this one is True"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(value: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Query.from_json(value)


def test_a_query_knows_whether_it_asks_about_content() -> None:
    assert Query(where=Area.from_bbox("1,2,3,4")).is_empty
    assert not Query("x").is_empty
    assert Query(must_not=(Keyword("x"),)).has_words
    assert not Query(like=(Example(chip="x"),)).has_words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("river", ("river", 1.0)),
        ("river:0.5", ("river", 0.5)),
        ("s3://bucket/x.tif", ("s3://bucket/x.tif", 1.0)),
        ("s3://bucket/x.tif:2", ("s3://bucket/x.tif", 2.0)),
        (":3", (":3", 1.0)),
        ("C:/x.tif", ("C:/x.tif", 1.0)),
    ],
)
def test_a_weight_stands_behind_the_last_colon(text: str, parts: tuple[str, float]) -> None:
    assert split_weight(text) == parts


def test_an_example_without_a_name_is_refused_however_it_is_written():
    for nameless in ("", {"chip": ""}, {"weight": 2}):
        with pytest.raises(UsageError, match="names a 'chip' or a 'file'"):
            Query.from_json({"like": [nameless]})


@pytest.mark.parametrize(("text", "cut"), [("auto", "auto"), ("0.25", 0.25), ("1", 1.0)])
def test_a_cut_is_typed_as_a_word_or_a_probability(text: str, cut: Cut) -> None:
    assert cut_of(text) == cut
    assert Query.from_url(f"q=river&cut={text}") == Query("river", cut=cut)


@pytest.mark.parametrize("text", ["often", "2", "-0.1", "nan"])
def test_a_cut_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="'auto' or a probability"):
        Query("river", cut=cut_of(text))
