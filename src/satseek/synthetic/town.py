"""Towns: districts of street blocks, each district turned its own way, kept off the water and joined by bridges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.prepared import prep

from satseek.synthetic.blocks import Block, Builder
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Points, Thing, Zone, blob

STREET, AVENUE = 8.0, 17.0  # metres between blocks
AVENUE_EVERY = 4


@dataclass(frozen=True)
class District:
    """One part of a town with one direction of streets: the corners of its blocks on a bent lattice."""

    corners: Points  # (rows + 1, columns + 1, 2)
    wide_rows: NDArray[np.bool_]
    wide_columns: NDArray[np.bool_]


def town(
    builder: Builder, frame: Frame, radius: float, *, dense: bool, water: BaseGeometry, crossable: BaseGeometry
) -> tuple[Zone, list[Thing]]:
    """Return a town about a frame: tall and tight in the middle, houses with gardens outside.

    No block stands in the `water`; avenues bridge what of it is `crossable`.
    """
    rng = builder.rng
    area = blob(rng, frame.x, frame.y, radius, wobble=0.3)
    centre = prep(blob(rng, frame.x, frame.y, radius * (0.55 if dense else 0.33), wobble=0.3))
    dry = prep(area.difference(water.buffer(16)))
    centres = _centres(rng, frame, radius)
    quads: list[Polygon] = []
    built: list[Thing] = []
    avenues: list[LineString] = []
    for number in range(len(centres)):
        turn = rng.uniform(0.3, 1.2) * (1 if number % 2 else 0)
        district = _district(
            rng, Frame(float(centres[number, 0]), float(centres[number, 1]), frame.angle + turn), radius * 1.25
        )
        avenues += _avenues(district, centres, number)
        for quad, block in _blocks(district):
            corners = shapely.get_coordinates(quad)[:4]
            if not (_nearest(corners, centres) == number).all() or not dry.contains(quad):
                continue
            away = np.hypot(block.frame.x - frame.x, block.frame.y - frame.y) / radius
            if rng.random() < (away - 0.7) * 0.8:  # the edge is ragged
                continue
            quads.append(quad)
            central = centre.contains(quad.centroid)
            built += _ground(quad, central) + builder.block(block, central=central, dense=dense)
    together = shapely.union_all(quads)
    streets = together.buffer(4.5, join_style="mitre")
    shape = streets.buffer(26).buffer(-24).difference(water)
    things = [Thing(shape.intersection(area), Cover.GARDEN), Thing(streets, Cover.ROAD)]
    return Zone("town", shape, Cover.GARDEN), things + built + _bridges(avenues, streets, crossable)


def _centres(rng: np.random.Generator, frame: Frame, radius: float) -> Points:
    """Return the middles of one to three districts, the first at the town's own."""
    count = 1 if radius < 260 else int(rng.integers(2, 4))
    turns = rng.uniform(0, 2 * np.pi) + np.arange(count - 1) * rng.uniform(1.8, 2.6)
    away = radius * rng.uniform(0.75, 1.0, count - 1)
    others = np.stack([frame.x + away * np.cos(turns), frame.y + away * np.sin(turns)], -1)
    return np.concatenate([[[frame.x, frame.y]], others])


def _district(rng: np.random.Generator, frame: Frame, reach: float) -> District:
    """Return a lattice of streets, unevenly spaced and a little bent."""
    columns, wide_columns = _spaced(rng, reach, 84, 118)
    rows, wide_rows = _spaced(rng, reach, 60, 80)
    u, v = np.meshgrid(columns, rows)
    bend = rng.uniform(4, 15, 2)
    waves = rng.uniform(420, 800, 2)
    phases = rng.uniform(0, 2 * np.pi, 2)
    bent_u = u + bend[0] * np.sin(2 * np.pi * v / waves[0] + phases[0])
    bent_v = v + bend[1] * np.sin(2 * np.pi * u / waves[1] + phases[1])
    return District(frame.to_land(np.stack([bent_u, bent_v], -1)), wide_rows, wide_columns)


