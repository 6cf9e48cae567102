"""Places as numbers that an index can find: coarse cells for large areas, a fine curve for small ones.

Ranges over longitude and latitude cost with every row in the stripe; grid cells cost with the rows in the area.
`cells` lists the coarse cells that a chip touches, on two levels, and suits areas from a district to a continent.
`place` is one number for the middle of a chip on a Z-order curve, led by the chip's size class, and suits
areas down to a street: chips of one class are at most so large, hence reach at most so far from their middle.
Both answer with too many chips rather than too few; the exact test comes afterwards (see `place.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from satseek.core.chip import BBox

COARSE_DEGREES = (5.625, 0.703125)  # 64 x 32 and 512 x 256 cells around the globe
MOST_CELLS = 9  # a chip that touches more on a level is kept under that level's cell for large chips
MOST_CELLS_ASKED = 400  # an area that touches more is asked on a coarser level, or not by cells at all
LEVEL_STEP = 1 << 20  # codes of one level: [level * step, (level + 1) * step); the first is for large chips

CURVE_BITS = 26  # a side of the finest square is 360° / 2^26, half a metre at the equator
CLASS_DEGREES = (*(0.001 * 4**power for power in range(9)), 360.0)  # the longest side of a chip in each class
MOST_RANGES = 8  # of the curve, for each class


def cells_of(bbox: BBox | None) -> list[int]:
    """Return the coarse cells that a chip touches, on every level."""
    if bbox is None:
        return []
    codes: list[int] = []
    for level in range(len(COARSE_DEGREES)):
        touched = _touched([bbox], level, MOST_CELLS)
        codes += touched if touched is not None else [level * LEVEL_STEP]
    return codes


def place_of(bbox: BBox | None) -> int | None:
    """Return the number of a chip's middle on the curve, led by its size class."""
    if bbox is None:
        return None
    west, south, east, north = bbox
    width = east - west if east >= west else east + 360 - west
    middle = west + width / 2
    size = max(width, north - south)
    kind = next((index for index, widest in enumerate(CLASS_DEGREES) if size <= widest), len(CLASS_DEGREES) - 1)
    column = _column(middle - 360 if middle > 180 else middle)
    return (kind << (2 * CURVE_BITS)) | _interleave(column, _row((south + north) / 2))


def cells_asked(boxes: Sequence[BBox]) -> list[int] | None:
    """Return coarse cells that hold every chip of the boxes, on the finest level that is not too many, or None."""
    for level in reversed(range(len(COARSE_DEGREES))):
        touched = _touched(boxes, level, MOST_CELLS_ASKED)
        if touched is not None:
            return [level * LEVEL_STEP, *touched]
    return None


def places_asked(boxes: Sequence[BBox]) -> list[tuple[int, int]]:
    """Return ranges of the curve, both ends included, that hold the middle of every chip of the boxes."""
    ranges: list[tuple[int, int]] = []
    for kind, widest in enumerate(CLASS_DEGREES):
        squares = [square for box in boxes for square in _squares(_widened(box, widest * 0.501))]
        ranges += [((kind << (2 * CURVE_BITS)) | low, (kind << (2 * CURVE_BITS)) | high) for low, high in squares]
    return _joined(ranges)


def square_degrees(cell: int) -> float:
    """Return the size of a coarse cell; the cell for large chips has none."""
    level, number = divmod(cell, LEVEL_STEP)
    return COARSE_DEGREES[level] ** 2 if number else 0.0


def largest_side(boxes: Iterable[BBox]) -> float:
    """Return the longest side of the boxes, in degrees."""
    return max(max((east - west) % 360, north - south) for west, south, east, north in boxes)


def _touched(boxes: Iterable[BBox], level: int, most: int) -> list[int] | None:
    degrees = COARSE_DEGREES[level]
    across, down = round(360 / degrees), round(180 / degrees)
    codes: set[int] = set()
    for west, south, east, north in boxes:
        first, last = math.floor((west + 180) / degrees), math.floor((east + 180) / degrees)
        if east < west:
            last += across
        last = min(last, first + across - 1)
        bottom = min(max(math.floor((south + 90) / degrees), 0), down - 1)
        top = min(max(math.floor((north + 90) / degrees), 0), down - 1)
        if (last - first + 1) * (top - bottom + 1) > most:
            return None
        codes |= {
            level * LEVEL_STEP + 1 + row * across + column % across
            for row in range(bottom, top + 1)
            for column in range(first, last + 1)
        }
    return sorted(codes) if len(codes) <= most else None


def _widened(box: BBox, by: float) -> list[tuple[int, int, int, int]]:
    """Return the squares' columns and rows of a box that is widened on all sides, cut at the date line."""
    west, south, east, north = box
    if east < west:
        east += 360
    west, east = west - by, east + by
    bottom, top = _row(max(south - by, -90)), _row(min(north + by, 90))
    if east - west >= 360:
        return [(0, bottom, (1 << CURVE_BITS) - 1, top)]
    parts = [(max(west, -180.0), min(east, 180.0))]
    if west < -180:
        parts.append((west + 360, 180.0))
    if east > 180:
        parts.append((-180.0, east - 360))
    return [(_column(low), bottom, _column(high), top) for low, high in parts if low <= high]


def _squares(parts: list[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    """Cover rectangles by few ranges of the curve: split squares until there are enough, dropping what is outside."""
    ranges: list[tuple[int, int]] = []
    for left, bottom, right, top in parts:
        squares = [(0, 0, CURVE_BITS)]  # column, row, bits of a side
        while squares and squares[0][2] > 0:
            split = []
            for column, row, bits in squares:
                half = 1 << (bits - 1)
                for x, y in ((column, row), (column + half, row), (column, row + half), (column + half, row + half)):
                    if x <= right and y <= top and x + half > left and y + half > bottom:
                        split.append((x, y, bits - 1))
            if len(split) > MOST_RANGES:
                break
            squares = split
        for column, row, bits in squares:
            first = _interleave(column, row)
            ranges.append((first, first + (1 << (2 * bits)) - 1))
    return ranges


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _column(longitude: float) -> int:
    return min(max(int((longitude + 180) / 360 * (1 << CURVE_BITS)), 0), (1 << CURVE_BITS) - 1)


def _row(latitude: float) -> int:
    return min(max(int((latitude + 90) / 360 * (1 << CURVE_BITS)), 0), (1 << CURVE_BITS) - 1)


def _interleave(column: int, row: int) -> int:
    return _spread(column) | (_spread(row) << 1)


def _spread(value: int) -> int:
    """Put a zero between every two bits."""
    value = (value | (value << 16)) & 0x0000FFFF0000FFFF
    value = (value | (value << 8)) & 0x00FF00FF00FF00FF
    value = (value | (value << 4)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value << 2)) & 0x3333333333333333
    return (value | (value << 1)) & 0x5555555555555555
