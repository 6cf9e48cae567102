"""The map as an aerial camera sees it: 8-bit true colour with crowns, shadows, waves and sensor noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter

from satseek.synthetic.covers import KINDS, Cover, Crop
from satseek.synthetic.grid import FloatArray
from satseek.synthetic.land import Land
from satseek.synthetic.light import shadows, slope_light
from satseek.synthetic.noise import grain, rng_of, rough_noise, smooth_noise
from satseek.synthetic.paint import PaintedMap
from satseek.synthetic.palette import GRAIN, colour_table, table_of
from satseek.synthetic.trees import TALLER, crowns

GREEN = (Cover.MEADOW, Cover.FOREST, Cover.CONIFER, Cover.SCRUB, Cover.GARDEN, Cover.PARK, Cover.FIELD, Cover.MARSH)
PALENESS = np.float32(0.14)  # air and haze take some colour away
STRIPED = {int(Crop.SOIL): 0.09, int(Crop.ROOTS): 0.12, int(Crop.MAIZE): 0.09, int(Crop.STUBBLE): 0.07,
           int(Crop.GRAIN_RIPE): 0.05, int(Crop.GRAIN_GREEN): 0.05, int(Crop.GRASS): 0.03}  # fmt: skip


def render_rgb(land: Land, map_: PaintedMap) -> NDArray[np.uint8]:
    """Return red, green and blue (3, height, width), 1 to 255; 0 is kept for what was never seen."""
    grid, cover = map_.grid, map_.cover
    rng = rng_of(land.seed, f"camera/{grid.left}/{grid.top}/{grid.resolution}")
    colours = colour_table(land.biome.look)[cover.astype(np.int32) * KINDS + map_.kind]  # (height, width, 3)
    depth = crowns(grid, land.seed, cover, map_.height > 0)
    tree = depth > 0.25
    _colour_trees(land, map_, colours, tree, rng)
    light = _texture(map_, land.seed, tree, rng)
    light *= _relief_light(land, map_)
    light[tree] *= np.clip(slope_light(depth, grid.resolution, land.sun, steepness=0.5), 0.45, 1.45)[tree]
    _colour_water(land, map_, colours, light)
    top = np.maximum(map_.height, np.float32(TALLER) * depth)
    dark = uniform_filter(shadows(top, grid.resolution, land.sun).astype(np.float32), 3)
    light *= 1 - np.float32(0.52) * dark
    colours *= light[..., None]
    grey = colours @ np.array([0.3, 0.59, 0.11], dtype=np.float32)
    picture = np.empty((3, *grid.shape), dtype=np.uint8)
    cool = (1.0, 1.03, 1.14)  # skylight fills the shadows with blue
    fine = grain(grid.shape, rng) * np.float32(1.6)
    for band in range(3):
        seen = PALENESS * grey + (1 - PALENESS) * colours[..., band]
        seen *= 1 + np.float32(cool[band] - 1) * dark
        seen = gaussian_filter(seen, 0.55, truncate=2.0)
        seen += fine + np.float32((6, 7, 10)[band])  # haze
        picture[band] = np.clip(seen * np.float32(1.09), 1, 255).astype(np.uint8)
    return picture


def _colour_trees(
    land: Land, map_: PaintedMap, colours: FloatArray, tree: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Give crowns leaf colours that differ from tree to tree and from stand to stand."""
    table = colour_table(land.biome.look)
    stand = smooth_noise(map_.grid, land.seed, "stand", 160)[tree]
    each = uniform_filter(grain(map_.grid.shape, rng), max(int(5 / map_.grid.resolution), 1))[tree] * 4
    conifer = (map_.cover == Cover.CONIFER)[tree]
    leaf = np.where(conifer[:, None], table[Cover.CONIFER * KINDS], table[Cover.FOREST * KINDS]) * np.float32(1.12)
    warm = np.clip(0.05 * stand + 0.07 * each, -0.2, 0.3)[:, None]
    colours[tree] = leaf * (1 + warm * np.array([1.3, 0.9, 0.3], dtype=np.float32))


