"""What named things look like: learnt where a score tells little, told of chips by those who never saw their scene."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fakes.chips import chip
from satseek.evaluation.calibration_looks import learn_looks, regressions
from satseek.evaluation.calibration_shown import Shown
from satseek.search.calibrate_looks import MOST, SHORT, Looks

OF = {"a ship": "ship", "boats": "ship", "a harbour": "harbour"}


def shown(seed: int, *, dim: int = 6, chips: int = 120, vocabulary: frozenset[str] | None = None) -> Shown:
    """Ships where the first number is high, harbours where the second is neither high nor low."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((chips, dim)).astype(np.float32)
    truth = [
        frozenset((["ship"] if row[0] > 0.5 else []) + (["harbour"] if abs(row[1]) < 0.5 else [])) for row in vectors
    ]
    made = [chip(1000 * seed + index, sensor="rgb", scene=f"place-{index % 8}-rgb") for index in range(chips)]
    return Shown(made, vectors, truth, vocabulary)


@pytest.fixture(scope="module")
def learnt() -> Looks:
    return learn_looks({0: shown(1), 1: shown(2)}, OF)[0]


def right(looks: Looks, world: Shown, thing: str) -> float:
    """Return the share of chips of which the looks tell rightly whether they show a thing."""
    values = looks.values(world.vectors, [each.sensor for each in world.chips])[:, looks.things.index(thing)]
    return float(np.mean((values > 0) == world.shows(thing)))


def test_things_are_known_again_in_a_world_never_seen(learnt: Looks) -> None:
    assert learnt.things == ("harbour", "ship")
    assert right(learnt, shown(9), "ship") > 0.9
    assert right(learnt, shown(9), "harbour") > 0.85  # neither much nor little: squares count in short vectors


def test_long_vectors_are_told_by_their_numbers_alone() -> None:
    looks = learn_looks({0: shown(1, dim=SHORT + 1, chips=400)}, OF)[0]
    assert looks.sensors["rgb"].weights.shape == (SHORT + 1, 2)
    assert right(looks, shown(9, dim=SHORT + 1), "ship") > 0.75


def test_a_chip_is_told_by_those_who_never_saw_its_place() -> None:
    world = shown(1)
    wrong = Shown(world.chips, world.vectors, [frozenset() if "-3-" in c.scene else t for c, t in zip(
        world.chips, world.truth, strict=True)])  # fmt: skip
    told = learn_looks({0: wrong}, OF)[1]
    of_place = [told[0, each.id][1] for each, row in zip(world.chips, world.vectors, strict=True)
                if "-3-" in each.scene and row[0] > 1]  # fmt: skip
    assert of_place
    assert min(of_place) > 0  # what is said there of ships was not learnt from


def test_what_a_world_would_not_name_is_not_learnt_from_it() -> None:
    silent = shown(2, vocabulary=frozenset({"harbour"}))
    silent = Shown(silent.chips, silent.vectors, [each - {"ship"} for each in silent.truth], silent.vocabulary)
    looks = learn_looks({0: shown(1), 1: silent}, OF)[0]
    assert right(looks, shown(9), "ship") > 0.85


def test_too_few_to_learn_from_tell_nothing() -> None:
    world = shown(1)
    rare = Shown(world.chips, world.vectors, [frozenset({"ship"}) if i < 5 else frozenset() for i in range(120)])
    looks = learn_looks({0: rare}, {"a ship": "ship"})[0]
    assert np.abs(looks.values(world.vectors, ["rgb"] * 120)).max() < 1e-3


def test_nothing_looks_surer_than_is_possible_and_other_sensors_tell_nothing(learnt: Looks) -> None:
    far = np.full((2, 6), 1e3, dtype=np.float32)
    assert np.abs(learnt.values(far, ["rgb", "rgb"])).max() == MOST
    assert not learnt.values(far, ["s1", "s2"]).any()


def test_a_question_is_told_by_the_things_that_its_concepts_are_of(learnt: Looks) -> None:
    say = learnt.say(np.array([0.5, 0.25, 0.125, 0.1]), ["a ship", "boats", "a harbour", "a violin"])
    assert say.tolist() == [0.125, 0.75]


def test_looks_survive_json(learnt: Looks) -> None:
    again = Looks.from_json(json.loads(json.dumps(learnt.to_json())))
    world = shown(9)
    there = learnt.values(world.vectors, ["rgb"] * 120)
    assert again.values(world.vectors, ["rgb"] * 120) == pytest.approx(there, abs=0.1)
    assert (again.things, again.of) == (learnt.things, learnt.of)


def test_regressions_are_those_of_a_plain_loop() -> None:
    """Newton's method on each thing by itself, of the same loss."""
    world = shown(3, dim=SHORT + 1, chips=60)
    shows = np.stack([world.shows("ship"), world.shows("harbour")], axis=1)
    look = regressions(world.vectors.astype(np.float64), shows, np.ones_like(shows))
    design = np.hstack([np.ones((60, 1)), (world.vectors - look.middle) / look.spread]).astype(np.float64)
    ridge = np.diag([1e-3, *[3.0] * (SHORT + 1)])
    for thing in range(2):
        weights = np.zeros(SHORT + 2)
        for _ in range(25):
            chance = 1 / (1 + np.exp(-design @ weights))
            slope = design.T @ (chance - shows[:, thing]) + ridge @ weights
            weights -= np.linalg.solve(design.T * (chance * (1 - chance)) @ design + ridge, slope)
        assert look.bias[thing] == pytest.approx(weights[0], abs=1e-2)
        assert look.weights[:, thing] == pytest.approx(weights[1:], abs=1e-2)
