"""How files of any grid become the pixels of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.control import GroundControlPoint
from rasterio.enums import Resampling

from fakes.rasters import gradient, write_raster, zoomed
from satseek.core.errors import SourceError
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader
from satseek.raster.recognise import Override, scene_of_files

RANDOM = np.random.default_rng(7)
NOISE = RANDOM.integers(1, 255, (3, 64, 80)).astype("uint8")


def read(path: str, window: Window, size: tuple[int, int] | None = None, **override: object) -> Pixels:
    with SceneReader(scene_of_files([path], Override(**override))) as reader:  # type: ignore[arg-type]
        return reader.read(window, size or (window.height, window.width))


def s2_scene(*files: tuple[str, str], **facts: object) -> Scene:
    return Scene("id", "source", "s2", tuple(BandFile(name, href) for name, href in files), **facts)  # type: ignore[arg-type]


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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 80), st.integers(0, 80), st.integers(1, 40), st.integers(1, 40))
def test_a_window_of_a_coarser_band_fits_its_neighbours_without_a_seam(
    tmp_path: Path, column: int, row: int, width: int, height: int
) -> None:
    files = []
    for name, factor in (("B02", 1), ("B05", 2), ("B01", 6)):
        path = tmp_path / f"{name}.tif"
        if not path.exists():
            side = 120 // factor
            values = np.random.default_rng(factor).integers(1, 9000, (1, side, side)).astype("uint16")
            write_raster(path, values, transform=zoomed(factor), nodata=0 if factor == 2 else None)
        files.append((name, str(path)))
    with SceneReader(s2_scene(*files)) as reader:
        whole = reader.read(Window(0, 0, 120, 120), (120, 120)).values
        part = reader.read(Window(column, row, width, height), (height, width)).values
    np.testing.assert_array_equal(part, whole[:, row : row + height, column : column + width])


def test_a_place_that_is_none_is_said_and_the_picture_is_read(tmp_path: Path) -> None:
    local = 'LOCAL_CS["works",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    wrong = {"crs": "EPSG:4326"}  # of metres, which lie off the globe
    for name, place in (("local", {"crs": local}), ("wrong", wrong), ("nowhere", {"transform": Affine.identity()})):
        path = write_raster(tmp_path / f"{name}.tif", NOISE, **place)  # type: ignore[arg-type]
        with SceneReader(scene_of_files([path])) as reader:
            assert not reader.has_place
            assert reader.footprint(Window(0, 0, 9, 9)) is None
            np.testing.assert_array_equal(reader.read(Window(0, 0, 9, 9), (9, 9)).values, NOISE[:, :9, :9])
            assert any("place is not known" in warning for warning in reader.warnings) == (name != "nowhere")


def test_what_lies_at_a_place_stays_there_however_the_file_is_laid(tmp_path: Path) -> None:
    values = np.full((12, 100, 100), 1000, dtype="uint16")
    values[:, 40:44, 70:74] = 9000
    turned = Affine(8.660254, 5.0, 500_000.0, 5.0, -8.660254, 5_000_000.0)
    to_degrees = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True)
    by_rotation = to_degrees.transform(*(500_000 + 8.660254 * 72 + 5 * 42, 5_000_000 + 5 * 72 - 8.660254 * 42))
    by_points = 10 + 72 * 2e-4 + 42 * 5e-5, 60 - 42 * 1e-4 + 72 * 2e-5
    for name, place, expected in (
        ("rotated.tif", {"transform": turned}, by_rotation),
        ("points.tif", {"crs": "EPSG:4326", "transform": None, "gcps": control_points(10.0, 60.0)}, by_points),
    ):
        path = write_raster(tmp_path / name, values, **place)  # type: ignore[arg-type]
        with SceneReader(scene_of_files([path])) as reader:
            whole = reader.read(Window(0, 0, reader.width, reader.height), (reader.height, reader.width))
            rows, columns = np.nonzero(whole.band("B04") > 0.6)
            left, top = columns.min(), rows.min()
            spot = Window(int(left), int(top), int(columns.max() - left + 1), int(rows.max() - top + 1))
            found = reader.footprint(spot)
        assert found is not None
        west, south, east, north = found.bbox
        assert ((west + east) / 2, (south + north) / 2) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("transform", [Affine(0, 0, 5e5, 0, 0, 5e6), Affine(10, 0, 5e5, 0, -10, float("inf"))])
def test_a_transform_that_spans_nothing_makes_no_place(tmp_path: Path, transform: Affine) -> None:
    path = write_raster(tmp_path / "a.vrt.tif", NOISE)
    virtual = tmp_path / "a.vrt"
    numbers = ",".join(map(str, transform.to_gdal()))
    source = f"<SimpleSource><SourceFilename>{path}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
    virtual.write_text(
        f'<VRTDataset rasterXSize="80" rasterYSize="64"><SRS>EPSG:32633</SRS><GeoTransform>{numbers}</GeoTransform>'
        f'<VRTRasterBand dataType="Byte" band="1">{source}</VRTRasterBand></VRTDataset>'
    )
    with SceneReader(scene_of_files([str(virtual)])) as reader:
        assert not reader.has_place
        np.testing.assert_array_equal(reader.read(Window(0, 0, 80, 64), (64, 80)).values[1], NOISE[0])


def test_a_transform_skewed_beyond_sense_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE, transform=Affine(10, 10_000, 5e5, 0.1, -10, 5e6))
    with pytest.raises(SourceError, match="skewed"), SceneReader(scene_of_files([path])):
        pass
