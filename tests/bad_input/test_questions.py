"""Questions that cannot be answered: told in one line, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.command import land, satseek


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    assert satseek("ingest", folder / "archive", land(folder / "a.tif"), "--chip", 50, "--quiet").code == 0
    return folder / "archive"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("water", "-k", 0), "ask for 1 to"),
        (("water", "-k", -1), "ask for 1 to"),
        (("water", "-k", 1_000_000), "ask for 1 to"),
        (("water", "--bbox", "10,50,11,49"), "upside down"),
        (("water", "--bbox", "10,50,11"), "four numbers"),
        (("water", "--bbox", "10,50,11,95"), "leaves the globe"),
        (("water", "--bbox", "a,b,c,d"), "west,south,east,north"),
        (("water", "--datetime", "2024-06/2024-05"), "earlier date first"),
        (("water", "--datetime", "last week"), "Cannot read the date"),
        (("water", "--sensor", "s22"), "Did you mean 's2'"),
        (("water", "--format", "geojsn"), "Did you mean 'geojson'"),
        (("water", "--model", "colur"), "Did you mean 'colour'"),
        (("--like", "no_such_thing"), "neither a chip of this archive nor a file"),
        (("water", "--must", "river:-1"), "at least 0"),
        (("water", "--max-cloud", 3), "between 0 and 1"),
    ],
)
def test_one_line_says_what_to_ask_instead(archive: Path, words: tuple[object, ...], told: str) -> None:
    ran = satseek("search", archive, *words)
    assert ran.code == 2
    assert ran.out == ""
    assert told in ran.why


def test_a_box_over_the_date_line_is_a_question_like_any_other(archive: Path) -> None:
    ran = satseek("search", archive, "water", "--bbox", "170,-20,-170,80", "--json")
    assert (ran.code, ran.json["hits"]) == (0, [])


def test_an_example_that_is_no_picture_is_told(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "letter.tif"
    path.write_text("Dear colleague")
    ran = satseek("search", archive, "--like", path)
    assert ran.code == 1
    assert "no raster" in ran.why
