"""How true probabilities are, and what is learnt from chips of which it is known what they show."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.chips import chip
from fakes.model import Paint, painted
from satseek.evaluation.calibration import expected_calibration_error, fitted, least_cut, reliability
from satseek.evaluation.calibration_said import told
from satseek.evaluation.calibration_shown import Asked, Shown, asked_of
from satseek.search.calibrate_fit import WORDS, Calibration

COLOURS = ("red", "green", "blue")


def shown(seed: int = 0, *, noise: float = 0.2, captions: bool = False) -> Shown:
    """Twelve scenes, each of one colour, with twenty chips, of which every fourth is only grey."""
    rng = np.random.default_rng(seed)
    chips, rows, truth = [], [], []
    for scene in range(12):
        colour = COLOURS[scene % 3]
        for index in range(20):
            shows = index % 4 > 0
            amounts = {each: float(noise * rng.random()) for each in COLOURS} | {"grey": 0.5}
            amounts[colour] += 0.8 if shows else 0.0
            caption = (f"A {colour} ground." if shows else "Grey ground.") if captions else None
            name = f"{colour}-{scene}-rgb"
            chips.append(chip(1000 * seed + 20 * scene + index, sensor="rgb", scene=name, caption=caption))
            rows.append(painted(**amounts))
            truth.append(frozenset({colour} if shows else {"grey"}))
    return Shown(chips, np.stack(rows), truth)


def questions(world: Shown, number: int = 0) -> list[Asked]:
    return list(asked_of(world, {colour: (colour,) for colour in COLOURS}, world=number))


@pytest.fixture(scope="module")
def learnt() -> Calibration:
    return fitted([*questions(shown(1), 1), *questions(shown(2), 2)], Paint(), "painted squares")


@pytest.fixture(scope="module")
def anywhere() -> Calibration:
    asked = [*questions(shown(1), 1), *questions(shown(2), 2)]
    return fitted(asked, Paint(), "painted squares", by_looks=False)


def test_the_error_is_the_gap_between_what_is_said_and_what_is_true_weighed_by_how_often_it_is_said() -> None:
    chances = np.array([0.95, 0.95, 0.95, 0.95, 0.05, 0.05])
    right = np.array([True, True, True, False, False, False])
    assert expected_calibration_error(chances, right) == pytest.approx(4 / 6 * 0.2 + 2 / 6 * 0.05)
    assert reliability(chances, right) == [(0.05, 0.0, 2), (pytest.approx(0.95), 0.75, 4)]


def test_probabilities_of_zero_and_one_fall_into_the_outer_bins() -> None:
    assert reliability(np.array([0.0, 1.0]), np.array([False, True])) == [(0.0, 0.0, 1), (1.0, 1.0, 1)]


def test_each_question_is_also_asked_where_the_thing_is_not() -> None:
    asked = questions(shown())
    assert [(each.label, each.has_answer) for each in asked] == [
        (colour, has) for colour in COLOURS for has in (True, False)
    ]  # fmt: skip
    without = asked[1].of
    assert len(without.chips) == 160
    assert not any("red" in each.scene for each in without.chips)


def test_what_no_chip_shows_is_asked_once_and_in_vain() -> None:
    asked = list(asked_of(shown(), {"purple": ("purple",), "red": ("red",)}))
    assert [(each.label, each.has_answer) for each in asked] == [("purple", False), ("red", True), ("red", False)]


def test_where_a_thing_is_not_neither_is_it_as_another_sensor_sees_the_place() -> None:
    chips = [
        chip(number, sensor=sensor, scene=f"painted-{sensor}/{place}-{sensor}")
        for number, (place, sensor) in enumerate([("alps", "rgb"), ("alps", "s2"), ("coast", "rgb"), ("coast", "s2")])
    ]
    seen = [frozenset({"road"}), frozenset(), frozenset(), frozenset()]  # too narrow for the coarser sensor
    world = Shown(chips, np.eye(4, dtype=np.float32), seen)
    assert [each.scene for each in world.without("road").chips] == ["painted-rgb/coast-rgb", "painted-s2/coast-s2"]


def test_what_holds_for_any_land_is_learnt_without_its_looks(learnt: Calibration, anywhere: Calibration) -> None:
    assert learnt.looks.things == ("blue", "green", "red")
    assert anywhere.looks.things == ()
    assert {len(line.weights) for line in anywhere.lines[WORDS].values()} == {3}


def test_what_is_learnt_tells_right_from_wrong_on_a_world_never_seen(learnt: Calibration) -> None:
    world = shown(3)
    scores = world.vectors @ painted(red=1)
    line = learnt.lines[WORDS]["rgb"]
    better, worse = line.logits(np.array([[scores.max(), 2.0, 1.0, 2.0], [0.1, -1.0, -1.0, -2.0]]))
    assert better > worse + 2
    assert learnt.error["rgb"] < 0.15
    assert learnt.fits(Paint().card)


def test_the_cut_empties_nine_in_ten_answers_and_is_never_less_than_convincing() -> None:
    best = np.linspace(0, 1, 1001).tolist()
    assert least_cut(best) == pytest.approx(0.9 + 1.28 * (0.09 / 1001) ** 0.5, abs=2e-3)
    assert least_cut([0.5] * 10) == pytest.approx(0.501)
    assert least_cut([0.01] * 50) == 0.3
    assert least_cut([]) == 0.5


def test_texts_that_say_it_are_learnt_to_speak_for_it_and_others_against_it(anywhere: Calibration) -> None:
    found = told(questions(shown(4, captions=True)), Paint(), anywhere)
    assert found.said.whole + found.said.share > 1
    assert found.said.silent < 0
    assert found.auto_told <= anywhere.auto


def test_words_that_the_model_does_not_know_teach_nothing() -> None:
    world = shown(1)
    asked = [*questions(world), Asked("zebra", "red", world)]
    assert "zebra" not in fitted(asked, Paint(), "x").concepts
