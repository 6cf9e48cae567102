"""Oriented edges: how strongly brightness changes across each of nine directions, whatever its sign and contrast.

Radar and optical pictures agree on where edges run, not on which side is the brighter one.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray

ORIENTATIONS = 9
SIGMA_PIXELS = 2.0  # of the Gaussian whose gradient is taken
CONTRAST_PIXELS = 4.0  # of the neighbourhood that contrast is normalised in
_EVEN = 0.02  # of the picture's own mean edge: what counts as even ground


def oriented_edges(plane: FloatArray, valid: BoolArray) -> FloatArray:
    """Return (orientations, height, width) of absolute Gaussian gradients, normalised by their local strength."""
    down = gaussian_filter(plane, SIGMA_PIXELS, order=(1, 0), mode="nearest")
    across = gaussian_filter(plane, SIGMA_PIXELS, order=(0, 1), mode="nearest")
    angles = (np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS).astype(np.float32)
    edges = np.abs(np.cos(angles)[:, None, None] * across + np.sin(angles)[:, None, None] * down)
    strength = gaussian_filter(np.sqrt((edges**2).mean(axis=0)), CONTRAST_PIXELS, mode="nearest")
    edges /= strength + _EVEN * strength.mean() + np.float32(1e-6)
    if not valid.all():  # the border of what was not measured is no edge of the ground
        edges *= uniform_filter(valid.astype(np.float32), 4 * int(SIGMA_PIXELS) + 1, mode="nearest") > 0.999
    return np.asarray(edges, dtype=np.float32)


def cell_means(planes: FloatArray, cells: int) -> FloatArray:
    """Return the means over a grid of cells, each as large as the size allows: (planes, cells, cells)."""
    height, width = planes.shape[1:]
    rows, columns = (np.linspace(0, side, cells + 1).astype(np.int64) for side in (height, width))
    sums = np.add.reduceat(np.add.reduceat(planes, rows[:-1], axis=1), columns[:-1], axis=2)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)), dtype=np.float32)
