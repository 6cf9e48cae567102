"""Cards travel as JSON, names are looked up kindly, vectors have unit length."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from fakes.chips import chip
from satseek.core.area import Area
from satseek.core.card import ModelCard
from satseek.core.chip import chip_id, chip_id_maker
from satseek.core.errors import ModelError, UnknownName, did_you_mean
from satseek.core.filters import Filters
from satseek.core.model import require_readable, require_text
from satseek.core.query import Example, Query
from satseek.core.registry import Registry
from satseek.core.result import Explanation, IngestReport
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.vectors import cosine_scores, unit_rows, weighted_direction

CARD = ModelCard(
    name="m", version="2", summary="s", dimensions=8, sensors={"s1": ("VV",), "s2": ()}, reads_text=False, chip_size=64,
    ground_resolution_m={"s1": (5.0, 40.0)}, weights_sha256="ab", figures={"r1": 0.5}, options={"words": ["a"]},
)  # fmt: skip


def test_a_card_comes_back_from_json_and_newer_facts_are_left_out() -> None:
    assert ModelCard.from_json(CARD.to_json()) == CARD
    assert ModelCard.from_json(CARD.to_json() | {"colour_of_the_box": "red"}) == CARD


@pytest.mark.parametrize("change", [{"name": "n"}, {"version": "3"}, {"dimensions": 9}, {"weights_sha256": "cd"}])
def test_vectors_of_another_model_may_not_be_compared(change: dict[str, object]) -> None:
    assert CARD.makes_same_vectors_as(replace(CARD, summary="other words", figures={}))
    assert not CARD.makes_same_vectors_as(replace(CARD, **change))  # type: ignore[arg-type]


def test_a_model_refuses_what_it_cannot_read_and_says_what_to_do() -> None:
    require_readable(CARD, "s1")
    with pytest.raises(ModelError, match=r"cannot read 'rgb'.*reads s1, s2.*--model"):
        require_readable(CARD, "rgb")
    with pytest.raises(ModelError, match=r"knows no words.*--like"):
        require_text(CARD)


def test_a_registry_imports_what_is_asked_for_and_no_more() -> None:
    things: Registry[type] = Registry("thing", {"area": "satseek.core.area:Area", "broken": "no.such.module:x"})
    assert things.get("area") is Area
    assert list(things) == ["area", "broken"]
    assert "area" in things
    assert "aria" not in things
    with pytest.raises(UnknownName, match=r"no thing called 'aria'. Did you mean 'area'"):
        things.get("aria")


def test_a_name_far_from_all_is_answered_with_the_list() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "Known: a, b."
    assert did_you_mean("zzz", []) == "None is known here."


def test_rows_are_scaled_to_unit_length_and_zeros_stay() -> None:
    rows = unit_rows([[3, 4], [0, 0]])
    assert rows.tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0]]
    assert rows.dtype == np.float32


def test_a_weighted_direction_pulls_and_pushes() -> None:
    east, north = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert weighted_direction([east, north], [1.0, -1.0]).tolist() == pytest.approx([0.5**0.5, -(0.5**0.5)])
    assert cosine_scores(east, np.stack([east, north, -east])).tolist() == [1, 0, -1]


def test_the_same_window_gets_the_same_id_and_any_other_another() -> None:
    scene = Scene(id="s", source="s.tif", sensor="s2", bands=(BandFile("B02", "a.tif"),))
    first = chip_id(scene=scene, window=Window(0, 0, 9, 9), scale=1, model="m/1")
    assert first == chip_id(scene=scene, window=Window(0, 0, 9, 9), scale=1.0, model="m/1")
    others = {
        chip_id(scene=scene, window=Window(0, 1, 9, 9), scale=1, model="m/1"),
        chip_id(scene=scene, window=Window(0, 0, 9, 9), scale=2, model="m/1"),
        chip_id(scene=scene, window=Window(0, 0, 9, 9), scale=1, model="m/2"),
        chip_id(scene=replace(scene, sensor="rgb"), window=Window(0, 0, 9, 9), scale=1, model="m/1"),
        chip_id(scene=replace(scene, id="t"), window=Window(0, 0, 9, 9), scale=1, model="m/1"),
    }
    assert len(others | {first}) == 6


def test_a_scene_is_read_again_from_its_address() -> None:
    bands = (BandFile("VV", "a.tif", 2, scale=0.1, offset=-3.0), BandFile("VH", "b.tif"))
    scene = Scene(id="s", source="s.tif", sensor="s1", bands=bands, unit="power", nodata=0.0)
    again = Scene.from_address("s.tif", scene.address())
    assert (again.bands, again.unit, again.nodata, again.sensor) == (bands, "power", 0.0, "s1")


def test_a_chip_says_all_its_words() -> None:
    said = chip(0, caption="A river.", keywords=("ferry",), labels=("water", "forest"))
    assert said.text == "A river. ferry water forest"
    assert chip(0).text == ""


def test_filters_are_the_facts_of_a_query() -> None:
    assert Filters.of(Query("river", like=(Example(chip="x"),), k=3)).is_empty
    asked = Filters.of(Query("river", sensors=("s1",), max_cloud=0.2, properties={"a": 1}))
    assert asked == Filters(sensors=("s1",), max_cloud=0.2, properties={"a": 1})
    assert not asked.is_empty


def test_reports_print_and_turn_into_json() -> None:
    report = IngestReport(
        added=1200, already_there=3, skipped={"nodata": 4}, refused={"x.tif": "It is empty."}, scenes=2, seconds=4.0
    )
    assert str(report) == (
        "1,200 chips added, 3 already there, from 2 scenes\n4 windows skipped: nodata\nrefused x.tif: It is empty."
    )
    assert report.to_json()["chips_per_second"] == 300.0
    assert "run the same command again" in str(replace(report, interrupted=True))
    facts = Explanation({"recall": 1.23456}, "IVF_RQ", "m", 10, 5).to_json()
    assert facts == {"milliseconds": {"recall": 1.235}, "index": "IVF_RQ", "model": "m", "rows": 10, "candidates": 5}


def test_ids_are_the_same_in_every_version_for_archives_are_filled_over_years() -> None:
    scene = Scene("ü/a.tif", "a", "s1", (BandFile("VV", "a.tif"), BandFile("VH", "a.tif", 2)))
    make = chip_id_maker(scene, "colour@1")
    for window, scale in ((Window(168, 336, 224, 224), 1), (Window(0, 0, 9, 9), 0.333333), (Window(7, 0, 9, 9), 1e-5)):
        parts = ["ü/a.tif", "s1", ["VV", "VH"], list(window), float(scale), "colour@1"]
        told = hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:24]
        assert make(window, scale) == chip_id(scene=scene, window=window, scale=scale, model="colour@1") == told
