"""The map as Sentinel-1 sees it: VV and VH backscatter in dB, with speckle, layover, radar shadow and dark water."""

from __future__ import annotations

import numpy as np

from satseek.synthetic.covers import KINDS, Cover, Crop
from satseek.synthetic.grid import FloatArray, averaged
from satseek.synthetic.land import Land
from satseek.synthetic.noise import rng_of, rough_noise, smooth_noise
from satseek.synthetic.paint import PaintedMap

S1_BANDS = ("VV", "VH")
LOOKS = 4.4  # independent looks of a ground-range product: how much speckle is left
INCIDENCE = np.radians(38.0)
NOISE_FLOOR_DB = (-27.0, -30.0)

BACKSCATTER_DB: dict[Cover, tuple[float, float]] = {
    Cover.MEADOW: (-12.5, -18.8), Cover.FOREST: (-8.3, -13.6), Cover.CONIFER: (-9.2, -14.6),
    Cover.SCRUB: (-11.5, -17.5), Cover.FIELD: (-11.2, -17.8), Cover.ORCHARD: (-10.0, -15.6),
    Cover.DESERT: (-17.5, -27.0), Cover.ROCK: (-9.8, -17.2), Cover.STONES: (-9.8, -17.2),
    Cover.SNOW: (-14.0, -22.0), Cover.SEA: (-19.5, -29.0),
    Cover.RIVER: (-21.5, -29.0), Cover.LAKE: (-22.5, -29.5), Cover.BEACH: (-16.5, -25.0),
    Cover.GARDEN: (-9.5, -15.8), Cover.PARK: (-9.5, -15.0), Cover.HEDGE: (-8.5, -14.0), Cover.TRACK: (-14.5, -21.5),
    Cover.ROAD: (-16.5, -23.5), Cover.PAVED: (-13.0, -20.5), Cover.RUNWAY: (-19.5, -27.5), Cover.TURF: (-14.0, -20.5),
    Cover.PAINT: (-19.0, -27.0), Cover.ROOF: (-5.0, -12.5), Cover.TANK: (0.0, -10.0), Cover.PANEL: (-7.0, -17.0),
    Cover.TARTAN: (-16.0, -23.0), Cover.PLANE: (-1.0, -11.0), Cover.HULL: (4.0, -6.5), Cover.CARGO: (3.0, -7.5),
    Cover.WAKE: (-18.0, -27.5), Cover.DIRT: (-13.5, -20.5), Cover.MARSH: (-13.0, -19.5),
}  # fmt: skip

CROP_DB: dict[Crop, tuple[float, float]] = {
    # beside the plain field: broad leaves scatter more, ripe stalks and smooth soil less
    Crop.GRAIN_GREEN: (-1.5, -0.8), Crop.GRAIN_RIPE: (-0.6, -1.0), Crop.MAIZE: (1.2, 1.4), Crop.RAPE: (0.8, 2.2),
    Crop.GRASS: (-1.2, -0.8), Crop.SOIL: (-2.2, -3.6), Crop.STUBBLE: (-1.4, -2.4), Crop.ROOTS: (1.4, 1.2),
    Crop.PADDY: (-4.5, -4.0), Crop.FALLOW: (-1.6, -1.8),
}  # fmt: skip


def render_s1(land: Land, map_: PaintedMap, *, every: int = 1) -> FloatArray:
    """Return VV and VH (2, height, width) in dB; each pixel is the mean power of every × every cells, then speckled."""
    grid = map_.grid
    rng = rng_of(land.seed, f"sar/{grid.left}/{grid.top}/{grid.resolution}/{every}")
    step = 1 if rng_of(land.seed, "orbit").random() < 0.5 else -1  # the radar looks east, or west
    moist = rough_noise(grid, land.seed, "moist", 900, octaves=3)
    geometry = _geometry(map_, step)
    echoes = _wall_echoes(map_, step)
    codes = map_.cover.astype(np.int32) * KINDS + map_.kind
    parcel = np.where(map_.cover == Cover.FIELD, (map_.shade - 1) * 14, np.float32(0))
    wind = np.where(map_.cover == Cover.SEA, 1.3 * smooth_noise(grid, land.seed, "wind", 1600), np.float32(0))
    local = np.power(np.float32(10), (0.6 * moist + parcel + wind) / 10) * geometry
    bands = []
    for band in (0, 1):
        power = _powers(band)[codes] * local
        power += echoes * np.float32((1.0, 0.11)[band])
        seen = averaged(power, every)
        speckle = rng.gamma(LOOKS, 1 / LOOKS, seen.shape).astype(np.float32)
        floor = np.float32(10 ** (NOISE_FLOOR_DB[band] / 10))
        bands.append(10 * np.log10((seen + floor) * speckle))
    return np.asarray(np.clip(np.stack(bands), -50, 25), dtype=np.float32)


def _powers(band: int) -> FloatArray:
    """Return the mean linear backscatter of every cover and kind."""
    table = np.zeros((max(Cover) + 1, KINDS), dtype=np.float32)
    for cover, values in BACKSCATTER_DB.items():
        table[cover] = values[band]
    for crop, beside in CROP_DB.items():
        table[Cover.FIELD, crop] += beside[band]
    table[Cover.SEA, 1] -= 2.0  # sheltered water in a harbour
    return np.power(np.float32(10), table.reshape(-1) / 10)


def _geometry(map_: PaintedMap, step: int) -> FloatArray:
    """Return how much more power slopes send back that face the radar, and how little those that lie in its shadow."""
    across = np.gradient(map_.relief, map_.grid.resolution, axis=1) * step  # rising away from the radar
    local = INCIDENCE - np.arctan(across)
    facing = np.clip(np.tan(INCIDENCE) / np.tan(np.clip(local, 0.06, 1.55)), 0.06, 9.0)
    return np.asarray(np.where(local > 1.5, 0.02, facing), dtype=np.float32)


def _wall_echoes(map_: PaintedMap, step: int) -> FloatArray:
    """Return the power of walls that face the radar, laid over towards it, and nothing where walls shade the ground."""
    height = map_.height
    echo = np.zeros_like(height)
    rise = height - np.roll(height, step, axis=1)  # higher than the neighbour nearer to the radar
    metal = np.isin(map_.cover, (int(Cover.HULL), int(Cover.CARGO), int(Cover.TANK)))
    wall = np.clip(rise, 0, 30) * np.where(metal, np.float32(0.55), np.float32(0.22))
    wall /= np.float32(map_.grid.resolution)
    far = int(np.clip(round(12 / np.tan(INCIDENCE) / map_.grid.resolution), 1, 12))
    for cells in range(far + 1):  # a high wall's echo reaches farther towards the radar
        reaches = np.clip(1.3 * height / np.float32(map_.grid.resolution) - cells, 0, 1)
        echo += np.roll(wall * reaches, -step * cells, axis=1) / (far + 1) * 2
    return echo
