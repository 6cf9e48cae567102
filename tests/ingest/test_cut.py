"""Cutting: which windows of a scene become chips."""

from __future__ import annotations

from typing import Any

import pytest

from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import Window
from satseek.ingest.cut import CutPlan, cut


def windows(plan: CutPlan, **scene: Any) -> list[tuple[Window, float, tuple[int, int]]]:
    return [tuple(window) for window in cut(plan, **scene)]  # type: ignore[misc]


def test_a_scene_is_cut_with_overlap_and_the_last_window_is_shifted_back_inside() -> None:
    cuttings = windows(CutPlan(chip=100, overlap=0.25), width=260, height=100)
    assert [window.column for window, _, _ in cuttings] == [0, 75, 150, 160]
    assert all(window[1:] == (0, 100, 100) and scale == 1 and size == (100, 100) for window, scale, size in cuttings)


def test_coarser_scales_cover_more_ground_with_chips_of_the_same_size() -> None:
    cuttings = windows(CutPlan(chip=50, overlap=0, scales=(1, 2)), width=200, height=100)
    assert [window for window, scale, _ in cuttings if scale == 2] == [Window(0, 0, 100, 100), Window(100, 0, 100, 100)]
    assert sum(scale == 1 for _, scale, _ in cuttings) == 8
    assert {size for _, _, size in cuttings} == {(50, 50)}


def test_a_side_in_metres_gives_the_same_ground_whatever_the_resolution() -> None:
    plan = CutPlan(chip=100, overlap=0, chip_metres=2000)
    fine = windows(plan, width=800, height=800, ground_resolution_m=5.0)
    coarse = windows(plan, width=200, height=200, ground_resolution_m=20.0)
    assert {(window.width * 5.0, scale) for window, scale, _ in fine} == {(2000.0, 4.0)}
    assert {(window.width * 20.0, scale) for window, scale, _ in coarse} == {(2000.0, 1.0)}
    assert len(fine) == len(coarse) == 4


def test_metres_and_scales_multiply() -> None:
    plan = CutPlan(chip=100, overlap=0, chip_metres=1000, scales=(1, 3))
    cuttings = windows(plan, width=900, height=900, ground_resolution_m=10.0)
    assert {window.width for window, _, _ in cuttings} == {100, 300}


def test_a_picture_without_a_place_stays_whole_and_fits_the_chip() -> None:
    large, small = {"width": 896, "height": 448}, {"width": 128, "height": 96}
    picture = {"has_place": False, "is_picture": True}
    assert windows(CutPlan(chip=224), **large, **picture) == [(Window(0, 0, 896, 448), 4.0, (112, 224))]
    assert windows(CutPlan(chip=224), **small, **picture) == [(Window(0, 0, 128, 96), 1.0, (96, 128))]
    assert not cut(CutPlan(chip=224), **large, is_picture=True).is_whole


def test_another_raster_without_a_place_stays_whole_only_if_it_is_hardly_larger_than_a_chip() -> None:
    assert cut(CutPlan(chip=224), width=256, height=256, has_place=False).is_whole
    assert not cut(CutPlan(chip=224), width=2000, height=256, has_place=False).is_whole


def test_whole_images_can_be_wanted_or_not() -> None:
    assert len(windows(CutPlan(chip=100, whole_images=True), width=1000, height=1000)) == 1
    assert len(windows(CutPlan(chip=100, overlap=0, whole_images=False), width=200, height=200, has_place=False)) == 4


def test_a_cutting_can_be_gone_through_twice() -> None:
    cutting = cut(CutPlan(chip=100), width=300, height=300)
    assert list(cutting) == list(cutting)


def test_metres_without_a_known_resolution_are_refused_with_the_remedy() -> None:
    with pytest.raises(SourceError, match="--whole"):
        cut(CutPlan(chip_metres=500, whole_images=False), width=900, height=900, has_place=False)


def test_a_chip_of_a_few_source_pixels_is_refused() -> None:
    with pytest.raises(SourceError, match=r"only 5\.0 source pixels"):
        cut(CutPlan(chip_metres=50), width=900, height=900, ground_resolution_m=10.0)


def test_an_absurd_number_of_windows_is_refused_at_once() -> None:
    with pytest.raises(SourceError, match="Is the size in its header right"):
        cut(CutPlan(), width=2_000_000, height=2_000_000)
    assert sum(1 for _ in cut(CutPlan(scales=(64,)), width=100_000, height=100_000)) == 81


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"chip": 0}, "--chip"),
        ({"overlap": 1.0}, "--overlap"),
        ({"overlap": -0.1}, "--overlap"),
        ({"scales": ()}, "--scales"),
        ({"scales": (0.0,)}, "--scales"),
        ({"scales": (float("nan"),)}, "--scales"),
        ({"chip_metres": 0.0}, "--chip-metres"),
        ({"max_nodata": 1.5}, "--max-nodata"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_names_its_option(options: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        CutPlan(**options)
