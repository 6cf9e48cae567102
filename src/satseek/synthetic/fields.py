"""How farmed land is parted: blocks between tracks, parcels with one crop each, rows, hedges, pivots, paddies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.synthetic.biomes import Biome, Farming
from satseek.synthetic.covers import Cover, Crop
from satseek.synthetic.grid import FloatArray, Grid
from satseek.synthetic.noise import rng_of, smooth_noise

TABLE = 4096  # parcels share this many sets of traits; neighbours practically never share one
BLOCKS: dict[Farming, tuple[float, float]] = {
    "strips": (760.0, 540.0),
    "squares": (805.0, 805.0),
    "pivots": (820.0, 820.0),
    "paddies": (420.0, 300.0),
}


@dataclass(frozen=True)
class Fields:
    """The painted traits of farmed cells; elsewhere they mean nothing."""

    kind: NDArray[np.uint8]  # Crop
    shade: FloatArray
    stripe: FloatArray  # rows and tramlines, about -1 to 1


def farmed(
    grid: Grid, seed: int, biome: Biome, crops: dict[Crop, int], cover: NDArray[np.uint8], *, tracks: bool
) -> Fields:
    """Part the FIELD cells of a cover map into parcels, in place, and return their traits."""
    rng = rng_of(seed, "fields")
    long, short = BLOCKS[biome.farming]
    u, v = _warped(grid, seed, biome.farming, float(rng.uniform(0, np.pi)))
    block_u, block_v = np.floor(u / np.float32(long)), np.floor(v / np.float32(short))
    s, t = u - block_u * np.float32(long), v - block_v * np.float32(short)
    block = _mixed(block_u, block_v)
    to_edge = np.minimum(np.minimum(s, long - s), np.minimum(t, short - t))
    turned = (rng.random(TABLE) < 0.5)[block]
    across, along = np.where(turned, t, s), np.where(turned, s, t)  # strips lie side by side across
    if biome.farming == "pivots":
        parcel, inner, rows = _pivots(s, t, long, block)
        off = inner < 0
        cover[off & (cover == Cover.FIELD)] = biome.ground
    else:
        parcel, inner, rows = _strips(rng, biome.farming, block, across, along)
    traits = rng_of(seed, "parcels")
    weights = np.array(list(crops.values()), dtype=float)
    kind = traits.choice(np.array([int(crop) for crop in crops], dtype=np.uint8), TABLE, p=weights / weights.sum())
    shade = traits.uniform(0.84, 1.14, TABLE).astype(np.float32)[parcel]
    spacing = traits.uniform(3.2, 6.5, TABLE).astype(np.float32)[parcel]
    is_field = cover == Cover.FIELD
    pasture = (cover == Cover.MEADOW) & (biome.farming in ("strips", "squares") and not biome.mountains)
    role, hedge = traits.random(TABLE).astype(np.float32)[parcel], traits.random(TABLE).astype(np.float32)[parcel]
    _edge(grid, seed, biome, cover, is_field, pasture, inner, role, hedge)
    if tracks:
        wide = 3.4 if biome.farming == "squares" else 2.1
        verge = is_field & (to_edge < wide + 2.2)
        cover[verge] = Cover.MEADOW if biome.look != "arid" else biome.ground
        lonely = (rng.random(TABLE) < 0.35)[block]
        cover[(is_field | (pasture & lonely)) & (to_edge < wide)] = Cover.TRACK
    shade = np.where(is_field, shade, np.where(pasture, 0.5 + 0.5 * shade, np.float32(1)))
    return Fields(kind[parcel], shade, _rows(grid, rows, spacing))


def _edge(
    grid: Grid,
    seed: int,
    biome: Biome,
    cover: NDArray[np.uint8],
    is_field: NDArray[np.bool_],
    pasture: NDArray[np.bool_],
    inner: FloatArray,
    role: FloatArray,
    hedge: FloatArray,
) -> None:
    """Give some parcels over to woods and orchards, and part the others by hedges, banks and grass."""
    if biome.farming == "strips":
        cover[is_field & (role < 0.05)] = Cover.FOREST
        cover[is_field & (role > 0.97)] = Cover.ORCHARD
        ragged = np.float32(1.4) + np.float32(2.4) * smooth_noise(grid, seed, "gaps", 45)
        edge = (inner < 3.2) & (inner < ragged)
        cover[edge & ((is_field & (hedge < 0.4)) | (pasture & (hedge < 0.75)))] = Cover.HEDGE
        cover[is_field & (hedge >= 0.4) & (inner < 1.3)] = Cover.MEADOW
    elif biome.farming == "paddies":
        cover[is_field & (inner < 1.1)] = Cover.MEADOW
        cover[is_field & (role < 0.06)] = Cover.ORCHARD
    elif biome.farming == "squares":
        cover[is_field & (inner < 2.5)] = Cover.MEADOW
        cover[is_field & (role < 0.02)] = Cover.FOREST


def _warped(grid: Grid, seed: int, farming: Farming, angle: float) -> tuple[FloatArray, FloatArray]:
    """Return block coordinates: turned and gently bent, except where surveyors laid out squares."""
    bend = {"strips": 150.0, "squares": 0.0, "pivots": 0.0, "paddies": 120.0}[farming]
    if farming == "squares":
        angle = 0.03
    x, y = grid.x, grid.y
    if bend:
        x = x + np.float32(bend) * smooth_noise(grid, seed, "bend/x", 1500)
        y = y + np.float32(bend) * smooth_noise(grid, seed, "bend/y", 1500)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * cos + y * sin, y * cos - x * sin


def _strips(
    rng: np.random.Generator, farming: Farming, block: NDArray[np.int32], across: FloatArray, along: FloatArray
) -> tuple[NDArray[np.int32], FloatArray, FloatArray]:
    """Return parcel numbers, metres to the parcel's edge and the coordinate that rows are counted on."""
    least, most = {"strips": (55, 190), "squares": (200, 402), "pivots": (0, 0), "paddies": (24, 60)}[farming]
    width = rng.uniform(least, most, TABLE).astype(np.float32)[block]
    length = rng.uniform(1.6, 4.2, TABLE).astype(np.float32)[block] * width
    phase = rng.uniform(0, 6.3, TABLE).astype(np.float32)[block]
    uneven = across + np.float32(0.22) * width * np.sin(across / width * np.float32(2.33) + phase)
    strip = np.floor(uneven / width)
    at_strip = uneven - strip * width
    strip_id = _mixed(strip, block)
    shifted = along + rng.uniform(0, 900, TABLE).astype(np.float32)[strip_id]
    piece = np.floor(shifted / length)
    at_piece = shifted - piece * length
    inner = np.minimum(np.minimum(at_strip, width - at_strip), np.minimum(at_piece, length - at_piece))
    return _mixed(piece, strip_id), inner, across


