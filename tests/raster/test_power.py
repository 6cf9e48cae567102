"""Radar is averaged as power wherever it is shown coarser than it was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine, from_origin

from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.raster import power as power_module
from satseek.raster.read import SceneReader

CHANCE = np.random.default_rng(11)
SPECKLE_DB = (-12 + 6 * CHANCE.standard_normal((2, 96, 128))).astype(np.float32)


def written(path: Path, values: Any, **more: Any) -> str:
    profile = {"crs": "EPSG:32633", "transform": from_origin(4e5, 5.3e6, 10, 10)} | more
    count, height, width = values.shape
    with rasterio.open(path, "w", "GTiff", width, height, count, dtype=values.dtype.name, **profile) as file:
        file.write(values)
    return str(path)


def radar(href: str, unit: str, **more: Any) -> Scene:
    return Scene(href, href, "s1", (BandFile("VV", href, 1), BandFile("VH", href, 2)), unit=unit, **more)


def read(scene: Scene, window: Window, size: tuple[int, int]) -> Pixels:
    with SceneReader(scene) as reader:
        return reader.read(window, size)


def mean_db(decibels: FloatArray, factor: int) -> FloatArray:
    """The plain way: to power, mean of blocks, back to decibels."""
    bands, height, width = decibels.shape
    blocks = (10.0 ** (decibels.astype(np.float64) / 10)).reshape(bands, height // factor, factor, width // factor, -1)
    return np.asarray(10 * np.log10(blocks.mean(axis=(2, 4))), dtype=np.float32)


@pytest.mark.parametrize("unit", ["dB", "power", "amplitude"])
@pytest.mark.parametrize("rows_at_once", [7, 1000])
def test_a_coarser_pixel_is_the_mean_power_in_whatever_unit_the_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: str, rows_at_once: int
) -> None:
    monkeypatch.setattr(power_module, "PIXELS_AT_ONCE", 128 * rows_at_once)
    stored = {"dB": SPECKLE_DB, "power": 10 ** (SPECKLE_DB / 10), "amplitude": 10 ** (SPECKLE_DB / 20)}[unit]
    pixels = read(radar(written(tmp_path / "a.tif", stored), unit), Window(0, 0, 128, 96), (24, 32))
    np.testing.assert_allclose(pixels.values, mean_db(SPECKLE_DB, 4), atol=1e-3)
    assert pixels.values.mean() > SPECKLE_DB.mean() + 2  # what averaged decibels would be


def test_pixels_across_an_edge_count_with_their_share(tmp_path: Path) -> None:
    values = np.full((2, 6, 6), -10, np.float32)
    values[:, :, 3:] = -20
    pixels = read(radar(written(tmp_path / "a.tif", values), "dB"), Window(0, 0, 6, 6), (4, 4))
    half = 10 * np.log10((0.1 + 0.01) / 2)
    np.testing.assert_allclose(pixels.values[0, 0], [-10, -10, -20, -20], atol=1e-3)
    pixels = read(radar(written(tmp_path / "b.tif", values), "dB"), Window(0, 0, 5, 6), (2, 2))
    np.testing.assert_allclose(pixels.values[0, 0], [-10, 10 * np.log10((0.5 * 0.1 + 2 * 0.01) / 2.5)], atol=1e-3)
    pixels = read(radar(written(tmp_path / "c.tif", values), "dB"), Window(0, 0, 6, 6), (1, 1))
    np.testing.assert_allclose(pixels.values[0], [[half]], atol=1e-3)


def test_what_was_not_measured_takes_no_part(tmp_path: Path) -> None:
    values = np.full((2, 8, 8), -10, np.float32)
    values[:, :4, :4] = -9999
    values[:, 4, 4], values[:, 5, 5] = np.nan, -500.0  # no sensor measures so little
    for name, more in (("told", {"nodata": -9999}), ("untold", {})):
        pixels = read(radar(written(tmp_path / f"{name}.tif", values, **more), "dB"), Window(0, 0, 8, 8), (2, 2))
        np.testing.assert_array_equal(pixels.valid, [[False, True], [True, True]])
        np.testing.assert_allclose(pixels.values[:, pixels.valid], -10, atol=1e-4)


def test_a_stretch_of_8_bits_with_a_mask_is_averaged_as_power(tmp_path: Path) -> None:
    stretched = CHANCE.integers(1, 255, (2, 96, 128)).astype(np.uint8)
    path = written(tmp_path / "a.tif", stretched)
    mask = np.full((96, 128), 255, np.uint8)
    mask[:40], mask[40:43, 64:] = 0, 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(mask)
    pixels = read(radar(path, "display"), Window(0, 0, 128, 96), (24, 32))
    decibels = stretched.astype(np.float32) * 30 / 255 - 30
    np.testing.assert_allclose(pixels.values[:, 11:], mean_db(decibels, 4)[:, 11:], atol=1e-3)
    assert not pixels.valid[:10].any()
    assert pixels.valid[10, :16].all()  # of which all is measured
    assert not pixels.valid[10, 16:].any()  # a quarter


def test_overviews_are_read_and_averaged_on_as_power(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", np.full((2, 512, 512), -10, np.float32), tiled=True)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], Resampling.nearest)
        file.write(np.full((2, 512, 512), -20, np.float32))  # now pixels and overviews tell themselves apart
    scene = radar(path, "dB")
    np.testing.assert_allclose(read(scene, Window(0, 0, 512, 512), (64, 64)).values, -10, atol=1e-4)
    np.testing.assert_allclose(read(scene, Window(3, 5, 448, 448), (100, 100)).values, -10, atol=1e-4)
    np.testing.assert_allclose(read(scene, Window(0, 0, 96, 96), (64, 64)).values, -20, atol=1e-4)


def test_a_turned_raster_is_averaged_as_power_too(tmp_path: Path) -> None:
    half = np.where((np.arange(200)[:, None] + np.arange(200)) % 2, -4.0, -30.0).astype(np.float32)
    turned = Affine.translation(4e5, 5.3e6) @ Affine.rotation(180) @ Affine.scale(10, -10)
    pixels = read(
        radar(written(tmp_path / "a.tif", np.stack([half, half]), transform=turned), "dB"),
        Window(40, 40, 100, 100),
        (10, 10),
    )
    assert pixels.values.mean() == pytest.approx(10 * np.log10((10**-0.4 + 10**-3) / 2), abs=0.6)
