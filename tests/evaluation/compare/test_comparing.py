"""A comparison as a whole: who is best and whether by more than chance, what is kept, what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.compared import Blind, Heard, colours, contender, item, unreadable
from fakes.model import Paint
from satseek.core.errors import ModelError, UsageError
from satseek.evaluation.compare.comparing import compare
from satseek.evaluation.compare.encode import Contender
from satseek.evaluation.compare.kept import Kept
from satseek.evaluation.compare.questions import OwnQuery
from satseek.evaluation.compare.report import Comparison
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.watch import PeakMemory


def go(sample: Sample, *models: Contender, by: str | None = "labels", cache: Path | None = None, own=()) -> Comparison:  # type: ignore[no-untyped-def]
    return compare(models, sample, by=by, own=own, kept=lambda seen: Kept(cache, seen), told=Heard())


def test_the_model_that_sees_is_best_and_more_than_chance_explains() -> None:
    found = go(colours(30), contender(Paint()), contender(Blind()))
    words, like = found.judged
    assert (words.task.name, like.task.name) == ("words → rgb", "like → rgb")
    assert words.figures["paint"]["map"].value == pytest.approx(100)
    assert words.best == like.best == "paint"
    assert like.differences[0].is_clear
    assert "'paint' is best" in like.verdict()
    assert found.verdict.startswith("'paint' leads in 2 of 2 kinds of questions")
    assert 30 < like.chance["map"] < 45  # a third of the pictures has each colour


def test_two_equal_models_are_said_to_be_equal() -> None:
    found = go(colours(12), contender(Paint(name="one")), contender(Paint(name="other")))
    assert "do equally well" in found.judged[0].verdict()


def test_a_model_without_words_is_left_out_of_words_and_said() -> None:
    found = go(colours(12), contender(Paint()), contender(Blind(reads_text=False)))
    words, like = found.judged
    assert words.left_out == {"blind": "reads no text"}
    assert set(like.figures) == {"paint", "blind"}
    assert "only 'paint' can answer" in words.verdict()


def test_a_model_that_cannot_read_a_sensor_is_left_out_of_its_tasks() -> None:
    radar = tuple(item(number, "red" if number % 2 else "blue", sensor="s1") for number in range(40, 48))
    sample = Sample("memory", colours(12).items + radar, 20)
    found = go(sample, contender(Paint()), contender(Blind()))
    by_name = {each.task.name: each for each in found.judged}
    assert by_name["words → s1"].left_out == {"blind": "reads no s1"}
    assert by_name["rgb ↔ s1"].left_out == {"blind": "reads no s1"}
    assert by_name["rgb ↔ s1"].figures["paint"]["map"].value == pytest.approx(100)
    told = {model.name: model for model in found.models}
    assert told["blind"].refused == {"reads no s1": 8}
    assert int(told["blind"].known.sum()) == 12


def test_pictures_of_the_same_ground_are_no_answers() -> None:
    twice = tuple(replace(each, id=f"again-{each.id}") for each in colours(6).items)
    found = go(Sample("memory", colours(6).items + twice, 12), contender(Paint()))
    like = next(each for each in found.judged if each.task.kind == "like")
    assert like.task.hidden.sum(axis=1).tolist() == [2] * 12  # itself and its double


def test_a_second_run_with_one_more_model_encodes_only_that_one(tmp_path: Path) -> None:
    first, second = Blind("first"), Blind("second", seed=1)
    go(colours(9), contender(first), cache=tmp_path)
    seen = first.seen
    found = go(colours(9), contender(first), contender(second), cache=tmp_path)
    assert first.seen == seen > 0
    assert second.seen > 0
    assert [model.was_kept for model in found.models] == [True, False]
    assert found.models[0].chips_per_second is not None  # as it was measured


def test_a_damaged_or_outdated_file_is_made_again(tmp_path: Path) -> None:
    model = Blind()
    go(colours(9), contender(model), cache=tmp_path)
    seen = model.seen
    for path in tmp_path.glob("images-*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    go(colours(9), contender(model), cache=tmp_path)
    assert model.seen == 2 * seen
    changed = replace(colours(9), items=tuple(replace(each, stamp="new") for each in colours(9).items))
    go(changed, contender(model), cache=tmp_path)
    assert model.seen == 3 * seen


def test_other_questions_use_the_same_pictures(tmp_path: Path) -> None:
    model = Blind()
    go(colours(9), contender(model), cache=tmp_path)
    seen = model.seen
    go(colours(9), contender(model), cache=tmp_path, own=[OwnQuery("something red", frozenset(["red"]))])
    assert model.seen == seen


def test_pictures_that_cannot_be_read_are_left_out_for_all_and_said() -> None:
    sample = colours(9)
    broken = replace(sample, items=(replace(sample.items[0], read=unreadable), *sample.items[1:]))
    found = go(broken, contender(Paint()))
    assert len(found.sample) == 8
    assert any("cut off" in note for note in found.notes)
    with pytest.raises(UsageError, match="cut off"):
        go(replace(sample, items=tuple(replace(each, read=unreadable) for each in sample.items)), contender(Paint()))


def test_a_model_that_cannot_be_loaded_is_left_out_and_the_others_go_on() -> None:
    def missing() -> Paint:
        raise ModelError("Its weights are not here. Put them into ~/weights.")

    lost = Contender("lost", Paint(name="lost").card, missing)
    found = go(colours(9), lost, contender(Paint()))
    assert found.not_loaded == {"lost": "Its weights are not here. Put them into ~/weights."}
    assert [model.name for model in found.models] == ["paint"]
    with pytest.raises(ModelError, match="Put them"):
        go(colours(9), lost)


def test_captions_ask_for_their_own_pictures() -> None:
    sample = colours(9)
    items = tuple(replace(each, captions=(f"all {each.labels[0]}",)) for each in sample.items)
    found = go(replace(sample, items=items), contender(Paint()), by="captions")
    task = found.judged[0]
    assert task.task.name == "caption → rgb"
    assert len(task.task.queries) == 9
    assert task.figures["paint"]["recall_5"].value == pytest.approx(100)
    assert 0 < task.figures["paint"]["recall_1"].value < 100  # three pictures fit each caption equally well


def test_without_labels_models_are_set_side_by_side() -> None:
    sample = colours(24, labelled=False)
    own = [OwnQuery(f"very {name}") for name in ("red", "green", "blue")]
    found = go(sample, contender(Paint()), contender(Paint(name="twin")), contender(Blind()), by=None, own=own)
    assert not found.judged
    alike = {(each.one, each.other, each.kind): each for each in found.agreement}
    assert alike["paint", "twin", "words"].correlation == pytest.approx(1)
    assert alike["paint", "twin", "words"].overlap == 1
    assert alike["paint", "blind", "like"].correlation < 0.5
    assert found.differing[0].answers.keys() == {"paint", "twin", "blind"}
    assert all(answer.right is None for each in found.differing for row in each.answers.values() for answer in row)
    assert "Without labels nobody can say" in found.verdict


def test_a_query_of_ones_own_names_labels_that_are_there() -> None:
    with pytest.raises(UsageError, match="Did you mean 'green'"):
        go(colours(9), contender(Paint()), own=[OwnQuery("grass", frozenset(["gren"]))])


def test_the_report_is_json_and_a_table() -> None:
    found = go(colours(12), contender(Paint()), contender(Blind()))
    value = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert value["tasks"][0]["models"]["paint"]["map"][0] == pytest.approx(100)
    assert value["models"][0]["vector_bytes"] == 16
    assert value["sample"]["sensors"] == {"rgb": 12}
    text = str(found)
    assert "words → rgb" in text
    assert "chance" in text


def test_progress_is_heard_to_the_end() -> None:
    heard = Heard()
    compare(
        [contender(Paint()), contender(Blind())],
        colours(9),
        by="labels",
        kept=lambda seen: Kept(None, seen),
        told=heard,
    )
    assert heard.done == heard.total == 27


def test_memory_is_what_was_held_at_most_beyond_what_was_held_before() -> None:
    with PeakMemory() as peak:
        held = np.ones(8_000_000)  # 64 MB, every page touched
    assert held.nbytes / 1e6 * 0.9 < peak.megabytes < 2_000
