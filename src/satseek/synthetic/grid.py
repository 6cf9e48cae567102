"""A grid of square map cells laid over a land, in metres east and south of the land's north-west corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """Where the cells of a painted map lie and how large they are."""

    left: float  # metres east of the land's corner
    top: float  # metres south of the land's corner
    resolution: float  # metres a cell
    width: int
    height: int

    @staticmethod
    def over(extent_m: float, cells: int) -> Grid:
        """Return a grid of so many cells a side over a whole square land."""
        return Grid(0.0, 0.0, extent_m / cells, cells, cells)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def x(self) -> FloatArray:
        """Metres east of every column's centre, as one row (1, width)."""
        centres = self.left + (np.arange(self.width, dtype=np.float64) + 0.5) * self.resolution
        return np.asarray(centres[None, :], dtype=np.float32)

    @property
    def y(self) -> FloatArray:
        """Metres south of every row's centre, as one column (height, 1)."""
        centres = self.top + (np.arange(self.height, dtype=np.float64) + 0.5) * self.resolution
        return np.asarray(centres[:, None], dtype=np.float32)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in metres."""
        right = self.left + self.width * self.resolution
        return self.left, self.top, right, self.top + self.height * self.resolution

    def distance_to(self, x: float, y: float) -> FloatArray:
        """Return every cell's distance to a point, in metres."""
        return np.asarray(np.hypot(self.x - np.float32(x), self.y - np.float32(y)), dtype=np.float32)


def averaged(values: FloatArray, every: int) -> FloatArray:
    """Return means of blocks of every × every cells; what is left over at the edges is cut off."""
    if every == 1:
        return values
    rows, columns = (side // every * every for side in values.shape)
    total = values[0:rows:every, 0:columns:every].copy()
    for corner in range(1, every * every):
        total += values[corner // every : rows : every, corner % every : columns : every]
    return np.asarray(total / np.float32(every * every), dtype=np.float32)
