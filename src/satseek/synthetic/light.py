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
    reach = int(min(longest_m, float(height.max(initial=0)) / SUN_HEIGHT) / resolution)
    shade = height  # how high the shade of all within `cells` cells towards the sun reaches over each cell
    cells = 1
    while cells <= reach:
        shade = np.maximum(shade, _from_the_sun(shade, cells, resolution, sun))
        cells *= 2
    return _from_the_sun(shade, 1, resolution, sun) > height + np.float32(0.4)


def _from_the_sun(shade: FloatArray, cells: int, resolution: float, sun: float) -> FloatArray:
    """Return heights moved so many cells away from the sun, and sunk as far as its rays fall on the way."""
    right, down = round(cells * np.sin(sun)), round(-cells * np.cos(sun))
    here, there = _shifted(shade.shape, down, right)
    moved = np.zeros_like(shade)
    np.subtract(shade[there], np.float32(cells * resolution * SUN_HEIGHT), out=moved[here])
    return moved


def _shifted(shape: tuple[int, ...], down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return slices of cells and of the cells that lie (down, right) of them."""
    rows, columns = shape
    here = (slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), columns - max(0, right)))
    there = (slice(max(0, down), rows - max(0, -down)), slice(max(0, right), columns - max(0, -right)))
    return here, there
