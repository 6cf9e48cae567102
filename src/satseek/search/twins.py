"""Twins: what other sensors saw at the place of a chip, the most alike in ground, scale and date first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from satseek.archive.archive import Archive
from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.period import Period

LOOKED_AT = 1_000  # chips of a place; of more, the newest and those around the chip's own date
NEAR_IN_TIME = timedelta(days=30)
LEAST_OVERLAP = 0.05  # of the smaller of both
STEPS = 20  # overlaps that differ by less than a twentieth are the same, so that scale and date decide


@dataclass(frozen=True)
class Twin:
    """A chip of another sensor at the same place."""

    chip: Chip
    overlap: float  # the share of the ground of the chip asked about that it shows
    size_ratio: float  # how many times as wide its own ground is
    days: float | None  # by which it is later; None where a date is not known


def twins(archive: Archive, chip: Chip, *, sensors: Sequence[str] = (), each: int = 3) -> list[Twin]:
    """Return the best twins of each other sensor; none of a chip without a place."""
    if chip.geometry is None:
        return []
    others = [name for name in sensors or archive.info().sensors if name != chip.sensor]
    where = Area.from_geojson(chip.geometry)
    best: list[Twin] = []
    for sensor in others:
        found = _compared(chip, _chips_at(archive, where, sensor, chip))
        best += sorted(found, key=_rank)[:each]
    return sorted(best, key=_rank)


def _chips_at(archive: Archive, where: Area, sensor: str, chip: Chip) -> list[Chip]:
    found = _listed(archive, Filters(where=where, sensors=(sensor,)))
    if len(found) == LOOKED_AT and chip.datetime is not None:
        around = Period(chip.datetime - NEAR_IN_TIME, chip.datetime + NEAR_IN_TIME)
        near = _listed(archive, Filters(where=where, sensors=(sensor,), when=around))
        found = list({each.id: each for each in (*near, *found)}.values())
    return found


def _listed(archive: Archive, filters: Filters) -> list[Chip]:
    parts = archive.scan(filters, limit=LOOKED_AT)
    return list(islice((chip for part in parts for chip in part.chips), LOOKED_AT))


def _compared(chip: Chip, others: Sequence[Chip]) -> list[Twin]:
    own = _shape(chip)
    found = []
    for other in others:
        shape = _shape(other)
        smaller = min(own.area, shape.area)
        shared = own.intersection(shape).area if smaller else 0.0
        if smaller and shared / smaller >= LEAST_OVERLAP:
            overlap = min(shared / own.area, 1.0)
            found.append(Twin(other, overlap, math.sqrt(shape.area / own.area), _days(chip, other)))
    return found


def _shape(chip: Chip) -> Any:
    from shapely.geometry import shape

    return shape(dict(chip.geometry or {}))


def _days(chip: Chip, other: Chip) -> float | None:
    if chip.datetime is None or other.datetime is None:
        return None
    return (other.datetime - chip.datetime) / timedelta(days=1)


def _rank(twin: Twin) -> tuple[float, float, float, str]:
    days = math.inf if twin.days is None else abs(twin.days)
    return -round(twin.overlap * STEPS), round(abs(math.log(twin.size_ratio)), 1), days, twin.chip.id
