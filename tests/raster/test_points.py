"""Rasters that only control points place: a coarse look shows what lies there, and does not warp every pixel."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.control import GroundControlPoint

from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader

SIDE = 1200
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32) + 0.5
EAST, SOUTH = (2e-4, 2e-5), (5e-5, -1e-4)  # degrees of longitude and latitude per column and per row


def written(path: Path, values: Any, **more: Any) -> str:
    points = [
        GroundControlPoint(row, column, 10 + column * EAST[0] + row * SOUTH[0], 60 + column * EAST[1] + row * SOUTH[1])
        for row in np.linspace(0, SIDE, 5)
        for column in np.linspace(0, SIDE, 5)
    ]
    profile = {"crs": "EPSG:4326", "gcps": points, "tiled": True, "dtype": values.dtype.name} | more
    with rasterio.open(path, "w", "GTiff", SIDE, SIDE, len(values), **profile) as file:
        file.write(values)
    return str(path)


def scene(href: str, sensor: str, *bands: str, unit: str | None = None) -> Scene:
    files = tuple(BandFile(name, href, index) for index, name in enumerate(bands, 1))
    return Scene(href, href, sensor, files, unit=unit)


def seen(reader: SceneReader, pixels: Pixels, window: Window) -> tuple[Any, Any]:
    """Return which row and column of the file lies in the middle of each pixel of a chip."""
    height, width = pixels.valid.shape
    x, y = np.meshgrid(
        window.column + (np.arange(width) + 0.5) * window.width / width,
        window.row + (np.arange(height) + 0.5) * window.height / height,
    )
    transform = reader.grid.transform
    to_degrees = Transformer.from_crs(reader.grid.crs.to_wkt(), "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(transform.c + x * transform.a, transform.f + y * transform.e)
    steps = np.linalg.inv(np.array([[EAST[0], SOUTH[0]], [EAST[1], SOUTH[1]]]))
    column, row = np.einsum("ij,jhw->ihw", steps, np.stack([longitude - 10, latitude - 60]))
    return row, column


@pytest.mark.parametrize("coarser", [2, 3.7, 8])
def test_a_coarse_chip_shows_what_lies_there(tmp_path: Path, coarser: float) -> None:
    values = np.stack([ROWS / 5, COLUMNS / 5, 0 * ROWS + 100]).round().astype(np.uint8)
    path = written(tmp_path / "a.tif", values, photometric="rgb")
    with SceneReader(scene(path, "rgb", "red", "green", "blue")) as reader:
        side = int(64 * coarser)
        window = Window((reader.width - side) // 2, (reader.height - side) // 2, side, side)
        pixels = reader.read(window, (64, 64))
        row, column = seen(reader, pixels, window)
    assert pixels.valid.all()
    assert pixels.values.dtype == np.uint8
    np.testing.assert_allclose(pixels.values[0], row / 5, atol=1.1)
    np.testing.assert_allclose(pixels.values[1], column / 5, atol=1.1)
    np.testing.assert_array_equal(pixels.values[2], 100)


def test_what_lies_outside_the_turned_file_or_was_not_measured_is_not_valid(tmp_path: Path) -> None:
    values = np.full((2, SIDE, SIDE), 0.1, np.float32)
    values[:, 300:700, 400:800] = np.nan
    with SceneReader(scene(written(tmp_path / "a.tif", values), "s1", "VV", "VH", unit="power")) as reader:
        whole = Window(0, 0, reader.width, reader.height)
        pixels = reader.read(whole, (100, 100))
        row, column = seen(reader, pixels, whole)
        corner = reader.read(Window(0, 0, 300, 300), (30, 30))
    inside = (row > 0) & (row < SIDE) & (column > 0) & (column < SIDE)
    inside &= ~((row > 300) & (row < 700) & (column > 400) & (column < 800))
    assert (pixels.valid == inside).mean() > 0.96  # all but the edges
    np.testing.assert_allclose(pixels.values[:, pixels.valid], -10, atol=1e-3)
    assert not corner.valid[0, 0]


@pytest.mark.parametrize("unit", ["dB", "amplitude"])
def test_radar_with_control_points_is_averaged_as_power(tmp_path: Path, unit: str) -> None:
    decibels = np.where((ROWS.astype(int) + COLUMNS.astype(int)) % 2, -4.0, -30.0)
    stored = decibels if unit == "dB" else 10 ** (decibels / 20)
    path = written(tmp_path / "a.tif", np.stack([stored, stored]).astype(np.float32))
    with SceneReader(scene(path, "s1", "VV", "VH", unit=unit)) as reader:
        side = 600
        window = Window((reader.width - side) // 2, (reader.height - side) // 2, side, side)
        pixels = reader.read(window, (150, 150))
    assert pixels.valid.all()
    np.testing.assert_allclose(pixels.values, 10 * np.log10((10**-0.4 + 10**-3) / 2), atol=0.05)


def test_a_coarse_look_costs_far_less_than_warping_all_pixels(tmp_path: Path) -> None:
    values = np.stack([ROWS / 5, COLUMNS / 5, ROWS / 5]).astype(np.uint8)
    with SceneReader(
        scene(written(tmp_path / "a.tif", values, photometric="rgb"), "rgb", *["red", "green", "blue"])
    ) as reader:
        whole = Window(0, 0, reader.width, reader.height)

        def cost(size: tuple[int, int]) -> float:
            began = time.thread_time()
            reader.read(whole, size)
            return time.thread_time() - began

        coarse = min(cost((60, 60)) for _ in range(3))
        assert coarse < cost((reader.height, reader.width)) / 3
