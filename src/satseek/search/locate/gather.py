"""Gathering: which windows of a scene are looked at, and a vector for each, from the archive or made now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.filters import Filters
from satseek.core.model import Model
from satseek.core.scene import Scene, Window
from satseek.core.vectors import FloatArray
from satseek.raster.windows import ChipWindow, windows_of
from satseek.search.locate.fresh import OnProgress, encode_windows
from satseek.search.locate.ground import Ground

if TYPE_CHECKING:
    import pyarrow as pa

    from satseek.archive.archive import Archive

SCALES = (1.0, 2.0, 4.0)
OVERLAP = 0.5  # half-chip shifts
USUAL_CHIP = 224  # pixels a side, where the model does not say
MOST_CHIPS = 250_000  # of one map: with 512 numbers each they take 512 MB


@dataclass(frozen=True)
class Looked:
    """The chips that a heat map is made of."""

    chips: tuple[Chip, ...]  # their windows, and in stored ones what is said of them
    vectors: FloatArray  # (n, dim)
    stored: int = 0
    encoded: int = 0
    empty: int = 0  # windows that hold too little to be looked at
    notes: tuple[str, ...] = ()

    @property
    def windows(self) -> NDArray[np.int64]:
        """The windows, (n, 4): column, row, width, height."""
        return np.asarray([chip.window for chip in self.chips], dtype=np.int64).reshape(-1, 4)


def held_chips(archive: Archive, scene: Scene, where: Area | None, *, most: int = MOST_CHIPS) -> Looked:
    """Return the chips that an archive holds of a scene, with their vectors and their words."""
    filters = Filters(sources=(scene.source,), sensors=(scene.sensor,), where=where)
    count = archive.count(filters)
    if count > most:
        raise UsageError(too_many(count, most))
    chips: list[Chip] = []
    vectors: list[FloatArray] = []
    for table in archive.tables(filters):
        some, rows = _columns(table, scene)
        chips += some
        vectors.append(rows)
    stacked = np.concatenate(vectors) if vectors else np.empty((0, archive.card.dimensions), np.float32)
    return Looked(tuple(chips), stacked, stored=len(chips))


def wanted_windows(
    ground: Ground, region: Window, *, chip: int, scales: Sequence[float], most: int = MOST_CHIPS
) -> list[ChipWindow]:
    """Return the windows of a scene, shifted by half a chip each way, that touch a part of it."""
    about = sum(4 * region.width * region.height / (chip * scale) ** 2 for scale in scales)
    if about > 2 * most:  # long before they are counted one by one
        raise UsageError(too_many(round(about), most))
    width, height = ground.grid.width, ground.grid.height
    whole = windows_of(width, height, chip=chip, overlap=OVERLAP, scales=scales)
    found = [each for each in whole if _touch(each.window, region)]
    if len(found) > most:
        raise UsageError(too_many(len(found), most))
    return found


def chip_side(held: Looked, card_size: int) -> int:
    """Return how large chips are: as those that are stored of the scene, else as the model was made for."""
    sides = Counter(max(chip.size) for chip in held.chips)
    return sides.most_common(1)[0][0] if sides else card_size or USUAL_CHIP


def completed(
    held: Looked,
    scene: Scene,
    wanted: Sequence[ChipWindow],
    model: Callable[[], Model],
    *,
    most: int = MOST_CHIPS,
    on_progress: OnProgress | None = None,
) -> Looked:
    """Return a vector for each window that is wanted: stored where there is one, else read and encoded now.

    Words are left out: fresh chips have none, and would stand behind those that do.
    """
    rows = {_key(chip.window, chip.size): row for row, chip in enumerate(held.chips)}
    keys = [_key(each.window, each.size) for each in wanted]
    there = [rows[key] for key in keys if key in rows]
    missing = [each for each, key in zip(wanted, keys, strict=True) if key not in rows]
    known = [_wordless(held.chips[row]) for row in there]
    if not missing:
        return Looked(tuple(known), held.vectors[there], stored=len(there))
    if len(missing) > most:
        raise UsageError(
            f"{len(missing):,} chips of this scene are not stored and would be encoded now; the limit is {most:,}. Ask "
            "for a smaller part of the scene, for coarser scales, or for what is stored."
        )
    fresh = encode_windows(scene, missing, model(), on_progress=on_progress)
    notes: tuple[str, ...] = ()
    if fresh.unreadable:
        notes = (f"{fresh.unreadable:,} windows cannot be read and are left out: {fresh.error}",)
    chips = [
        _chip(scene, missing[position], share) for position, share in zip(fresh.positions, fresh.nodata, strict=True)
    ]
    vectors = np.concatenate([held.vectors[there], *fresh.vectors]) if fresh.vectors else held.vectors[there]
    return Looked((*known, *chips), vectors, len(there), len(chips), fresh.empty, notes)


def too_many(count: int, most: int) -> str:
    """Say that a map would be made of too many chips, and what to do."""
    return (
        f"This map would be made of {count:,} chips; the limit is {most:,}. Ask for a part of the scene (a box), or "
        "for coarser chips (--scales 4,8)."
    )


def _columns(table: pa.Table, scene: Scene) -> tuple[list[Chip], FloatArray]:
    """Return rows as chips with the little that a map needs of them: thousands are read for one."""
    from satseek.archive.rows import fixed_rows, vectors_of

    table = table.filter([each == scene.id for each in table.column("scene").to_pylist()])
    names = ("id", "scale", "caption", "keywords", "labels", "nodata_share")
    columns: list[list[Any]] = [table.column(name).to_pylist() for name in names]
    windows = fixed_rows(table.column("window")).tolist()
    sizes = fixed_rows(table.column("size")).tolist()
    chips = [
        Chip(
            id=chip_id, sensor=scene.sensor, source=scene.source, scene=scene.id, window=Window(*window), scale=scale,
            size=(size[0], size[1]), address={}, caption=caption, keywords=tuple(keywords or ()),
            labels=tuple(labels or ()), nodata_share=nodata,
        )
        for chip_id, scale, caption, keywords, labels, nodata, window, size in zip(
            *columns, windows, sizes, strict=True
        )
    ]  # fmt: skip
    return chips, vectors_of(table)


def _chip(scene: Scene, window: ChipWindow, nodata: float) -> Chip:
    name = "-".join(str(number) for number in window.window)
    return Chip(
        name, scene.sensor, scene.source, scene.id, window.window, window.scale, window.size, {}, nodata_share=nodata
    )


def _wordless(chip: Chip) -> Chip:
    return replace(chip, caption=None, keywords=(), labels=()) if chip.text else chip


def _key(window: Window, size: tuple[int, int]) -> tuple[int, ...]:
    return (*window, *size)


def _touch(window: Window, region: Window) -> bool:
    return (
        window.column < region.column + region.width
        and region.column < window.column + window.width
        and window.row < region.row + region.height
        and region.row < window.row + window.height
    )
