"""The land before people: relief, sea, rivers, lakes, and what grows where."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import rasterize, shapes
from rasterio.transform import Affine
from scipy.ndimage import distance_transform_edt, gaussian_filter1d
from scipy.special import ndtri
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from satseek.synthetic.biomes import Biome
from satseek.synthetic.covers import Cover
from satseek.synthetic.grid import FloatArray, Grid
from satseek.synthetic.noise import drawn_out, eroded_noise, rng_of, rough_noise, smooth_noise
from satseek.synthetic.things import Points, blob

CoverMap = NDArray[np.uint8]


@dataclass(frozen=True)
class Coast:
    """A shore: a straight line roughened by noise, except near a point that is kept straight for a harbour."""

    x: float
    y: float
    seaward: float  # radians on the map, from east towards south
    seed: int

    def depth(self, grid: Grid) -> FloatArray:
        """Return metres to seaward of the shore, negative on land."""
        out = (grid.x - self.x) * np.cos(self.seaward) + (grid.y - self.y) * np.sin(self.seaward)
        rough = 260 * rough_noise(grid, self.seed, "coast", 1900, octaves=7, gain=0.48)
        return np.asarray(out + rough * self.roughness(grid), dtype=np.float32)

    def roughness(self, grid: Grid) -> FloatArray:
        """Return how natural the shore is: not at all in the harbour's place, wholly far from it."""
        return np.asarray(1 - np.exp(-((grid.distance_to(self.x, self.y) / 520) ** 4)), dtype=np.float32)


@dataclass(frozen=True)
class River:
    """A river's middle line and width."""

    course: Points
    width: float
    water: BaseGeometry = field(repr=False)
    bars: BaseGeometry = field(repr=False)  # gravel and sand on inner bends


@dataclass(frozen=True)
class Mountains:
    """The heights of mountains on a coarse grid over all of the land."""

    grid: Grid
    heights: FloatArray = field(repr=False)


