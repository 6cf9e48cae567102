"""What Sentinel-2 sees."""

import numpy as np
import pytest

from satseek.synthetic.covers import Cover
from satseek.synthetic.s2 import SCL, scene_classes
from satseek.synthetic.spectra import S2_BANDS
from worlds import small_world


@pytest.fixture(scope="module")
def plain():
    world = small_world("river plain", resolution=5.0)
    return world, dict(zip(S2_BANDS, world.render("s2"), strict=True))


def _mean(plain, band, *covers):
    world, bands = plain
    return float(bands[band][np.isin(world.map.cover, covers)].mean())


def _ndvi(plain, *covers):
    red, nir = _mean(plain, "B04", *covers), _mean(plain, "B08", *covers)
    return (nir - red) / (nir + red)


def test_reflectance_has_twelve_bands_within_what_can_be_measured(plain):
    _, bands = plain
    values = np.stack(list(bands.values()))
    assert values.shape == (12, 512, 512)
    assert values.dtype == np.float32
    assert 0 < values.min() < values.max() < 1.6


def test_vegetation_index_falls_from_forest_over_fields_to_roofs_and_water(plain):
    forest, field = _ndvi(plain, Cover.FOREST, Cover.CONIFER), _ndvi(plain, Cover.FIELD)
    roof, river = _ndvi(plain, Cover.ROOF), _ndvi(plain, Cover.RIVER)
    assert forest > field > roof > river
    assert forest > 0.7
    assert river < 0


def test_water_swallows_the_infrared(plain):
    assert _mean(plain, "B08", Cover.LAKE) < 0.05
    assert _mean(plain, "B11", Cover.LAKE) < 0.03
    assert _mean(plain, "B02", Cover.LAKE) > _mean(plain, "B08", Cover.LAKE)


def test_bare_soil_and_sand_are_brightest_in_the_short_wave_infrared():
    world = small_world("desert", resolution=5.0)
    bands = dict(zip(S2_BANDS, world.render("s2"), strict=True))
    sand = world.map.cover == Cover.DESERT
    assert bands["B11"][sand].mean() > bands["B08"][sand].mean() > bands["B04"][sand].mean() > bands["B02"][sand].mean()


def test_snow_is_bright_to_the_eye_and_dark_in_the_short_wave_infrared():
    world = small_world("mountain", resolution=10.0)
    bands = dict(zip(S2_BANDS, world.render("s2"), strict=True))
    snow = world.map.cover == Cover.SNOW
    assert snow.sum() > 100
    assert bands["B03"][snow].mean() > 0.5
    assert bands["B11"][snow].mean() < 0.25


def test_coarse_detectors_see_coarse_pixels():
    world = small_world("river plain", resolution=5.0)
    bands = dict(zip(S2_BANDS, world.render("s2", every=2), strict=True))

    def step_within(values, size):
        blocks = values.reshape(256 // size, size, 256 // size, size)
        return float(blocks.std(axis=(1, 3)).mean())

    assert step_within(bands["B05"], 2) < 0.2 * step_within(bands["B08"], 2)


def test_a_pixel_is_the_mean_of_its_cells():
    world = small_world("river plain", resolution=5.0)
    fine, coarse = world.render("s2")[3], world.render("s2", every=2)[3]
    blocks = fine.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    assert np.abs(blocks - coarse).mean() < 0.004


def test_clouds_cover_about_the_share_that_was_asked_for_and_the_classification_shows_them():
    world = small_world("river plain", resolution=5.0)
    classes = scene_classes(world.land, world.map, every=2, cloud_share=0.25)
    cloud = classes == SCL["cloud"]
    assert cloud.mean() == pytest.approx(0.25, abs=0.05)
    seen = world.render("s2", every=2, cloud_share=0.25)
    clear = world.render("s2", every=2)
    blue = list(S2_BANDS).index("B02")
    assert seen[blue][cloud].mean() > 0.3 > 3 * clear[blue][cloud].mean()
    shaded = classes == SCL["shadow"]
    assert shaded.any()
    assert seen[blue][shaded].mean() < clear[blue][shaded].mean()


def test_a_clear_sky_leaves_no_cloud_in_the_classification():
    world = small_world("river plain", resolution=5.0)
    classes = scene_classes(world.land, world.map, every=1, cloud_share=0.0)
    assert set(np.unique(classes)) <= {SCL["vegetation"], SCL["bare"], SCL["water"]}
    assert (classes[world.map.cover == Cover.RIVER] == SCL["water"]).all()
