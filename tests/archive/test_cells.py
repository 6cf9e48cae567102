from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satseek.archive.cells import CELL_DEGREES, LARGE, cells_asked, cells_of, cells_of_many
from satseek.core.chip import BBox

longitudes, latitudes = st.floats(-180, 180), st.floats(-90, 90)
sides = st.floats(0, 8) | st.floats(0, 0.02)


@st.composite
def boxes(draw: st.DrawFn) -> BBox:
    """A box of any size anywhere, over the date line where it leaves the map."""
    west, south, width, height = draw(longitudes), draw(latitudes), draw(sides), draw(sides)
    east = west + width
    return west, south, east - 360 if east > 180 else east, min(south + height, 90)


def touch(a: BBox, b: BBox) -> bool:
    """The slow, obvious test: halve what crosses the date line and compare every pair of halves."""
    return any(
        w1 <= e2 and w2 <= e1 and s1 <= n2 and s2 <= n1 for w1, s1, e1, n1 in halves(a) for w2, s2, e2, n2 in halves(b)
    )


def halves(box: BBox) -> list[BBox]:
    west, south, east, north = box
    return [box] if west <= east else [(west, south, 180, north), (-180, south, east, north)]


@given(boxes(), boxes())
def test_the_cells_asked_hold_every_chip_that_touches_the_area(chip: BBox, area: BBox) -> None:
    if touch(chip, area):
        for level, cell in enumerate(cells_of(chip)):
            asked = cells_asked(halves(area), level)
            assert asked is None or cell in asked


def test_a_chip_is_in_the_cell_of_its_middle_and_in_the_large_one_where_it_is_wider_than_a_cell() -> None:
    cells = cells_of((10.0, 50.0, 10.5, 50.5))
    assert cells[0] == math.floor((50.25 + 90) / 11.25) * 32 + math.floor((10.25 + 180) / 11.25)
    assert cells[2] == math.floor((50.25 + 90) / 0.703125) * 512 + math.floor((10.25 + 180) / 0.703125)
    assert cells[3:] == [LARGE, LARGE, LARGE]


def test_a_chip_over_the_date_line_is_in_the_cell_of_its_true_middle() -> None:
    assert cells_of((179.9, 0.0, -179.8, 0.1))[0] == cells_of((-179.95, 0.0, -179.94, 0.1))[0]


def test_no_place_no_cell() -> None:
    assert cells_of(None) == [None] * len(CELL_DEGREES)


@pytest.mark.parametrize(("box", "level"), [((-180.0, -90.0, 180.0, 90.0), 0), ((0.0, 0.0, 40.0, 40.0), 1)])
def test_an_area_of_too_many_cells_is_not_asked_by_cells_of_this_level(box: BBox, level: int) -> None:
    assert cells_asked([box], level) is None


def test_a_small_area_asks_few_cells_on_a_fine_level() -> None:
    asked = cells_asked([(10.0, 50.0, 10.01, 50.01)], 5)
    assert asked is not None
    assert len(asked) <= 17


def test_the_cells_of_many_chips_are_those_of_each() -> None:
    chance = np.random.default_rng(5)
    west, south = chance.uniform(-180, 180, 500), chance.uniform(-90, 89, 500)
    width, height = 10 ** chance.uniform(-4, 1.5, (2, 500))
    east = np.where(west + width > 180, west + width - 360, west + width)
    boxes: list[BBox | None] = [
        (float(w), float(s), float(e), float(n))
        for w, s, e, n in zip(west, south, east, np.minimum(90, south + height), strict=True)
    ]
    boxes += [None, (-180.0, -90.0, 180.0, 90.0), (179.9, 0.0, -179.8, 0.1), (180.0, 90.0, 180.0, 90.0), None]
    assert [list(cells) for cells in zip(*cells_of_many(boxes), strict=True)] == [cells_of(box) for box in boxes]
    assert cells_of_many([]) == [[]] * len(CELL_DEGREES)
