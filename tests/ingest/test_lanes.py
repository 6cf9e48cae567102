"""Lanes: windows are spread evenly, a scene stays together, and the order spares decoding."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import replace
from itertools import pairwise

import pytest

from fakes.ingest_in_memory import scene
from satseek.core.scene import Scene
from satseek.ingest.lanes import BYTES_A_JOB, NamedWindow, Piece, spread
from satseek.raster.windows import windows_of


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)


def windows(width: int, height: int, scales: tuple[float, ...] = (1.0,)) -> list[NamedWindow]:
    cut = windows_of(width, height, chip=224, overlap=0.25, scales=scales)
    return [NamedWindow(f"w{number}", window) for number, window in enumerate(cut)]


def blocks_decoded(pieces: list[Piece], *, cache_blocks: int, block: int = 512) -> int:
    """Count how often a block is decoded when each lane keeps so many of them, the last used ones."""
    caches: dict[int, OrderedDict[tuple[int, int], None]] = {}
    decoded = 0
    for piece in pieces:
        cache = caches.setdefault(piece.lane, OrderedDict())
        for named in piece.windows:
            column, row, width, height = named.window.window
            for x in range(column // block, (column + width - 1) // block + 1):
                for y in range(row // block, (row + height - 1) // block + 1):
                    if (x, y) not in cache:
                        decoded += 1
                    cache[x, y] = None
                    cache.move_to_end((x, y))
                    if len(cache) > cache_blocks:
                        cache.popitem(last=False)
    return decoded


def test_every_window_is_read_once() -> None:
    parts: list[tuple[Scene, list[NamedWindow]]] = [
        (scene("a"), windows(5000, 3000, (1, 2))),
        (scene("b"), []),
        (scene("c", sensor="s2"), windows(500, 500)),
    ]
    pieces = list(spread(parts, 3))
    for number, (_, wanted) in enumerate(parts):
        read = [named for piece in pieces if piece.scene == number for named in piece.windows]
        assert sorted(read) == sorted(wanted)


def test_small_scenes_stay_with_one_worker_and_all_workers_have_some() -> None:
    parts = [(scene(f"s{number}"), windows(2000, 2000)) for number in range(12)]
    pieces = list(spread(parts, 4))
    lanes = {number: {piece.lane for piece in pieces if piece.scene == number} for number in range(12)}
    assert all(len(each) == 1 for each in lanes.values())
    loads = [sum(len(piece.windows) for piece in pieces if piece.lane == lane) for lane in range(4)]
    assert max(loads) == min(loads)
    assert [piece.lane for piece in pieces[:8]] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_a_large_scene_is_split_into_as_many_bands_as_there_are_workers() -> None:
    pieces = list(spread([(scene("a"), windows(10_980, 10_980))], 4))
    assert {piece.lane for piece in pieces} == {0, 1, 2, 3}  # 4,225 windows
    tops = {lane: [n.window.window.row for p in pieces if p.lane == lane for n in p.windows] for lane in range(4)}
    assert max(tops[0]) <= min(tops[1])
    assert max(tops[1]) <= min(tops[2])


def test_a_scene_that_is_alone_is_split_sooner_than_one_of_many() -> None:
    alone = list(spread([(scene("a"), windows(4096, 4096))], 4))
    assert {piece.lane for piece in alone} == {0, 1}  # 625 windows
    small = list(spread([(scene("a"), windows(2000, 2000))], 4))
    assert {piece.lane for piece in small} == {0}  # 144 windows are not worth a second open file
    many = list(spread([(scene(f"s{number}"), windows(4096, 4096)) for number in range(4)], 4))
    assert all(len({piece.lane for piece in many if piece.scene == number}) == 1 for number in range(4))


def test_a_scene_on_a_disk_is_split_for_cores_and_one_far_away_for_all_who_can_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    near = scene("a")
    far = replace(near, bands=tuple(replace(band, href=f"https://cogs.test/{band.href}") for band in near.bands))
    lanes = [len({piece.lane for piece in spread([(each, windows(10_980, 10_980))], 4)}) for each in (near, far)]
    assert lanes == [2, 4]


def test_a_piece_ends_with_a_row_of_windows_where_it_can() -> None:
    pieces = list(spread([(scene("a"), windows(4096, 3000))], 1))  # rows of 25
    rows = [[named.window.window.row for named in piece.windows] for piece in pieces]
    assert [len(piece) for piece in rows[:2]] == [50, 50]
    assert all(before[-1] != after[0] for before, after in pairwise(rows))


def test_a_wide_scene_is_split_from_left_to_right() -> None:
    pieces = list(spread([(scene("a"), windows(100_000, 1_000))], 2))
    left, right = ([n.window.window.column for p in pieces if p.lane == lane for n in p.windows] for lane in (0, 1))
    assert max(left) <= min(right)


def test_hardly_any_block_is_decoded_twice() -> None:
    for width, height, lanes in ((8192, 8192, 2), (10_980, 10_980, 4), (60_000, 2_000, 4)):
        pieces = list(spread([(scene("a"), windows(width, height))], lanes))
        blocks = -(-width // 512) * -(-height // 512)
        assert blocks_decoded(pieces, cache_blocks=40) <= 1.3 * blocks


def test_a_job_of_many_bands_is_smaller_in_windows() -> None:
    (rgb,) = list(spread([(scene("a"), windows(1000, 1000))], 1))
    s2 = list(spread([(scene("b", sensor="s2"), windows(4000, 4000))], 1))
    assert len(rgb.windows) == 36
    assert max(len(piece.windows) for piece in s2) * 3 * 224 * 224 * 4 <= BYTES_A_JOB
