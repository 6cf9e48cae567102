"""`satseek demo`: a world, an archive and six telling answers."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.command import Ran, land, satseek
from fakes.rasters import write_raster
from satseek.core.chip import Chip
from satseek.core.scene import Window
from satseek.search.showcase import in_common, showcase

SMALL = ("--scenes", 2, "--size", 256)
TITLES = [
    "A sentence", "A keyword", "A sentence and keywords", "An example", "From radar to optical", "An area and a date",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder: Path) -> Ran:
    return satseek("demo", "--folder", folder, *SMALL, "--no-serve", "--json")


def test_the_demo_fills_an_archive_with_all_three_sensors(first: Ran) -> None:
    assert first.code == 0
    report = first.json
    assert report["ingest"]["added"] == report["chips"] > 0
    assert report["ingest"]["refused"] == {}
    info = satseek("archive", "info", report["archive"], "--json").json
    assert set(info["sensors"]) == {"rgb", "s1", "s2"}
    assert Path(report["catalog"]).is_file()


def test_six_searches_have_answers_that_fit_what_was_asked(first: Ran) -> None:
    searches = {search["title"]: search for search in first.json["searches"]}
    assert list(searches) == TITLES
    assert all(search["results"] for search in searches.values())
    keywords = searches["A keyword"]["query"]["must"]
    assert keywords[0] in searches["A keyword"]["results"][0]["labels"]
    example = searches["An example"]["query"]["like"][0]
    assert searches["An example"]["results"][0]["id"] == example
    assert {hit["sensor"] for hit in searches["From radar to optical"]["results"]} <= {"rgb", "s2"}
    place = searches["An area and a date"]["query"]
    start, end = place["datetime"].split("/")
    assert all(start <= hit["datetime"] <= end for hit in searches["An area and a date"]["results"])


def test_the_printed_command_gives_the_same_answer(first: Ran) -> None:
    for search in first.json["searches"]:
        program, *words = shlex.split(search["command"])
        assert program == "satseek"
        again = satseek(*words, "--json")
        assert [hit["id"] for hit in again.json["hits"]] == [hit["id"] for hit in search["results"]]


def test_a_second_run_only_asks_and_prints_for_people(first: Ran, folder: Path) -> None:
    again = satseek("demo", "--folder", folder, *SMALL, "--no-serve")
    assert again.code == 0
    assert f"0 chips added, {first.json['chips']} already there" in again.out
    for number, title in enumerate(TITLES, start=1):
        assert f"{number}. {title}. " in again.out
    assert "lie where the example lies" in again.out


def test_ones_own_data_is_asked_what_it_can_answer(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for seed in range(3):
        land(tmp_path / "mine" / f"{seed}.tif", seed=seed, size=300)
    ran = satseek("demo", "--folder", tmp_path / "demo", "--source", tmp_path / "mine", "--json")
    assert ran.code == 0
    titles = [search["title"] for search in ran.json["searches"]]
    assert titles == [*TITLES[:4], "More of this, less of that", "An area"]
    assert all(search["results"] for search in ran.json["searches"] if search["title"] != "A sentence and keywords")


def test_pictures_without_a_place_are_asked_no_place(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for value in (40, 200):
        values = np.full((3, 100, 100), value, np.uint8)
        write_raster(tmp_path / "mine" / f"{value}.png", values, crs=None, driver="PNG")
    ran = satseek("demo", "--folder", tmp_path / "demo", "--source", tmp_path / "mine", "--json")
    assert ran.code == 0
    assert [search["title"] for search in ran.json["searches"]] == [*TITLES[:4], "More of this, less of that"]


def test_a_source_without_anything_to_search_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = satseek("demo", "--folder", tmp_path / "demo", "--source", tmp_path / "empty")
    assert ran.code == 1
    assert "There is nothing to search" in ran.why
    assert "holds no images" in ran.why


def chip(name: str, sensor: str = "rgb", *, labels: tuple[str, ...] = (), west: float = 0.0, **more: Any) -> Chip:
    box = (west, 0.0, west + 1, 1.0)
    ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
    known = {"geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": box, "labels": labels} | more
    return Chip(name, sensor, "s", "s", Window(0, 0, 9, 9), 1.0, (9, 9), {}, **known)


def test_a_rare_label_that_is_there_often_enough_is_the_keyword() -> None:
    chips = [chip(f"f{number}", labels=("field",)) for number in range(50)]
    chips += [chip(f"a{number}", labels=("airport",)) for number in range(12)] + [chip("ship", labels=("ship",))]
    assert showcase(chips)[1].query.must[0].text == "airport"


def test_the_sentence_names_most_of_what_is_labelled() -> None:
    chips = [
        chip("a", labels=("river", "forest"), caption="An image from above. A river winds through forest."),
        chip("b", labels=("lake",), caption="A lake."),
    ]
    assert showcase(chips)[0].query.sentence == "a river winds through forest"


def test_sentence_must_and_not_leave_something_to_find() -> None:
    chips = [chip(f"l{n}", labels=("lake", "forest"), caption="A lake. A forest.") for n in range(6)]
    chips += [chip("x", labels=("lake", "town"), caption="A town.")]
    query = showcase(chips)[2].query
    assert (query.sentence, query.must[0].text, query.must_not[0].text) == ("a forest", "lake", "town")


def test_the_area_is_that_of_one_scene_and_the_dates_are_around_its_own() -> None:
    moment = datetime(2024, 5, 10, 12, tzinfo=UTC)
    chips = [chip("a", labels=("sea",), datetime=moment), chip("b", west=1.0, datetime=moment)]
    query = showcase(chips)[-1].query
    assert query.where is not None
    assert query.where.bbox == (0.0, 0.0, 2.0, 1.0)
    assert str(query.when) == "2024-05-07T00:00:00Z/2024-05-13T23:59:59.999999Z"
    assert "--datetime 2024-05-07/2024-05-13" in showcase(chips)[-1].command("a")


def test_hits_are_compared_with_the_example() -> None:
    example = chip("e", labels=("river", "town"))
    hits = [chip("1", labels=("river",), west=0.5), chip("2", labels=("river", "town"), west=9.0)]
    assert in_common(hits, example) == ("Of 2 hits, 1 lie where the example lies; labels in common: river 2, town 1.")


def test_nothing_is_asked_of_an_empty_archive() -> None:
    assert showcase([]) == []
