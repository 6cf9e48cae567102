"""The SeLo figures against values worked out by hand, and against the paper's formulas as plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from satseek.core.errors import UsageError
from satseek.core.vectors import FloatArray
from satseek.evaluation.localisation import (
    LocalisationFigures,
    attention_centres,
    attention_focus,
    attention_shift,
    circle_of,
    localisation,
    mean_localisation,
    pixel_precision,
    significant_area,
)


def square(column: float, row: float, half: float) -> np.ndarray:
    return np.array(
        [
            (column - half, row - half),
            (column + half, row - half),
            (column + half, row + half),
            (column - half, row + half),
        ]
    )


def test_a_flat_map_has_the_significant_area_of_chance() -> None:
    mask = np.zeros((10, 10), dtype=bool)
    mask[:2, :5] = True  # a tenth
    assert significant_area(np.full((10, 10), 0.3, np.float32), mask) == pytest.approx(1 - math.exp(-0.707), abs=1e-6)


def test_significant_area_compares_the_heat_of_the_region_with_that_of_the_rest() -> None:
    heat, mask = np.zeros((2, 2), np.float32), np.zeros((2, 2), dtype=bool)
    mask[0, 0] = True
    heat[0, 0], heat[1, 1] = 0.5, 1.0  # 0.5 inside, 1.0 outside, three cells outside for one inside
    assert significant_area(heat, mask) == pytest.approx(1 - math.exp(-0.707 * 0.5 * 3), abs=1e-6)
    assert significant_area(np.where(mask, 1, 0).astype(np.float32), mask) == pytest.approx(1)
    assert significant_area(np.where(mask, 0, 1).astype(np.float32), mask) == pytest.approx(0)


def test_the_circle_of_a_square_reaches_past_its_corners() -> None:
    assert circle_of(square(20, 30, 4)) == pytest.approx((20, 30, 1.5 * 4 * math.sqrt(2)))
    closed = np.concatenate([square(20, 30, 4), square(20, 30, 4)[:1]])
    assert circle_of(closed) == pytest.approx(circle_of(square(20, 30, 4)))


def test_the_shift_is_how_far_the_eye_is_drawn_from_the_middle_bent_by_an_exponential() -> None:
    circles = [(10.0, 10.0, 10.0), (100.0, 100.0, 20.0)]
    centres = np.array([(10.0, 15.0), (10.0, 7.0), (500.0, 500.0)])  # 5 and 3 away from the first, none near the second
    shift = (4 / 10 + 1) / 2
    assert attention_shift(centres, circles) == pytest.approx((math.exp(3 * shift) - 1) / (math.exp(3) - 1))
    assert attention_shift(np.empty((0, 2)), circles) == pytest.approx(1)
    assert attention_shift(np.array([(10.0, 10.0)]), circles[:1]) == pytest.approx(0)


def test_the_focus_is_one_where_one_centre_stands_and_falls_with_a_crowd() -> None:
    circle = (10.0, 10.0, 10.0)
    assert attention_focus(np.empty((0, 2)), [circle]) == 0
    assert attention_focus(np.array([(12.0, 10.0)]), [circle]) == 1
    pair = np.array([(8.0, 10.0), (14.0, 10.0)])  # each 3 from their mean
    assert attention_focus(pair, [circle]) == pytest.approx(0.5 * (1 - 0.3) + math.exp(-0.5 * 4))
    assert attention_focus(pair, [circle, (99.0, 99.0, 1.0)]) == pytest.approx(
        (0.5 * (1 - 0.3) + math.exp(-0.5 * 4)) / 2
    )


def bump(side: int, column: int, row: int, width: float, peak: float = 1.0) -> FloatArray:
    y, x = np.mgrid[:side, :side]
    return (peak * np.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * width**2))).astype(np.float32)


def test_centres_are_the_tops_of_the_map_that_are_hot_and_far_apart() -> None:
    heat = np.maximum(bump(160, 40, 50, 8), bump(160, 120, 110, 8, peak=0.9))
    heat = np.maximum(heat, bump(160, 120, 30, 8, peak=0.3))  # a top, but not hot
    centres = attention_centres(heat, pixels=50)  # smoothing over 1 cell, tops among 20
    assert sorted(map(tuple, centres.tolist())) == [(40, 50), (120, 110)]
    assert len(attention_centres(np.zeros((50, 50), np.float32))) == 0
    alone = attention_centres(heat, pixels=5)  # among 200 cells only the hottest is a top
    assert len(alone) == 1
    assert np.abs(alone[0] - (40, 50)).max() <= 1


def test_average_precision_is_that_of_the_cells_ranked_by_heat() -> None:
    heat = np.array([[0.9, 0.8], [0.7, 0.1]], np.float32)
    mask = np.array([[True, False], [True, False]])
    assert pixel_precision(heat, mask) == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_the_mean_indicator_weighs_area_shift_and_focus() -> None:
    figures = LocalisationFigures(rsu=0.8, ras=0.2, rda=0.5, average_precision=0.6, area_share=0.1)
    assert figures.rmi == pytest.approx(0.4 * 0.8 + 0.35 * 0.8 + 0.25 * 0.5)
    assert figures.gain == pytest.approx(6)
    worse = LocalisationFigures(rsu=0.6, ras=0.4, rda=0.5, average_precision=0.2, area_share=0.1)
    assert mean_localisation([figures, worse]).rsu == pytest.approx(0.7)


def test_a_map_that_points_at_the_region_beats_one_that_points_elsewhere() -> None:
    mask = np.zeros((100, 100), dtype=bool)
    mask[45:55, 45:55] = True
    region = [square(50, 50, 5)]
    right = localisation(bump(100, 50, 50, 5), mask, region, pixels=20)
    wrong = localisation(bump(100, 15, 80, 5), mask, region, pixels=20)
    assert right.rmi > 0.95
    assert wrong.rmi < 0.1
    assert right.average_precision > 0.95 > 3 * right.area_share
    assert wrong.average_precision < right.area_share * 1.5


def test_what_nobody_looked_at_counts_as_cold() -> None:
    heat = bump(60, 30, 30, 4)
    heat[:5] = np.nan
    mask = np.zeros((60, 60), dtype=bool)
    mask[27:33, 27:33] = True
    assert localisation(heat, mask, [square(30, 30, 3)], pixels=20).rsu > 0.9


@pytest.mark.parametrize("everywhere", [True, False])
def test_nothing_is_measured_where_all_or_nothing_is_right(everywhere: bool) -> None:
    with pytest.raises(UsageError, match="not all of it"):
        localisation(np.ones((4, 4), np.float32), np.full((4, 4), everywhere), [square(1, 1, 1)])
