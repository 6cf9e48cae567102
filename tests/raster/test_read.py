"""How pixels are read: values, units, masks and grids."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp, Resampling

from fakes.rasters import gradient, write_raster, zoomed
from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader, read_chip, read_picture
from satseek.raster.recognise import Override, scene_of_files

RANDOM = np.random.default_rng(7)
NOISE = RANDOM.integers(1, 255, (3, 64, 80)).astype("uint8")


def read(path: str, window: Window, size: tuple[int, int] | None = None, **override: object) -> Pixels:
    with SceneReader(scene_of_files([path], Override(**override))) as reader:  # type: ignore[arg-type]
        return reader.read(window, size or (window.height, window.width))


def s2_scene(*files: tuple[str, str], **facts: object) -> Scene:
    return Scene("id", "source", "s2", tuple(BandFile(name, href) for name, href in files), **facts)  # type: ignore[arg-type]


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


def test_the_persons_nodata_wins_over_the_files(tmp_path: Path) -> None:
    values = np.full((12, 4, 4), 500, dtype="uint16")
    values[:, 0] = 7
    path = write_raster(tmp_path / "a.tif", values, nodata=500)
    pixels = read(path, Window(0, 0, 4, 4), nodata=7)
    assert pixels.valid.tolist() == [[False] * 4] + [[True] * 4] * 3


def test_a_coarser_chip_is_the_mean_of_what_is_valid(tmp_path: Path) -> None:
    values = np.full((12, 8, 8), 1000, dtype="uint16")
    values[:, :, 4:] = 3000
    values[:, 0, 0] = 0  # nodata that no tag tells: it must not darken its neighbours
    pixels = read(write_raster(tmp_path / "a.tif", values), Window(0, 0, 8, 8), (2, 4))
    np.testing.assert_allclose(pixels.values[0], [[0.1, 0.1, 0.3, 0.3]] * 2, atol=1e-6)


def test_overviews_are_used_when_chips_are_coarser_than_pixels(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "a.tif", np.full((3, 512, 512), 10, dtype="uint8"), tiled=True, blockxsize=64, blockysize=64
    )
    with rasterio.open(path, "r+") as file:
        file.build_overviews([4], Resampling.average)
        file.write(np.full((3, 512, 512), 200, dtype="uint8"))  # now pixels and overviews tell themselves apart
    assert read(path, Window(0, 0, 512, 512), (128, 128)).values.mean() == 10
    assert read(path, Window(0, 0, 128, 128), (128, 128)).values.mean() == 200


def test_bands_of_several_resolutions_lie_on_the_finest_ones_grid(tmp_path: Path) -> None:
    fine = gradient(60, 60, "uint16") + 1
    files = [("B02", write_raster(tmp_path / "B02.tif", fine[None]))]
    for name, factor in (("B05", 2), ("B01", 6)):
        side = 60 // factor
        coarse = fine.reshape(side, factor, side, factor).mean((1, 3)).astype("uint16")[None]
        files.append((name, write_raster(tmp_path / f"{name}.tif", coarse, transform=zoomed(factor))))
    with SceneReader(s2_scene(*files)) as reader:
        assert (reader.width, reader.height) == (60, 60)
        pixels = reader.read(Window(13, 17, 24, 24), (24, 24))
    assert pixels.bands == ("B02", "B05", "B01")
    for band in pixels.values:  # a plane stays a plane when it is interpolated
        np.testing.assert_allclose(band, pixels.values[0], atol=3e-4)


def test_a_band_in_another_projection_is_brought_to_the_grid(tmp_path: Path) -> None:
    one = write_raster(tmp_path / "B04.tif", np.full((1, 50, 50), 1000, dtype="uint16"))
    degrees = Affine(0.0002, 0, 14.99, 0, -0.0002, 45.16)
    other = write_raster(
        tmp_path / "B08.tif", np.full((1, 200, 200), 3000, dtype="uint16"), crs="EPSG:4326", transform=degrees
    )
    with SceneReader(s2_scene(("B04", one), ("B08", other))) as reader:
        assert reader.width == 50
        pixels = reader.read(Window(0, 0, 50, 50), (50, 50))
    np.testing.assert_allclose(pixels.values[0], 0.1)
    np.testing.assert_allclose(pixels.values[1][pixels.valid], 0.3, atol=1e-6)
    assert pixels.valid.mean() > 0.9


def test_a_rotated_raster_is_read_north_up_with_empty_corners(tmp_path: Path) -> None:
    turned = Affine(8.660254, 5.0, 500_000.0, 5.0, -8.660254, 5_000_000.0)  # by 30°
    path = write_raster(tmp_path / "a.tif", np.full((3, 100, 100), 90, dtype="uint8"), transform=turned)
    with SceneReader(scene_of_files([path])) as reader:
        assert (reader.width, reader.height) == (137, 137)
        pixels = reader.read(Window(0, 0, 137, 137), (137, 137))
        assert reader.ground_resolution_m == pytest.approx(10, rel=1e-3)
    assert pixels.valid.mean() == pytest.approx(100**2 / 136.6**2, abs=0.02)
    assert set(np.unique(pixels.values[:, pixels.valid])) <= {89, 90}
    assert not pixels.valid[0, 0]


def test_a_raster_stored_south_up_is_turned(tmp_path: Path) -> None:
    values = np.stack([gradient(10, 10, "float32") / 20000] * 12)
    upside_down = Affine(10, 0, 500_000, 0, 10, 5_000_000)
    pixels = read(write_raster(tmp_path / "a.tif", values, transform=upside_down), Window(0, 0, 10, 10))
    np.testing.assert_allclose(pixels.values, values[:, ::-1], atol=1e-6)


def control_points(longitude: float, latitude: float) -> list[GroundControlPoint]:
    places = [(row, column) for row in (0, 50, 100) for column in (0, 50, 100)]
    west = [(row, column, longitude + column * 2e-4 + row * 5e-5) for row, column in places]
    return [
        GroundControlPoint(row=row, col=column, x=(x + 180) % 360 - 180, y=latitude - row * 1e-4 + column * 2e-5)
        for row, column, x in west
    ]


@pytest.mark.parametrize("longitude", [10.0, 179.99])
def test_ground_control_points_give_a_place_in_square_metres_even_over_the_date_line(
    tmp_path: Path, longitude: float
) -> None:
    values = np.full((2, 100, 100), -12, dtype="float32")
    path = write_raster(
        tmp_path / "a.tif",
        values,
        names=("VV", "VH"),
        crs="EPSG:4326",
        transform=None,
        gcps=control_points(longitude, 60.0),
    )
    with SceneReader(scene_of_files([path])) as reader:
        assert reader.has_place
        assert reader.width < 200
        pixels = reader.read(Window(0, 0, reader.width, reader.height), (reader.height, reader.width))
        footprint = reader.footprint(Window(0, 0, reader.width, reader.height))
    assert 0.6 < pixels.valid.mean() < 1
    np.testing.assert_allclose(pixels.values[:, pixels.valid], -12, atol=1e-4)
    assert footprint is not None
    assert footprint.bbox[1] == pytest.approx(59.99, abs=2e-3)
    assert (footprint.bbox[0] > footprint.bbox[2]) == (longitude > 170)


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
