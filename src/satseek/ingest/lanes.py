"""Lanes: which worker reads which windows, in which order, so that no block of a file is decoded twice without need.

GDAL keeps decoded blocks by open file, and each worker has files of its own. So a scene stays with one worker, a large
one is split into few wide bands, and inside a band windows are read in strips that are narrow enough for the blocks of
one row of windows to be there still when the next row asks for them.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import prod
from typing import NamedTuple

import numpy as np

from satseek.core.scene import Scene
from satseek.core.sensor import SENSORS
from satseek.raster.gdal import is_remote
from satseek.raster.windows import ChipWindow

WINDOWS_A_JOB = 72
BYTES_A_JOB = 12e6  # of pixels, once read
WINDOWS_A_BAND = 256  # fewer are not worth a second open file, and the blocks that two bands share are decoded twice
MOST_LANES = 64  # that are of use for one scene, however far away
STRIP = 72  # chips times bands across a strip


class NamedWindow(NamedTuple):
    """A window and the id of its chip."""

    chip_id: str
    window: ChipWindow


class Piece(NamedTuple):
    """Windows of one scene that are read in one go, and the worker who does it."""

    lane: int
    scene: int  # its place in what was spread
    windows: tuple[NamedWindow, ...]


def spread(parts: Sequence[tuple[Scene, Sequence[NamedWindow]]], lanes: int) -> Iterator[Piece]:
    """Spread the windows of scenes over lanes, evenly, and yield pieces from one lane after the other."""
    waiting: list[deque[Piece]] = [deque() for _ in range(lanes)]
    load = [0] * lanes
    scenes = sum(bool(windows) for _, windows in parts)
    for number, (scene, windows) in enumerate(parts):
        for band in _bands(windows, min(-(-lanes // max(1, scenes)), _useful_lanes(scene))):
            lane = load.index(min(load))
            load[lane] += len(band)
            waiting[lane] += (Piece(lane, number, some) for some in _pieces(scene, band))
    while any(waiting):
        yield from [lane.popleft() for lane in waiting if lane]


def chip_bytes(scene: Scene, named: NamedWindow) -> int:
    """Return how many bytes of pixels a window becomes once it is read."""
    return len(scene.bands) * prod(named.window.size) * np.dtype(SENSORS.get(scene.sensor).pixel_type).itemsize


def _useful_lanes(scene: Scene) -> int:
    """Return how many may share a scene: who reads from a disk waits for a core, who reads from far for the answer."""
    return MOST_LANES if any(is_remote(band.href) for band in scene.bands) else os.cpu_count() or 1


def _bands(windows: Sequence[NamedWindow], lanes: int) -> Iterable[Sequence[NamedWindow]]:
    """Split windows into as few connected parts as keep the lanes busy, across their longer side."""
    count = max(1, min(lanes, len(windows) // WINDOWS_A_BAND))
    if count == 1:
        return [windows] if windows else []
    columns, rows = (np.ptp([named.window.window[axis] for named in windows]) for axis in (0, 1))
    axis = 0 if columns > rows else 1
    ordered = sorted(windows, key=lambda each: (each.window.scale, each.window.window[axis]))
    size = -(-len(ordered) // count)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _pieces(scene: Scene, band: Sequence[NamedWindow]) -> Iterator[tuple[NamedWindow, ...]]:
    """Yield windows in the order in which they are read; where it can, a piece ends with a row of them."""
    most = _windows_a_piece(scene, band)
    piece: list[NamedWindow] = []
    ordered = sorted(band, key=lambda each: _place_in_order(each.window, len(scene.bands)))
    for _, row in groupby(ordered, key=lambda each: _place_in_order(each.window, len(scene.bands))[:3]):
        left = list(row)
        if piece and len(piece) + len(left) > most:
            yield tuple(piece)
            piece = []
        while len(left) > most:
            yield tuple(left[:most])
            left = left[most:]
        piece += left
    if piece:
        yield tuple(piece)


def _windows_a_piece(scene: Scene, windows: Sequence[NamedWindow]) -> int:
    if not windows:
        return 1
    return int(min(WINDOWS_A_JOB, max(1, BYTES_A_JOB // chip_bytes(scene, windows[0]))))


def _place_in_order(window: ChipWindow, bands: int) -> tuple[float, int, int, int]:
    column, row, width, _ = window.window
    strip = max(6, STRIP // bands) * width
    return window.scale, column // strip, row, column
