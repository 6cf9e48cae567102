"""Finding room: where on a land something fits that needs dry, gentle, free ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from satseek.synthetic.covers import Cover
from satseek.synthetic.grid import Grid
from satseek.synthetic.nature import Nature, burn, outlines
from satseek.synthetic.things import Frame

WATER = (int(Cover.SEA), int(Cover.RIVER), int(Cover.LAKE))
TRIES = 240


class Sites:
    """A coarse map of the land that remembers what has been built where."""

    def __init__(self, nature: Nature, rng: np.random.Generator) -> None:
        """Look at the land in about 160 cells a side, of 16 m or more."""
        self.grid = Grid.over(nature.extent_m, int(np.clip(nature.extent_m / 16, 16, 320)))
        self.relief = nature.relief(self.grid)
        self.cover = nature.covers(self.grid, self.relief)
        self.water = np.isin(self.cover, WATER)
        slope = np.hypot(*np.gradient(self.relief, self.grid.resolution))
        self.cost = 6.0 * self.water + 0.6 * (slope > 0.25) + np.clip(slope, 0, 1) + 0.8 * (self.cover == Cover.SNOW)
        self.taken = np.zeros(self.grid.shape, dtype=bool)
        self._rng = rng

    def find(
        self, length: float, width: float, *, near: tuple[float, float], spread: float, angle: float | None = None
    ) -> Frame | None:
        """Return a frame with room for a rectangle about it, near a point; None where nothing fits well enough."""
        rng = self._rng
        # most tries fall close by, and a few reach out to wherever there is room
        away = np.abs(rng.normal(0, 0.55, TRIES)) * spread + np.linspace(0, spread * 0.6, TRIES)
        turn = rng.uniform(0, 2 * np.pi, TRIES)
        x = near[0] + away * np.cos(turn)
        y = near[1] + away * np.sin(turn)
        angles = rng.uniform(-np.pi / 2, np.pi / 2, TRIES) if angle is None else np.full(TRIES, angle)
        price = self._price(x, y, angles, length, width) + 0.05 * away / spread
        best = int(np.argmin(price))
        if price[best] > 0.3:
            return None
        return Frame(float(x[best]), float(y[best]), float(angles[best]))

    def take(self, shape: BaseGeometry, *, margin: float = 20.0) -> None:
        """Keep other things off a shape."""
        self.taken |= burn([(shape.buffer(margin), 1)], self.grid) > 0

    def wide_water(self) -> list[BaseGeometry]:
        """Return the outlines of seas and of lakes that have no shape of their own, as coarse as the map."""
        wide = np.isin(self.cover, (int(Cover.SEA), int(Cover.LAKE))).astype(np.uint8)
        return [shape(outline) for outline, _ in outlines(wide, self.grid)]

    def is_water(self, x: float, y: float) -> bool:
        """Whether a point lies in water."""
        row, column = self._cells(np.array([y]), np.array([x]))
        return bool(self.water[row[0], column[0]])

    def _price(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        angles: NDArray[np.float64],
        length: float,
        width: float,
    ) -> NDArray[np.float64]:
        """Return how much of each rectangle is wet, steep or taken, 0 to about 1; outside the land costs a little."""
        u, v = np.meshgrid(np.linspace(-0.5, 0.5, 11) * length, np.linspace(-0.5, 0.5, 7) * width)
        cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
        px = x[:, None] + u.ravel() * cos - v.ravel() * sin
        py = y[:, None] + u.ravel() * sin + v.ravel() * cos
        rows, columns = self._cells(py, px)
        left, top, right, bottom = self.grid.box
        outside = (px < left) | (px > right) | (py < top) | (py > bottom)
        price = self.cost[rows, columns] + 1.5 * self.taken[rows, columns]
        return np.asarray(np.where(outside, 0.12, price).mean(axis=1), dtype=np.float64)

    def _cells(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        last = self.grid.width - 1
        rows = np.clip(y / self.grid.resolution, 0, last).astype(np.int64)
        columns = np.clip(x / self.grid.resolution, 0, last).astype(np.int64)
        return rows, columns