@dataclass(frozen=True)
class Nature:
    """All that shapes the land before anything is built."""

    seed: int
    extent_m: float
    biome: Biome
    coast: Coast | None = None
    rivers: tuple[River, ...] = ()
    lakes: tuple[BaseGeometry, ...] = ()
    mountains: Mountains | None = None

    @staticmethod
    def shaped(seed: int, extent_m: float, core_m: float, biome: Biome) -> Nature:
        """Return the land of a seed; rivers, lakes and shores pass through its middle."""
        middle = extent_m / 2
        rng = rng_of(seed, "nature")
        coast = None
        if biome.coast:
            angle = rng.uniform(0, 2 * np.pi)
            off = 0.12 * core_m
            coast = Coast(middle + off * np.cos(angle), middle + off * np.sin(angle), float(angle), seed)
        rivers: tuple[River, ...] = ()
        if biome.river_width_m:
            rivers = (_river(rng, extent_m, core_m, biome.river_width_m, coast),)
        lakes = []
        for number in range(biome.lakes):
            reach = core_m * 0.33 if number == 0 else extent_m * 0.42
            x, y = middle + rng.uniform(-1, 1, 2) * reach
            lakes.append(blob(rng, x, y, float(rng.uniform(110, 210)) * (1 + number), wobble=0.5))
        mountains = _mountains(seed, extent_m, biome, rivers) if biome.mountains else None
        return Nature(seed, extent_m, biome, coast, rivers, tuple(lakes), mountains)

    def relief(self, grid: Grid) -> FloatArray:
        """Return the ground's height in metres."""
        if self.mountains is None:
            half = np.float32(self.biome.relief_m / 2)
            return half * rough_noise(grid, self.seed, "relief", 2400, octaves=6, gain=0.42)
        height = drawn_out(self.mountains.heights, self.mountains.grid, grid)
        rough = rough_noise(grid, self.seed, "crags", 120, octaves=5, gain=0.55)
        crags = np.clip(height / np.float32(self.biome.relief_m), 0, 1) * 8 * rough
        return np.asarray(height + crags, dtype=np.float32)

    def covers(self, grid: Grid, relief: FloatArray) -> CoverMap:
        """Return what covers each cell before people come; land fit for fields is left as FIELD."""
        biome = self.biome
        cover = np.full(grid.shape, biome.ground, dtype=np.uint8)
        woods = rough_noise(grid, self.seed, "woods", 1100, octaves=6, gain=0.55)
        farms = rough_noise(grid, self.seed, "farms", 2600, octaves=3)
        slope = np.hypot(*np.gradient(relief, grid.resolution)) if biome.relief_m > 100 else np.zeros_like(relief)
        cover[(farms > _above(biome.field / max(1 - biome.forest, 0.05))) & (slope < 0.22)] = Cover.FIELD
        if biome.forest:
            forest = woods > _above(biome.forest)
            mixed = rough_noise(grid, self.seed, "conifer", 800, octaves=5, gain=0.55)
            conifer = mixed + 0.5 * smooth_noise(grid, self.seed, "stands", 11) > _above(biome.conifer)
            cover[forest] = Cover.FOREST
            cover[forest & conifer] = Cover.CONIFER
        if biome.look == "arid":
            scrub = rough_noise(grid, self.seed, "scrub", 500, octaves=5) > 1.0
            cover[scrub & (cover == biome.ground)] = Cover.SCRUB
            rocks = rough_noise(grid, self.seed, "rocks", 1500, octaves=7, gain=0.6) > 1.35
            cover[rocks & (cover != Cover.FIELD)] = Cover.STONES
        if biome.mountains:
            self._climb(cover, relief, slope, woods)
        self._wet(cover, grid, woods)
        return cover

    def _climb(self, cover: CoverMap, relief: FloatArray, slope: FloatArray, woods: FloatArray) -> None:
        """Above the trees come meadows, then rock, then snow."""
        up = relief / self.biome.relief_m + 0.035 * woods
        above_trees = up > 0.55
        cover[above_trees] = Cover.MEADOW
        cover[(above_trees & (slope > 0.6)) | (slope > 1.15) | (up > 0.66)] = Cover.ROCK
        cover[(up > 0.78) & (slope < 0.9)] = Cover.SNOW
        valley = (up < 0.13) & (cover != Cover.FIELD)
        cover[valley] = Cover.MEADOW

    def _wet(self, cover: CoverMap, grid: Grid, woods: FloatArray) -> None:
        """Fill lakes, rivers and the sea, with their shores."""
        if self.biome.lake_share:
            basin = rough_noise(grid, self.seed, "basins", 1300, octaves=6, gain=0.5)
            level = _above(self.biome.lake_share)
            cover[(basin > level - 0.05) & (woods < 0)] = Cover.MARSH
            cover[basin > level] = Cover.LAKE
        wet: list[tuple[BaseGeometry, int]] = []
        for lake in self.lakes:
            wet.append((lake.buffer(9), int(Cover.MARSH if self.biome.look == "boreal" else Cover.MEADOW)))
            wet.append((lake, int(Cover.LAKE)))
        for river in self.rivers:
            wet.append((river.water.buffer(river.width * 0.45), 255))
            wet.append((river.bars, int(Cover.DIRT if self.biome.mountains else Cover.BEACH)))
            wet.append((river.water, int(Cover.RIVER)))
        if wet:
            burnt = burn(wet, grid)
            bank = burnt == 255
            cover[bank & (woods > -0.6)] = Cover.FOREST if self.biome.look != "arid" else Cover.SCRUB
            named = (burnt > 0) & ~bank
            cover[named] = burnt[named].astype(np.uint8)
        if self.coast is not None:
            depth = self.coast.depth(grid)
            width = 14 + 14 * smooth_noise(grid, self.seed, "beach", 900)
            cover[depth > -width] = Cover.BEACH
            cover[(depth > -9 - width) & (depth <= -width)] = Cover.SCRUB
            cover[depth > 0] = Cover.SEA


def burn(shapes: list[tuple[BaseGeometry, int]], grid: Grid) -> NDArray[np.int32]:
    """Return the number of the last shape over each cell's centre, 0 where there is none."""
    left, top, right, bottom = grid.box
    near: list[tuple[Any, int]] = []
    for shape, number in shapes:
        x0, y0, x1, y1 = shape.bounds if not shape.is_empty else (np.inf,) * 4
        if x0 < right and x1 > left and y0 < bottom and y1 > top:
            near.append((_outline(shape), number))
    if not near:
        return np.zeros(grid.shape, dtype=np.int32)
    burnt: NDArray[np.int32] = rasterize(near, out_shape=grid.shape, transform=row_down(grid), fill=0, dtype="int32")
    return burnt


