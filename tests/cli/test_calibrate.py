"""`satseek archive calibrate`, and `satseek search --cut`, as they are typed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from fakes.chips import chip
from satseek.archive.archive import Archive
from satseek.cli.app import app
from satseek.core.vectors import unit_rows
from satseek.models.colour import lexicon
from satseek.models.colour.model import DIMENSIONS, card
from satseek.search.calibrate import NOTE

THINGS = ("forest", "desert", "river", "town", "airport", "solar farm", "snow", "beach")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def filled(folder: Path, *, labelled: bool = True, per_thing: int = 20, first: int = 0) -> Archive:
    """Scenes of one thing each, whose chips look as the lexicon has it, more or less."""
    archive = Archive.open_or_create(str(folder / "archive"), card())
    rng = np.random.default_rng(first)
    chips, rows = [], []
    for number, thing in enumerate(THINGS):
        for index in range(per_thing):
            row = np.zeros(DIMENSIONS)
            meaning = lexicon.encode_words(thing)
            row[: len(meaning)] = meaning + 0.15 * rng.standard_normal(len(meaning))
            rows.append(row)
            labels = (thing,) if labelled else ()
            chips.append(chip(first + 1000 * number + index, sensor="rgb", scene=f"{thing}-{first}", labels=labels))
    archive.add(chips, unit_rows(rows))
    return archive


def test_an_archive_learns_from_its_labels_how_sure_it_is(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    result = run("archive", "calibrate", archive.uri)
    assert result.exit_code == 0, result.stderr
    assert "from the labels of 160 chips of this archive" in result.stdout
    noted = json.loads(archive.note(NOTE) or "")
    assert noted["rows"] == 160
    assert noted["error"]["rgb"] < 0.1
    found = json.loads(run("search", archive.uri, "a desert", "-k", "20", "--no-merge", "--json").stdout)["hits"]
    assert [hit["labels"] for hit in found] == [["desert"]] * 20
    assert all(hit["probability"] > 0.5 for hit in found)


def test_an_archive_of_which_nothing_is_known_says_what_is_needed(tmp_path: Path) -> None:
    result = run("archive", "calibrate", filled(tmp_path, labelled=False).uri)
    assert result.exit_code != 0
    assert "Too little is known" in result.stderr
    assert "labels or keywords of at least 6 kinds" in result.stderr


@pytest.mark.slow
def test_an_archive_without_labels_learns_from_one_that_has_them(tmp_path: Path) -> None:
    (tmp_path / "silent").mkdir()
    silent, labelled = filled(tmp_path / "silent", labelled=False, first=500_000), filled(tmp_path)
    result = run("archive", "calibrate", silent.uri, "--from", labelled.uri)
    assert result.exit_code == 0, result.stderr
    assert f"from the labels of 160 chips of {labelled.uri}" in result.stdout
    assert labelled.note(NOTE) is None
    found = json.loads(run("search", silent.uri, "a desert", "-k", "30", "--no-merge", "--json").stdout)["hits"]
    scenes = {each["id"]: each["scene"] for each in found}
    chance = {each["id"]: each["probability"] for each in found}
    deserts = [chance[chip] for chip, scene in scenes.items() if scene.startswith("desert")]
    others = [chance[chip] for chip, scene in scenes.items() if not scene.startswith("desert")]
    assert (len(deserts), len(others)) == (20, 10)
    assert min(deserts) > max(others)
    filled(tmp_path / "silent", labelled=False, first=900_000)
    assert "learnt again" not in run("archive", "optimize", silent.uri, "--no-measure").stderr


def test_an_archive_of_another_model_teaches_nothing(tmp_path: Path) -> None:
    other = Archive.create(str(tmp_path / "other"), replace(card(), name="another", version="9"))
    result = run("archive", "calibrate", filled(tmp_path).uri, "--from", other.uri)
    assert result.exit_code != 0
    assert "another" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_it_is_learnt_again_when_the_archive_has_doubled_and_can_be_forgotten(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    assert "learnt again" not in run("archive", "optimize", archive.uri, "--no-measure").stderr
    assert run("archive", "calibrate", archive.uri).exit_code == 0
    assert "learnt again" not in run("archive", "optimize", archive.uri, "--no-measure").stderr
    filled(tmp_path, first=100_000)
    assert "learnt again" in run("archive", "optimize", archive.uri, "--no-measure").stderr
    assert json.loads(Archive.open(archive.uri).note(NOTE) or "")["rows"] == 320
    assert "painted worlds" in run("archive", "calibrate", archive.uri, "--forget").stdout


def test_what_is_not_there_is_no_convincing_match(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    result = run("search", archive.uri, "an oil platform at sea", "--cut", "0.99")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "No convincing match." in result.stderr
    unknown = run("search", archive.uri, "a violin", "--cut", "auto")
    assert "knows none of the words 'a violin'" in unknown.stderr
    assert "No convincing match" in unknown.stderr
    assert json.loads(run("search", archive.uri, "a violin", "--cut", "auto", "--json").stdout)["convincing"] is False


@pytest.mark.parametrize("cut", ["2", "often", "-1", "nan"])
def test_a_cut_that_is_no_probability_is_one_line(tmp_path: Path, cut: str) -> None:
    result = run("search", filled(tmp_path, per_thing=1).uri, "a river", f"--cut={cut}")
    assert result.exit_code == 2
    assert "'auto' or a probability from 0 to 1" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_cut_stands_beside_a_whole_query(tmp_path: Path) -> None:
    archive = filled(tmp_path, per_thing=2)
    answer = run("search", archive.uri, "--query", "q=a+river", "--cut", "0.9", "--json")
    assert json.loads(answer.stdout)["query"]["cut"] == 0.9
    assert json.loads(answer.stdout)["cut"]["probability"] == 0.9


def test_marked_results_refine_the_search_and_are_written_as_labels(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    question = ("search", archive.uri, "a river", "--no-merge", "-k", "10", "--json")
    hits = [hit["id"] for hit in json.loads(run(*question).stdout)["hits"]]
    file = tmp_path / "labels.geojson"
    marks = ("--yes", hits[0], "--yes", hits[1], "--no", hits[2], "--labels", str(file))
    result = run(*question, *marks)
    assert result.exit_code == 0, result.stderr
    assert "3 labels written to" in result.stderr
    found = json.loads(result.stdout)
    assert found["query"]["like"] == hits[:2]  # of weight 1 each
    assert hits[2] not in [hit["id"] for hit in found["hits"]]
    features = json.loads(file.read_text())["features"]
    assert [each["properties"]["label"] for each in features] == ["yes", "yes", "no"]


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        (("--yes", "x", "--no", "x"), "'x' is marked yes and no"),
        (("--yes", "nobody"), "has no chip 'nobody'"),
        (("--labels", "labels.geojson"), "Mark results with --yes ID"),
    ],
)
def test_marks_that_cannot_be_meant_are_one_line(tmp_path: Path, marks: tuple[str, ...], says: str) -> None:
    result = run("search", filled(tmp_path, per_thing=1).uri, "a river", *marks)
    assert result.exit_code != 0
    assert says in result.stderr
