"""Grid cells: places as whole numbers that an index finds quickly, on six levels from 1,200 km down to 1 km.

Ranges over longitude and latitude cost with every row in the stripe; cells cost with the rows in the area.
Each level has a column with the cell of a chip's middle. A chip is at most a cell wide, hence reaches at most half a
cell from its middle, and an area is asked with half a cell around it; wider chips are kept under `LARGE`, which is
always asked too. So cells answer with too many chips, never too few: the exact test comes afterwards (`place.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from satseek.core.chip import BBox

CELL_DEGREES = (11.25, 2.8125, 0.703125, 0.17578125, 0.0439453125, 0.010986328125)  # each a quarter of the last
CELL_COLUMNS = tuple(f"cell_{level}" for level in range(len(CELL_DEGREES)))
LARGE = -1  # the cell of chips that are wider than a cell
MOST_ASKED = 256  # an area that touches more cells is asked on a coarser level, or not by cells at all


def cells_of(bbox: BBox | None) -> list[int | None]:
    """Return the cell of a chip on every level; no place, no cell."""
    if bbox is None:
        return [None] * len(CELL_DEGREES)
    west, south, east, north = bbox
    width = (east - west) % 360 if east != west + 360 else 360.0
    middle = west + width / 2
    side = max(width, north - south)
    return [LARGE if side > degrees else _cell(middle, (south + north) / 2, degrees) for degrees in CELL_DEGREES]


def cells_of_many(boxes: Sequence[BBox | None]) -> list[list[int | None]]:
    """Return the cells of many chips, a list for each level; the same as `cells_of` one by one, many times as quick."""
    placed = [number for number, box in enumerate(boxes) if box is not None]
    west, south, east, north = np.array([boxes[number] for number in placed], dtype=np.float64).reshape(-1, 4).T
    width = np.where(east != west + 360, (east - west) % 360, 360.0)
    longitude, latitude, side = west + width / 2, (south + north) / 2, np.maximum(width, north - south)
    levels: list[list[int | None]] = []
    for degrees in CELL_DEGREES:
        across = _across(degrees)
        columns = np.floor((longitude + 180) / degrees) % across
        rows = np.clip(np.floor((latitude + 90) / degrees), 0, across // 2 - 1)
        cells: list[int | None] = [None] * len(boxes)
        for number, cell in zip(placed, np.where(side > degrees, LARGE, rows * across + columns).tolist(), strict=True):
            cells[number] = int(cell)
        levels.append(cells)
    return levels


def cells_asked(boxes: Sequence[BBox], level: int) -> list[int] | None:
    """Return all cells that may hold a chip which touches the boxes; None where they are too many to help."""
    degrees = CELL_DEGREES[level]
    across, down = _across(degrees), _across(degrees) // 2
    reach = degrees * 0.5001  # a chip that is just a cell wide, and the rounding of its middle
    cells: set[int] = {LARGE}
    for west, south, east, north in boxes:
        width = (east - west) % 360 if east != west + 360 else 360.0
        first = math.floor((west - reach + 180) / degrees)
        last = min(math.floor((west + width + reach + 180) / degrees), first + across - 1)
        bottom = max(math.floor((south - reach + 90) / degrees), 0)
        top = min(math.floor((north + reach + 90) / degrees), down - 1)
        if (last - first + 1) * (top - bottom + 1) > MOST_ASKED:
            return None
        cells |= {row * across + column % across for row in range(bottom, top + 1) for column in range(first, last + 1)}
    return sorted(cells) if len(cells) <= MOST_ASKED else None


def square_degrees(cells: Sequence[int], level: int) -> float:
    """Return how large some cells of a level are together."""
    return CELL_DEGREES[level] ** 2 * sum(cell != LARGE for cell in cells)


def _cell(longitude: float, latitude: float, degrees: float) -> int:
    across = _across(degrees)
    column = math.floor((longitude + 180) / degrees) % across
    row = min(max(math.floor((latitude + 90) / degrees), 0), across // 2 - 1)
    return row * across + column


def _across(degrees: float) -> int:
    return round(360 / degrees)
