"""How farmed land is parted: blocks between tracks, parcels with one crop each, rows, hedges, pivots, paddies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.synthetic.biomes import Biome, Farming
from satseek.synthetic.covers import Cover, Crop
from satseek.synthetic.grid import FloatArray, Grid
from satseek.synthetic.noise import rng_of, smooth_noise

Numbers = NDArray[np.intp]
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


@dataclass(frozen=True)
class Parcels:
    """The farmed cells of a map, one after another, and how the parcels they belong to lie."""

    number: Numbers  # of the parcel
    inner: FloatArray  # metres to the parcel's edge; below 0 outside a round field
    rows: FloatArray  # the coordinate that crop rows are counted on
    block: Numbers
    to_track: FloatArray  # metres to the edge of the block


def farmed(
    grid: Grid, seed: int, biome: Biome, crops: dict[Crop, int], cover: NDArray[np.uint8], *, tracks: bool
) -> Fields:
    """Part the FIELD cells of a cover map and its pastures into parcels, in place, and return their traits."""
    grazed = biome.farming in ("strips", "squares") and not biome.mountains
    farm = (cover == Cover.FIELD) | ((cover == Cover.MEADOW) & grazed)
    ground = cover[farm]
    is_field, pasture = ground == Cover.FIELD, ground == Cover.MEADOW
    parcels = _parcels(grid, seed, biome.farming, farm)
    if biome.farming == "pivots":
        ground[is_field & (parcels.inner < 0)] = biome.ground
    traits = rng_of(seed, "parcels")
    weights = np.array(list(crops.values()), dtype=float)
    kinds = traits.choice(np.array([int(crop) for crop in crops], dtype=np.uint8), TABLE, p=weights / weights.sum())
    shade = _drawn(traits, 0.84, 1.14)[parcels.number]
    stripe = _rows(grid, parcels.rows, _drawn(traits, 3.2, 6.5)[parcels.number])
    ragged = smooth_noise(grid, seed, "gaps", 45)[farm] if biome.farming == "strips" else parcels.inner
    _edge(biome, ground, is_field, pasture, parcels, ragged, traits)
    if tracks:
        _tracks(biome, ground, is_field, pasture, parcels, traits)
    shade = np.where(pasture, 0.5 + 0.5 * shade, shade)
    cover[farm] = ground
    return Fields(
        _spread(farm, kinds[parcels.number], 0),
        _spread(farm, shade, 1),
        _spread(farm, np.where(is_field, stripe, 0), 0),
    )


def _parcels(grid: Grid, seed: int, farming: Farming, farm: NDArray[np.bool_]) -> Parcels:
    rng = rng_of(seed, "fields")
    long, short = (np.float32(side) for side in BLOCKS[farming])
    u, v = _warped(grid, seed, farming, float(rng.uniform(0, np.pi)))
    u, v = u[farm], v[farm]
    block_u, block_v = np.floor(u / long), np.floor(v / short)
    s, t = u - block_u * long, v - block_v * short
    block = _mixed(block_u, block_v)
    to_track = np.minimum(np.minimum(s, long - s), np.minimum(t, short - t))
    if farming == "pivots":
        return Parcels(*_pivots(s, t, float(long), block), block, to_track)
    turned = (rng.random(TABLE) < 0.5)[block]
    across, along = np.where(turned, t, s), np.where(turned, s, t)  # strips lie side by side across
    return Parcels(*_strips(rng, farming, block, across, along), block, to_track)


def _edge(
    biome: Biome,
    ground: NDArray[np.uint8],
    is_field: NDArray[np.bool_],
    pasture: NDArray[np.bool_],
    parcels: Parcels,
    ragged: FloatArray,
    traits: np.random.Generator,
) -> None:
    """Give some parcels over to woods and orchards, and part the others by hedges, banks and grass."""
    role, hedge = _drawn(traits, 0, 1)[parcels.number], _drawn(traits, 0, 1)[parcels.number]
    inner = parcels.inner
    if biome.farming == "strips":
        ground[is_field & (role < 0.05)] = Cover.FOREST
        ground[is_field & (role > 0.97)] = Cover.ORCHARD
        edge = (inner < 3.2) & (inner < np.float32(1.4) + np.float32(2.4) * ragged)
        ground[edge & ((is_field & (hedge < 0.4)) | (pasture & (hedge < 0.75)))] = Cover.HEDGE
        ground[is_field & (hedge >= 0.4) & (inner < 1.3)] = Cover.MEADOW
    elif biome.farming == "paddies":
        ground[is_field & (inner < 1.1)] = Cover.MEADOW
        ground[is_field & (role < 0.06)] = Cover.ORCHARD
    elif biome.farming == "squares":
        ground[is_field & (inner < 2.5)] = Cover.MEADOW
        ground[is_field & (role < 0.02)] = Cover.FOREST


def _tracks(
    biome: Biome,
    ground: NDArray[np.uint8],
    is_field: NDArray[np.bool_],
    pasture: NDArray[np.bool_],
    parcels: Parcels,
    traits: np.random.Generator,
) -> None:
    """Lay farm tracks between the blocks: by all fields, by some pastures."""
    wide = 3.4 if biome.farming == "squares" else 2.1
    ground[is_field & (parcels.to_track < wide + 2.2)] = Cover.MEADOW if biome.look != "arid" else biome.ground
    tracked = is_field | (pasture & (_drawn(traits, 0, 1) < 0.35)[parcels.block])
    ground[tracked & (parcels.to_track < wide)] = Cover.TRACK


def _spread(farm: NDArray[np.bool_], values: NDArray[Any], elsewhere: int) -> NDArray[Any]:
    """Return values of farmed cells on the whole map."""
    whole = np.full(farm.shape, elsewhere, dtype=values.dtype)
    whole[farm] = values
    return whole


def _drawn(rng: np.random.Generator, least: float, most: float) -> FloatArray:
    """Return one random number for each set of traits."""
    return rng.uniform(least, most, TABLE).astype(np.float32)


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
    rng: np.random.Generator, farming: Farming, block: Numbers, across: FloatArray, along: FloatArray
) -> tuple[Numbers, FloatArray, FloatArray]:
    """Return parcel numbers, metres to the parcel's edge and the coordinate that rows are counted on."""
    least, most = {"strips": (55, 190), "squares": (200, 402), "pivots": (0, 0), "paddies": (24, 60)}[farming]
    width = _drawn(rng, least, most)[block]
    length = _drawn(rng, 1.6, 4.2)[block] * width
    uneven = np.sin(across / width * np.float32(2.33) + _drawn(rng, 0, 6.3)[block])
    uneven = across + np.float32(0.22) * width * uneven
    strip = np.floor(uneven / width)
    at_strip = uneven - strip * width
    strip_id = _mixed(strip, block)
    shifted = along + _drawn(rng, 0, 900)[strip_id]
    piece = np.floor(shifted / length)
    at_piece = shifted - piece * length
    inner = np.minimum(np.minimum(at_strip, width - at_strip), np.minimum(at_piece, length - at_piece))
    return _mixed(piece, strip_id), inner, across


