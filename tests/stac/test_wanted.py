from __future__ import annotations

import pytest

from fakes.stac_items import item
from satseek.core.area import Area
from satseek.core.errors import SourceError, UsageError
from satseek.stac.wanted import Comparison, Wanted


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("eo:cloud_cover<20", ("eo:cloud_cover", "<", 20)),
        (" gsd <= 0.5 ", ("gsd", "<=", 0.5)),
        ("platform=sentinel-2a", ("platform", "=", "sentinel-2a")),
        ("platform == 'landsat 9'", ("platform", "=", "landsat 9")),
        ("s2:mgrs_tile!=32TQM", ("s2:mgrs_tile", "!=", "32TQM")),
        ("sat:orbit_state<>ascending", ("sat:orbit_state", "!=", "ascending")),
        ("ready=true", ("ready", "=", True)),
        ("created>=2024-01-01", ("created", ">=", "2024-01-01")),
    ],
)
def test_a_query_is_a_name_a_comparison_and_a_value(text: str, read: tuple):
    assert Comparison.parse(text) == read


@pytest.mark.parametrize("text", ["cloud", "<20", "eo:cloud_cover<", "eo:cloud_cover ~ 3", ""])
def test_a_query_that_cannot_be_read_says_how_to_write_one(text: str):
    with pytest.raises(UsageError, match="Write a name, a comparison and a value, such as 'eo:cloud_cover<20'"):
        Comparison.parse(text)


@pytest.mark.parametrize(
    ("query", "met"),
    [
        ("a<5", True),
        ("a<4", False),
        ("a=4", True),
        ("a!=4", False),
        ("b=x", True),
        ("b!=4", True),
        ("b<4", False),
        ("list=msi", True),
        ("list!=msi", False),
        ("list<msi", False),
        ("gone=1", False),
        ("gone!=1", False),
    ],
)
def test_comparisons_hold_or_not(query: str, met: bool):
    assert Comparison.parse(query).holds({"a": 4, "b": "x", "list": ["msi"], "gone": None}) is met


def test_comparisons_are_written_as_both_api_extensions_want_them():
    wanted = Wanted.of(query=["eo:cloud_cover>=5", "eo:cloud_cover<20", "platform!=x"])

    assert wanted.as_query_extension() == {"eo:cloud_cover": {"gte": 5, "lt": 20}, "platform": {"neq": "x"}}
    assert wanted.as_cql2() == {
        "op": "and",
        "args": [
            {"op": ">=", "args": [{"property": "eo:cloud_cover"}, 5]},
            {"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]},
            {"op": "<>", "args": [{"property": "platform"}, "x"]},
        ],
    }
    assert Wanted.of(query="a=1").as_cql2() == {"op": "=", "args": [{"property": "a"}, 1]}


@pytest.mark.parametrize(
    ("box", "taken"),
    [
        ("10.5,0.5,10.6,0.6", True),
        ("11,1,12,2", True),
        ("11.1,0,12,1", False),
        ("170,-1,10.5,1", True),
        ("12,-1,9,1", False),
    ],
)
def test_an_item_is_taken_where_it_touches_the_box_also_over_the_date_line(box: str, taken: bool):
    assert Wanted.of(bbox=box).takes(item("a", {}, bbox=(10, 0, 11, 1))) is taken


def test_an_item_whose_box_crosses_the_date_line_is_found_on_both_sides():
    crossing = item("a", {}, bbox=(179, 0, -179, 1)) | {"geometry": None}

    assert Wanted.of(bbox="-179.5,0,-179.2,1").takes(crossing)
    assert Wanted.of(bbox="179.2,0,179.5,1").takes(crossing)
    assert not Wanted.of(bbox="0,0,1,1").takes(crossing)


def test_a_polygon_counts_not_only_its_box():
    corner = {"type": "Polygon", "coordinates": [[[0, 0], [20, 0], [0, 20], [0, 0]]]}
    wanted = Wanted.of(bbox=Area.from_geojson(corner))

    assert wanted.takes(item("a", {}, bbox=(1, 1, 2, 2)))
    assert not wanted.takes(item("a", {}, bbox=(18, 18, 19, 19)))


def test_an_item_without_a_place_is_not_in_a_box():
    placeless = item("a", {}) | {"geometry": None, "bbox": None}

    assert not Wanted.of(bbox="-180,-90,180,90").takes(placeless)
    assert Wanted().takes(placeless)


@pytest.mark.parametrize("geometry", [{"type": "Polygon"}, {"type": "Polygon", "coordinates": [[["a", 0]]]}, [1, 2]])
def test_a_broken_geometry_is_said_when_it_matters(geometry: object):
    with pytest.raises(SourceError, match="geometry cannot be read"):
        Wanted.of(bbox="0,0,1,1").takes(item("a", {}) | {"geometry": geometry})


@pytest.mark.parametrize(
    ("period", "taken"),
    [("2024-05-01", True), ("2024-05", True), ("2024-05-02/..", False), ("../2024-04-30", False), ("2023/2025", True)],
)
def test_an_item_is_taken_by_its_moment(period: str, taken: bool):
    assert Wanted.of(datetime=period).takes(item("a", {}, datetime="2024-05-01T10:00:00.1234567Z")) is taken


@pytest.mark.parametrize(
    ("period", "taken"), [("2024-02", True), ("2024-04", False), ("2023-12", False), ("2023/2025", True)]
)
def test_an_item_with_a_span_is_taken_where_the_spans_meet(period: str, taken: bool):
    span = item("a", {}, datetime=None, start_datetime="2024-01-15T00:00:00Z", end_datetime="2024-03-15T00:00:00Z")

    assert Wanted.of(datetime=period).takes(span) is taken


def test_an_item_without_a_time_is_in_no_period():
    assert not Wanted.of(datetime="2024").takes(item("a", {}, datetime=None))


def test_a_broken_date_is_said_when_it_matters():
    with pytest.raises(SourceError, match="date 'yesterday' cannot be read"):
        Wanted.of(datetime="2024").takes(item("a", {}, datetime="yesterday"))


def test_only_items_of_the_named_collections_are_taken():
    assert Wanted.of(collections=["scenes"]).takes(item("a", {}))
    assert not Wanted.of(collections=["others"]).takes(item("a", {}))
