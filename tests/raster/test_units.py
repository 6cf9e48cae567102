"""How stored numbers become the unit of their sensor."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from fakes.rasters import write_raster
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader
from satseek.raster.recognise import Override, scene_of_files
from satseek.raster.sample import requests_of
from satseek.raster.units import ASSUMED

RANDOM = np.random.default_rng(7)
NOISE = RANDOM.integers(1, 255, (3, 64, 80)).astype("uint8")


def read(path: str, window: Window, size: tuple[int, int] | None = None, **override: object) -> Pixels:
    with SceneReader(scene_of_files([path], Override(**override))) as reader:  # type: ignore[arg-type]
        return reader.read(window, size or (window.height, window.width))


def test_colours_of_16_bits_are_stretched_over_the_whole_scene_and_it_is_said(tmp_path: Path) -> None:
    values = np.broadcast_to(np.linspace(1000, 3000, 80), (3, 64, 80)).astype("uint16")
    path = write_raster(tmp_path / "a.tif", values, photometric="RGB")
    with SceneReader(scene_of_files([path])) as reader:
        whole = reader.read(Window(0, 0, 80, 64), (64, 80))
        part = reader.read(Window(40, 0, 10, 10), (10, 10))
        assert "stretched" in reader.warnings[0]
    assert whole.values.dtype == np.uint8
    assert whole.values[0, 0, 0] == 0
    assert whole.values[0, 0, -1] == 255
    np.testing.assert_array_equal(part.values, whole.values[:, :10, 40:50])  # not stretched chip by chip


def test_whole_numbers_of_s2_become_reflectance_and_zero_in_all_bands_is_nothing(tmp_path: Path) -> None:
    values = RANDOM.integers(1, 9000, (12, 20, 30)).astype("uint16")
    values[:, 0, 0] = 0
    values[3, 5, 5] = 0  # one dark band of water
    pixels = read(write_raster(tmp_path / "a.tif", values), Window(0, 0, 30, 20))
    np.testing.assert_allclose(pixels.values[:, 1:5], values[:, 1:5] * 1e-4, rtol=1e-6)
    assert np.argwhere(~pixels.valid).tolist() == [[0, 0]]
    assert pixels.values.dtype == np.float32


def test_the_offset_of_newer_s2_products_is_taken_off(tmp_path: Path) -> None:
    name = "S2B_MSIL2A_20230513T101559_N0509_R065_T33UUP_20230513T133358.tif"
    path = write_raster(tmp_path / name, np.full((12, 5, 5), 1500, dtype="uint16"))
    np.testing.assert_allclose(read(path, Window(0, 0, 5, 5)).values, 0.05, atol=1e-6)
    older = write_raster(tmp_path / name.replace("N0509", "N0301"), np.full((12, 5, 5), 1500, dtype="uint16"))
    np.testing.assert_allclose(read(older, Window(0, 0, 5, 5)).values, 0.15, atol=1e-6)


def test_what_the_file_says_of_scale_and_offset_wins_over_the_custom(tmp_path: Path) -> None:
    name = "S2B_MSIL2A_20230513T101559_N0509_R065_T33UUP_20230513T133358.tif"
    path = write_raster(tmp_path / name, np.full((12, 5, 5), 100, dtype="uint16"), scale=0.002, offset=-0.05)
    np.testing.assert_allclose(read(path, Window(0, 0, 5, 5)).values, 0.15, atol=1e-6)


def test_what_the_catalog_says_of_scale_and_offset_wins_over_the_file(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.full((1, 5, 5), 2000, dtype="int16"), scale=0.002)
    scene = Scene("id", "source", "s2", (BandFile("B04", path, scale=1e-4, offset=-0.1),))
    with SceneReader(scene) as reader:
        np.testing.assert_allclose(reader.read(Window(0, 0, 5, 5), (5, 5)).values, 0.1, atol=1e-6)


def test_float_reflectance_is_left_as_it_is_and_large_floats_are_scaled(tmp_path: Path) -> None:
    fine = write_raster(tmp_path / "a.tif", np.full((12, 5, 5), 0.25, dtype="float32"))
    np.testing.assert_allclose(read(fine, Window(0, 0, 5, 5)).values, 0.25)
    large = write_raster(tmp_path / "b.tif", np.full((12, 5, 5), 2500, dtype="float32"))
    np.testing.assert_allclose(read(large, Window(0, 0, 5, 5)).values, 0.25)


@pytest.mark.parametrize(
    ("unit", "stored", "decibels"), [("dB", -12.0, -12.0), ("power", 0.01, -20.0), ("amplitude", 0.1, -20.0)]
)
def test_radar_comes_out_in_decibels(tmp_path: Path, unit: str, stored: float, decibels: float) -> None:
    path = write_raster(tmp_path / "a.tif", np.full((2, 4, 4), stored, dtype="float32"), names=("VV", "VH"))
    np.testing.assert_allclose(read(path, Window(0, 0, 4, 4), unit=unit).values, decibels, rtol=1e-5)


def test_radar_without_a_unit_is_told_by_its_values(tmp_path: Path) -> None:
    negative = write_raster(tmp_path / "db.tif", RANDOM.normal(-14, 3, (2, 20, 20)).astype("float32"))
    assert scene_of_files([negative]).unit == "dB"
    names = ("VV", "VH")
    power = write_raster(tmp_path / "p.tif", RANDOM.gamma(2, 0.05, (2, 20, 20)).astype("float32"), names=names)
    with SceneReader(scene_of_files([power])) as reader:
        assert "linear power" in reader.warnings[0]
    told = write_raster(
        tmp_path / "Gamma0.tif", np.ones((2, 4, 4), dtype="float32"), names=("Gamma0_VV_db", "Gamma0_VH_db")
    )
    assert scene_of_files([told]).unit == "dB"


def test_8_bit_radar_lies_between_the_ends_of_the_display_range(tmp_path: Path) -> None:
    values = np.array([[[0, 255, 51]]], dtype="uint8").repeat(2, 0)
    pixels = read(write_raster(tmp_path / "a.tif", values, names=("VV", "VH")), Window(0, 0, 3, 1))
    np.testing.assert_allclose(pixels.values[0, 0], [-30.0, 0.0, -24.0], atol=1e-5)


def test_nan_zero_power_and_the_impossible_are_no_radar_measurement(tmp_path: Path) -> None:
    values = np.full((2, 1, 5), 0.1, dtype="float32")
    values[0, 0, 0], values[1, 0, 1], values[0, 0, 2], values[0, 0, 3] = np.nan, 0.0, -0.2, np.inf
    pixels = read(write_raster(tmp_path / "a.tif", values, names=("VV", "VH")), Window(0, 0, 5, 1), unit="power")
    assert pixels.valid[0].tolist() == [False, False, False, False, True]
    assert np.isfinite(pixels.values).all()
    assert (pixels.values[:, 0, :4] == -28.0).all()  # as dark as radar is drawn


def test_the_counts_of_a_sentinel_1_product_are_calibrated_by_its_table(tmp_path: Path) -> None:
    stem = "s1a-iw-grd-vv-20201107t135241-20201107t135306-035143-041a16-001"
    measurement, tables = tmp_path / "x.SAFE" / "measurement", tmp_path / "x.SAFE" / "annotation" / "calibration"
    measurement.mkdir(parents=True)
    tables.mkdir(parents=True)
    path = write_raster(measurement / f"{stem}.tiff", np.full((1, 4, 4), 50, dtype="uint16"))
    scene = scene_of_files([path])
    assert "320" in scene.properties[ASSUMED]
    (tables / f"calibration-{stem}.xml").write_text('<a><sigmaNought count="2">400.0 600.0</sigmaNought></a>')
    scene = scene_of_files([path])
    assert "table" in scene.properties[ASSUMED]
    with SceneReader(scene) as reader:
        np.testing.assert_allclose(reader.read(Window(0, 0, 4, 4), (4, 4)).values, -20.0, atol=1e-4)


def test_a_grey_picture_of_16_bits_is_a_picture(tmp_path: Path) -> None:
    values = np.linspace(100, 60_000, 256).reshape(1, 16, 16).astype("uint16")
    pixels = read(write_raster(tmp_path / "a.png", values, driver="PNG", crs=None), Window(0, 0, 16, 16))
    assert (pixels.sensor, pixels.values.min(), pixels.values.max()) == ("rgb", 0, 255)


class Header(NamedTuple):
    """What a sample asks of a file."""

    width: int
    height: int
    block: tuple[int, int]
    levels: list[int]

    def overviews(self, _: int) -> list[int]:
        return self.levels

    @property
    def block_shapes(self) -> list[tuple[int, int]]:
        return [self.block]


@pytest.mark.parametrize("block", [(512, 512), (1, 100_000), (16, 100_000), (100, 100)])
def test_a_sample_of_a_huge_file_without_overviews_decodes_little_and_from_all_over(block: tuple[int, int]) -> None:
    found = [request["window"] for request in requests_of(Header(100_000, 100_000, block, []), 1)]
    assert sum(window.width * window.height for window in found) <= 4_500_000
    assert len(found) >= 2
    rows = [window.row_off for window in found]
    assert max(rows) - min(rows) > 40_000
    assert all(window.col_off + window.width <= 100_000 for window in found)


def test_a_sample_of_a_file_with_overviews_is_one_decimated_look() -> None:
    (request,) = requests_of(Header(100_000, 50_000, (512, 512), [2, 4, 8, 16, 32, 64]), 1)
    assert request == {"out_shape": (512, 1024)}
