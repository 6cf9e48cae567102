"""`satseek locate` as it is typed: a scene or an archive, files that are written, and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from shapely.geometry import shape

from fakes.command import chips_of, satseek
from fakes.rasters import write_raster
from satseek.archive.archive import Archive
from satseek.models.catalogue import load_model


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grass with a lake in its north-east, at 10 m."""
    chance = np.random.default_rng(5)
    values = np.stack([np.full((672, 672), level) for level in (90, 130, 60)]).astype(np.float64)
    values[:, 60:300, 380:620] = np.array([20, 60, 110])[:, None, None]
    values += chance.normal(0, 6, values.shape)
    path = tmp_path_factory.mktemp("locate") / "lake.tif"
    return Path(write_raster(path, np.clip(values, 1, 255).astype(np.uint8), photometric="rgb"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, scene: Path) -> Path:
    place = tmp_path_factory.mktemp("locate-archive") / "archive"
    ran = satseek("ingest", place, scene, "--model", "colour", "--overlap", 0.5, "--scales", "1,2", "--quiet")
    assert ran.code == 0, ran.err
    return place


def test_a_scene_file_and_a_model_are_enough(tmp_path: Path, scene: Path) -> None:
    heat, spots, picture = tmp_path / "heat.tif", tmp_path / "spots.geojson", tmp_path / "over.png"
    files = ["-o", heat, "--polygons", spots, "--overlay", picture]
    ran = satseek("locate", scene, "a lake", "--model", "colour", *files)
    assert ran.code == 0, ran.err
    assert "the hottest first" in ran.out
    with rasterio.open(heat) as file:
        values = file.read(1)
        row, column = np.unravel_index(np.nanargmax(values), values.shape)
        x, y = file.xy(row, column)
    assert 380 <= (x - 500_000) / 10 <= 620
    assert 60 <= (5_000_000 - y) / 10 <= 300
    assert json.loads(spots.read_text())["features"][0]["properties"]["rank"] == 1
    assert Image.open(picture).size == (672, 672)
    assert f"the heat written to {heat}" in ran.err


def test_json_says_all_but_the_heat(scene: Path) -> None:
    said = satseek("locate", scene, "a lake", "--scales", "1", "--json").json
    assert said["found"] is True
    assert said["probability"] is None  # too few chips to tell
    assert said["model"] == "colour"
    assert said["query"]["q"] == "a lake"
    assert said["spots"][0]["properties"]["area_m2"] > 1e5
    assert said["crs"] == "EPSG:32633"


def test_an_archive_is_asked_for_the_scene_of_its_best_hit(archive: Path, scene: Path) -> None:
    said = satseek("locate", archive, "a lake", "--scales", "1,2", "--json").json
    assert said["source"] == str(scene)
    assert said["encoded"] == 0
    assert said["stored"] == 25 + 4
    by_name = satseek("locate", archive, "a lake", "--scene", scene, "--stored", "--json").json
    assert by_name["stored"] == 29
    one = chips_of(archive)[0].id
    assert satseek("locate", archive, "a lake", "--scene", one, "--stored", "--json").json["stored"] == 29


def test_a_file_uses_the_chips_that_an_archive_holds_of_it(archive: Path, scene: Path) -> None:
    said = satseek("locate", scene, "a lake", "--archive", archive, "--scales", "1,2,4", "--json").json
    assert (said["stored"], said["encoded"]) == (29, 1)


def test_what_was_encoded_can_be_kept(tmp_path: Path, scene: Path) -> None:
    place = tmp_path / "own"
    Archive.create(str(place), load_model("colour").card)
    first = satseek("locate", scene, "a lake", "--archive", place, "--scales", "1", "--keep", "--json")
    assert first.code == 0, first.err
    assert "25 chips added" in first.err
    assert (first.json["stored"], first.json["encoded"]) == (25, 0)
    assert len(Archive.open(str(place))) == 25
    again = satseek("locate", scene, "grass", "--archive", place, "--scales", "1", "--keep", "--json")
    assert "0 chips added" in again.err


def test_an_example_may_be_a_file(tmp_path: Path, scene: Path) -> None:
    with rasterio.open(scene) as file:
        water = file.read(window=rasterio.windows.Window(400, 80, 200, 200))
    like = write_raster(tmp_path / "water.tif", water, photometric="rgb")
    said = satseek("locate", scene, "--like", like, "--scales", "1", "--cut", "0.5", "--json").json
    west, _, east, _ = shape(said["spots"][0]["geometry"]).bounds
    assert 15.04 < west < 15.06 < 15.07 < east < 15.09


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["a lake", "--cut", "1.5"], "between 0 and 1"),
        (["a lake", "--cut", "high"], "auto, or a number"),
        (["a lake", "--scales", "x"], "Cannot read the scales"),
        (["a lake", "--scales", ""], "Scales are"),
        ([""], "Nothing says what to look for"),
        (["zzzz"], "knows none of 'zzzz'"),
        (["a lake", "-o", "heat.jpg"], "does not say what is to be written"),
        (["a lake", "--scene", "x"], "names a scene of an archive"),
        (["a lake", "--bbox", "0,0,1,1"], "does not reach"),
        (["a lake", "--keep"], "Say which one: --archive"),
        (["--like", "0123abcd"], "There is no file '0123abcd'"),
        (["a lake", "--model", "color"], "Did you mean 'colour'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(scene: Path, words: list[str], why: str) -> None:
    ran = satseek("locate", scene, *words)
    assert ran.code == 2
    assert why in ran.why
    assert not Path("heat.jpg").exists()


def test_an_archive_is_refused_what_only_a_file_needs(archive: Path, scene: Path) -> None:
    assert "is an archive itself" in satseek("locate", archive, "a lake", "--archive", archive).why
    assert "--bands" in satseek("locate", archive, "a lake", "--bands", "red,green,blue").why
    assert "no scene in this archive called 'nowhere'" in satseek("locate", archive, "a lake", "--scene", "nowhere").why
    assert "built with 'colour'" in satseek("locate", archive, "a lake", "--model", "amfmn").why
    assert "Give one of them" in satseek("locate", archive, "a lake", "--stored", "--keep").why
    assert "No chip of the archive meets" in satseek("locate", archive, "a lake", "--sensor", "s1").why


def test_a_scene_that_is_not_there_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    ran = satseek("locate", tmp_path / "nothing.tif", "a lake")
    assert ran.code == 1
    assert "no such file" in ran.why


def test_a_scene_without_a_place_gives_heat_and_no_polygons(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    values = np.full((3, 600, 600), 120.0) + chance.normal(0, 5, (3, 600, 600))
    values[:, :250, :250] = np.array([20, 60, 110])[:, None, None]
    path = write_raster(tmp_path / "plain.tif", values.astype(np.uint8), crs=None, photometric="rgb")
    ran = satseek("locate", path, "a lake", "--sensor", "rgb", "-o", tmp_path / "heat.tif", "--scales", "1")
    assert ran.code == 0, ran.err
    refused = satseek("locate", path, "a lake", "--sensor", "rgb", "--polygons", tmp_path / "spots.geojson")
    assert refused.code == 2
    assert "no place on the globe" in refused.why


@pytest.mark.slow
def test_what_is_not_there_is_said_not_to_be_there(tmp_path: Path, scene: Path) -> None:
    spots = tmp_path / "spots.geojson"
    ran = satseek("locate", scene, "a desert with dunes", "--scales", "0.25", "--polygons", spots)
    assert ran.code == 0, ran.err
    assert "No convincing match" in ran.out
    assert "Name a cut" in ran.out
    assert json.loads(spots.read_text())["features"] == []
    assert "spots in" in satseek("locate", scene, "a desert with dunes", "--scales", "0.25", "--cut", "0.5").out
