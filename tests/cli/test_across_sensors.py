"""Radar finds optical and optical finds radar, as it is typed: two scenes of one ground, and the shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from typer.testing import CliRunner

from fakes.rasters import NORTH_UP_10_M, write_raster
from satseek.cli import ingest, search

app = typer.Typer()
app.command("ingest")(ingest.run)
app.command("search")(search.run)

SIDE, CHIP = 768, 192


@pytest.fixture(scope="module")
def ground() -> NDArray[np.float64]:
    """Fields of four kinds with winding borders, each kind 0 to 3."""
    smooth = gaussian_filter(np.random.default_rng(6).standard_normal((SIDE, SIDE)), 14)
    return np.digitize(smooth, np.quantile(smooth, [0.25, 0.5, 0.75])).astype(np.float64)


def optical(ground: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return 8-bit true colour."""
    return np.stack([40 + 50 * ground, 90 + 20 * ground, 120 - 25 * ground]).astype(np.uint8)


def radar(ground: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return VV and VH in dB: other fields are bright than in the optical, and there is speckle."""
    level = np.choose(ground.astype(int), [-14.0, -20.0, -9.0, -16.0])
    looks = np.random.default_rng(6).gamma(5, 1 / 5, (2, *ground.shape))
    return (np.stack([level, level - 7]) + 10 * np.log10(looks)).astype(np.float32)


@pytest.fixture(scope="module")
def archive(ground: NDArray[np.float64], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("across")
    write_raster(folder / "optical.tif", optical(ground))
    write_raster(folder / "radar.tif", radar(ground), names=("VV", "VH"))
    uri = str(folder / "archive")
    for source in ("optical.tif", "radar.tif"):
        done = run("ingest", uri, str(folder / source), "--model", "sscm", "--overlap", "0.5")
        assert done.exit_code == 0, done.output
    return uri


def run(*arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, list(arguments))


def part(ground: NDArray[np.float64], row: int, column: int) -> tuple[NDArray[np.float64], Affine]:
    """Return a window of the ground and where it lies."""
    window = ground[row : row + CHIP, column : column + CHIP]
    return window, NORTH_UP_10_M @ Affine.translation(column, row)


@pytest.mark.slow
@pytest.mark.parametrize(("asking", "answering"), [("s1", "rgb"), ("rgb", "s1")])
def test_a_file_of_one_sensor_finds_the_ground_in_another(
    asking: str, answering: str, archive: str, ground: NDArray[np.float64], tmp_path: Path
) -> None:
    row, column = 288, 288
    window, transform = part(ground, row, column)
    if asking == "s1":
        file = write_raster(tmp_path / "like.tif", radar(window), names=("VV", "VH"), transform=transform)
    else:
        file = write_raster(tmp_path / "like.tif", optical(window), transform=transform)
    done = run("search", archive, "--like", file, "--sensor", answering, "-k", "5", "--json")
    assert done.exit_code == 0, done.output
    hits = json.loads(done.stdout)["hits"]
    assert {hit["sensor"] for hit in hits} == {answering}
    assert [row, column] in [list(hit["window"][:2]) for hit in hits]  # one window of 49


def test_words_are_refused_with_what_to_do(archive: str) -> None:
    done = run("search", archive, "a river")
    assert done.exit_code != 0
    assert "knows no words" in done.output
    assert "--like" in done.output
