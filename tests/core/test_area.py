"""Boxes and polygons are checked as they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from satseek.core.area import MAX_VERTICES, Area
from satseek.core.errors import UsageError

TRIANGLE = {"type": "Polygon", "coordinates": [[[1, 2], [5, 2], [1, 8], [1, 2]]]}


def test_a_box_is_read_from_text_and_from_numbers() -> None:
    assert Area.from_bbox("10, 47,11,48.5").bbox == (10.0, 47.0, 11.0, 48.5)
    assert Area.from_bbox((10, 47, 11, 48.5)) == Area.from_bbox("10,47,11,48.5")


def test_a_box_over_the_date_line_has_two_halves() -> None:
    area = Area.from_bbox("170,-20,-170,-10")
    assert area.crosses_date_line
    assert area.boxes == ((170.0, -20.0, 180.0, -10.0), (-180.0, -20.0, -170.0, -10.0))
    assert Area.from_bbox("1,2,3,4").boxes == ((1.0, 2.0, 3.0, 4.0),)


@pytest.mark.parametrize(
    ("box", "says"),
    [
        ("1,2,3", "four numbers"),
        ("1,2,3,four", "Cannot read the box"),
        ("1,2,3,nan", "four numbers"),
        ("1,9,3,4", "upside down"),
        ("1,2,300,4", "leaves the globe"),
        ("1,-91,3,4", "leaves the globe"),
        ("", "Cannot read the box"),
    ],
)
def test_a_box_that_cannot_be_is_refused_in_words(box: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Area.from_bbox(box)


def test_a_polygon_brings_its_box_and_comes_back_as_geojson() -> None:
    area = Area.from_geojson(json.dumps(TRIANGLE))
    assert area.bbox == (1.0, 2.0, 5.0, 8.0)
    assert area.to_json() == {"intersects": TRIANGLE}
    assert Area.from_bbox("1,2,3,4").to_json() == {"bbox": [1.0, 2.0, 3.0, 4.0]}


def test_features_and_collections_are_read_as_their_polygons() -> None:
    feature = {"type": "Feature", "geometry": TRIANGLE, "properties": {}}
    assert Area.from_geojson(feature).geometry == TRIANGLE
    both = Area.from_geojson({"type": "FeatureCollection", "features": [feature, feature]}).geometry
    assert both == {"type": "MultiPolygon", "coordinates": [TRIANGLE["coordinates"]] * 2}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "not a polygon"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [5, 2], [1, 8]]]}, "end where it starts"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [5, 2], [1, 8], [2, 2]]]}, "end where it starts"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [5, None], [1, 8], [1, 2]]]}, "Cannot read the area"),
        ({"type": "Polygon", "coordinates": [[[1, 95], [5, 95], [1, 99], [1, 95]]]}, "leaves the globe"),
        ("{", "Cannot read the area"),
        ("[" * 100_000, "Cannot read the area"),
        ({}, "Cannot read the area"),
    ],
)
def test_a_polygon_that_cannot_be_is_refused_in_words(value: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Area.from_geojson(value)


def test_a_polygon_of_too_many_points_is_refused() -> None:
    ring = [[index / MAX_VERTICES, (index % 7) / 10] for index in range(MAX_VERTICES + 1)]
    with pytest.raises(UsageError, match="Simplify the polygon"):
        Area.from_geojson({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
