"""Where a model keeps its sensors in spaces of their own, no example is compared across them, and it is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.model import Paint
from fakes.paintings import gallery, numbers, painting
from fakes.rasters import write_raster
from satseek.core.card import ModelCard
from satseek.core.errors import UsageError
from satseek.core.filters import Filters
from satseek.search.collection import Collection
from satseek.search.spaces import within_one_space


class ApartPaint(Paint):
    """Reads three sensors and compares only rgb with s2."""

    def __init__(self) -> None:
        super().__init__()
        self.card = replace(self.card, spaces=(("rgb", "s2"), ("s1",)))


@pytest.fixture
def world(tmp_path: Path) -> Collection:
    """Two red radar chips, a red and a blue optical one, a red one of Sentinel-2."""
    shown = [("s1", "red"), ("s1", "red"), ("rgb", "red"), ("rgb", "blue"), ("s2", "red")]
    paintings = [painting(number, {colour: 1}, sensor=sensor) for number, (sensor, colour) in enumerate(shown)]
    return gallery(tmp_path, paintings, ApartPaint())


def test_an_example_finds_only_what_its_vector_may_be_compared_with_and_the_answer_says_so(world: Collection) -> None:
    radar = world.search(like="00000000", k=5)
    assert numbers(radar.ids) == [0, 1]
    assert radar.notes == (
        "Only s1 was searched: 'paint' keeps rgb and s2 in spaces of their own, and vectors of two spaces say nothing "
        "of each other.",
    )
    optical = world.search(like="00000002", k=5)
    assert set(numbers(optical.ids)) == {2, 3, 4}
    assert "keeps s1 in a space of its own" in optical.notes[0]


def test_asking_for_a_sensor_of_another_space_is_refused_with_what_to_do(world: Collection) -> None:
    with pytest.raises(UsageError, match=r"A picture of s1 cannot find rgb with 'paint'.*Ask for s1.*sscm"):
        world.search(like="00000000", sensors="rgb")
    assert numbers(world.search(like="00000002", sensors=["s2", "s1"], k=5).ids) == [4]


def test_examples_of_two_spaces_cannot_be_put_together(world: Collection) -> None:
    with pytest.raises(UsageError, match=r"examples are of rgb and s1.*cannot be put together"):
        world.search(like=["00000000", "00000002"])


def test_a_file_is_kept_to_its_space_like_a_chip(world: Collection, tmp_path: Path) -> None:
    import numpy as np

    file = write_raster(tmp_path / "red.tif", np.full((3, 32, 32), [[[200]], [[0]], [[0]]], np.uint8))
    assert set(numbers(world.search(like=file, k=5).ids)) == {2, 3, 4}


def test_words_ask_every_space_they_reach(world: Collection) -> None:
    result = world.search("red", k=5)
    assert set(numbers(result.ids)[:4]) == {0, 1, 2, 4}
    assert result.notes == ()


def test_a_model_that_shares_one_space_searches_all_sensors() -> None:
    filters, notes = within_one_space(Filters(), Paint().card, ["s1", "rgb"])
    assert filters == Filters()
    assert notes == ()


def test_a_card_keeps_its_spaces_through_json() -> None:
    card = ApartPaint().card
    assert ModelCard.from_json(json.loads(json.dumps(card.to_json()))) == card
    assert card.comparable_with("s2") == ("rgb", "s2")
    assert card.comparable_with("lidar") == ("lidar",)
    assert Paint().card.comparable_with("s1") == ("rgb", "s1", "s2")
