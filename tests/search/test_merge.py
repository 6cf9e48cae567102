"""Overlapping hits of one place count once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shapely.geometry import box as rectangle

from fakes.chips import box, chip
from satseek.core.chip import Chip
from satseek.core.scene import Window
from satseek.search.merge import SAME_PLACE, merge, window_overlap


def kept(*chips: Chip) -> list[int]:
    return [place.row for place in merge([list(enumerate(chips))])]


def shot(index: int, west: float | None, south: float = 0.0, *, scene: str | None = None, **facts: Any) -> Chip:
    """A chip of a scene of its own, unless told otherwise."""
    own = {"sensor": "rgb", "window": Window(0, 0, 9, 9)} | dict.fromkeys(("scene", "source"), scene or f"s{index}")
    return chip(index, west, south, **(own | facts))


def test_the_best_of_overlapping_chips_stands_for_the_others() -> None:
    places = merge([list(enumerate([shot(0, 1.0), shot(1, 5.0), shot(2, 1.002), shot(3, 1.004)]))])
    assert [(place.row, place.others) for place in places] == [(0, ["00000002", "00000003"]), (1, [])]


def test_no_further_block_is_looked_at_once_there_are_enough_places() -> None:
    blocks = iter(
        [[(0, shot(0, 1.0)), (1, shot(1, 1.002))], [(2, shot(2, 5.0)), (3, shot(3, 5.002))], [(4, shot(4, 9.0))]]
    )
    places = merge(blocks, enough=2)
    assert [(place.row, len(place.others)) for place in places] == [(0, 1), (2, 1)]
    assert len(list(blocks)) == 1


def test_half_of_the_smaller_footprint_makes_one_place() -> None:
    assert kept(shot(0, 1.0), shot(1, 1.0049)) == [0]
    assert kept(shot(0, 1.0), shot(1, 1.0051)) == [0, 1]


def test_a_small_chip_inside_a_large_one_is_the_same_place() -> None:
    assert kept(shot(0, 1.0, side=0.04), shot(1, 1.01, 0.01)) == [0]
    assert kept(shot(0, 1.01, 0.01), shot(1, 1.0, side=0.04)) == [0]


def test_chips_that_overlap_only_a_dropped_chip_stay() -> None:
    coarse = shot(1, 1.0, side=0.04)
    assert kept(shot(0, 1.0), coarse, shot(2, 1.02, 0.02)) == [0, 2]


def test_another_sensor_is_another_hit() -> None:
    assert kept(shot(0, 1.0), shot(1, 1.0, sensor="s1"), shot(2, 1.0, sensor="s1")) == [0, 1]


def test_chips_without_a_place_are_compared_within_their_picture() -> None:
    first = shot(0, None, scene="a", window=Window(0, 0, 100, 100))
    beside = shot(1, None, scene="a", window=Window(75, 0, 100, 100))
    upon = shot(2, None, scene="a", window=Window(30, 10, 100, 100))
    elsewhere = shot(3, None, scene="b", window=Window(0, 0, 100, 100))
    assert kept(first, beside, upon, elsewhere) == [0, 1, 3]


def test_within_one_scene_windows_decide_where_turned_boxes_would_not() -> None:
    one = shot(0, 1.0, scene="a", window=Window(0, 0, 100, 100))
    next_to_it = shot(1, 1.003, scene="a", window=Window(100, 0, 100, 100))
    assert kept(one, next_to_it) == [0, 1]


def test_footprints_decide_between_scenes_where_turned_boxes_would_not() -> None:
    def diamond(x: float) -> dict[str, object]:
        ring = [[x, 0.01], [x + 0.01, 0], [x + 0.02, 0.01], [x + 0.01, 0.02], [x, 0.01]]
        return {"type": "Polygon", "coordinates": [ring]}

    one = shot(0, 1.0, side=0.02, geometry=diamond(1.0))
    corner = shot(1, 1.008, side=0.02, geometry=diamond(1.008))  # boxes share 60 %, diamonds 36 %
    assert kept(one, corner) == [0, 1]
    assert kept(one, shot(1, 1.004, side=0.02, geometry=diamond(1.004))) == [0]


def test_places_over_the_date_line_are_one() -> None:
    halves = {
        "type": "MultiPolygon",
        "coordinates": [box(179.99, 0, 180, 0.02)["coordinates"], box(-180, 0, -179.99, 0.02)["coordinates"]],
    }
    crossing = shot(0, 0.0, geometry=halves, bbox=(179.99, 0, -179.99, 0.02))
    east = shot(1, 0.0, geometry=box(-180, 0, -179.995, 0.02), bbox=(-180, 0, -179.995, 0.02))
    assert kept(crossing, east) == [0]
    assert kept(east, crossing) == [0]
    assert kept(crossing, shot(1, 179.97, side=0.02)) == [0, 1]


def test_many_chips_are_merged_as_a_plain_loop_would() -> None:
    rng = np.random.default_rng(5)
    chips = []
    for index in range(150):
        chips.append(shot(index, rng.random(), rng.random(), side=float(rng.choice([0.1, 0.2]))))
    expected: list[int] = []
    for row, each in enumerate(chips):
        shapes = [(rectangle(*chips[other].bbox), rectangle(*each.bbox)) for other in expected]  # type: ignore[misc]
        if all(one.intersection(two).area / min(one.area, two.area) < SAME_PLACE for one, two in shapes):
            expected.append(row)
    assert kept(*chips) == expected
    assert 10 < len(expected) < 150


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (Window(0, 0, 10, 10), Window(5, 0, 10, 10), 0.5),
        (Window(0, 0, 10, 10), Window(10, 0, 10, 10), 0.0),
        (Window(0, 0, 40, 40), Window(10, 10, 10, 10), 1.0),
        (Window(0, 0, 10, 10), Window(7, 7, 10, 10), 0.09),
    ],
)
def test_windows_overlap_by_the_share_of_the_smaller(one: Window, other: Window, share: float) -> None:
    assert window_overlap(one, other) == pytest.approx(share)
    assert window_overlap(other, one) == pytest.approx(share)
