"""Trees one by one: crowns grown from seeds, wherever the map has something that carries trees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from satseek.synthetic.covers import Cover
from satseek.synthetic.grid import FloatArray, Grid
from satseek.synthetic.noise import rng_of
from satseek.synthetic.palette import TREES_PER_HECTARE, table_of

CURVE = 0.55  # a crown falls by this times the square of the distance from its top
TALLER = 1.5  # a tree is this much taller than its crown is deep
ORCHARD_ROW_M = 7.0


def crowns(grid: Grid, seed: int, cover: NDArray[np.uint8], kept_free: NDArray[np.bool_]) -> FloatArray:
    """Return how high the crown over each cell rises above the crowns' foot, 0 where there is no tree."""
    rng = rng_of(seed, f"trees/{grid.left}/{grid.top}/{grid.resolution}")
    chance = table_of({c: n / 10_000 * grid.resolution**2 for c, n in TREES_PER_HECTARE.items()})[cover]
    sown = rng.random(grid.shape, dtype=np.float32) < chance
    if grid.resolution <= 2:
        orchard = cover == Cover.ORCHARD
        if orchard.any():
            column = np.round(grid.x / np.float32(grid.resolution)).astype(np.int32)
            row = np.round(grid.y / np.float32(grid.resolution)).astype(np.int32)
            every = max(round(ORCHARD_ROW_M / grid.resolution), 2)
            sown |= orchard & (column % every == 0) & (row % every == 0)
    depth = np.zeros(grid.shape, dtype=np.float32)
    size = rng.uniform(1.6, 8.0, int(sown.sum())).astype(np.float32)
    small = np.isin(cover[sown], (int(Cover.ORCHARD), int(Cover.SCRUB), int(Cover.HEDGE), int(Cover.DESERT)))
    conifer = cover[sown] == Cover.CONIFER
    garden = cover[sown] == Cover.GARDEN
    depth[sown] = np.where(small, 1.0 + 0.32 * size, np.where(conifer, 1.4 + 0.5 * size, size))
    depth[sown] *= np.where(garden, np.float32(0.65), np.float32(1))
    depth = _domes(depth, grid.resolution)
    depth[kept_free] = 0
    return depth


def _domes(tops: FloatArray, resolution: float) -> FloatArray:
    """Return the upper hull of round domes under all tops: a parabola's hull can be taken along rows, then columns."""
    reach = int(np.sqrt(8.0 / CURVE) / resolution)
    hull = tops
    for axis in (0, 1):
        grown = hull.copy()
        for step in range(1, reach + 1):
            drop = np.float32(CURVE * (step * resolution) ** 2)
            near, far = [slice(None)] * 2, [slice(None)] * 2
            near[axis], far[axis] = slice(step, None), slice(None, -step)
            lowered = hull - drop
            np.maximum(grown[tuple(near)], lowered[tuple(far)], out=grown[tuple(near)])
            np.maximum(grown[tuple(far)], lowered[tuple(near)], out=grown[tuple(far)])
        hull = grown
    return np.maximum(hull, 0)
