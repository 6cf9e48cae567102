"""Painting a land's plan onto a grid: the one map that every sensor is rendered from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from satseek.synthetic.biomes import crops_of
from satseek.synthetic.covers import LABEL_OF_COVER, ZONE_LABELS, Cover
from satseek.synthetic.fields import farmed
from satseek.synthetic.grid import FloatArray, Grid
from satseek.synthetic.land import Land
from satseek.synthetic.nature import burn
from satseek.synthetic.things import within

THINNEST_PAINT_M = 2.0
REPLACED = {
    "meadow": Cover.MARSH,
    "scrub": Cover.MEADOW,
    "sea": Cover.MEADOW,
    "desert": Cover.MEADOW,
    "road": Cover.MEADOW,
}


@dataclass(frozen=True)
class PaintedMap:
    """What is in every cell of a grid."""

    grid: Grid
    cover: NDArray[np.uint8]  # Cover
    kind: NDArray[np.uint8]  # which crop, roof, colour …
    shade: FloatArray  # brightness beside others of the same kind
    stripe: FloatArray  # crop rows, on fields
    height: FloatArray  # metres above the ground, of what people built
    relief: FloatArray  # the ground's height in metres
    zone: NDArray[np.uint8]  # ZONE_LABELS index + 1, 0 for open country


def painted(land: Land, grid: Grid) -> PaintedMap:
    """Paint nature, then fields, then towns and works, then single things."""
    relief = land.nature.relief(grid)
    cover = land.nature.covers(grid, relief)
    crops = crops_of(land.biome, land.place.seen.month, south=land.place.south)
    fields = farmed(grid, land.seed, land.biome, crops, cover, tracks="road" not in land.without)
    is_field = cover == Cover.FIELD
    kind = np.where(is_field, fields.kind, np.uint8(0))
    shade, stripe = fields.shade, fields.stripe
    zone = _zones(land, grid, cover, kind, shade, stripe)
    height = _things(land, grid, cover, kind, shade, stripe)
    _leave_out(land, cover)
    return PaintedMap(grid, cover, kind, shade, stripe, height, relief, zone)


def _zones(
    land: Land,
    grid: Grid,
    cover: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    shade: FloatArray,
    stripe: FloatArray,
) -> NDArray[np.uint8]:
    """Paint the ground of towns and works; water that runs through stays, except under a harbour."""
    burnt = burn([(zone.shape, number + 1) for number, zone in enumerate(land.zones)], grid)
    labels = np.array([0] + [ZONE_LABELS.index(zone.label) + 1 for zone in land.zones], dtype=np.uint8)
    grounds = np.array([0] + [int(zone.ground or 0) for zone in land.zones], dtype=np.uint8)
    ground = grounds[burnt]
    wet = np.isin(cover, (int(Cover.SEA), int(Cover.RIVER), int(Cover.LAKE)))
    built = (ground > 0) & ~wet
    cover[built] = ground[built]
    kind[built] = 0
    shade[built] = 1
    stripe[built] = 0
    return labels[burnt]


def _things(
    land: Land,
    grid: Grid,
    cover: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    shade: FloatArray,
    stripe: FloatArray,
) -> FloatArray:
    """Paint single things in their order and return how high they stand; the sea and lakes stay free of streets."""
    coarse = grid.resolution > THINNEST_PAINT_M  # where dashes on a road would make it flicker
    things = within((t for t in land.things if not (coarse and t.cover == Cover.PAINT)), grid.box)
    shapes: list[tuple[BaseGeometry, int]] = [(thing.shape, number + 1) for number, thing in enumerate(things)]
    burnt = burn(shapes, grid)
    at_sea = {Cover.HULL, Cover.CARGO, Cover.WAKE, Cover.SEA, Cover.PAVED, Cover.STONES, Cover.ROOF, Cover.ROAD}
    floats = np.array([False] + [t.cover in at_sea or t.height > 0 for t in things])
    wet = np.isin(cover, (int(Cover.SEA), int(Cover.RIVER), int(Cover.LAKE)))
    here = (burnt > 0) & (~wet | floats[burnt])
    number = burnt[here]
    cover[here] = np.array([0] + [int(thing.cover) for thing in things], dtype=np.uint8)[number]
    kind[here] = np.array([0] + [thing.kind for thing in things], dtype=np.uint8)[number]
    shade[here] = np.array([0] + [thing.shade for thing in things], dtype=np.float32)[number]
    stripe[here] = 0
    height = np.zeros(grid.shape, dtype=np.float32)
    height[here] = np.array([0] + [thing.height for thing in things], dtype=np.float32)[number]
    return height


def _leave_out(land: Land, cover: NDArray[np.uint8]) -> None:
    """Turn the covers of labels that the land is to be without into plain ground."""
    for code, label in LABEL_OF_COVER.items():
        if label in land.without:
            plain = land.biome.ground if LABEL_OF_COVER.get(land.biome.ground) != label else Cover.SCRUB
            cover[cover == code] = REPLACED.get(label, plain)
