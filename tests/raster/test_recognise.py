"""Which sensor, bands, unit and time a file is found to have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fakes.rasters import write_raster, zoomed
from satseek.core.errors import SatSeekError, SourceError, UsageError
from satseek.core.sensors.s2 import ORDERS
from satseek.raster.recognise import Override, scene_of_files
from satseek.raster.units import ASSUMED

RANDOM = np.random.default_rng(3)


def numbers(bands: int, dtype: str, side: int = 6) -> np.ndarray:
    return RANDOM.integers(1, 200, (bands, side, side)).astype(dtype)


def seen(path: str, **override: object) -> tuple[str, list[str], list[int]]:
    scene = scene_of_files([path], Override(**override))  # type: ignore[arg-type]
    return scene.sensor, [band.name for band in scene.bands], [band.index for band in scene.bands]


def test_three_bands_of_bytes_are_colours(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(3, "uint8"))
    assert seen(path) == ("rgb", ["red", "green", "blue"], [1, 2, 3])


def test_colours_are_found_by_name_whatever_their_order(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(4, "uint8"), names=("NIR", "Blue", "Green", "Red"))
    assert seen(path) == ("rgb", ["red", "green", "blue"], [4, 3, 2])
    display = write_raster(tmp_path / "b.tif", numbers(3, "uint8"), names=("B02", "B03", "B04"))
    assert seen(display) == ("rgb", ["red", "green", "blue"], [3, 2, 1])


@pytest.mark.parametrize("bands", [10, 12, 13])
def test_unnamed_bands_in_the_numbers_of_sentinel_2_are_taken_in_its_order_and_it_is_said(
    tmp_path: Path, bands: int
) -> None:
    scene = scene_of_files([write_raster(tmp_path / "a.tif", numbers(bands, "uint16"))])
    assert tuple(band.name for band in scene.bands) == ORDERS[bands]
    assert "no names" in scene.properties[ASSUMED]


def test_bands_are_found_by_both_vocabularies_and_put_in_the_sensors_order(tmp_path: Path) -> None:
    one = write_raster(tmp_path / "a.tif", numbers(3, "uint16"), names=("B08", "B4", "B02"))
    assert seen(one) == ("s2", ["B02", "B04", "B08"], [3, 2, 1])
    other = write_raster(
        tmp_path / "b.tif", numbers(3, "uint16"), names=("nir", "Red Edge 1", "B2, central wavelength 490 nm")
    )
    assert seen(other) == ("s2", ["B02", "B05", "B08"], [3, 2, 1])
    radar = write_raster(tmp_path / "c.tif", numbers(2, "float32"), names=("Sigma0_VH", "Sigma0_VV"))
    assert seen(radar) == ("s1", ["VV", "VH"], [2, 1])


def test_bands_the_sensor_does_not_know_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(3, "float32"), names=("VV", "VH", "angle"))
    scene = scene_of_files([path])
    assert [band.name for band in scene.bands] == ["VV", "VH"]
    assert "angle" in scene.properties[ASSUMED]


def test_a_scene_classification_among_the_bands_becomes_the_mask(tmp_path: Path) -> None:
    scene = scene_of_files([write_raster(tmp_path / "a.tif", numbers(3, "uint16"), names=("B02", "B03", "SCL"))])
    assert scene.mask is not None
    assert (scene.mask.name, scene.mask.index) == ("SCL", 3)
    assert [band.name for band in scene.bands] == ["B02", "B03"]


def test_two_float_bands_with_values_below_zero_are_radar(tmp_path: Path) -> None:
    assert seen(write_raster(tmp_path / "a.tif", -numbers(2, "float32") / 10)) == ("s1", ["VV", "VH"], [1, 2])


def test_a_product_name_in_the_tags_tells_radar_and_time(tmp_path: Path) -> None:
    tags = {"product": "S1A_IW_GRDH_1SDV_20201107T135241_20201107T135306_035143_041A16_322B.SAFE"}
    scene = scene_of_files([write_raster(tmp_path / "town_vh.tif", numbers(1, "uint8"), tags=tags)])
    assert (scene.sensor, scene.unit, scene.bands[0].name) == ("s1", "display", "VH")
    assert scene.datetime == datetime(2020, 11, 7, 13, 52, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "day"),
    [
        ({"ACQUISITION_DATE": "2021-05-04"}, 4),
        ({"TIFFTAG_DATETIME": "2021:05:05 00:00:00"}, 5),
        ({"TIFFTAG_DATETIME": "2021:05:05 00:00:00", "datetime": "2021-05-06T00:00:00"}, 6),
    ],
)
def test_tags_tell_the_time_and_the_writing_of_the_file_comes_last(
    tmp_path: Path, tags: dict[str, str], day: int
) -> None:
    scene = scene_of_files([write_raster(tmp_path / "a.tif", numbers(3, "uint8"), tags=tags)])
    assert scene.datetime == datetime(2021, 5, day, tzinfo=UTC)


def test_what_the_person_says_wins(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(4, "uint16"), nodata=3)
    when = datetime(2020, 1, 1, tzinfo=UTC)
    told = Override(sensor="s2", bands=("B02", "B03", "B04", "B08"), unit="reflectance", nodata=9.0, datetime=when)
    scene = scene_of_files([path], told)
    assert [(band.name, band.index) for band in scene.bands] == [("B02", 1), ("B03", 2), ("B04", 3), ("B08", 4)]
    assert (scene.unit, scene.nodata, scene.datetime) == ("reflectance", 9.0, when)


def test_bands_that_the_file_names_are_chosen_by_name(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(3, "uint16"), names=("B02", "B03", "B04"))
    assert seen(path, bands=("red", "blue")) == ("s2", ["B04", "B02"], [3, 1])


def test_a_grey_image_may_be_said_to_be_colours_or_radar(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(1, "uint16"))
    assert seen(path, sensor="rgb") == ("rgb", ["red", "green", "blue"], [1, 1, 1])
    assert seen(path, sensor="s1", bands=("VH",)) == ("s1", ["VH"], [1])


def test_sentinel_2_files_of_several_resolutions_are_one_scene_from_the_finest(tmp_path: Path) -> None:
    folder = tmp_path / "S2B_MSIL2A_20230513T101559_N0509_R065_T33UUP_20230513T133358.SAFE/GRANULE/L2A/IMG_DATA"
    files = []
    for metres, bands in ((10, ("B02", "TCI")), (20, ("B02", "B05", "SCL")), (60, ("B01", "B05"))):
        (folder / f"R{metres}m").mkdir(parents=True)
        for band in bands:
            name = folder / f"R{metres}m" / f"T33UUP_20230513T101559_{band}_{metres}m.tif"
            files.append(write_raster(name, numbers(1, "uint16", 60 // metres * 2), transform=zoomed(metres // 10)))
    scene = scene_of_files(files)
    assert [(band.name, Path(band.href).name[-11:]) for band in scene.bands] == [
        ("B01", "B01_60m.tif"),
        ("B02", "B02_10m.tif"),
        ("B05", "B05_20m.tif"),
    ]
    assert scene.mask is not None
    assert scene.mask.href.endswith("SCL_20m.tif")
    assert {band.offset for band in scene.bands} == {-0.1}
    assert scene.id == str(folder.parent)
    assert scene.datetime == datetime(2023, 5, 13, 10, 15, 59, tzinfo=UTC)


def test_the_offset_is_found_in_the_metadata_of_a_renamed_product(tmp_path: Path) -> None:
    (tmp_path / "MTD_MSIL2A.xml").write_text('<x><BOA_ADD_OFFSET band_id="0">-1000</BOA_ADD_OFFSET></x>')
    (tmp_path / "img").mkdir()
    scene = scene_of_files([write_raster(tmp_path / "img" / "x_B02.tif", numbers(1, "uint16"))])
    assert scene.bands[0].offset == pytest.approx(-0.1)


def test_bigearthnet_patches_have_no_offset_although_their_baseline_is_9999(tmp_path: Path) -> None:
    name = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57_B02.tif"
    scene = scene_of_files([write_raster(tmp_path / name, numbers(1, "uint16"))])
    assert scene.bands[0].offset is None


def test_a_landsat_product_is_read_as_true_colour(tmp_path: Path) -> None:
    product = "LC08_L2SP_193024_20200807_20200821_02_T1"
    files = [write_raster(tmp_path / f"{product}_SR_B{band}.TIF", numbers(1, "uint16")) for band in (2, 3, 4, 5)]
    scene = scene_of_files(files)
    assert [(band.name, band.href[-6:-4]) for band in scene.bands] == [("red", "B4"), ("green", "B3"), ("blue", "B2")]
    assert scene.sensor == "rgb"
    assert scene.datetime == datetime(2020, 8, 7, tzinfo=UTC)
    with pytest.raises(SourceError, match="B4 is missing"):
        scene_of_files(files[:2])


def test_the_id_of_a_scene_does_not_depend_on_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(3, "uint8"))
    monkeypatch.chdir(tmp_path)
    near, far = scene_of_files(["a.tif"]), scene_of_files([path])
    assert near.id == far.id == path
    assert near.bands == far.bands
    assert near.source == "a.tif"


@pytest.mark.parametrize(
    ("bands", "dtype", "names", "said"),
    [
        (1, "uint16", (), "one band of uint16 without names.*--sensor and --bands"),
        (5, "uint8", (), "5 bands of uint8 without names"),
        (2, "float32", (), "2 bands of float32"),
        (2, "float32", ("HH", "HV"), r"called HH, HV.*s1 knows VV, VH.*--sensor and --bands"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_is_known_and_what_to_say(
    tmp_path: Path, bands: int, dtype: str, names: tuple[str, ...], said: str
) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(bands, dtype), names=names)
    with pytest.raises(SourceError, match=said):
        scene_of_files([path])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (Override(sensor="s3"), "no sensor called 's3'. Known: rgb, s1, s2"),
        (Override(sensor="s2", bands=("B02", "B99")), "no band called 'B99'"),
        (Override(bands=("B02", "VV")), "No sensor has all of the bands"),
        (Override(bands=("B02", "B03", "B04", "B08")), "names 4 bands and .* has 3"),
        (Override(sensor="rgb", unit="volt"), "'volt' is no unit of rgb"),
    ],
)
def test_what_the_person_says_wrongly_is_a_usage_error(tmp_path: Path, override: Override, said: str) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(3, "uint8"))
    with pytest.raises(UsageError, match=said):
        scene_of_files([path], override)


def test_a_sensor_that_does_not_fit_the_bands_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", numbers(3, "uint8"))
    with pytest.raises(SatSeekError, match=r"do not say which of s2's they are.*--bands"):
        scene_of_files([path], Override(sensor="s2"))


def test_a_scene_classification_by_itself_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="classes or probabilities"):
        scene_of_files([write_raster(tmp_path / "T33UUP_20170613T101031_SCL_20m.tif", numbers(1, "uint8"))])