def _pivots(
    s: FloatArray, t: FloatArray, size: float, block: NDArray[np.int32]
) -> tuple[NDArray[np.int32], FloatArray, FloatArray]:
    """Return the same for fields watered by an arm that turns about the middle: circles, some cut like cakes."""
    s, t = s - np.float32(size / 2), t - np.float32(size / 2)
    radius = np.hypot(s, t)
    turn = np.arctan2(t, s)
    cuts = np.array([1, 1, 2, 3])[block % 4]
    slice_ = np.floor((turn + np.pi + block) / (2 * np.pi / cuts))
    return _mixed(slice_, block), np.float32(size / 2 - 12) - radius, radius


def _rows(grid: Grid, at: FloatArray, spacing: FloatArray) -> FloatArray:
    """Return the brightness of rows and, every 24 m, of the wheel tracks between them."""
    rows = np.sin(at / spacing * np.float32(2 * np.pi)) * np.float32(np.clip(3.2 / (2 * grid.resolution) - 0.45, 0, 1))
    lane = np.abs((at / np.float32(24)) % 1 - np.float32(0.5)) * np.float32(24)
    wheel = (np.abs(lane - np.float32(1.0)) < 0.55) * np.float32(np.clip(2 / grid.resolution - 0.6, 0, 1.2))
    return np.asarray(0.55 * rows - wheel, dtype=np.float32)


def _mixed(first: FloatArray, second: FloatArray | NDArray[np.int32]) -> NDArray[np.int32]:
    """Return a number below TABLE for each pair of whole numbers."""
    a = first.astype(np.int32) * np.int32(7919)
    b = second.astype(np.int32) * np.int32(10473)
    mixed = (a ^ (b << np.int32(3))) + (a >> np.int32(5)) * np.int32(31)
    return np.asarray((mixed ^ (mixed >> np.int32(11))) & np.int32(TABLE - 1), dtype=np.int32)
