"""Pair retrieval on painted places: aligned, shifted, verified; and by labels against hand-made rankings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from fakes.pairs import PaintedPairs
from satseek.core.errors import ModelError, SourceError, UsageError
from satseek.core.sensor import Pixels
from satseek.evaluation.cross_sensor import evaluate_pairs, shifted_cuts
from satseek.evaluation.meaning import evaluate_meaning
from satseek.evaluation.pair_report import chance_of, cross_recall
from satseek.models.structure.maps import load_maps
from satseek.models.structure.model import StructureModel, card


class Told:
    """Knows the vector of every painted place by its picture."""

    def __init__(self, vectors: dict[tuple[str, int], Sequence[float]]) -> None:
        self.card = replace(card(), name="told", dimensions=len(next(iter(vectors.values()))))
        self._vectors = vectors
        self._seen = {
            key: PaintedPairs(1, 64, first=key[1]).read(0, key[0]).astype(np.float32).mean() for key in vectors
        }

    def encode_images(self, chips: Sequence[Pixels]) -> np.ndarray:
        rows = []
        for chip in chips:
            sensor = "s1" if chip.sensor == "s1" else "s2"
            mean = chip.values.astype(np.float32).mean()
            known = min((key for key in self._seen if key[0] == sensor), key=lambda key: abs(self._seen[key] - mean))
            rows.append(self._vectors[known])
        return np.array(rows, dtype=np.float32)

    def encode_texts(self, *args: object) -> np.ndarray:
        raise AssertionError


def test_recall_is_counted_each_way() -> None:
    scores = np.array([[3, 2, 1], [3, 2, 1], [1, 2, 3]], dtype=np.float32)
    found = cross_recall({"s1_s2": scores, "s2_s1": scores.T})
    assert found.ways["s1_s2"][0] == pytest.approx(200 / 3)
    assert found.ways["s2_s1"][0] == pytest.approx(100 * (0.5 + 1 / 3 + 1) / 3)  # ties in expectation
    assert chance_of(160) == pytest.approx(3.333, abs=1e-3)


def test_structure_is_right_where_aligned_and_registration_where_shifted() -> None:
    report = evaluate_pairs(StructureModel(), PaintedPairs(10, 192), shift=16, turns=True, verify=load_maps())
    value = report.to_json()
    assert value["mean_recall"] > 95
    assert value["s1_s2_r1"] == 100
    assert value["verified_shifted_mean_recall"] > value["shifted_mean_recall"] + 10
    assert value["turns_right"] > 80
    assert value["offset_error_m"] < 60
    assert (value["pairs"], value["shift"], report.window, value["candidates"]) == (10, 16, 160, 10)
    assert value["chance"] == pytest.approx(100 * (1 / 10 + 5 / 10 + 1) / 3, abs=1e-3)
    assert "shifted, verified" in str(report)


def test_the_shifts_are_the_same_for_a_seed_and_independent_between_sensors() -> None:
    pairs = PaintedPairs(30, 128)
    one, again, other = (shifted_cuts(pairs, 16, True, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert one["s1"] != one["s2"]
    assert {cut.side for cut in one["s1"]} == {96}
    assert max(cut.top for cut in one["s1"]) <= 32
    assert {cut.turn for cut in one["s2"]} == {0, 1, 2, 3}


def test_a_shift_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="Pictures of 96 pixels cannot be shifted by 48"):
        evaluate_pairs(StructureModel(), PaintedPairs(2), shift=48)


def test_a_model_that_does_not_read_a_sensor_is_refused_by_name() -> None:
    class Optical(StructureModel):
        def __init__(self) -> None:
            self.card = replace(card(), name="optical", sensors={"rgb": ()})

    with pytest.raises(ModelError, match="'optical' cannot read 's1' chips"):
        evaluate_pairs(Optical(), PaintedPairs(2))


def test_a_model_that_keeps_the_sensors_apart_is_not_measured_across_them() -> None:
    class Apart(StructureModel):
        def __init__(self) -> None:
            self.card = replace(card(), name="apart", spaces=(("s1",), ("rgb", "s2")))

    with pytest.raises(ModelError, match=r"'apart' keeps .* in spaces of their own.*satseek train adapter"):
        evaluate_pairs(Apart(), PaintedPairs(2))


def test_broken_pairs_are_left_out_and_listed() -> None:
    class Broken(PaintedPairs):
        def read(self, index: int, sensor: str) -> np.ndarray:
            if (index, sensor) == (3, "s1"):
                raise SourceError("Cannot read it.")
            return super().read(index, sensor)

    report = evaluate_pairs(StructureModel(), Broken(5))
    assert report.pairs == 4
    assert report.to_json()["broken"] == {"place-3": "Cannot read it."}


def test_labels_judge_all_four_directions_against_a_random_order() -> None:
    labels = [("water",), ("water",), ("town",), ("town",)]
    vectors: dict[tuple[str, int], Sequence[float]] = {
        (sensor, row): ([1, 0.1 * row] if row < 2 else [0.1 * row, 1]) for sensor in ("s1", "s2") for row in range(4)
    }
    pairs = PaintedPairs(4, 64, labels=labels)
    report = evaluate_meaning(Told(vectors), pairs, pairs)
    value = report.to_json()
    assert set(report.ways) == {"s1_s1", "s1_s2", "s2_s1", "s2_s2"}
    assert value["s1_s2_map"] == value["s2_s2_map"] == 1  # the one other place of the kind stands first
    assert value["s1_s2_ndcg_10"] == 1
    assert 0.3 < value["random_map"] < 0.8
    assert report.archive == "val without the place itself"
    assert "random" in str(report)


def test_queries_of_one_split_search_another() -> None:
    vectors: dict[tuple[str, int], Sequence[float]] = {
        (sensor, row): vector
        for sensor in ("s1", "s2")
        for row, vector in enumerate([[1, 0], [0, 1], [1, 0.2], [0.2, 1], [0.7, 0.7]])
    }
    asked = PaintedPairs(2, 64, labels=[("water",), ("town",)])
    held = PaintedPairs(3, 64, split="test", labels=[("water",), ("town",), ("water", "town")], first=2)
    report = evaluate_meaning(Told(vectors), asked, held)
    assert (report.pairs, report.places, report.archive) == (2, 3, "test")
    both = report.ways["s1_s2"]
    assert both.precision == pytest.approx((1 + 0 + 0.5) / 3)  # all three places are hits, of which one fits wholly
    assert both.mean_average_precision == 1


def test_places_without_labels_are_not_judged_by_them() -> None:
    with pytest.raises(UsageError, match="have no labels to judge by"):
        evaluate_meaning(StructureModel(), PaintedPairs(2), PaintedPairs(2))
