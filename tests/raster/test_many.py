"""Many windows at once give the same pixels and places as one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.many import MOST_TOGETHER, neighbours, read_together
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow, windows_of


def written(path: Path, *, count: int = 3, dtype: str = "uint8", size: int = 300, **more: Any) -> str:
    chance = np.random.default_rng(5)
    values = chance.integers(0, 255, (count, size, size)).astype(dtype)
    values[:, :90, :40] = 0
    profile = {"crs": "EPSG:32633", "transform": from_origin(4e5, 5.3e6, 10, 10), "nodata": 0} | more
    with rasterio.open(path, "w", "GTiff", size, size, count, dtype=dtype, **profile) as file:
        file.write(values)
    return str(path)


def rgb(href: str) -> Scene:
    bands = tuple(BandFile(name, href, index) for index, name in enumerate(("red", "green", "blue"), 1))
    return Scene(href, href, "rgb", bands)


def s2(*files: tuple[str, str]) -> Scene:
    return Scene("s2", "s2", "s2", tuple(BandFile(name, href) for name, href in files))


def cut(reader: SceneReader, scales: tuple[float, ...] = (1.0,)) -> list[ChipWindow]:
    return list(windows_of(reader.width, reader.height, chip=64, overlap=0.25, scales=scales))


@pytest.mark.parametrize("kind", ["rgb", "s2", "coarse"])
def test_windows_read_together_are_the_same_as_one_by_one(tmp_path: Path, kind: str) -> None:
    if kind == "rgb":
        scene = rgb(written(tmp_path / "a.tif"))
    else:
        first = written(tmp_path / "B04.tif", count=1, dtype="uint16")
        second = written(tmp_path / "B03.tif", count=1, dtype="uint16", nodata=None)
        scene = s2(("B04", first), ("B03", second))
    with SceneReader(scene) as reader:
        windows = cut(reader, (1, 2) if kind == "coarse" else (1,))
        runs = list(neighbours(reader, windows))
        together = [pixels for run in runs for pixels in read_together(reader, run)]
        alone = [reader.pixels(window.window, window.size) for window in windows]
    assert len(runs) < len(windows)
    assert len(together) == len(alone)
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other)


def assert_same(one: Pixels | None, other: Pixels) -> None:
    assert one is not None
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.valid, other.valid)
    assert (one.sensor, one.bands) == (other.sensor, other.bands)


@pytest.mark.parametrize("kind", ["mask", "alpha"])
def test_windows_that_the_mask_calls_empty_are_not_read_and_the_others_are_as_ever(tmp_path: Path, kind: str) -> None:
    measured = np.zeros((300, 300), np.uint8)
    measured[20:280, 100:130] = measured[120:140, 250:260] = 255
    path = tmp_path / "a.tif"
    more = {"crs": "EPSG:32633", "transform": from_origin(4e5, 5.3e6, 10, 10), "dtype": "uint8"}
    more |= {"photometric": "rgb", "alpha": "yes"} if kind == "alpha" else {"photometric": "rgb"}
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", "GTiff", 300, 300, 4 if kind == "alpha" else 3, **more) as file,
    ):
        file.write(np.random.default_rng(3).integers(1, 255, (3, 300, 300)).astype(np.uint8), [1, 2, 3])
        file.write_mask(measured) if kind == "mask" else file.write(measured, 4)
    with SceneReader(rgb(str(path))) as reader:
        windows = cut(reader)
        alone = [reader.pixels(window.window, window.size) for window in windows]
        before = reader.bytes_read
        together = [pixels for run in neighbours(reader, windows) for pixels in read_together(reader, run)]
        read = reader.bytes_read - before
    empty = [not pixels.valid.any() for pixels in alone]
    assert any(empty)
    assert not all(empty)
    assert [pixels is None for pixels in together] == empty
    for one, other in zip(together, alone, strict=True):
        if one is not None:
            assert_same(one, other)
    assert read < before / 2


def test_a_run_is_one_row_of_overlapping_windows_and_not_endless(tmp_path: Path) -> None:
    with SceneReader(rgb(written(tmp_path / "a.tif", size=2200))) as reader:
        runs = list(neighbours(reader, cut(reader)))
        assert [len(run) for run in runs[:4]] == [MOST_TOGETHER, 46 - MOST_TOGETHER, MOST_TOGETHER, 46 - MOST_TOGETHER]
        apart = [ChipWindow(Window(column, 0, 64, 64), 1.0, (64, 64)) for column in (0, 500)]
        assert [len(run) for run in neighbours(reader, apart)] == [1, 1]


def test_files_that_are_resampled_are_read_window_by_window(tmp_path: Path) -> None:
    fine = written(tmp_path / "B04.tif", count=1, dtype="uint16")
    coarse = written(tmp_path / "B11.tif", count=1, dtype="uint16", size=150, transform=from_origin(4e5, 5.3e6, 20, 20))
    turned = written(
        tmp_path / "turned.tif", transform=Affine.translation(4e5, 5.3e6) * Affine.rotation(20) * Affine.scale(10, -10)
    )
    for scene in (s2(("B04", fine), ("B11", coarse)), rgb(turned)):
        with SceneReader(scene) as reader:
            assert not reader.reads_plainly
            assert all(len(run) == 1 for run in neighbours(reader, cut(reader)))


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:32633", from_origin(4e5, 5.3e6, 10, 10)),
        ("EPSG:4326", from_origin(179.9, 10, 0.001, 0.001)),  # over the date line
        ("EPSG:3413", from_origin(-1500, 1500, 10, 10)),  # around the pole
        ("EPSG:3857", from_origin(1e6, 6e6, 3000, 3000)),
    ],
)
def test_footprints_of_many_windows_are_those_of_each(tmp_path: Path, crs: str, transform: Affine) -> None:
    with SceneReader(rgb(written(tmp_path / "a.tif", crs=crs, transform=transform))) as reader:
        windows = [window.window for window in cut(reader)]
        many = reader.footprints(windows)
        for window, place in zip(windows, many, strict=True):
            alone = reader.footprint(window)
            assert place is not None
            assert alone is not None
            assert place.bbox == pytest.approx(alone.bbox, abs=2e-8)
            assert place.geometry["type"] == alone.geometry["type"]
            if place.geometry["type"] == "Polygon":
                np.testing.assert_allclose(
                    place.geometry["coordinates"][0], alone.geometry["coordinates"][0], atol=2e-8
                )
        assert reader.footprints([]) == []


def test_windows_without_a_place_have_no_footprints(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(path, "w", "GTiff", 80, 80, 3, dtype="uint8") as file,
    ):
        file.write(np.ones((3, 80, 80), np.uint8))
    with SceneReader(rgb(str(path))) as reader:
        assert reader.footprints([Window(0, 0, 64, 64)]) == [None]
        assert reader.ground_resolutions_m([ChipWindow(Window(0, 0, 64, 64), 1.0, (64, 64))]) == [None]