def _pivots(s: FloatArray, t: FloatArray, size: float, block: Numbers) -> tuple[Numbers, FloatArray, FloatArray]:
    """Return the same for fields watered by an arm that turns about the middle: circles, some cut like cakes."""
    s, t = s - np.float32(size / 2), t - np.float32(size / 2)
    radius = np.hypot(s, t)
    turn = np.arctan2(t, s)
    cuts = np.array([1, 1, 2, 3], dtype=np.float32)[block % 4]
    slice_ = np.floor((turn + np.float32(np.pi) + block.astype(np.float32)) / (np.float32(2 * np.pi) / cuts))
    return _mixed(slice_, block), np.float32(size / 2 - 12) - radius, radius


def _rows(grid: Grid, at: FloatArray, spacing: FloatArray) -> FloatArray:
    """Return the brightness of rows and, every 24 m, of the wheel tracks between them, as far as cells can show it."""
    seen, seen_wheels = np.clip(3.2 / (2 * grid.resolution) - 0.45, 0, 1), np.clip(2 / grid.resolution - 0.6, 0, 1.2)
    if seen == seen_wheels == 0:
        return np.zeros_like(at)
    rows = np.sin(at / spacing * np.float32(2 * np.pi)) * np.float32(seen)
    lane = np.abs((at / np.float32(24)) % 1 - np.float32(0.5)) * np.float32(24)
    wheel = (np.abs(lane - np.float32(1.0)) < 0.55) * np.float32(seen_wheels)
    return np.asarray(np.float32(0.55) * rows - wheel, dtype=np.float32)


def _mixed(first: FloatArray, second: FloatArray | Numbers) -> Numbers:
    """Return a number below TABLE for each pair of whole numbers."""
    a = first.astype(np.int32) * np.int32(7919)
    b = second.astype(np.int32) * np.int32(10473)
    mixed = (a ^ (b << np.int32(3))) + (a >> np.int32(5)) * np.int32(31)
    return np.asarray((mixed ^ (mixed >> np.int32(11))) & np.int32(TABLE - 1), dtype=np.intp)
