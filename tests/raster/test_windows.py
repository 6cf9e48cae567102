"""How scenes are cut."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satseek.core.errors import UsageError
from satseek.core.scene import Window
from satseek.raster.windows import ChipWindow, windows_of

LENGTHS = st.integers(1, 700)
SCALES = st.lists(st.sampled_from([0.5, 1.0, 1.5, 2.0, 4.0]), min_size=1, max_size=3)


def test_windows_step_by_what_does_not_overlap() -> None:
    columns = [each.window.column for each in windows_of(400, 100, chip=100, overlap=0.25)]
    assert columns == [0, 75, 150, 225, 300]


def test_a_window_at_the_edge_is_shifted_back_inside() -> None:
    windows = [each.window for each in windows_of(250, 100, chip=100, overlap=0)]
    assert windows == [Window(0, 0, 100, 100), Window(100, 0, 100, 100), Window(150, 0, 100, 100)]


def test_a_coarser_scale_takes_more_source_pixels_into_a_chip_of_the_same_size() -> None:
    assert list(windows_of(200, 200, chip=100, overlap=0, scales=[2])) == [
        ChipWindow(Window(0, 0, 200, 200), 2.0, (100, 100))
    ]


def test_a_scene_smaller_than_a_chip_is_one_window_that_is_not_enlarged() -> None:
    assert list(windows_of(60, 40, chip=100, overlap=0.25)) == [ChipWindow(Window(0, 0, 60, 40), 1.0, (40, 60))]


def test_a_scene_smaller_than_a_coarse_window_is_shown_whole_and_fits_the_chip() -> None:
    found = list(windows_of(300, 150, chip=100, overlap=0, scales=[4]))
    assert found == [ChipWindow(Window(0, 0, 300, 150), 3.0, (50, 100))]


def test_a_window_comes_once_however_many_scales_ask_for_it() -> None:
    assert len(list(windows_of(60, 40, chip=100, overlap=0.25, scales=[1, 2, 4, 1]))) == 1


def test_a_narrow_scene_keeps_its_width_in_every_window() -> None:
    found = list(windows_of(30, 250, chip=100, overlap=0))
    assert {each.window.width for each in found} == {30}
    assert [each.size for each in found] == [(100, 30)] * 3


def test_windows_of_a_huge_scene_come_one_by_one() -> None:
    first = list(islice(windows_of(10**9, 10**9, chip=224, overlap=0.25), 3))
    assert [each.window.column for each in first] == [0, 168, 336]


@given(LENGTHS, LENGTHS, st.integers(1, 300), st.sampled_from([0, 0.25, 0.5, 0.9]), SCALES)
def test_windows_cover_the_scene_stay_inside_and_never_repeat(
    width: int, height: int, chip: int, overlap: float, scales: list[float]
) -> None:
    found = [
        each.window
        for each in islice(windows_of(width, height, chip=max(chip, 20), overlap=overlap, scales=scales), 5000)
    ]
    for column, row, window_width, window_height in found:
        assert column >= 0
        assert row >= 0
        assert column + window_width <= width
        assert row + window_height <= height
    assert len(set(found)) == len(found)
    if len(found) < 5000:
        covered = np.zeros((height, width), dtype=bool)
        for column, row, window_width, window_height in found:
            covered[row : row + window_height, column : column + window_width] = True
        assert covered.all()


@given(LENGTHS, LENGTHS, SCALES)
def test_the_scale_is_what_lies_between_window_and_chip(width: int, height: int, scales: list[float]) -> None:
    for window, scale, (chip_height, chip_width) in windows_of(width, height, chip=64, overlap=0.25, scales=scales):
        assert abs(window.width / scale - chip_width) <= 1
        assert abs(window.height / scale - chip_height) <= 1
        assert max(chip_height, chip_width) <= 64


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"chip": 0, "overlap": 0.25}, "--chip"),
        ({"chip": 10, "overlap": 1.0}, "overlap"),
        ({"chip": 10, "overlap": 0.1, "scales": [0]}, "Scales"),
        ({"chip": 10, "overlap": 0.1, "scales": []}, "Scales"),
    ],
)
def test_what_cannot_be_cut_is_said_before_anything_is_cut(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        windows_of(100, 100, **wrong)  # type: ignore[arg-type]
