"""Chips as rows and back: footprints of all kinds, and what scenes have in common written and read once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely

from fakes.chips import card, chip, clustered
from satseek.archive.rows import chips_of, geometries_of, table_of, wkb_of
from satseek.archive.schema import chip_schema

SQUARE = [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]]
HOLE = [*SQUARE, [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.2]]]
ODD: list[Any] = [
    [[[0, 0], [1, 0], [1, 1]]],  # not closed
    [[[0, 0], [0, 0]]],
    [[["a", 0], [1, 0], [1, 1], ["a", 0]]],
    [[[float("nan"), 0], [1, 0], [1, 1], [float("nan"), 0]]],
    [[0, 1]],
    [None],
    [[None]],
    None,
    5,
]


def polygon(coordinates: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": coordinates}


def test_footprints_of_all_kinds_are_written_as_geos_reads_them() -> None:
    high = polygon([[[*point, 7.0] for point in SQUARE[0]]])
    two = {"type": "MultiPolygon", "coordinates": [SQUARE, [[[x + 2, y] for x, y in SQUARE[0]]]]}
    shapes = [polygon(SQUARE), None, polygon(HOLE), two, high, polygon([[]]), polygon([]), polygon(SQUARE)]
    for mixed in (shapes, [polygon(SQUARE), None, polygon(HOLE)], [None], []):
        expected = [
            None if each is None else shapely.to_wkb(shapely.from_geojson(json.dumps(each)), output_dimension=2)
            for each in mixed
        ]
        assert wkb_of(mixed) == expected


@pytest.mark.parametrize("coordinates", ODD, ids=str)
def test_what_is_no_footprint_is_refused_among_others_too(coordinates: Any) -> None:
    with pytest.raises(shapely.errors.ShapelyError):
        wkb_of([polygon(SQUARE), polygon(coordinates)])


def test_chips_come_back_as_they_were() -> None:
    chips = [
        chip(0, 1.0),
        chip(1, properties={"cloud": 1, "name": "a"}),
        chip(2, 5.0, properties={"cloud": True}, address={"sensor": "s1", "bands": []}),
        chip(3, 7.0, caption="a river", keywords=("water",), labels=("river",)),
        chip(4, geometry=polygon(HOLE), bbox=(0.0, 0.0, 1.0, 1.0)),
    ]
    rows = table_of(chips, clustered(5), chip_schema(card()), now=datetime(2024, 1, 1, tzinfo=UTC))
    assert chips_of(rows) == chips
    assert rows.column("properties").to_pylist()[:3] == ["{}", '{"cloud":1,"name":"a"}', '{"cloud":true}']
    assert geometries_of(rows.column("geometry"))[1] is None
