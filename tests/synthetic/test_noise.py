"""Noise on metre coordinates."""

import numpy as np
import pytest

from satseek.synthetic.grid import Grid, averaged
from satseek.synthetic.noise import eroded_noise, rough_noise, smooth_noise

WHOLE = Grid(0, 0, 2.0, 600, 600)
PART = Grid(300, 500, 2.0, 200, 100)


@pytest.mark.parametrize("make", [smooth_noise, rough_noise])
def test_a_window_sees_the_same_noise_as_the_whole(make):
    whole, part = make(WHOLE, 3, "woods", 150.0), make(PART, 3, "woods", 150.0)
    np.testing.assert_allclose(part, whole[250:350, 150:350], atol=1e-5)


def test_a_coarser_grid_sees_the_same_hills():
    fine = averaged(smooth_noise(WHOLE, 3, "hills", 200.0), 5)
    coarse = smooth_noise(Grid(0, 0, 10.0, 120, 120), 3, "hills", 200.0)
    assert np.abs(fine - coarse).max() < 0.02


def test_noise_has_unit_variance_and_differs_by_name_and_seed():
    wide = Grid(0, 0, 10.0, 800, 800)
    one = rough_noise(wide, 1, "a", 200.0)
    assert one.mean() == pytest.approx(0, abs=0.05)
    assert one.std() == pytest.approx(1, abs=0.05)
    for other in (rough_noise(wide, 1, "b", 200.0), rough_noise(wide, 2, "a", 200.0)):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1


def test_averages_of_blocks_are_means_and_cut_off_what_is_left_over():
    values = np.arange(35, dtype=np.float32).reshape(5, 7)
    slow = [[values[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].mean() for c in range(3)] for r in range(2)]
    np.testing.assert_allclose(averaged(values, 2), slow)


def test_eroded_mountains_are_smoother_on_steep_flanks_than_plain_noise():
    grid = Grid(0, 0, 10.0, 300, 300)
    worn, plain = eroded_noise(grid, 5, "m", 1500.0), rough_noise(grid, 5, "m", 1500.0, octaves=7)
    worn, plain = worn / worn.std(), plain / plain.std()

    def bend_where_steep(height):
        slope = np.hypot(*np.gradient(height))
        bend = np.abs(np.gradient(np.gradient(height, axis=0), axis=0))
        return bend[slope > np.quantile(slope, 0.8)].mean()

    assert bend_where_steep(worn) < 0.9 * bend_where_steep(plain)