def _spaced(
    rng: np.random.Generator, reach: float, least: float, most: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the middles of streets across a reach, and which of them are avenues."""
    usual = rng.uniform(least, most)
    steps = usual * rng.uniform(0.88, 1.12, int(2 * reach / usual) + 2)
    wide = np.arange(len(steps)) % AVENUE_EVERY == int(rng.integers(AVENUE_EVERY))
    at = np.cumsum(steps)
    return at - at[len(at) // 2] + steps[0] / 2, wide


def _blocks(district: District) -> Iterator[tuple[Polygon, Block]]:
    """Yield each block's outline between its streets, and the straight rectangle that fits in it."""
    corners = district.corners
    for i in range(corners.shape[0] - 1):
        for j in range(corners.shape[1] - 1):
            a, b, c, d = corners[i, j], corners[i, j + 1], corners[i + 1, j + 1], corners[i + 1, j]
            left = (AVENUE if district.wide_columns[j] else STREET) / 2
            right = (AVENUE if district.wide_columns[j + 1] else STREET) / 2
            near = (AVENUE if district.wide_rows[i] else STREET) / 2
            far = (AVENUE if district.wide_rows[i + 1] else STREET) / 2
            west, east, north, south = (a + d) / 2, (b + c) / 2, (a + b) / 2, (c + d) / 2
            along, across = (east - west), (south - north)
            long, short = float(np.hypot(*along)), float(np.hypot(*across))
            u, v = along / long, across / short
            quad = Polygon([a + u * left + v * near, b - u * right + v * near, c - u * right - v * far,
                            d + u * left - v * far])  # fmt: skip
            middle = (a + b + c + d) / 4 + u * (left - right) / 2 + v * (near - far) / 2
            frame = Frame(float(middle[0]), float(middle[1]), float(np.arctan2(along[1], along[0])))
            yield quad, Block(frame, long - left - right - 5.5, short - near - far - 5.5)


def _ground(quad: Polygon, central: bool) -> list[Thing]:
    """Return a block's pavement and what lies behind it."""
    inner = quad.buffer(-1.8, join_style="mitre")
    return [Thing(quad, Cover.PAVED, 1, 0.92), Thing(inner, Cover.PAVED if central else Cover.GARDEN, 2)]


def _nearest(points: Points, centres: Points) -> NDArray[np.int64]:
    """Return which centre each point is nearest to."""
    away = np.hypot(*(points[:, None] - centres[None]).transpose(2, 0, 1))
    return np.asarray(away.argmin(axis=1), dtype=np.int64)


def _avenues(district: District, centres: Points, number: int) -> list[LineString]:
    """Return the middle lines of a district's avenues, where they run through it."""
    lines = [district.corners[i] for i in np.flatnonzero(district.wide_rows[: district.corners.shape[0]])]
    lines += [district.corners[:, j] for j in np.flatnonzero(district.wide_columns[: district.corners.shape[1]])]
    kept = []
    for line in lines:
        inside = line[_nearest(line, centres) == number]
        if len(inside) > 1:
            kept.append(LineString(inside))
    return kept


def _bridges(avenues: list[LineString], streets: BaseGeometry, crossable: BaseGeometry) -> list[Thing]:
    """Carry avenues over a river that the town lies on both banks of."""
    things = []
    banks = streets.buffer(60)
    for avenue in avenues:
        crossing = avenue.intersection(crossable.buffer(24))
        for piece in getattr(crossing, "geoms", [crossing]):
            if isinstance(piece, LineString) and 30 < piece.length < 260 and banks.contains(piece):
                things.append(Thing(piece.buffer(8.5, cap_style="flat"), Cover.PAVED, 1, 0.95, 7.0, "bridge"))
                things.append(Thing(piece.buffer(6.0, cap_style="flat"), Cover.ROAD, 0, 1.0, 7.0))
    return things
