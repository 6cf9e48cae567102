"""Heat: overlapping chips blend, each counts most in its middle, finer ones more than coarse ones."""

from __future__ import annotations

import numpy as np
import pytest

from satseek.core.area import Area
from satseek.core.scene import Window
from satseek.search.locate.heat import Cells, averaged
from satseek.search.locate.stretch import Stretch, cut_of, inside


def plain_average(scores: list[float], windows: list[tuple[int, ...]], cells: Cells) -> np.ndarray:
    """The same, cell by cell and chip by chip, as the docstring says it."""
    height, width = cells.size
    heat = np.full((cells.rows, cells.columns), np.nan)
    for r in range(cells.rows):
        for c in range(cells.columns):
            y, x = cells.region.row + (r + 0.5) * height, cells.region.column + (c + 0.5) * width
            maps: dict[int, list[tuple[float, float]]] = {}
            for score, (column, row, w, h) in zip(scores, windows, strict=True):
                weight = max(0, 1 - abs(x - column - w / 2) / (w / 2)) * max(0, 1 - abs(y - row - h / 2) / (h / 2))
                if weight > 0:
                    maps.setdefault(w, []).append((weight, score))
            if maps:
                own = {w: sum(a * s for a, s in pairs) / sum(a for a, _ in pairs) for w, pairs in maps.items()}
                heat[r, c] = sum(own[w] / w for w in own) / sum(1 / w for w in own)
    return heat


def test_the_quick_average_is_the_plain_one() -> None:
    chance = np.random.default_rng(3)
    windows = [(x, y, 16, 16) for x in (0, 8, 16, 24, 31) for y in (0, 8, 16, 21)]
    windows += [(x, y, 32, 32) for x in (0, 15) for y in (0, 5)] + [(40, 30, 7, 7)]
    scores = chance.normal(size=len(windows)).tolist()
    cells = Cells.over(Window(3, 2, 40, 33), 2.3)
    found = averaged(np.array(scores, np.float32), np.array(windows), cells)
    assert found == pytest.approx(plain_average(scores, windows, cells), nan_ok=True, abs=1e-5)


def test_thousands_of_scattered_chips_are_averaged_in_parts() -> None:
    chance = np.random.default_rng(4)
    corners = chance.integers(0, 400, (9000, 2))
    windows = np.concatenate([corners, np.full((9000, 2), 20)], axis=1)
    cells = Cells.over(Window(0, 0, 420, 420), 10)
    found = averaged(np.full(9000, 0.25, np.float32), windows, cells)
    assert np.isfinite(found).mean() > 0.99
    assert found[np.isfinite(found)] == pytest.approx(0.25)


def test_one_hot_chip_among_cold_ones_is_hottest_in_its_middle() -> None:
    windows = np.array([(x, y, 20, 20) for y in range(0, 100, 10) for x in range(0, 100, 10)])
    scores = np.where((windows[:, 0] == 40) & (windows[:, 1] == 60), 1.0, 0.0).astype(np.float32)
    cells = Cells.over(Window(0, 0, 110, 110), 10)
    heat = averaged(scores, windows, cells)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert (column, row) in {(4, 6), (5, 6), (4, 7), (5, 7)}  # the four cells around (50, 70)
    assert heat[0, 0] == 0


def test_where_no_chip_is_nothing_is_known() -> None:
    heat = averaged(np.array([0.5], np.float32), np.array([(0, 0, 10, 10)]), Cells.over(Window(0, 0, 40, 10), 5))
    assert np.isfinite(heat).tolist() == [[True, True] + [False] * 6] * 2


def test_cells_fill_a_region_exactly() -> None:
    cells = Cells.over(Window(7, 5, 103, 50), 10)
    assert (cells.rows, cells.columns) == (5, 10)
    assert cells.size == (10.0, 10.3)
    rows, columns = cells.middles
    assert rows[0] == 10
    assert columns[-1] == pytest.approx(7 + 103 - 5.15)
    assert Cells.over(Window(0, 0, 3, 2), 10).size == (2, 3)


def test_heat_is_nothing_at_the_usual_score_and_one_at_the_hottest() -> None:
    raw = np.array([[0.2, 0.2, 0.1], [0.2, 0.6, np.nan]], np.float32)
    stretch = Stretch.of(raw)
    assert stretch.applied(raw) == pytest.approx(np.array([[0, 0, 0], [0, 1, np.nan]]), nan_ok=True)
    assert (stretch.low, stretch.high) == pytest.approx((0.2, 0.6))
    assert not stretch.is_flat


def test_where_all_score_alike_nothing_is_hot() -> None:
    raw = np.full((3, 3), 0.4, np.float32)
    stretch = Stretch.of(raw)
    assert stretch.is_flat
    assert (stretch.applied(raw) == 0).all()


def test_the_cut_parts_the_hot_from_the_rest() -> None:
    heat = np.concatenate([np.full(90, 0.1), np.full(10, 0.9), [np.nan]]).reshape(1, -1).astype(np.float32)
    assert 0.5 <= cut_of(heat) < 0.9
    assert cut_of(np.zeros((2, 2), np.float32)) == 0.5


def test_outside_of_a_polygon_nothing_is_known() -> None:
    from affine import Affine
    from rasterio.crs import CRS

    triangle = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [0, 4], [0, 0]]]}
    heat = np.ones((4, 4), np.float32)
    there = inside(heat, Area.from_geojson(triangle), Affine(1, 0, 0, 0, -1, 4), CRS.from_epsg(4326))
    assert np.isnan(there[0, 3])
    assert there[3, 0] == 1
    assert inside(heat, Area.from_bbox("0,0,4,4"), Affine.identity(), None) is heat
