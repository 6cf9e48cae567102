"""A glance at a scene: which share of some boxes in it is measured, told by its pixels made small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError
from satseek.core.scene import Scene, Window
from satseek.core.sensor import BoolArray
from satseek.raster.read import SceneReader

FINEST = 1024  # pixels a side
Boxes = NDArray[np.float64]  # (n, 4): left, top, right, bottom in pixels of the scene
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Glance:
    """What is measured in a part of a scene, in little."""

    valid: BoolArray  # (rows, columns)
    region: Window

    def shares(self, boxes: Boxes) -> Shares:
        """Return the measured share of boxes that lie in the region; parts of small pixels count as parts."""
        height, width = self.valid.shape
        scale = np.array([width / self.region.width, height / self.region.height] * 2)
        left, top, right, bottom = ((boxes - (*self.region[:2], *self.region[:2])) * scale).T
        sums = np.zeros((height + 1, width + 1))
        sums[1:, 1:] = self.valid.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
        inside = _up_to(sums, right, bottom) - _up_to(sums, left, bottom)
        inside += _up_to(sums, left, top) - _up_to(sums, right, top)
        return np.asarray(inside / ((right - left) * (bottom - top)), dtype=np.float64)


def glance_at(scene: Scene, region: Window, finest: int = FINEST) -> Glance | None:
    """Look at a part of a scene; None where some of it cannot be read."""
    shrink = max(1.0, max(region.width, region.height) / finest)
    size = max(1, round(region.height / shrink)), max(1, round(region.width / shrink))
    try:
        with SceneReader(scene) as reader:
            return Glance(reader.pixels(region, size).valid, region)
    except SourceError:
        return None


def _up_to(sums: Shares, x: Shares, y: Shares) -> Shares:
    """Return sums over all that lies left of x and above y, between the entries of a table of such sums."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    column, row = np.minimum(x.astype(np.int64), width - 1), np.minimum(y.astype(np.int64), height - 1)
    across, down = x - column, y - row
    upper = sums[row, column] * (1 - across) + sums[row, column + 1] * across
    lower = sums[row + 1, column] * (1 - across) + sums[row + 1, column + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, dtype=np.float64)
