"""Heat: scores of overlapping chips averaged into a map of square cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.scene import Window
from satseek.core.vectors import FloatArray

CELLS_A_CHIP = 8  # along the side of the smallest chip
_REACHED = 1e-9  # of a chip's weight in its middle
_AT_ONCE = 4096  # chips in one table; sorted by rows, so that it stays small however they were cut
IntArray = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """The cells that a part of a scene is divided into; they fill it exactly, so a side need not be a whole pixel."""

    region: Window  # in pixels of the scene
    rows: int
    columns: int

    @staticmethod
    def over(region: Window, side: float) -> Cells:
        """Return cells with sides of about so many pixels."""
        rows, columns = (max(1, round(length / side)) for length in (region.height, region.width))
        return Cells(region, rows, columns)

    @property
    def size(self) -> tuple[float, float]:
        """The (height, width) of a cell in pixels of the scene."""
        return self.region.height / self.rows, self.region.width / self.columns

    @cached_property
    def middles(self) -> tuple[Weights, Weights]:
        """The row and the column of the scene that run through the middle of each row and column of cells."""
        height, width = self.size
        rows = self.region.row + (np.arange(self.rows, dtype=np.float64) + 0.5) * height
        columns = self.region.column + (np.arange(self.columns, dtype=np.float64) + 0.5) * width
        return np.asarray(rows, np.float64), np.asarray(columns, np.float64)

    @property
    def boxes(self) -> Weights:
        """The left, top, right and bottom of each cell in pixels of the scene, row by row, (cells, 4)."""
        height, width = self.size
        rows, columns = np.divmod(np.arange(self.rows * self.columns, dtype=np.float64), self.columns)
        left, top = self.region.column + columns * width, self.region.row + rows * height
        return np.stack([left, top, left + width, top + height], axis=1)


def averaged(scores: FloatArray, windows: IntArray, cells: Cells) -> FloatArray:
    """Return the mean score of the chips that cover each cell, (rows, columns); NaN where none does.

    A chip counts most in its middle and falls to nothing at its edge, so that chips shifted by half their side blend
    without steps. Each size of chips gives a map of its own first, and these are averaged with the inverse of their
    sides for weights: a chip twice as wide tells half as well where something is.
    """  # scores (n,), windows (n, 4): column, row, width, height
    total, weights = np.zeros((cells.rows, cells.columns)), np.zeros((cells.rows, cells.columns))
    for width, height in sorted({(int(width), int(height)) for width, height in windows[:, 2:]}):
        chosen = (windows[:, 2] == width) & (windows[:, 3] == height)
        own, counted = _of_one_size(scores[chosen], windows[chosen], cells)
        reached = counted > _REACHED
        total[reached] += own[reached] / counted[reached] / max(width, height)
        weights += reached / max(width, height)
    mean: FloatArray = np.divide(total, weights, out=np.full(total.shape, np.nan), where=weights > 0).astype(np.float32)
    return mean


def _of_one_size(scores: FloatArray, windows: IntArray, cells: Cells) -> tuple[Weights, Weights]:
    """Return the weighted sum of the scores in each cell, and the sum of the weights.

    A chip's weight is a product of one over rows and one over columns, and chips stand in rows and columns: two thin
    matrices around the table of scores do for all of them.
    """
    total, weight = np.zeros((cells.rows, cells.columns)), np.zeros((cells.rows, cells.columns))
    order = np.lexsort((windows[:, 0], windows[:, 1]))
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        own, counted = _of_some(scores[some], windows[some], cells)
        total += own
        weight += counted
    return total, weight


def _of_some(scores: FloatArray, windows: IntArray, cells: Cells) -> tuple[Weights, Weights]:
    tops, row_of = np.unique(windows[:, 1], return_inverse=True)
    lefts, column_of = np.unique(windows[:, 0], return_inverse=True)
    table, there = np.zeros((len(tops), len(lefts))), np.zeros((len(tops), len(lefts)))
    np.add.at(table, (row_of, column_of), scores.astype(np.float64))
    np.add.at(there, (row_of, column_of), 1.0)
    middle_rows, middle_columns = cells.middles
    down = _tents(tops, int(windows[0, 3]), middle_rows)
    across = _tents(lefts, int(windows[0, 2]), middle_columns)
    return down.T @ table @ across, down.T @ there @ across


def _tents(starts: IntArray, side: int, places: Weights) -> Any:
    """Return how much each window [start, start + side) counts at each place: 1 in its middle, 0 at its ends."""
    middles = starts[:, None] + side / 2
    return np.maximum(0.0, 1.0 - np.abs(places[None, :] - middles) / (side / 2))
