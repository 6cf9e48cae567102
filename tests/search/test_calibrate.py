"""How sure: probabilities of hits, the cut, and what is said where nothing is convincing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.model import Paint
from fakes.paintings import gallery, numbers, painting
from satseek.core.errors import UsageError
from satseek.models.catalogue import MODELS
from satseek.search import calibrate
from satseek.search.calibrate_background import Background
from satseek.search.calibrate_fit import EXAMPLE, WORDS, Calibration, Lesson, Line, Said, fit_lines, nearness
from satseek.search.calibrate_looks import Look, Looks
from satseek.search.collection import Collection

LINE = Line(-6.0, (12.0, 0.0, 0.0))  # a score of one half is as probable as not


def calibration(**changes: object) -> Calibration:
    lines = {WORDS: {"rgb": LINE, "s2": LINE}, EXAMPLE: {"rgb": LINE}}
    made = Calibration("paint", "1", None, "made up", 0, lines, said=Said(4.0, 2.0, -4.0), auto=0.6, auto_told=0.4)
    return replace(made, **changes)  # type: ignore[arg-type]


def judged_gallery(folder: Path, paintings: list, own: Calibration | None = None, model: Paint | None = None):
    world = gallery(folder, paintings, model)
    world.archive.write_note(calibrate.NOTE, json.dumps((own or calibration()).to_json()))
    return world


def shades() -> list:
    """From all red to no red at all."""
    return [painting(index, {"red": 1 - index / 10, "grey": index / 10}) for index in range(11)]


def test_every_hit_has_a_probability_that_falls_with_its_score(tmp_path: Path) -> None:
    result = judged_gallery(tmp_path, shades()).search("red", k=11)
    chances = [hit.probability for hit in result]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(1 / (1 + np.exp(-6)), abs=1e-3)
    assert chances[-1] == pytest.approx(1 / (1 + np.exp(6)), abs=1e-3)
    assert result.convincing


def test_a_cut_drops_what_is_less_probable_and_says_how_many(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, shades())
    whole, cut = world.search("red", k=11), world.search("red", k=11, cut=0.5)
    assert cut.ids == [hit.chip.id for hit in whole if hit.probability is not None and hit.probability >= 0.5]
    assert cut.cut_json() == {"asked": 0.5, "probability": 0.5, "kept": len(cut), "dropped": 11 - len(cut)}
    assert world.search("red", k=11, cut=0).ids == whole.ids
    assert world.search("red", k=11, cut="auto").cut == 0.6


def test_less_is_convincing_where_most_chips_have_a_text_of_their_own(tmp_path: Path) -> None:
    told = [(replace(each, caption="Red paint."), colours) for each, colours in shades()]
    assert judged_gallery(tmp_path, told).search("red", cut="auto").cut == 0.4


def test_many_examples_of_what_is_not_wanted_count_as_one_thing(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, [*shades(), *(painting(50 + index, {"grey": 1}) for index in range(9))])
    one = world.search("red", unlike=f"{50:08x}", k=1)
    many = world.search("red", unlike=[f"{50 + index:08x}" for index in range(9)], k=1)
    assert one[0].probability == pytest.approx(many[0].probability, abs=0.01)


def test_nothing_convincing_is_said_in_words_with_what_to_do(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, [painting(index, {"green": 1, "red": 0.1 * index}) for index in range(4)])
    result = world.search("red", cut="auto")
    assert result.ids == []
    assert len(result.dropped) == 4
    assert result.convincing is False
    assert str(result).startswith("No convincing match. The best hit is right with a probability of ")
    assert "Ask in other words" in str(result)
    assert world.search("red").convincing is False
    assert world.search("red").message is None  # nothing was cut


def test_words_that_nobody_knows_are_no_convincing_match(tmp_path: Path) -> None:
    result = judged_gallery(tmp_path, shades()).search("zebra", cut="auto")
    assert result.convincing is False
    assert "No convincing match" in str(result)
    assert "knows none of the words 'zebra'" in str(result)


def test_text_that_says_it_makes_sure_and_text_about_else_makes_doubtful(tmp_path: Path) -> None:
    captions = [None, "A red square.", "A wide sea."]
    paintings = [painting(index, {"red": 1, "grey": 1}, caption=text) for index, text in enumerate(captions)]
    found = judged_gallery(tmp_path, paintings).search("red", k=3)
    chance = dict(zip(numbers(found.ids), [hit.probability for hit in found], strict=True))
    assert chance[1] > chance[0] > chance[2]
    assert chance[2] < 0.2


def test_what_must_be_there_makes_it_less_probable_and_never_more(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, [painting(0, {"red": 1, "blue": 1}), painting(1, {"red": 1})])
    alone = {hit.chip.id: hit.probability for hit in world.search("red")}
    both = {hit.chip.id: hit.probability for hit in world.search("red", must="blue")}
    without = {hit.chip.id: hit.probability for hit in world.search("red", not_="blue")}
    assert all(both[each] <= alone[each] for each in both)
    assert all(without[each] <= alone[each] for each in without)


def test_an_example_is_judged_as_an_example_and_loads_no_model(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, shades())
    found = world.search(like=f"{0:08x}", k=11)
    assert found[0].probability == 0.9999  # itself
    assert 0.9999 > found[2].probability > found[3].probability
    assert world.search(like=f"{0:08x}", k=11, cut="auto").cut == 0.5
    assert world.model.encoded_texts == []  # type: ignore[attr-defined]


def test_a_sensor_that_was_never_calibrated_has_no_probability_and_is_kept(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"red": 0.1, "blue": 1}, sensor="s1")])
    result = world.search("red", cut="auto")
    assert [hit.probability is None for hit in result] == [False, True]


def test_an_archive_that_cannot_say_drops_nothing_and_tells_why(tmp_path: Path) -> None:
    world = gallery(tmp_path, shades())
    result = world.search("red", k=11, cut="auto")
    assert len(result) == 11
    assert result.convincing is None
    assert all(hit.probability is None for hit in result)
    assert "Nothing is cut" in result.notes[0]
    assert "satseek archive calibrate" in result.notes[0]
    assert world.search("red", k=11).notes == ()


def test_an_archive_of_vectors_without_text_is_judged_by_example_only(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, shades(), model=Paint(reads_text=False))
    assert world.search(like=f"{0:08x}", k=3, cut="auto").convincing


def test_listings_are_not_judged(tmp_path: Path) -> None:
    result = judged_gallery(tmp_path, shades()).search(k=5, cut="auto")
    assert len(result) == 5
    assert result.convincing is None
    assert result.message is None


def test_a_calibration_of_another_model_is_not_used(tmp_path: Path) -> None:
    world = judged_gallery(tmp_path, shades(), calibration(weights_sha256="another"))
    assert world.search("red").convincing is None


@pytest.mark.parametrize("note", ["", "{}", "[1]", '{"format": 99}', '{"format": 1, "lines": 3}', "no json"])
def test_a_calibration_that_cannot_be_read_is_as_none(tmp_path: Path, note: str) -> None:
    world = gallery(tmp_path, shades())
    world.archive.write_note(calibrate.NOTE, note)
    assert world.search("red").convincing is None


def test_it_is_due_where_there_is_none_and_again_when_the_archive_has_doubled(tmp_path: Path) -> None:
    world = gallery(tmp_path, shades())
    assert calibrate.is_due(world.archive)
    world.archive.write_note(calibrate.NOTE, json.dumps(calibration(rows=11).to_json()))
    assert not calibrate.is_due(world.archive)
    more = [painting(100 + index, {"blue": 1})[0] for index in range(11)]
    world.archive.add(more, np.tile([0, 0, 1, 0], (11, 1)).astype(np.float32))
    assert calibrate.is_due(world.archive)


def test_the_background_follows_an_archive_that_grows(tmp_path: Path) -> None:
    standing = calibration(lines={WORDS: {"rgb": Line(0.0, (0.0, 1.0, 0.0))}})
    world = judged_gallery(tmp_path, shades()[:4], standing)
    before = world.search("red", k=1)[0].probability
    blue = [painting(100 + index, {"blue": 1})[0] for index in range(40)]
    world.archive.add(blue, np.tile([0, 0, 1, 0], (40, 1)).astype(np.float32))
    assert world.search("red", k=1)[0].probability != before


def test_looks_tell_of_two_chips_with_equal_scores_which_is_right(tmp_path: Path) -> None:
    """Both are as red as each other; what is asked for is also blue, as somebody learnt."""
    look = Look(np.zeros(4, np.float32), np.ones(4, np.float32), np.float32([-2]), np.zeros((12, 1), np.float32))
    look.weights[2] = 6.0
    looks = Looks(("lake",), {"red": "lake"}, {"rgb": look})
    own = calibration(lines={WORDS: {"rgb": Line(0.0, (0.0, 0.0, 0.0, 1.0))}}, concepts={"red": {}}, looks=looks)
    world = judged_gallery(tmp_path, [painting(0, {"red": 1, "blue": 1}), painting(1, {"red": 1, "green": 1})], own)
    chance = {number: hit.probability for number, hit in zip(
        numbers(world.search("red").ids), world.search("red"), strict=True)}  # fmt: skip
    assert chance[0] > 0.8
    assert chance[1] < 0.2
    far = {hit.probability for hit in world.search("grey")}  # about which nobody learnt anything
    assert all(0.3 < each < 0.7 for each in far)


def test_a_calibration_of_before_there_were_looks_is_read(tmp_path: Path) -> None:
    noted = calibration().to_json() | {"format": 1}
    noted.pop("looks")
    assert Calibration.from_json(noted) == calibration()


def test_a_calibration_survives_json() -> None:
    made = calibration(concepts={"a ship": {"rgb": -0.5}}, error={"rgb": 0.03})
    assert Calibration.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_features_tell_a_chip_that_prefers_the_question_from_one_that_likes_everything() -> None:
    rng = np.random.default_rng(0)
    chips = np.abs(rng.standard_normal((200, 6))).astype(np.float32)
    chips /= np.linalg.norm(chips, axis=1, keepdims=True)
    sentences = np.eye(6, dtype=np.float32)
    background = Background(chips, ["rgb"] * 200, sentences)
    special = np.array([[0.9, 0.1, 0.1, 0.1, 0.1, 0.1], [0.9, 0.9, 0.9, 0.9, 0.9, 0.9]], dtype=np.float32)
    found = background.features(sentences[0], special, ["rgb", "rgb"], None, words=True)
    assert found[0, 0] == pytest.approx(found[1, 0])
    assert found[0, 2] > found[1, 2] + 0.5


def test_a_better_score_is_never_less_probable_whatever_was_learnt() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((300, 3))
    right = features[:, 0] - features[:, 1] + rng.standard_normal(300) > 0  # standing speaks against it
    lesson = Lesson(np.zeros(4, np.float32), np.full(300, "rgb"), features, right)
    lines, _ = fit_lines([lesson], [], np.zeros((0, 4), np.float32))
    assert all(weight >= 0 for weight in lines["rgb"].weights)
    assert lines["rgb"].weights[0] > 0.5


def test_a_question_near_a_concept_is_judged_by_it_and_one_far_from_all_is_not() -> None:
    concepts = np.eye(3, dtype=np.float32)
    assert nearness(concepts[1], concepts)[1] > 0.99
    far = np.full(3, 3**-0.5, dtype=np.float32)
    assert nearness(far, concepts).sum() < 0.35


@pytest.mark.parametrize("name", ["colour", "amfmn"])
def test_the_calibrations_that_come_along_are_those_of_the_models_that_come_along(name: str) -> None:
    """Whoever ships other weights makes them anew: python benchmarks/calibration.py --folder DIR --fit."""
    card = MODELS.get(name).card()
    made = calibrate.shipped(card)
    assert made is not None
    assert set(made.lines[WORDS]) == set(card.sensors)
    assert 0.05 <= made.auto <= 0.95
    assert all(error < 0.15 for error in made.error.values())


@pytest.mark.parametrize("cut", [2, -0.1, "often"])
def test_a_cut_that_is_no_probability_is_refused(tmp_path: Path, cut: object) -> None:
    world: Collection = gallery(tmp_path, [])
    with pytest.raises(UsageError, match="'auto' or a probability"):
        world.search("red", cut=cut)  # type: ignore[arg-type]
