"""The deletion test: an order that knows where the red is makes the score fall sooner than one that does not."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.model import Paint, painted, plain_picture
from satseek.core.sensor import Pixels
from satseek.evaluation.deletion import Deletion, deletion
from satseek.search.embed import Part


def patched() -> Pixels:
    """Green, with red in one sixteenth of it."""
    values = plain_picture(0, 180, 0, side=32).values.copy()
    values[:, 8:16, 16:24] = np.array([220, 0, 0], np.uint8)[:, None, None]
    return Pixels("rgb", ("red", "green", "blue"), values, np.ones((32, 32), dtype=bool))


def judged(grid: np.ndarray) -> Deletion:
    part = Part("sentence", "sentence", 1.0, painted(red=1))
    return deletion(patched(), grid.astype(np.float32), [part], Paint(), orders=20)


def test_the_right_order_is_faithful_and_its_reverse_is_not() -> None:
    right = np.zeros((4, 4))
    right[1, 2] = 1
    told = judged(right)
    assert told.is_faithful
    red = 220 / 16
    whole = red / np.hypot(red, 180 * 15 / 16)
    assert told.told == pytest.approx(whole * (1 - 0.5 / 8), rel=0.02)  # all of it is gone after the first of 8 steps
    assert not judged(-right).is_faithful


def test_the_same_seed_tells_the_same() -> None:
    grid = np.arange(16).reshape(4, 4)
    assert judged(grid) == judged(grid)
