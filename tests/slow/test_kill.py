"""`kill -9` at twenty random moments of an ingest: nothing that was reported as added is lost, and it can go on.

Each round starts the same command in a process of its own, waits for a random moment, and kills it. Then the archive
must open, be sound, and hold every chip that a line of `--json-lines` reported. When a round gets to the end before it
is killed, the next one starts with a new archive. At last the command runs undisturbed, and its archive must equal, row
by row, that of an ingest that nobody disturbed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from fakes.command import land, satseek
from fakes.killable import PRELOADED, run
from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveNotFound

KILLS = 20
SEED = 20261121
CHIPS = 3 * 144
LONGEST_S = 10.0

pytestmark = pytest.mark.slow


def rows_of(archive: str) -> dict[str, tuple[Chip, bytes]]:
    """Every row: the chip and the bytes of its vector, by id; an id that comes twice is a failure."""
    rows: dict[str, tuple[Chip, bytes]] = {}
    for part in Archive.open(archive).scan():
        for chip, vector in zip(part.chips, part.vectors, strict=True):
            assert chip.id not in rows, f"{chip.id} is there twice"
            rows[chip.id] = (chip, np.asarray(vector).tobytes())
    return rows


def reported(output: Path) -> tuple[set[str], bool]:
    """The ids that complete lines of the output report as added, and whether the last of them is the final report."""
    added: set[str] = set()
    ended = False
    for line in output.read_bytes().splitlines(keepends=True) if output.exists() else []:
        if line.endswith(b"\n") and line.startswith(b"{"):
            told = json.loads(line)
            added.update(told.get("ids", ()))
            ended = ended or "report" in told
    return added, ended


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for seed in range(3):
        land(folder / f"{seed}.tif", size=240, seed=seed, tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    return folder


def command(archive: Path, catalog: Path) -> list[str]:
    words = ["ingest", archive, catalog, "--chip", 20, "--overlap", 0, "--workers", 2, "--batch", 8]
    return [str(word) for word in (*words, "--commit-rows", 16, "--json-lines")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked from one that has everything loaded")
def test_twenty_kills_lose_nothing_that_was_reported(catalog: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)

    untouched, takes_s = tmp_path / "untouched", 0.0
    for words in (
        ["models"],
        command(untouched, catalog),
    ):  # the first only starts the process that all are forked from
        began = time.monotonic()
        calm = context.Process(target=run, args=(words, str(tmp_path / "calm.txt")))
        calm.start()
        calm.join(120)
        assert calm.exitcode == 0, (tmp_path / "calm.txt").read_text()
        takes_s = min(time.monotonic() - began, LONGEST_S)
    expected = rows_of(str(untouched))
    assert len(expected) == CHIPS

    archive, safe = tmp_path / "archive-0", set[str]()
    kills = rounds = completed = in_the_middle = 0
    while kills < KILLS:
        rounds += 1
        assert rounds < 10 * KILLS, "the ingest ends before it can be killed"
        output = tmp_path / f"round-{rounds}.txt"
        process = context.Process(target=run, args=(command(archive, catalog), str(output)))
        process.start()
        process.join(chance.uniform(0, takes_s))
        if process.exitcode is None and process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.join()
        added, ended = reported(output)
        assert ended or process.exitcode == -signal.SIGKILL, output.read_text()
        safe |= added
        try:
            opened = Archive.open(str(archive))
        except ArchiveNotFound:
            assert not safe  # killed before there was one
            continue
        sound = opened.verify()
        assert sound.ok, str(sound)
        assert opened.held(sorted(safe)) == safe
        in_the_middle += 0 < len(safe) < CHIPS
        if ended:
            completed += 1
            assert rows_of(str(archive)) == expected
            archive, safe = tmp_path / f"archive-{completed}", set()

    assert in_the_middle >= KILLS // 3  # else the moments were badly chosen
    last = satseek(*command(archive, catalog))
    assert last.code == 0
    assert rows_of(str(archive)) == expected
