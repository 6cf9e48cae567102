"""How pixels are read: values, masks, and what a reader tells."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from fakes.rasters import write_raster, zoomed
from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader, read_chip, read_picture
from satseek.raster.recognise import Override, scene_of_files

RANDOM = np.random.default_rng(7)
NOISE = RANDOM.integers(1, 255, (3, 64, 80)).astype("uint8")


def read(path: str, window: Window, size: tuple[int, int] | None = None, **override: object) -> Pixels:
    with SceneReader(scene_of_files([path], Override(**override))) as reader:  # type: ignore[arg-type]
        return reader.read(window, size or (window.height, window.width))


def test_a_window_of_8_bit_colours_is_exactly_what_is_in_the_file(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    pixels = read(path, Window(10, 20, 30, 40))
    np.testing.assert_array_equal(pixels.values, NOISE[:, 20:60, 10:40])
    assert pixels.values.dtype == np.uint8
    assert pixels.bands == ("red", "green", "blue")
    assert pixels.valid.all()


@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}, {"compress": "deflate"}])
def test_the_layout_of_the_file_does_not_matter(tmp_path: Path, layout: dict[str, object]) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE, **layout)
    np.testing.assert_array_equal(read(path, Window(3, 5, 17, 33)).values, NOISE[:, 5:38, 3:20])


def test_nodata_of_colours_voids_only_pixels_where_all_three_have_it(tmp_path: Path) -> None:
    values = NOISE.copy()
    values[:, :4, :4] = 0
    values[0, 10, 10] = 0
    pixels = read(write_raster(tmp_path / "a.tif", values, nodata=0), Window(0, 0, 80, 64))
    assert (~pixels.valid).sum() == 16
    assert not pixels.valid[:4, :4].any()
    assert pixels.values[0, 10, 10] == 0
    assert pixels.values[1, 10, 10] == values[1, 10, 10]


def test_an_internal_mask_tells_what_is_valid_and_the_rest_is_dark(tmp_path: Path) -> None:
    mask = np.full((64, 80), 255, dtype="uint8")
    mask[30:] = 0
    pixels = read(write_raster(tmp_path / "a.tif", NOISE, mask=mask), Window(0, 0, 80, 64))
    np.testing.assert_array_equal(pixels.valid, mask > 0)
    assert (pixels.values[:, 30:] == 0).all()
    np.testing.assert_array_equal(pixels.values[:, :30], NOISE[:, :30])


def test_an_external_mask_counts_too(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    mask = np.full((64, 80), 255, dtype="uint8")
    mask[:, :7] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(mask)
    assert (tmp_path / "a.tif.msk").exists()
    np.testing.assert_array_equal(read(path, Window(0, 0, 80, 64)).valid, mask > 0)


def test_a_fourth_band_that_is_alpha_is_a_mask_not_a_colour(tmp_path: Path) -> None:
    alpha = np.full((1, 64, 80), 255, dtype="uint8")
    alpha[0, :, 40:] = 0
    path = write_raster(tmp_path / "a.tif", np.concatenate([NOISE, alpha]), photometric="RGB")
    with rasterio.open(path, "r+") as file:
        file.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    pixels = read(path, Window(0, 0, 80, 64))
    assert pixels.values.shape == (3, 64, 80)
    np.testing.assert_array_equal(pixels.valid, alpha[0] > 0)


def test_a_palette_becomes_colours_and_its_transparent_entry_is_void(tmp_path: Path) -> None:
    classes = np.tile(np.array([[0, 1, 2]], dtype="uint8"), (1, 4, 1))
    colours = {0: (0, 0, 0, 0), 1: (255, 10, 0, 255), 2: (0, 0, 200, 255)}
    pixels = read(write_raster(tmp_path / "a.tif", classes, palette=colours, photometric="palette"), Window(0, 0, 3, 4))
    np.testing.assert_array_equal(pixels.values[:, 0].T[1:], [[255, 10, 0], [0, 0, 200]])
    # A TIFF palette has no transparency, so all is valid here; a PNG's has.
    png = write_raster(tmp_path / "a.png", classes, palette=colours, driver="PNG", crs=None)
    np.testing.assert_array_equal(read(png, Window(0, 0, 3, 4)).valid[0], [False, True, True])


def test_a_grey_image_fills_all_three_colours(tmp_path: Path) -> None:
    pixels = read(write_raster(tmp_path / "a.tif", NOISE[:1]), Window(0, 0, 80, 64))
    for band in pixels.values:
        np.testing.assert_array_equal(band, NOISE[0])


def test_grey_with_alpha_is_grey_with_a_mask(tmp_path: Path) -> None:
    values = np.stack([NOISE[0], np.where(np.arange(80) < 40, 255, 0)[None].repeat(64, 0).astype("uint8")])
    path = write_raster(tmp_path / "a.png", values, driver="PNG", crs=None)
    pixels = read(path, Window(0, 0, 80, 64))
    assert pixels.nodata_share == 0.5
    np.testing.assert_array_equal(pixels.values[2, :, :40], NOISE[0, :, :40])


def test_the_persons_nodata_wins_over_the_files(tmp_path: Path) -> None:
    values = np.full((12, 4, 4), 500, dtype="uint16")
    values[:, 0] = 7
    path = write_raster(tmp_path / "a.tif", values, nodata=500)
    pixels = read(path, Window(0, 0, 4, 4), nodata=7)
    assert pixels.valid.tolist() == [[False] * 4] + [[True] * 4] * 3


def test_a_picture_without_a_place_is_read_all_the_same(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.png", NOISE, driver="PNG", crs=None)
    with SceneReader(scene_of_files([path])) as reader:
        assert not reader.has_place
        assert reader.ground_resolution_m is None
        assert reader.footprint(Window(0, 0, 10, 10)) is None
        np.testing.assert_array_equal(reader.read(Window(0, 0, 80, 64), (64, 80)).values, NOISE)


def test_a_whole_picture_is_limited_to_a_size(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.png", NOISE, driver="PNG", crs=None)
    assert read_picture(path, size=40).values.shape == (3, 32, 40)
    assert read_picture(path).values.shape == (3, 64, 80)


def test_a_stored_chip_shows_the_same_pixels_again(tmp_path: Path) -> None:
    values = RANDOM.integers(1, 4000, (3, 40, 40)).astype("uint16")
    path = write_raster(tmp_path / "a.tif", values, photometric="RGB")  # stretched: the address must hold how
    scene = scene_of_files([path])
    window = Window(8, 8, 16, 16)
    with SceneReader(scene) as reader:
        before = reader.read(window, (16, 16))
    chip = Chip("id", "rgb", scene.source, scene.id, window, 1.0, (16, 16), address=scene.address())
    np.testing.assert_array_equal(read_chip(chip).values, before.values)
    assert read_chip(chip, (8, 8)).values.shape == (3, 8, 8)


def test_clouds_are_counted_in_the_scene_classification(tmp_path: Path) -> None:
    band = write_raster(tmp_path / "B02.tif", np.full((1, 40, 40), 900, dtype="uint16"))
    classes = np.full((1, 20, 20), 4, dtype="uint8")
    classes[0, :10] = 9
    classes[0, 10:12] = 3  # shadow is no cloud
    classes[0, :, 10:] = 0
    scl = write_raster(tmp_path / "SCL.tif", classes, transform=zoomed(2))
    with SceneReader(scene_of_files([band, scl])) as reader:
        assert reader.cloud_share(Window(0, 0, 40, 40), (40, 40)) == 0.5
        assert reader.cloud_share(Window(0, 30, 10, 10), (10, 10)) == 0.0
        assert reader.cloud_share(Window(30, 30, 10, 10), (10, 10)) is None


def test_a_window_outside_the_scene_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    with pytest.raises(SourceError, match="80×64 pixels and has no 224×224 window"):
        read(path, Window(0, 0, 224, 224))


def test_bytes_read_are_those_decoded(tmp_path: Path) -> None:
    with SceneReader(scene_of_files([write_raster(tmp_path / "a.tif", NOISE)])) as reader:
        reader.read(Window(0, 0, 10, 20), (20, 10))
        assert reader.bytes_read == 600


def test_several_readers_read_at_once_in_several_threads(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE, compress="deflate")
    wrong: list[str] = []

    def work(column: int) -> None:
        for _ in range(10):
            with SceneReader(scene_of_files([path])) as reader:
                found = reader.read(Window(column, 0, 10, 64), (64, 10)).values
            if not np.array_equal(found, NOISE[:, :, column : column + 10]):
                wrong.append(f"column {column}")

    threads = [threading.Thread(target=work, args=(column,)) for column in range(0, 60, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_two_readers_in_one_thread_may_close_in_any_order(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE)
    first, second = SceneReader(scene_of_files([path])), SceneReader(scene_of_files([path]))
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert second.read(Window(0, 0, 2, 2), (2, 2)).values.shape == (3, 2, 2)
    second.__exit__(None, None, None)