def row_down(grid: Grid) -> Affine:
    """Return a grid's transform for rasterising: y points south on the land and on the raster alike."""
    return Affine(grid.resolution, 0, grid.left, 0, grid.resolution, grid.top)


def outlines(codes: NDArray[Any], grid: Grid) -> list[tuple[Any, float]]:
    """Return the GeoJSON outline and the code of every patch of codes above zero."""
    with warnings.catch_warnings():  # metres from the corner are the identity, which rasterio takes for forgotten
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return list(shapes(codes, mask=codes > 0, transform=row_down(grid)))


def _outline(shape: BaseGeometry) -> Any:
    """Return a plain polygon as GeoJSON the quick way, and anything else as it is."""
    if isinstance(shape, Polygon) and not len(shape.interiors):
        return {"type": "Polygon", "coordinates": [shapely.get_coordinates(shape).tolist()]}
    return shape


def _above(share: float) -> np.float32:
    """Return the value that unit-variance noise exceeds on a share of the land."""
    return np.float32(ndtri(1 - min(max(share, 1e-4), 1 - 1e-4)))


def _river(rng: np.random.Generator, extent_m: float, core_m: float, width: float, coast: Coast | None) -> River:
    """Return a meandering course through the middle: its direction swings like a pendulum (Langbein and Leopold)."""
    step = max(width / 3, 6.0)
    reach = extent_m * 1.1
    heading = rng.uniform(0, 2 * np.pi) if coast is None else coast.seaward + rng.normal(0, 0.2)
    length = np.arange(-reach, reach, step)
    wave = width * rng.uniform(13, 17)
    swing = np.clip(0.95 + 0.35 * _wander(rng, len(length), 3 * wave / step), 0.3, 1.5)
    phase = 2 * np.pi * np.cumsum(step / (wave * (1 + 0.3 * _wander(rng, len(length), 2 * wave / step))))
    direction = heading + swing * np.sin(phase) + 0.35 * _wander(rng, len(length), 8 * wave / step)
    course = np.cumsum(np.stack([np.cos(direction), np.sin(direction)], -1) * step, axis=0)
    course += extent_m / 2 + rng.uniform(-0.16, 0.16, 2) * core_m - course[len(course) // 2]
    inside = (np.abs(course - extent_m / 2) < extent_m * 0.75).all(axis=1)
    course = course[inside]
    line = LineString(course)
    turn = np.gradient(np.unwrap(direction))[inside]
    inward = np.stack([-np.sin(direction[inside]), np.cos(direction[inside])], -1) * np.sign(turn)[:, None]
    sharp = np.abs(turn) > np.quantile(np.abs(turn), 0.6)
    bars = LineString(course + inward * width * 0.3 * sharp[:, None]).buffer(width * 0.5)
    return River(course, width, line.buffer(width / 2), bars)


def _wander(rng: np.random.Generator, count: int, over: float) -> NDArray[np.float64]:
    """Return slow random change along a line, within about ±1."""
    knots = rng.uniform(-1, 1, int(count / over) + 4)
    return np.asarray(np.interp(np.arange(count) / over, np.arange(len(knots)), knots), dtype=np.float64)


def _mountains(seed: int, extent_m: float, biome: Biome, rivers: tuple[River, ...]) -> Mountains:
    """Raise mountains over all of the land once, coarsely; valleys lie where the rivers run."""
    cells = int(np.clip(extent_m / 12, 64, 800))
    step = extent_m / cells
    grid = Grid(-8 * step, -8 * step, step, cells + 16, cells + 16)
    heights = eroded_noise(grid, seed, "mountains", 3400)
    low, high = np.quantile(heights, (0.02, 0.995))
    heights = np.clip((heights - low) / (high - low), 0, 1.1)
    for river in rivers:
        valley = LineString(
            gaussian_filter1d(river.course, 60, axis=0, mode="nearest")
        )  # it swings less than its river
        away = step * distance_transform_edt(burn([(valley, 1)], grid) == 0)
        ragged = away + 210 * rough_noise(grid, seed, "valley", 1100, octaves=5)
        kept = 1 - np.exp(-((np.maximum(ragged, 0) / 800) ** 1.6))
        heights = heights * (0.06 + 0.94 * kept) + 0.1 * kept
    return Mountains(grid, np.asarray(heights * biome.relief_m, dtype=np.float32))
