"""Many windows at once: neighbours at full resolution are read in one go and cut apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow

MOST_TOGETHER = 32


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


def read_together(reader: SceneReader, windows: Sequence[ChipWindow]) -> list[Pixels]:
    """Return what `reader.read` returns for each window of one run of neighbours."""
    if len(windows) == 1:
        return [reader.read(windows[0].window, windows[0].size)]
    first, last = windows[0].window, windows[-1].window
    width = last.column + last.width - first.column
    row = reader.read(Window(first.column, first.row, width, first.height), (first.height, width))
    resolutions = reader.ground_resolutions_m(windows)
    chips = []
    for (window, _, _), resolution in zip(windows, resolutions, strict=True):
        part = slice(window.column - first.column, window.column - first.column + window.width)
        chips.append(Pixels(row.sensor, row.bands, row.values[:, :, part], row.valid[:, part], resolution))
    return chips


def _is_full(window: ChipWindow) -> bool:
    return window.size == (window.window.height, window.window.width)


def _touch(left: Window, right: Window) -> bool:
    same_row = (left.row, left.height) == (right.row, right.height)
    return same_row and left.column < right.column <= left.column + left.width
