"""`satseek compare` on an archive, on a folder, on captioned images; and how mistakes are answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest
from PIL import Image
from shapely.geometry import shape

from fakes.chips import card as chip_card
from fakes.chips import chip, clustered
from fakes.command import land, satseek
from satseek.archive.archive import Archive
from satseek.core.filters import Filters

FEW = ("--sample", "12", "-q")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two georeferenced pictures of some land, and labels that cover a half of each."""
    folder = tmp_path_factory.mktemp("scenes")
    for seed in (1, 2):
        land(folder / f"land{seed}.tif", size=100, seed=seed)
    return folder


@pytest.fixture(scope="module")
def archive(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compare") / "archive"
    ran = satseek("ingest", place, scenes, "--model", "colour", "--chip", "32", "--overlap", "0", "-q")
    assert ran.code == 0, ran.err
    held = Archive.open(str(place))
    ids = sorted(each.id for part in held.scan() for each in part.chips)
    for name, some in (("bright", ids[::2]), ("dark", ids[1::2])):
        held.update(Filters(ids=tuple(some)), labels=[name])
    return place


def test_an_archive_is_judged_by_its_own_labels_and_all_is_written(archive: Path, tmp_path: Path) -> None:
    ran = satseek(
        "compare", archive, "--models", "colour", *FEW, "--json", tmp_path / "c.json", "--html", tmp_path / "c.html"
    )
    assert ran.code == 0, ran.err
    assert "words → rgb" in ran.out
    value = json.loads((tmp_path / "c.json").read_text())
    assert value["sample"]["chips"] == 12
    assert value["sample"]["labels_from"] == "the labels that came with the chips"
    assert (tmp_path / "c.html").read_text().startswith("<!doctype html>")
    kept = list((tmp_path / ".satseek-compare").glob("images-*.npz"))
    assert len(kept) == 1
    again = satseek(
        "compare", archive, "--models", "colour", *FEW, "--json", "-", "--cache", tmp_path / ".satseek-compare"
    )
    assert again.json["models"][0]["was_kept"]
    assert again.json["tasks"] == value["tasks"]


def test_a_folder_of_scenes_is_cut_and_models_agree_with_themselves(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("green fields\nwater\n")
    ran = satseek(
        "compare", scenes, "--models", "colour", "--chip", "32", *FEW, "--queries", tmp_path / "q.txt", "--json", "-"
    )
    assert ran.code == 0, ran.err
    assert ran.json["tasks"] == []
    assert ran.json["sample"]["of"] == 32
    assert ran.json["sample"]["scenes"] == 2


def test_an_extract_of_openstreetmap_judges(archive: Path, tmp_path: Path) -> None:
    chips = [each for part in Archive.open(str(archive)).scan() for each in part.chips]
    places = [shape(dict(each.geometry or {})) for each in chips]
    west = min(place.bounds[0] for place in places)
    wood = [place for place in places if place.bounds[0] < west + 1e-9]
    frame = geopandas.GeoDataFrame({"landuse": ["forest"] * len(wood)}, geometry=wood, crs=4326)
    frame.to_file(tmp_path / "extract.gpkg", layer="multipolygons")
    ran = satseek("compare", archive, "--models", "colour", "--osm", tmp_path / "extract.gpkg", "--json", "-", "-q")
    assert ran.code == 0, ran.err
    assert ran.json["sample"]["labels_from"].startswith("OpenStreetMap: extract.gpkg")
    assert ran.json["tasks"][0]["task"] == "words → rgb"


def test_captioned_images_are_asked_for_by_their_captions(tmp_path: Path) -> None:
    rows = []
    for number, (name, shade) in enumerate({"water": (20, 40, 160), "forest": (20, 80, 30), "sand": (210, 190, 130)}.items()):  # noqa: E501  # fmt: skip
        Image.fromarray(np.full((32, 32, 3), shade, np.uint8)).save(tmp_path / f"{number}.png")
        rows.append({"file": f"{number}.png", "captions": [name], "split": "val"})
    (tmp_path / "captions.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    ran = satseek(
        "compare", tmp_path, "--models", "colour", "--captions", tmp_path / "captions.jsonl", "--split", "val",
        "--json", "-", "-q",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.json["tasks"][0]["task"] == "caption → rgb"
    assert ran.json["tasks"][0]["queries"] == 3


def test_vectors_that_came_without_pictures_are_compared_as_they_are(tmp_path: Path) -> None:
    made = replace(chip_card("precomputed", dimensions=8), reads_text=False)
    held = Archive.create(str(tmp_path / "a"), made)
    held.add(
        [chip(row, 0.1 * row, labels=(("river", "wood")[row % 2],), sensor="rgb") for row in range(10)],
        clustered(10, 8),
    )
    ran = satseek("compare", tmp_path / "a", "--models", "precomputed", "--json", "-", "-q")
    assert ran.code == 0, ran.err
    tasks = {task["task"]: task for task in ran.json["tasks"]}
    assert list(tasks["like → rgb"]["models"]) == ["precomputed"]
    assert tasks["words → rgb"]["left_out"] == {"precomputed": "reads no text"}
    assert ran.json["models"][0]["chips_per_second"] is None
    wrong = satseek("compare", tmp_path / "a", "--models", "colour", "-q")
    assert "came without pictures" in wrong.why


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--models", "color"), "Did you mean 'colour'"),
        (("--models", ","), "Name the models"),
        (("--models", "colour", "--sample", "1"), "2 to 5,000"),
        (("--models", "colour", "--least-cover", "0"), "above 0 and up to 1"),
        (("--models", "colour", "--osm", "a.gpkg", "--labels", "b.csv"), "Say what is right once"),
        (("--models", "precomputed"), "holds none such"),
        (("--models", "colour", "--device", "gpu"), "no device called"),
    ],
)
def test_mistakes_are_answered_before_anything_is_encoded(archive: Path, words: tuple[str, ...], why: str) -> None:
    ran = satseek("compare", archive, *words, "-q")
    assert ran.code == 2
    assert why in ran.why


def test_a_place_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = satseek("compare", tmp_path / "none", "--models", "colour", "-q")
    assert "no archive and no folder" in ran.why
    (tmp_path / "empty").mkdir()
    assert "nothing to compare on" in satseek("compare", tmp_path / "empty", "--models", "colour", "-q").why
