"""What Sentinel-1 sees."""

import numpy as np
import pytest

from satseek.synthetic.covers import ZONE_LABELS, Cover
from satseek.synthetic.s1 import LOOKS
from worlds import small_world


def _db(values):
    return float(10 * np.log10(np.mean(10 ** (np.asarray(values, dtype=float) / 10))))


@pytest.fixture(scope="module")
def plain():
    world = small_world("river plain", resolution=5.0)
    return world, world.render("s1")


def _mean(plain, band, *covers):
    world, seen = plain
    return _db(seen[band][np.isin(world.map.cover, covers)])


def test_radar_gives_two_bands_in_decibels(plain):
    _, seen = plain
    assert seen.shape == (2, 512, 512)
    assert seen.dtype == np.float32
    assert np.isfinite(seen).all()
    assert -50 <= seen.min() < seen.max() <= 25


def test_water_is_dark_and_towns_are_bright(plain):
    world, seen = plain
    town = world.map.zone == ZONE_LABELS.index("town") + 1
    water, field = _mean(plain, 0, Cover.RIVER, Cover.LAKE), _mean(plain, 0, Cover.FIELD)
    assert water < field - 6 < _db(seen[0][town]) - 6
    assert water < -18


def test_forest_scatters_more_than_fields_most_of_all_in_the_crossed_band(plain):
    forest = [_mean(plain, band, Cover.FOREST, Cover.CONIFER) for band in (0, 1)]
    field = [_mean(plain, band, Cover.FIELD) for band in (0, 1)]
    assert forest[0] > field[0] + 1
    assert forest[1] > field[1] + 1.5


def test_the_crossed_band_is_weaker_everywhere(plain):
    _, seen = plain
    assert _db(seen[0]) > _db(seen[1]) + 4


def test_ships_shine_on_dark_water():
    world = small_world("harbour coast", resolution=5.0)
    seen = world.render("s1")
    ships, sea = world.map.cover == Cover.HULL, world.map.cover == Cover.SEA
    assert ships.sum() > 20
    assert _db(seen[0][ships]) > _db(seen[0][sea]) + 15


def test_speckle_is_multiplicative_with_the_looks_of_a_ground_range_product():
    world = small_world("harbour coast", resolution=8.0)
    power = 10 ** (world.render("s1")[0].astype(float) / 10)
    sea = world.map.cover == Cover.SEA
    blocks = [
        power[r : r + 16, c : c + 16]
        for r in range(0, 512, 16)
        for c in range(0, 512, 16)
        if sea[r : r + 16, c : c + 16].all()
    ]
    assert len(blocks) > 20
    looks = np.median([block.mean() ** 2 / block.var() for block in blocks])
    assert looks == pytest.approx(LOOKS, rel=0.25)


def test_walls_that_face_the_radar_echo_before_the_house():
    world = small_world("metropolis", resolution=5.0)
    seen = world.render("s1")[0]
    roofs = world.map.cover == Cover.ROOF
    assert _db(seen[roofs]) > _db(seen[world.map.cover == Cover.MEADOW]) + 4
    streets = world.map.cover == Cover.ROAD
    assert _db(seen[streets]) < _db(seen[roofs])


def test_slopes_that_face_the_radar_are_brighter():
    world = small_world("mountain", resolution=10.0)
    seen = world.render("s1")[0]
    rise = np.gradient(world.map.relief, 10.0, axis=1)
    rock = world.map.cover == Cover.ROCK
    east, west = _db(seen[rock & (rise > 0.3)]), _db(seen[rock & (rise < -0.3)])
    assert abs(east - west) > 3
