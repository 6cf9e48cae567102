"""The map as Sentinel-2 sees it: surface reflectance in twelve bands, each as sharp as its own detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.synthetic.covers import KINDS, Cover
from satseek.synthetic.grid import FloatArray, Grid, averaged
from satseek.synthetic.land import Land
from satseek.synthetic.light import slope_light
from satseek.synthetic.noise import rng_of, rough_noise, smooth_noise
from satseek.synthetic.paint import PaintedMap
from satseek.synthetic.spectra import NATIVE_METRES, S2_BANDS, spectrum_table

SCL = {"nodata": 0, "shadow": 3, "vegetation": 4, "bare": 5, "water": 6, "cloud": 9, "snow": 11}
CLOUD_SPECTRUM = (0.62, 0.60, 0.59, 0.60, 0.61, 0.62, 0.63, 0.64, 0.63, 0.45, 0.42, 0.32)
GREEN_COVERS = [int(c) for c in Cover if c in (1, 2, 3, 4, 5, 6, 14, 15, 16, 21, 32)]


@dataclass(frozen=True)
class Clouds:
    """How thick clouds lie over each cell, 0 to 1, and how dark their shadows are."""

    thickness: FloatArray
    shadow: FloatArray


def render_s2(land: Land, map_: PaintedMap, *, every: int = 1, cloud_share: float = 0.0) -> FloatArray:
    """Return reflectance (12, height, width) in the order of S2_BANDS, each pixel the mean of every × every cells."""
    grid = map_.grid
    green = np.isin(map_.cover, GREEN_COVERS)
    vigour = 0.13 * rough_noise(grid, land.seed, "vigour", 420, octaves=4)
    codes = map_.cover.astype(np.int32) * KINDS + map_.kind
    spectra = spectrum_table(land.biome.look)
    light = np.clip(slope_light(map_.relief, grid.resolution, land.sun), 0.25, 1.6)
    light *= np.clip(map_.shade, 0.8, 1.2)
    light *= 1 + 0.05 * smooth_noise(grid, land.seed, "hundred", 120)
    wet = np.isin(map_.cover, [int(c) for c in (Cover.SEA, Cover.LAKE, Cover.RIVER)])
    light[wet] = 1
    lift = np.where(green, vigour, np.float32(0))
    # a lusher stand is brighter in the near infrared, and darker where leaves and their water absorb
    near_infrared, elsewhere = light * (1 + lift), light * (1 - np.float32(0.9) * lift)
    clouds = clouds_over(land, map_.grid, cloud_share, every)
    rng = rng_of(land.seed, f"msi/{grid.left}/{grid.top}/{grid.resolution}/{every}")
    bands = []
    for number, name in enumerate(S2_BANDS):
        seen = np.ascontiguousarray(spectra[:, number])[codes]
        seen *= near_infrared if name in ("B06", "B07", "B08", "B8A", "B09") else elsewhere
        seen = _as_sharp_as(averaged(seen, every), NATIVE_METRES[number] / (grid.resolution * every))
        if clouds is not None:
            seen = seen * (1 - 0.62 * clouds.shadow) * (1 - clouds.thickness) + (
                clouds.thickness * np.float32(CLOUD_SPECTRUM[number])
            )
        noise = rng.standard_normal(seen.shape, dtype=np.float32)
        bands.append(np.clip(seen + 0.0015 * noise, 0.0005, 1.6))
    return np.stack(bands).astype(np.float32)


def scene_classes(land: Land, map_: PaintedMap, *, every: int, cloud_share: float) -> NDArray[np.uint8]:
    """Return the scene classification (SCL) that goes with the reflectance, from the map's own truth."""
    cover = map_.cover[every // 2 :: every, every // 2 :: every]
    classes = np.full(cover.shape, SCL["bare"], dtype=np.uint8)
    classes[np.isin(cover, GREEN_COVERS)] = SCL["vegetation"]
    classes[np.isin(cover, [int(c) for c in (Cover.SEA, Cover.LAKE, Cover.RIVER, Cover.WAKE)])] = SCL["water"]
    classes[cover == Cover.SNOW] = SCL["snow"]
    clouds = clouds_over(land, map_.grid, cloud_share, every)
    if clouds is not None:
        classes[clouds.shadow > 0.4] = SCL["shadow"]
        classes[clouds.thickness > 0.35] = SCL["cloud"]
    return classes


def clouds_over(land: Land, grid: Grid, share: float, every: int) -> Clouds | None:
    """Return heaps of fair-weather cloud over about a share of the sky, and their shadows; None for a clear sky."""
    if share <= 0:
        return None
    coarse = Grid(grid.left, grid.top, grid.resolution * every, grid.width // every, grid.height // every)
    heaps = rough_noise(coarse, land.seed, "clouds", 1700, octaves=7, gain=0.6)
    level = np.quantile(heaps, 1 - min(share, 0.95))
    thickness = np.clip((heaps - level) * 1.8 + 0.35, 0, 0.97)
    away = 900 / coarse.resolution  # clouds hang about a kilometre high
    shift = (round(away * np.cos(land.sun)), round(-away * np.sin(land.sun)))
    shadow = np.roll(thickness, shift, axis=(0, 1)) * (1 - thickness)
    return Clouds(thickness.astype(np.float32), shadow.astype(np.float32))


def _as_sharp_as(values: FloatArray, cells: float) -> FloatArray:
    """Return values as a detector sees them whose pixels are so many cells wide."""
    size = round(cells)
    if size < 2 or min(values.shape) < size:
        return values
    rows, columns = (-(-side // size) * size for side in values.shape)
    padded = np.pad(values, ((0, rows - values.shape[0]), (0, columns - values.shape[1])), mode="edge")
    coarse = padded.reshape(rows // size, size, columns // size, size).mean(axis=(1, 3))
    sharp = np.repeat(np.repeat(coarse, size, axis=0), size, axis=1)
    return np.asarray(sharp[: values.shape[0], : values.shape[1]], dtype=np.float32)