def _texture(map_: PaintedMap, seed: int, tree: NDArray[np.bool_], rng: np.random.Generator) -> FloatArray:
    """Return brightness that varies within covers as each of them does, over metres and hundreds of metres."""
    grid, cover = map_.grid, map_.cover
    light = map_.shade.copy()
    metre = gaussian_filter(grain(grid.shape, rng), max(0.8 / grid.resolution, 0.3)) * np.float32(1.8)
    ten = smooth_noise(grid, seed, "ten", max(9.0, 2 * grid.resolution))
    hundred = smooth_noise(grid, seed, "hundred", 120)
    for number, noise in enumerate((metre, ten, hundred)):
        light *= 1 + table_of({c: three[number] for c, three in GRAIN.items()})[cover] * noise
    rows = np.zeros(KINDS, dtype=np.float32)
    for kind, strength in STRIPED.items():
        rows[kind] = strength
    light *= 1 + rows[map_.kind] * map_.stripe
    return light


def _relief_light(land: Land, map_: PaintedMap) -> FloatArray:
    steep = 0.7 if land.biome.mountains else 1.6
    lit = slope_light(map_.relief, map_.grid.resolution, land.sun, steepness=steep)
    np.clip(lit, 0.38, 1.45, out=lit)
    if land.biome.dunes:
        lit *= _dune_light(land, map_)
    flat = np.isin(map_.cover, [int(c) for c in (Cover.SEA, Cover.LAKE, Cover.RIVER, Cover.WAKE)])
    lit[flat] = 1
    return lit


def _dune_light(land: Land, map_: PaintedMap) -> FloatArray:
    """Return light on dunes: crests across the wind, sharp to leeward, in some places and not in others."""
    grid = map_.grid
    bend = 120 * smooth_noise(grid, land.seed, "dunes/bend", 560) + 14 * smooth_noise(grid, land.seed, "dunes/fine", 80)
    along = (grid.x * np.float32(0.5) + grid.y * np.float32(0.87) + bend) / np.float32(110)
    phase = along - np.floor(along)
    crest = np.where(phase < 0.72, phase / np.float32(0.72), (1 - phase) / np.float32(0.28))
    tall = np.clip(rough_noise(grid, land.seed, "dunes/tall", 700, octaves=3), 0, 1.5)
    ripples = np.sin((grid.x * np.float32(0.45) + grid.y * np.float32(0.9) + 3 * bend) * np.float32(2 * np.pi / 13))
    lit = slope_light(
        gaussian_filter(crest, 2 / grid.resolution) * tall * 7 + 0.05 * ripples, grid.resolution, land.sun
    )
    lit[map_.cover != Cover.DESERT] = 1
    return np.asarray(0.5 + 0.5 * lit, dtype=np.float32)


def _colour_water(land: Land, map_: PaintedMap, colours: FloatArray, light: FloatArray) -> None:
    """Make water lighter and greener where it is shallow, and let waves break on the beach."""
    grid = map_.grid
    still = (map_.cover == Cover.LAKE) | (map_.cover == Cover.RIVER)
    if still.any():
        land_near = 1 - uniform_filter(still.astype(np.float32), max(int(16 / grid.resolution), 1))
        light[still] *= 1 + (0.55 * land_near**1.5)[still]
    coast = land.nature.coast
    sea = map_.cover == Cover.SEA
    if coast is None or not sea.any():
        return
    depth = coast.depth(grid)
    open_shore = coast.roughness(grid)  # nothing in a harbour, which is dredged
    shallow = (np.exp(-np.maximum(depth, 0) / 95) * open_shore)[sea][:, None]
    colours[sea] = colours[sea] * (1 - shallow) + np.array([98, 142, 136], dtype=np.float32) * shallow
    bars = rough_noise(grid, land.seed, "sandbars", 240, octaves=4)
    light[sea] *= 1 + (0.14 * bars * np.exp(-np.maximum(depth, 0) / 160) * open_shore)[sea]
    swell = np.sin((depth + 9 * smooth_noise(grid, land.seed, "swell", 60)) * np.float32(2 * np.pi / 26))
    light[sea] *= 1 + (0.045 * swell * np.exp(-np.maximum(depth, 0) / 320) * open_shore)[sea]
    ragged = depth + 5 * smooth_noise(grid, land.seed, "surf", 22) + 4 * swell
    breakers = smooth_noise(grid, land.seed, "breakers", 150) * 5
    surf = sea & (open_shore > 0.5)
    for start, width in ((1.5, 5.0), (19.0, 3.2), (37.0, 2.0)):
        line = surf & (ragged > start) & (ragged < start + width + breakers)
        colours[line] = 0.35 * colours[line] + 0.65 * np.array([216, 226, 226], dtype=np.float32)
