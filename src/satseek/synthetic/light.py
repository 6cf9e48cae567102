"""Light on the land: slopes towards the sun, and the shadows of what stands high."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from satseek.synthetic.grid import FloatArray

SUN_HEIGHT = 0.95  # tangent of the sun's height over the horizon


def slope_light(height: FloatArray, resolution: float, sun: float, *, steepness: float = 1.0) -> FloatArray:
    """Return how bright slopes are beside level ground, 1 where level."""
    down, right = np.gradient(height, np.float32(resolution / steepness))
    towards = -(right * np.float32(np.sin(sun)) - down * np.float32(np.cos(sun)))
    lit = (1 + towards / np.float32(SUN_HEIGHT)) / np.sqrt(1 + right * right + down * down)
    return np.asarray(np.clip(lit, 0.12, 1.9), dtype=np.float32)


def shadows(height: FloatArray, resolution: float, sun: float, *, longest_m: float = 60.0) -> NDArray[np.bool_]:
    """Return which cells lie in the shadow of something higher that stands towards the sun."""
    dark = np.zeros(height.shape, dtype=bool)
    reach = min(longest_m, float(height.max(initial=0)) / SUN_HEIGHT)
    for step in range(1, int(reach / resolution) + 1):
        # the cell towards the sun, `step` cells away
        right, down = round(step * np.sin(sun)), round(-step * np.cos(sun))
        drop = np.float32(step * resolution * SUN_HEIGHT)
        here, there = _shifted(height.shape, down, right)
        dark[here] |= height[there] - drop > height[here] + np.float32(0.4)
    return dark


def _shifted(shape: tuple[int, ...], down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return slices of cells and of the cells that lie (down, right) of them."""
    rows, columns = shape
    here = (slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), columns - max(0, right)))
    there = (slice(max(0, down), rows - max(0, -down)), slice(max(0, right), columns - max(0, -right)))
    return here, there
