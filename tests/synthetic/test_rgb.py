"""What the aerial camera sees."""

import numpy as np
import pytest

from satseek.synthetic.covers import Cover
from satseek.synthetic.light import SUN_HEIGHT, shadows
from worlds import small_world


def _mean(world, *covers):
    picture = world.render("rgb")
    return picture[:, np.isin(world.map.cover, covers)].mean(axis=1)


def test_the_picture_is_8_bit_and_keeps_0_for_what_was_never_seen():
    picture = small_world().render("rgb")
    assert picture.dtype == np.uint8
    assert picture.shape == (3, 512, 512)
    assert picture.min() >= 1


def test_forest_is_dark_green_and_sand_is_bright_and_warm():
    forest = _mean(small_world(), Cover.FOREST, Cover.CONIFER)
    sand = _mean(small_world("desert"), Cover.DESERT)
    assert forest[1] > max(forest[0], forest[2])
    assert sand.mean() > forest.mean() + 60
    assert sand[0] > sand[1] > sand[2]


def test_the_sea_is_blue_and_darker_than_the_land():
    world = small_world("harbour coast", resolution=5.0)
    sea, meadow = _mean(world, Cover.SEA), _mean(world, Cover.MEADOW)
    assert sea[2] > sea[0]
    assert sea[0] < meadow[0]


def test_woods_are_rougher_than_fields():
    world = small_world("rolling farmland")
    green = world.render("rgb")[1].astype(float)
    rough = np.hypot(*np.gradient(green))
    assert rough[world.map.cover == Cover.FOREST].mean() > 2 * rough[world.map.cover == Cover.FIELD].mean()


def test_a_wall_throws_a_shadow_away_from_the_sun_as_long_as_the_sun_is_low():
    height = np.zeros((80, 80), dtype=np.float32)
    height[40:44, 40:44] = 20.0
    dark = shadows(height, 1.0, np.radians(180.0))  # the sun in the south: shadows fall to the north, up the map
    rows = np.flatnonzero(dark[:, 41])
    assert rows.max() < 44
    assert rows.min() == pytest.approx(40 - 20 / SUN_HEIGHT, abs=1.5)
    assert not dark[:, :38].any()


def test_shadows_are_those_of_a_plain_loop():
    rng = np.random.default_rng(2)
    height = (rng.random((40, 40)) * 12 * (rng.random((40, 40)) < 0.06)).astype(np.float32)
    slow = np.zeros(height.shape, dtype=bool)
    for row in range(40):
        for column in range(40):
            for step in range(1, 40):
                there = row + step
                if there < 40 and height[there, column] - step * SUN_HEIGHT > height[row, column] + 0.4:
                    slow[row, column] = True
    np.testing.assert_array_equal(shadows(height, 1.0, np.pi), slow)
