"""A painted piece of a land: one map, seen by any sensor, with the truth and the words for every window of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine

from satseek.core.errors import UnknownName, UsageError
from satseek.core.scene import Window
from satseek.synthetic.facts import facts_of
from satseek.synthetic.grid import Grid
from satseek.synthetic.land import Land
from satseek.synthetic.noise import rng_of
from satseek.synthetic.paint import PaintedMap, painted
from satseek.synthetic.rgb import render_rgb
from satseek.synthetic.s1 import S1_BANDS, render_s1
from satseek.synthetic.s2 import render_s2
from satseek.synthetic.sentences import Description, described
from satseek.synthetic.spectra import S2_BANDS
from satseek.synthetic.things import Thing, within

BANDS = {"rgb": ("red", "green", "blue"), "s2": S2_BANDS, "s1": S1_BANDS}
SMALLEST_LAND_M = 1024.0


@dataclass(frozen=True)
class World:
    """A map of part of a land, painted at one ground resolution."""

    land: Land
    map: PaintedMap = field(repr=False)

    @staticmethod
    def paint(
        seed: int = 7,
        size: int = 2048,
        ground_resolution_m: float = 1.0,
        *,
        biome: str | None = None,
        number: int = 0,
        without: Iterable[str] = (),
    ) -> World:
        """Plan a land and paint the middle of it, `size` cells a side; `without` names labels it must not have."""
        side = size * ground_resolution_m
        extent = max(side, SMALLEST_LAND_M)
        land = Land.planned(seed, extent_m=extent, core_m=side, biome=biome, number=number, without=without)
        return World.of(land, size, ground_resolution_m)

    @staticmethod
    def of(land: Land, size: int, ground_resolution_m: float) -> World:
        """Paint the middle of a land that is planned already."""
        corner = (land.extent_m - size * ground_resolution_m) / 2
        grid = Grid(corner, corner, ground_resolution_m, size, size)
        return World(land, painted(land, grid))

    @property
    def crs(self) -> str:
        """The plane that the map is drawn on, such as EPSG:32632."""
        return f"EPSG:{self.land.place.epsg}"

    def transform(self, every: int = 1) -> Affine:
        """Return the affine transform of pixels that are `every` cells wide."""
        grid, place = self.map.grid, self.land.place
        step = grid.resolution * every
        return Affine(step, 0, place.easting + grid.left, 0, -step, place.northing - grid.top)

    def render(self, sensor: str, *, every: int = 1, cloud_share: float = 0.0) -> NDArray[Any]:
        """Return what a sensor sees, (bands, height, width) in its unit, each pixel the mean of every × every cells.

        `rgb` is always as sharp as the map; clouds hide things from `s2` alone.
        """
        if sensor == "rgb":
            return render_rgb(self.land, self.map)
        if sensor == "s2":
            return render_s2(self.land, self.map, every=every, cloud_share=cloud_share)
        if sensor == "s1":
            return render_s1(self.land, self.map, every=every)
        raise UnknownName("sensor", sensor, BANDS)

    def describe(self, window: Window | None = None, *, every: int = 1) -> Description:
        """Return sentences, keywords, labels and the truth behind them for a window of pixels `every` cells wide."""
        grid = self.map.grid
        if window is None:
            window = Window(0, 0, grid.width // every, grid.height // every)
        cells = Window(*(value * every for value in window))
        if min(cells) < 0 or cells.column + cells.width > grid.width or cells.row + cells.height > grid.height:
            raise UsageError(f"{window} leaves the map of {grid.width // every} × {grid.height // every} pixels.")
        facts = facts_of(self.map, cells, self._countable, every=every, farming=self.land.biome.farming)
        rng = rng_of(self.land.seed, f"words/{grid.left}/{grid.resolution}/{every}/{tuple(window)}")
        return described(facts, rng)

    def things(self) -> list[Thing]:
        """Return the countable things on the map, with their shapes in the land's metres."""
        return list(self._countable)

    @cached_property
    def _countable(self) -> list[Thing]:
        return within((thing for thing in self.land.things if thing.label), self.map.grid.box)

    def to_plane(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return easting and northing of points in the land's metres."""
        place = self.land.place
        return np.stack([place.easting + points[:, 0], place.northing - points[:, 1]], -1)
