"""Feedback: marked results move the question, and it stays a question that can be shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.model import painted
from fakes.paintings import gallery, numbers, painting
from satseek.core.errors import ChipNotFound, UnknownName, UsageError
from satseek.core.query import Example, Query
from satseek.core.vectors import FloatArray
from satseek.search.refine import AWAY, TOWARDS, Method, labels, refine

METHODS: tuple[Method, ...] = ("rocchio", "logistic")


def vectors_of(ids: list[str]) -> FloatArray:
    return np.stack([painted(red=1, blue=int(each, 16) % 5) for each in ids])


@pytest.mark.parametrize("method", METHODS)
def test_marked_results_become_weighted_examples(method: Method) -> None:
    refined = refine(Query("red", k=7, offset=20), ["1", "2"], ["3"], vectors_of, method=method)
    assert [each.chip for each in refined.query.like] == ["1", "2"]
    assert sum(each.weight for each in refined.query.like) == pytest.approx(TOWARDS, rel=1e-3)
    assert sum(each.weight for each in refined.query.unlike) == pytest.approx(AWAY, rel=1e-3)
    assert (refined.query.sentence, refined.query.k, refined.query.offset) == ("red", 7, 0)
    assert Query.from_url(refined.query.to_url()) == refined.query
    assert Query.from_json(refined.query.to_json()) == refined.query
    assert refined.to_json()["judged"] == {"yes": 2, "no": 1}


def test_a_second_round_adds_to_the_first_and_has_the_last_word() -> None:
    first = refine(Query("red"), ["1", "2"], ["3"], vectors_of)
    second = refine(first.query, ["3", "4"], ["1"], vectors_of).query
    assert {each.chip for each in second.like} == {"2", "3", "4"}
    assert [each.chip for each in second.unlike] == ["1"]
    assert sum(each.weight for each in second.like) == pytest.approx(TOWARDS, rel=1e-3)


def test_own_examples_stay_and_files_too() -> None:
    query = Query(like=(Example(file="x.tif", sensor="rgb"), Example(chip="9")))
    found = refine(query, ["1"], [], vectors_of).query.like
    assert [(each.chip, each.file, each.sensor) for each in found] == [
        ("1", None, None), (None, "x.tif", "rgb"), ("9", None, None),
    ]  # fmt: skip


def test_yes_and_no_bring_up_what_was_meant(tmp_path: Path) -> None:
    meant = [painting(index, {"red": 1, "blue": 0.9 + 0.01 * index}) for index in range(10)]
    others = [painting(100 + index, {"red": 1, "green": 0.6 + 0.01 * index}) for index in range(10)]
    world = gallery(tmp_path, [*meant, *others])
    before = numbers(world.search("red", k=10).ids)
    for method in METHODS:
        yes, no = [f"{index:08x}" for index in (0, 1)], [f"{index:08x}" for index in (100, 101)]
        refined = refine(Query("red", k=10), yes, no, world.archive.vectors, method=method)
        after = numbers(world.ask(refined.query).ids)
        assert sum(each < 100 for each in after) > sum(each < 100 for each in before)
        assert sum(each < 100 for each in after) == 10


def test_the_logistic_head_lets_hard_examples_say_more() -> None:
    angles = {"1": 0.0, "2": 0.7, "3": 1.5}
    rows = {name: np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) for name, angle in angles.items()}
    found = refine(Query(), ["1", "2"], ["3"], lambda ids: np.stack([rows[i] for i in ids]), method="logistic").query
    easy, hard = (each.weight for each in found.like)
    assert hard > easy


@pytest.mark.parametrize(
    ("yes", "no", "says"),
    [
        (["1"], ["1"], "'1' is marked yes and no"),
        ([], [], "Nothing is marked"),
        ([str(number) for number in range(200)], [], "At most 80"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(yes: list[str], no: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        refine(Query("red"), yes, no, vectors_of)


def test_unknown_ids_and_ways_are_refused(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1})])
    with pytest.raises(ChipNotFound, match="nobody"):
        refine(Query("red"), [f"{0:08x}"], ["nobody"], world.archive.vectors)
    with pytest.raises(UnknownName, match="Did you mean 'logistic'"):
        refine(Query("red"), ["1"], [], vectors_of, method="logistics")  # type: ignore[arg-type]


def test_labels_are_geojson_with_yes_and_no(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"blue": 1}, caption="A lake.")])
    refined = refine(Query("red"), [f"{0:08x}"], [f"{1:08x}"], world.archive.vectors)
    found = labels(refined, world.archive.get([*refined.yes, *refined.no]))
    assert [each["properties"]["label"] for each in found["features"]] == ["yes", "no"]
    assert found["features"][0]["geometry"]["type"] == "Polygon"
    assert found["features"][1]["properties"]["caption"] == "A lake."
    assert "rank" not in found["features"][0]["properties"]
    assert Query.from_json(found["satseek:query"]) == refined.query


def test_a_result_is_refined_by_its_own_hits(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1, "blue": 1}), painting(1, {"red": 1}), painting(2, {"blue": 1})])
    result = world.search("red", k=3)
    wanted, unwanted = (next(hit for hit in result if hit.chip.id == f"{index:08x}") for index in (0, 1))
    found = world.ask(world.refine(result, yes=[wanted], no=[unwanted.chip.id]))
    assert numbers(found.ids)[0] == 0
    assert 1 not in numbers(found.ids)
