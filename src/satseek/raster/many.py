"""Many windows at once: neighbours at full resolution are read in one go and cut apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from satseek.core.scene import Window
from satseek.core.sensor import BoolArray, Pixels
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow

MOST_TOGETHER = 36


def neighbours(reader: SceneReader, windows: Sequence[ChipWindow]) -> Iterator[Sequence[ChipWindow]]:
    """Split windows into runs that can be read together, in their order: overlapping neighbours of one row."""
    start = 0
    plain = reader.reads_plainly
    for index in range(1, len(windows) + 1):
        if index < len(windows) and plain and index - start < MOST_TOGETHER:
            before, here = windows[index - 1], windows[index]
            if _is_full(before) and _is_full(here) and _touch(before.window, here.window):
                continue
        yield windows[start:index]
        start = index


def read_together(reader: SceneReader, windows: Sequence[ChipWindow]) -> list[Pixels | None]:
    """Return what `reader.pixels` returns for each window of one run of neighbours.

    None for a window in which nothing was measured, as the file's mask tells: its numbers are not even read.
    """
    if len(windows) == 1:
        return [reader.pixels(windows[0].window, windows[0].size)]
    around = _around(windows)
    mask = reader.mask(around)
    if mask is None or mask.all():
        return list(_cut_apart(reader, windows, mask))
    measured = np.asarray(mask.any(axis=0))  # of each column
    chips: list[Pixels | None] = []
    for is_seen, some in groupby(windows, key=lambda each: bool(measured[_columns(each.window, around)].any())):
        run = list(some)
        chips += _cut_apart(reader, run, mask[:, _columns(_around(run), around)]) if is_seen else [None] * len(run)
    return chips


def _cut_apart(reader: SceneReader, windows: Sequence[ChipWindow], mask: BoolArray | None) -> list[Pixels]:
    around = _around(windows)
    row = reader.pixels(around, (around.height, around.width), mask=mask)
    parts = [_columns(each.window, around) for each in windows]
    return [Pixels(row.sensor, row.bands, row.values[:, :, part], row.valid[:, part]) for part in parts]


def _around(windows: Sequence[ChipWindow]) -> Window:
    first, last = windows[0].window, windows[-1].window
    return Window(first.column, first.row, last.column + last.width - first.column, first.height)


def _columns(window: Window, around: Window) -> slice:
    start = window.column - around.column
    return slice(start, start + window.width)


def _is_full(window: ChipWindow) -> bool:
    return window.size == (window.window.height, window.window.width)


def _touch(left: Window, right: Window) -> bool:
    same_row = (left.row, left.height) == (right.row, right.height)
    return same_row and left.column < right.column <= left.column + left.width
