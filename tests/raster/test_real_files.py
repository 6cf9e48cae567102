"""Real rasters, as they are delivered; left out where the data is not here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio

from fakes.rasters import shared_data
from satseek.core.errors import SourceError
from satseek.core.scene import Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.preview import picture
from satseek.raster.read import SceneReader
from satseek.raster.recognise import Override, group_files, scene_of_files


def whole(scene: Scene) -> Pixels:
    with SceneReader(scene) as reader:
        return reader.read(Window(0, 0, reader.width, reader.height), (reader.height, reader.width))


def files(*parts: str) -> list[str]:
    return sorted(str(path) for path in Path(shared_data(*parts)).rglob("*.tif"))


def test_a_bigearthnet_patch_is_one_radar_and_one_optical_scene() -> None:
    groups = group_files(
        files("rasters", "bigearthnet-v2", "BigEarthNet-S1") + files("rasters", "bigearthnet-v2", "BigEarthNet-S2")
    )
    assert [len(group) for group in groups] == [2, 12]
    radar, optical = (scene_of_files(group) for group in groups)
    assert radar.datetime == datetime(2017, 6, 13, 16, 50, 43, tzinfo=UTC)
    assert optical.datetime == datetime(2017, 6, 13, 10, 10, 31, tzinfo=UTC)
    decibels = whole(radar)
    with rasterio.open(radar.bands[1].href) as file:
        np.testing.assert_array_equal(decibels.band("VH"), file.read(1))
    reflectance = whole(optical)
    assert reflectance.values.shape == (12, 120, 120)
    with rasterio.open(next(band.href for band in optical.bands if band.name == "B04")) as file:
        np.testing.assert_allclose(reflectance.band("B04"), file.read(1) * 1e-4, rtol=1e-6)
    # The 20 m and 60 m bands, brought to 10 m, go with the near infrared at 10 m as vegetation makes them.
    coarse, fine = reflectance.band("B07").ravel(), reflectance.band("B08").ravel()
    assert np.corrcoef(coarse, fine)[0, 1] > 0.9
    assert reflectance.ground_resolution_m == pytest.approx(10, abs=0.01)


def test_a_reference_map_is_no_image() -> None:
    path = files("rasters", "bigearthnet-v2", "Reference_Maps")
    with pytest.raises(SourceError, match="Cannot tell the sensor"):
        scene_of_files(path)


def test_the_sites_of_two_sensors_are_found_to_be_what_they_are() -> None:
    for path in files("rasters", "s1s2-sites"):
        scene = scene_of_files([path])
        pixels = whole(scene)
        if "S1RTC" in path:
            assert (scene.sensor, scene.unit, pixels.bands) == ("s1", "dB", ("VV", "VH"))
            assert scene.datetime is not None
            assert -16 < pixels.band("VV").mean() < -9
        else:
            assert (scene.sensor, len(pixels.bands)) == ("s2", 12)
            assert 0 < pixels.band("B08").mean() < 0.5
        assert pixels.valid.all()
        assert picture(pixels).std() > 5


def test_named_bands_in_degrees_are_found() -> None:
    radar, optical = (scene_of_files([path]) for path in files("rasters", "sen1floods11"))
    assert (radar.sensor, radar.unit) == ("s1", "dB")
    assert [band.name for band in optical.bands][7:11] == ["B08", "B8A", "B09", "B10"]
    with SceneReader(optical) as reader:
        footprint = reader.footprint(Window(0, 0, 512, 512))
        assert footprint is not None
        assert footprint.bbox == pytest.approx((-0.7818936, 38.0828189, -0.7358999, 38.1288126), abs=1e-6)
        assert reader.ground_resolution_m == pytest.approx((9.98 * 7.87) ** 0.5, abs=0.05)


def test_a_striped_file_told_its_nodata_shows_the_same_as_a_cog_that_knows_it() -> None:
    folder = shared_data("rasters", "odd")
    cog = whole(scene_of_files([str(folder / "cog_nodata.tif")], Override(sensor="rgb")))
    striped = whole(scene_of_files([str(folder / "nocog.tif")], Override(sensor="rgb", nodata=1)))
    assert 0.1 < cog.nodata_share < 0.9
    np.testing.assert_array_equal(striped.valid, cog.valid)
    assert (
        np.abs(striped.values.astype(int) - cog.values)[:, cog.valid].max() <= 12
    )  # stretched by slightly other samples


def test_a_true_colour_image_with_nodata_of_zero_keeps_its_dark_pixels() -> None:
    path = str(shared_data("rasters", "odd", "TCI.tif"))
    pixels = whole(scene_of_files([path]))
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(pixels.valid, file.dataset_mask() > 0)
        np.testing.assert_array_equal(pixels.values, file.read())


@pytest.mark.parametrize(("name", "sensor"), [("losangeles_s2_rgb.tif", "rgb"), ("losangeles_s1_vh.tif", "s1")])
def test_a_large_scene_is_read_where_it_is_covered(name: str, sensor: str) -> None:
    path = str(shared_data("scenes", name))
    scene = scene_of_files([path])
    assert scene.sensor == sensor
    assert scene.datetime is not None
    assert scene.datetime.date().isoformat() in ("2020-11-04", "2020-11-07")
    with SceneReader(scene) as reader:
        overview = reader.read(Window(0, 0, reader.width, reader.height), (256, 352))
        assert overview.nodata_share == pytest.approx(0.63, abs=0.03)
        assert reader.ground_resolution_m == pytest.approx(8.3, abs=0.05)  # Mercator's 10 m are less on the ground


def test_pictures_are_read() -> None:
    path = next(Path(shared_data("rsicd", "RSICD_images")).glob("airport_1.jpg"))
    pixels = whole(scene_of_files([str(path)]))
    assert pixels.values.shape == (3, 128, 128)
    assert pixels.valid.all()
