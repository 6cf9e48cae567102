"""Chips as grids of small cells: the means from which every statistic of the colour model is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray

CELL = 8  # samples a side
SAMPLES = 112  # about so many samples along the shorter side of a chip


def thinned(chips: Sequence[Pixels]) -> tuple[FloatArray, BoolArray]:
    """Return about SAMPLES rows and columns of chips of one size, as whole cells, at least two each way."""
    step = max(1, min(chips[0].valid.shape) // SAMPLES)
    values = np.stack([chip.values[:, ::step, ::step] for chip in chips]).astype(np.float32, copy=False)
    valid = np.stack([chip.valid[::step, ::step] for chip in chips])
    height, width = valid.shape[1:]
    short = (max(0, 2 * CELL - height), max(0, 2 * CELL - width))
    if any(short):
        values = np.pad(values, ((0, 0), (0, 0), (0, short[0]), (0, short[1])), mode="symmetric")
        valid = np.pad(valid, ((0, 0), (0, short[0]), (0, short[1])), mode="symmetric")
        height, width = valid.shape[1:]
    height, width = height - height % CELL, width - width % CELL
    return values[..., :height, :width], valid[..., :height, :width]


def filled(values: FloatArray, valid: BoolArray) -> FloatArray:
    """Return (n, bands, h, w) chips with each band's mean where nothing was measured."""
    if valid.all():
        return values
    seen = valid[:, None]
    count = np.maximum(seen.sum(axis=(2, 3), keepdims=True), 1)
    mean = np.where(seen, values, 0).sum(axis=(2, 3), keepdims=True) / count
    return np.where(seen, values, mean).astype(np.float32)


def cell_means(values: FloatArray) -> FloatArray:
    """Return the mean of each cell: (n, h, w) to (n, rows, columns)."""
    n, height, width = values.shape
    rows = values.reshape(n, height // CELL, CELL, width).sum(axis=2)
    cells: FloatArray = rows.reshape(n, height // CELL, width // CELL, CELL).sum(axis=3) / np.float32(CELL * CELL)
    return cells


def cell_maxima(values: FloatArray) -> FloatArray:
    """Return the largest value of each cell."""
    n, height, width = values.shape
    rows = values.reshape(n, height // CELL, CELL, width).max(axis=2)
    cells: FloatArray = rows.reshape(n, height // CELL, width // CELL, CELL).max(axis=3)
    return cells


def rising(values: FloatArray, middle: float, width: float) -> FloatArray:
    """Return 0 far below the middle, 1 far above, one half at it; a width below zero falls instead."""
    return np.asarray(1 / (1 + np.exp(np.clip((middle - values) / width, -30, 30))), dtype=np.float32)


def mean_over(cells: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean of each chip's cells: (n, rows, columns) to (n,)."""
    total = np.maximum(weights.sum(axis=(1, 2)), 1e-6)
    return np.asarray((cells * weights).sum(axis=(1, 2)) / total, dtype=np.float32)


def spread_over(cells: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted standard deviation of each chip's cells."""
    mean = mean_over(cells, weights)[:, None, None]
    return np.sqrt(np.maximum(mean_over((cells - mean) ** 2, weights), 0))


def borders(cells: FloatArray) -> FloatArray:
    """Return how much each chip's cells differ from the next ones, a mean over both directions: (n,)."""
    across = np.abs(np.diff(cells, axis=2)).mean(axis=(1, 2))
    down = np.abs(np.diff(cells, axis=1)).mean(axis=(1, 2))
    return np.asarray((across + down) / 2, dtype=np.float32)


def slopes(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the differences to the next sample, to the right and below, of (n, h, w); the last one repeats."""
    right, below = np.empty_like(values), np.empty_like(values)
    np.subtract(values[:, :, 1:], values[:, :, :-1], out=right[:, :, :-1])
    np.subtract(values[:, 1:], values[:, :-1], out=below[:, :-1])
    right[:, :, -1], below[:, -1] = right[:, :, -2], below[:, -2]
    return right, below


def one_way(xx: FloatArray, yy: FloatArray, xy: FloatArray) -> FloatArray:
    """Return how far the edges of a structure tensor run one way: 0 all ways, 1 one way only."""
    return np.asarray(np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + np.float32(1e-6)), dtype=np.float32)


def narrow(cells: FloatArray) -> FloatArray:
    """Return how much of each chip is covered in strips: covered cells that end soon one way but not the other way."""
    covered = np.minimum(1, np.float32(2.5) * cells)
    rows, columns = covered.shape[1:]
    strips = np.zeros_like(covered)
    for reach in (1, 2):
        wide = np.pad(covered, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
        ends = []
        for down, right in ((0, reach), (reach, 0), (reach, reach), (reach, -reach)):
            ahead = wide[:, reach + down : reach + down + rows, reach + right : reach + right + columns]
            behind = wide[:, reach - down : reach - down + rows, reach - right : reach - right + columns]
            ends.append(np.minimum(1 - ahead, 1 - behind))
        all_ways = np.stack(ends)
        strips = np.maximum(strips, covered * all_ways.max(axis=0) * (1 - all_ways.min(axis=0)))
    in_strips = strips.mean(axis=(1, 2))
    return np.asarray(in_strips**2 / (cells.mean(axis=(1, 2)) + 0.02), dtype=np.float32)
