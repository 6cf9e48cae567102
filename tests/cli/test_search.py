"""`satseek search` and `satseek models` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio.errors
import typer
from click.testing import Result
from typer.testing import CliRunner

from fakes.chips import box, chip
from fakes.landscapes import LANDS, land, radar
from satseek.archive.archive import Archive
from satseek.cli import models, search
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.models.catalogue import load_model

app = typer.Typer()
app.command("search")(search.run)
app.add_typer(models.app, name="models")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two chips of each land: number 2n is without a caption, 2n + 1 with one; and a radar chip of each land."""
    model = load_model("colour")
    pictures: list[Pixels] = []
    chips = []
    for number, kind in enumerate(LANDS):
        for captioned in (0, 1):
            index = 2 * number + captioned
            pictures.append(land(kind, seed=index))
            caption = f"A view of {kind}, taken from the air." if captioned else None
            chips.append(
                chip(index, index * 0.1, sensor="rgb", scene=f"s{index}", window=Window(0, 0, 9, 9), caption=caption)
            )
        pictures.append(radar(kind))
        chips.append(
            chip(100 + number, 1 + number * 0.1, sensor="s1", scene=f"r{number}", properties={"orbit": number})
        )
    uri = str(tmp_path_factory.mktemp("search") / "archive")
    Archive.create(uri, model.card).add(chips, model.encode_images(pictures))
    return uri


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def found(*arguments: str) -> list[int]:
    """The numbers of the chips that a search prints as JSON."""
    result = run("search", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return [int(hit["id"], 16) for hit in json.loads(result.stdout)["hits"]]


def test_a_sentence_prints_a_table_and_nothing_else_on_stdout(archive: str) -> None:
    result = run("search", archive, "a forest", "-k", "2", "--sensor", "rgb")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["rank", "score", "sure", "id", "sensor", "datetime", "place", "shows"]
    assert [line.split()[3] for line in lines[1:]] == ["00000003", "00000002"]
    assert "A view of forest, taken from the air." in lines[1]


@pytest.mark.parametrize(("kind", "number"), [("water", 0), ("forest", 2), ("sand", 4), ("town", 6)])
def test_words_find_their_land_in_pictures_and_in_radar(archive: str, kind: str, number: int) -> None:
    assert set(found(archive, kind, "-k", "2", "--sensor", "rgb")) == {number, number + 1}
    assert found(archive, kind, "-k", "1", "--sensor", "s1") == [100 + number // 2]


def test_keywords_examples_and_their_weights_are_read(archive: str) -> None:
    assert found(archive, "--must", "water", "-k", "1") == [1]  # the text says it
    assert found(archive, "water", "--not", "view", "-k", "1", "--sensor", "rgb") == [0]
    assert found(archive, "--like", "00000004", "-k", "1") == [4]
    assert found(archive, "--like", "00000004:0.1", "--like", "00000000:3", "-k", "1", "--sensor", "rgb") == [0]
    assert 4 not in found(archive, "--like", "00000005", "--unlike", "00000004", "-k", "3")


def test_an_example_of_radar_finds_the_same_land_in_colour(archive: str) -> None:
    for number, kind in enumerate(LANDS):
        best = found(archive, "--like", f"{100 + number:08x}", "--sensor", "rgb", "-k", "1")[0]
        assert best // 2 == number, kind


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_file_is_an_example_too(archive: str, tmp_path: Path) -> None:
    picture = land("forest", seed=77)
    path = tmp_path / "wood.png"
    with rasterio.open(path, "w", driver="PNG", width=96, height=96, count=3, dtype="uint8") as file:
        file.write(np.asarray(picture.values))
    assert set(found(archive, "--like", str(path), "--sensor", "rgb", "-k", "2")) == {2, 3}
    assert found(archive, "--like", str(path), "--like-sensor", "rgb", "--sensor", "s1", "-k", "1") == [101]


def test_filters_are_read(archive: str, tmp_path: Path) -> None:
    area = tmp_path / "area.geojson"
    area.write_text(json.dumps(box(0.35, -1, 0.55, 1)))
    assert sorted(found(archive, "forest", "--area", str(area))) == [4, 5]
    assert sorted(found(archive, "forest", "--bbox", "0.35,-1,0.55,1")) == [4, 5]
    assert found(archive, "forest", "--datetime", "2024-01-03", "--sensor", "rgb") == [2]
    assert found(archive, "forest", "--property", "orbit=2") == [102]
    assert found(archive, "--bbox", "-10,-10,-5,-5") == []


def test_without_content_the_newest_come_first(archive: str) -> None:
    assert found(archive, "--sensor", "rgb", "-k", "3") == [7, 6, 5]
    assert found(archive, "--sensor", "rgb", "-k", "2", "--offset", "3") == [4, 3]


def test_the_whole_question_can_come_as_json_or_as_a_url(archive: str, tmp_path: Path) -> None:
    question = {"q": "forest", "sensors": ["rgb"], "limit": 2}
    file = tmp_path / "q.json"
    file.write_text(json.dumps(question))
    for text in (
        str(file),
        json.dumps(question),
        "q=forest&sensors=rgb&limit=2",
        "https://x/search?q=forest&sensors=rgb&limit=2",
    ):
        assert found(archive, "--query", text) == [3, 2]
    assert found(archive, "--query", str(file), "-k", "1") == [3]
    refused = run("search", archive, "water", "--query", str(file))
    assert refused.exit_code == 2
    assert "sentence beside it" in refused.stderr


def test_results_are_written_in_every_format(archive: str, tmp_path: Path) -> None:
    for name in ("h.json", "h.geojson", "h.csv", "h.txt", "h.parquet"):
        result = run("search", archive, "forest", "-k", "3", "-o", str(tmp_path / name))
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == f"3 hits written to {tmp_path / name}\n"
    assert len(geopandas.read_parquet(tmp_path / "h.parquet")) == 3
    assert len(json.loads((tmp_path / "h.geojson").read_text())["features"]) == 3
    printed = run("search", archive, "forest", "-k", "3", "--format", "csv").stdout
    assert printed == (tmp_path / "h.csv").read_text()


def test_explain_says_stages_index_model_and_rows_on_stderr(archive: str) -> None:
    result = run("search", archive, "forest", "--explain")
    assert "recall" in result.stderr
    assert "index: none (exact scan); model: colour; rows: 12; scored: 12" in result.stderr
    assert "explanation" in json.loads(run("search", archive, "forest", "--json").stdout)


def test_an_empty_answer_says_why(archive: str) -> None:
    nothing = run("search", archive, "forest", "--bbox", "50,50,51,51")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "none of the 12 chips meets the filters" in nothing.stderr
    unknown = run("search", archive, "zebra crossing")
    assert "knows none of the words 'zebra crossing'" in unknown.stderr
    assert "No chip matches the words, of 12" in unknown.stderr
    assert "smaller --offset" in run("search", archive, "forest", "--offset", "90").stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x", "--format", "geojsn"], "Did you mean 'geojson'"),
        (["x", "--format", "geoparquet"], "say which file"),
        (["x", "--format", "csv", "--json"], "not both"),
        (["x", "-o", "hits.shp"], "does not say which format"),
        (["x", "--sensor", "S1"], "Did you mean 's1'"),
        (["x", "--model", "color"], "Did you mean 'colour'"),
        (["x", "--bbox", "1,2,3"], "four numbers"),
        (["x", "--bbox", "1,9,3,4"], "upside down"),
        (["x", "--bbox", "1,2,3,4", "--area", "y"], "not both"),
        (["x", "--area", "no-such-file"], "Cannot read 'no-such-file'"),
        (["x", "--datetime", "2024-06/2024-01"], "ends before it starts"),
        (["x", "--property", "orbit"], "Write KEY=VALUE"),
        (["x", "-k", "0"], "ask for 1 to 10,000"),
        (["x", "-k", "-1"], "ask for 1 to 10,000"),
        (["x", "-k", "1000000"], "ask for 1 to 10,000"),
        (["x", "--max-cloud", "40"], "between 0 and 1"),
        (["--like", "no-such"], "neither a chip of this archive nor a file"),
        (["--query", '{"qq": 1}'], "Did you mean 'q'"),
        (["--query", "no-such-file.json"], "Cannot read 'no-such-file.json'"),
    ],
)
def test_what_is_asked_wrongly_is_said_in_one_line(archive: str, arguments: list[str], says: str) -> None:
    result = run("search", archive, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_place_without_an_archive_is_said(tmp_path: Path) -> None:
    result = run("search", str(tmp_path / "nothing"), "x")
    assert result.exit_code == 1
    assert str(tmp_path / "nothing") in result.stderr


def test_models_are_listed_and_shown() -> None:
    listed = run("models").stdout
    names = [line.split()[0] for line in listed.splitlines()[1:]]
    assert names == sorted(names)
    assert {"amfmn", "colour", "precomputed", "remoteclip-b32", "satseek-one", "sscm", "structure"} <= set(names)
    card = json.loads(run("models", "colour", "--json").stdout)
    assert (card["name"], card["reads_text"], sorted(card["sensors"])) == ("colour", True, ["rgb", "s1", "s2"])
    assert "no learnt weights" in run("models", "colour").stdout
    assert {"colour", "precomputed"} <= {each["name"] for each in json.loads(run("models", "--json").stdout)}
    wrong = run("models", "color")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "Did you mean 'colour'" in wrong.stderr
