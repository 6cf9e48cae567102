"""Labelled polygons and captioned patches of a painted scene."""

import json

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from satseek.core.scene import Window
from satseek.synthetic.annotations import CAPTIONS_A_PATCH, CHIP, STEP, features_of
from worlds import small_world


@pytest.fixture(scope="module")
def plain():
    world = small_world("river plain", size=512, resolution=5.0)
    return world, features_of(world)["features"]


def _degrees_of(world):
    from rasterio.warp import transform_bounds

    grid = world.map.grid
    west, north = world.transform() @ (0, 0)
    return transform_bounds(world.crs, "EPSG:4326", west, north - 5 * grid.height, west + 5 * grid.width, north)


def test_every_feature_lies_on_the_scene_and_says_something(plain):
    world, features = plain
    west, south, east, north = _degrees_of(world)
    for feature in features:
        x0, y0, x1, y1 = shape(feature["geometry"]).bounds
        assert west - 1e-4 <= x0 <= x1 <= east + 1e-4
        assert south - 1e-4 <= y0 <= y1 <= north + 1e-4
        words = feature["properties"]
        assert words.get("label") or words.get("caption")
    json.dumps(features, allow_nan=False)


@pytest.mark.parametrize("label", ["field", "forest", "town", "river"])
def test_labelled_polygons_cover_what_the_map_says(plain, label):
    from shapely import union_all

    world, features = plain
    west, south, east, north = _degrees_of(world)
    polygons = [shape(f["geometry"]) for f in features if f["properties"].get("label") == label]
    outlined = union_all([polygon.buffer(0) for polygon in polygons]).area / ((east - west) * (north - south))
    assert outlined == pytest.approx(world.describe().shares[label], rel=0.25, abs=0.012)


def test_a_patch_has_the_sentences_of_its_window(plain):
    world, features = plain
    captions = [feature for feature in features if "caption" in feature["properties"]]
    sentences = world.describe(Window(0, 0, CHIP, CHIP)).sentences[:CAPTIONS_A_PATCH]
    assert [feature["properties"]["caption"] for feature in captions[:CAPTIONS_A_PATCH]] == list(sentences)


def test_patches_are_the_windows_that_an_ingest_cuts(plain):
    from satseek.raster.windows import windows_of

    world, features = plain
    west, north = world.transform() @ (0, 0)
    patches = []
    for feature in features:
        if "caption" in feature["properties"]:
            from rasterio.warp import transform_geom

            x0, y0, x1, y1 = shape(transform_geom("EPSG:4326", world.crs, feature["geometry"])).bounds
            patches.append(tuple(round(v / 5) for v in (x0 - west, north - y1, x1 - x0, y1 - y0)))
    cut = [tuple(each.window) for each in windows_of(512, 512, chip=CHIP, overlap=1 - STEP / CHIP)]
    assert list(dict.fromkeys(patches)) == cut


def test_an_ingest_finds_the_right_words_for_a_chip(plain):
    from satseek.ingest.annotate import Annotations

    world, features = plain
    annotations = Annotations(features)
    patch = next(feature for feature in features if "caption" in feature["properties"])
    words = annotations.words_in(shape(patch["geometry"]))
    told = world.describe(Window(0, 0, CHIP, CHIP))
    assert words.caption == " ".join(told.sentences[:CAPTIONS_A_PATCH])
    wide = {label for label, share in told.shares.items() if share > 0.05 and label != "road"}
    assert wide <= set(words.labels)
    assert {label for label in words.labels if told.shares.get(label, 0) + told.counts.get(label, 0) == 0} == set()


def test_what_a_satellite_cannot_see_is_not_outlined():
    world = small_world("airport prairie", resolution=5.0)

    def labels(every):
        return {f["properties"].get("label") for f in features_of(world, every=every)["features"]}

    assert "plane" in labels(1)
    assert "plane" not in labels(2)
    assert "airport" in labels(2)


def test_no_absolute_number_is_finer_than_a_centimetre(plain):
    _, features = plain
    points = shapely.get_coordinates(shape(features[0]["geometry"])).ravel()
    np.testing.assert_allclose(points, np.round(points, 7), atol=1e-12)
