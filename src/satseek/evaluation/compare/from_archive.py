"""Drawing from an archive: chips that were cut when it was filled, with the labels and captions that it holds."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.sensor import Pixels
from satseek.evaluation.compare.sample import MOST, Item, Sample, draw_order
from satseek.raster.read import read_chip

if TYPE_CHECKING:
    from satseek.archive.archive import Archive

STORED = "precomputed"  # what an archive's model is called where vectors came without pictures


def sample_archive(archive: Archive, *, count: int, seed: int) -> Sample:
    """Return up to so many chips of an archive, its sensors and scenes drawn evenly."""
    require_count(count)
    rows: list[tuple[str, str, str]] = []
    for table in archive.tables(columns=("id", "sensor", "scene")):
        rows += zip(*(table.column(name).to_pylist() for name in ("id", "sensor", "scene")), strict=True)
    if len(rows) < 2:
        raise UsageError(f"The archive '{archive.uri}' holds {len(rows)} chips: there is nothing to compare on.")
    ids = draw_order(rows, seed, count)
    items = tuple(item_of_chip(chip) for chip in archive.get(ids))
    stored = archive.vectors(ids) if archive.card.name == STORED else None
    return Sample(archive.uri, items, len(rows), stored)


def require_count(count: int) -> None:
    """Raise `UsageError` for a sample that is too small or too large."""
    if not 2 <= count <= MOST:
        raise UsageError(f"A comparison looks at 2 to {MOST:,} chips; {count:,} is not within (--sample).")


def item_of_chip(chip: Chip) -> Item:
    """Return what models look at of a chip."""
    from shapely.geometry import shape

    return Item(
        id=chip.id,
        sensor=chip.sensor,
        scene=chip.scene,
        read=partial(_read, chip),
        stamp=_stamp(chip),
        source=chip.source,
        window=chip.window,
        place=None if chip.geometry is None else shape(dict(chip.geometry)),
        bbox=chip.bbox,
        labels=tuple(dict.fromkeys(chip.labels)),
        captions=() if chip.caption is None else (chip.caption,),
    )


def _read(chip: Chip) -> Pixels:
    return replace(read_chip(chip), ground_resolution_m=chip.ground_resolution_m)


def _stamp(chip: Chip) -> str:
    """Return size and time of the files on this machine, by which a changed one is told."""
    told = []
    for href in dict.fromkeys(str(band.get("href", "")) for band in chip.address.get("bands", ())):
        try:
            state = os.stat(href)
        except (OSError, ValueError):
            continue
        told.append(f"{state.st_size}.{state.st_mtime_ns}")
    return " ".join(told)
