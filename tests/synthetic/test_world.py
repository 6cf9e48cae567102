"""A painted world: the same for everyone, at its place, with the truth for every window."""

import numpy as np
import pytest

from satseek.core.errors import UnknownName
from satseek.core.scene import Window
from satseek.synthetic.covers import LABELS, Cover
from satseek.synthetic.land import Land
from satseek.synthetic.nature import burn
from satseek.synthetic.world import BANDS, World
from worlds import small_world


def test_the_same_seed_paints_the_same_pixels_for_every_sensor():
    first, second = World.paint(5, 128, 2.0), World.paint(5, 128, 2.0)
    for sensor in BANDS:
        np.testing.assert_array_equal(first.render(sensor), second.render(sensor))
    assert first.describe() == second.describe()


def test_another_seed_paints_other_land():
    assert (World.paint(5, 128, 2.0).map.cover != World.paint(6, 128, 2.0).map.cover).mean() > 0.2


def test_a_sensor_that_does_not_exist_is_refused():
    with pytest.raises(UnknownName, match="no sensor called 's3'"):
        small_world().render("s3")


def test_a_wrong_kind_of_land_and_a_wrong_label_are_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'desert'"):
        World.paint(1, 64, biome="dessert")
    with pytest.raises(UnknownName, match="Did you mean 'airport'"):
        World.paint(1, 64, without=["airprot"])


def test_the_aerial_and_the_satellite_view_of_a_land_agree_on_what_is_there():
    land = Land.planned(7, extent_m=2560, core_m=512, biome="river plain")
    near, wide = World.of(land, 1024, 1.0), World.of(land, 512, 5.0)
    corner = round((2560 - 1024) / 2 / 5)
    middle = Window(corner, corner, 1024 // 5, 1024 // 5)
    close, far = near.describe().shares, wide.describe(middle).shares
    for label in ("field", "forest", "river", "meadow"):
        assert close.get(label, 0) == pytest.approx(far.get(label, 0), abs=0.03), label


def test_the_map_lies_where_its_transform_says():
    world = small_world()
    place = world.land.place
    west, north = world.transform() @ (0, 0)
    assert (west, north) == (place.easting + world.map.grid.left, place.northing - world.map.grid.top)
    assert world.transform(2).a == 2 * world.transform().a == 2.0
    np.testing.assert_allclose(world.to_plane(np.array([[0.0, 0.0]])), [[place.easting, place.northing]])


@pytest.mark.parametrize(
    ("biome", "resolution", "label"),
    [
        ("airport prairie", 5.0, "airport"),
        ("harbour coast", 5.0, "harbour"),
        ("harbour coast", 5.0, "sea"),
        ("river plain", 5.0, "river"),
        ("river plain", 5.0, "town"),
        ("river plain", 5.0, "storage tank"),
        ("lakeland", 5.0, "lake"),
        ("lakeland", 5.0, "village"),
        ("desert", 5.0, "desert"),
        ("desert", 5.0, "solar farm"),
        ("mountain", 10.0, "mountain"),
        ("metropolis", 5.0, "sports ground"),
    ],
)
def test_each_kind_of_land_holds_what_it_is_named_for(biome, resolution, label):
    assert small_world(biome, resolution=resolution).describe().shares.get(label, 0) > 0


@pytest.mark.parametrize("label", ["airport", "plane", "harbour", "ship", "forest", "river", "road", "field", "sea"])
def test_a_world_without_a_thing_has_none_of_it_anywhere(label):
    biome = {"airport": "airport prairie", "plane": "airport prairie", "harbour": "harbour coast",
             "ship": "harbour coast", "sea": "harbour coast"}.get(label, "river plain")  # fmt: skip
    usual = small_world(biome, resolution=5.0)
    assert label in usual.describe().shares or any(thing.label == label for thing in usual.things())
    gone = small_world(biome, size=128, resolution=8.0, without=(label,))
    told = gone.describe()
    assert label not in told.shares
    assert label not in told.counts
    assert label not in told.labels
    assert not any(thing.label == label for thing in gone.things())


def test_a_world_without_bridges_has_no_road_over_its_river():
    def crossed(world):
        river = burn([(each.water.buffer(-5), 1) for each in world.land.nature.rivers], world.map.grid) > 0
        return int((world.map.cover[river] == Cover.ROAD).sum())

    assert crossed(small_world(resolution=5.0)) > 0
    assert crossed(small_world(resolution=5.0, without=("bridge",))) == 0


def test_every_label_of_the_vocabulary_is_known_to_the_words():
    from satseek.synthetic.words import NOUNS

    assert set(NOUNS) == set(LABELS)


def test_no_house_stands_in_the_river():
    world = small_world("metropolis", resolution=5.0)
    river = burn([(each.water.buffer(-6), 1) for each in world.land.nature.rivers], world.map.grid) > 0
    assert river.sum() > 500
    assert (world.map.cover[river] == Cover.ROOF).sum() == 0
