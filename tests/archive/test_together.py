"""Several processes at once, and one that dies: nothing twice, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from fakes.chips import card, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.core.filters import Filters

TESTS = Path(__file__).parents[1]


def start(code: str) -> subprocess.Popen[str]:
    """Start a process that can import what the tests can."""
    paths = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": paths}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)


def ingest(uri: str, rows: int, batch: int) -> str:
    """Code that adds the same chips as every other such process and says what it was told is safe."""
    return f"""
        from fakes.chips import clustered, scattered
        from satseek.archive.archive import Archive
        archive = Archive.open({uri!r})
        chips, vectors = scattered({rows}), clustered({rows})
        print("ready", flush=True)
        new = 0
        for first in range(0, {rows}, {batch}):
            new += archive.add(chips[first:first + {batch}], vectors[first:first + {batch}])
            print(first + {batch}, flush=True)
        print("new", new, flush=True)
    """


@pytest.mark.slow
@pytest.mark.parametrize("indexed", [False, True])
def test_two_processes_adding_the_same_chips_at_once_make_no_chip_twice_and_lose_none(
    archive: Archive, indexed: bool
) -> None:
    if indexed:
        archive.add([chip(number) for number in range(50_000, 50_500)], clustered(500))
        archive.optimize()
    before = len(archive)
    both = [start(ingest(archive.uri, 2_000, 100)) for _ in range(2)]
    answers = [each.communicate(timeout=300) for each in both]
    assert [each.returncode for each in both] == [0, 0], answers
    new = [int(out.split("new ")[1]) for out, _ in answers]
    assert sum(new) == 2_000
    assert len(archive) == before + 2_000
    assert archive.held([each.id for each in scattered(2_000)]) == {each.id for each in scattered(2_000)}
    assert archive.verify().ok


@pytest.mark.slow
def test_readers_answer_while_one_writes_another_optimises_and_a_third_removes(archive: Archive) -> None:
    archive.add([chip(number) for number in range(90_000, 90_200)], clustered(200))
    writer = start(ingest(archive.uri, 2_000, 100))
    tidier = start(
        f"""
        import time
        from satseek.archive.archive import Archive
        archive = Archive.open({archive.uri!r})
        for _ in range(5):
            archive.optimize(keep_days=1)
            time.sleep(0.1)
        """
    )
    seen, removed = [], 0
    while writer.poll() is None or tidier.poll() is None:
        found = archive.nearest(clustered(1)[0], k=10)
        assert len(found) == 10
        assert [each.id for each in found.chips] == found.ids
        seen.append(len(archive) + removed)
        if removed < 50:
            removed += archive.remove(Filters(ids=(chip(90_000 + removed).id,)))
    assert (writer.communicate()[1], tidier.communicate()[1]) == ("", "")
    assert seen == sorted(seen)
    assert len(archive) == 2_200 - removed
    assert archive.verify().ok


@pytest.mark.slow
def test_two_processes_creating_an_archive_at_once_make_one(tmp_path: Path) -> None:
    uri = str(tmp_path / "archive")
    code = f"""
        from fakes.chips import card, chip, clustered
        import lancedb, sys
        from satseek.archive.archive import Archive
        print("ready", flush=True)
        input()
        Archive.open_or_create({uri!r}, card()).add([chip(1)], clustered(1))
    """
    both = [start(code) for _ in range(2)]
    for each in both:
        assert each.stdout is not None
        each.stdout.readline()
    for each in both:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    answers = [each.communicate(timeout=120) for each in both]
    assert [each.returncode for each in both] == [0, 0], answers
    archive = Archive.open(uri, card=card())
    assert len(archive) == 1
    assert archive.verify().ok
    assert len({index.column for index in archive.info().indices}) == len(archive.info().indices)


@pytest.mark.slow
def test_kill_at_random_moments_loses_nothing_that_was_reported_and_a_repeat_completes_it(tmp_path: Path) -> None:
    rng = random.Random(11)
    rows, batch = 4_000, 100
    archive = Archive.create(str(tmp_path / "archive"), card())
    safe = 0
    for _ in range(20):
        process = start(ingest(archive.uri, rows, batch))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0, 1.0))
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        told = [int(line) for line in out.splitlines() if line.isdigit()]
        safe = max([safe, *told])
        again = Archive.open(archive.uri)
        assert len(again.held([each.id for each in scattered(rows)[:safe]])) == safe
    last = start(ingest(archive.uri, rows, batch))
    assert last.wait(timeout=300) == 0
    assert len(archive) == rows
    report = archive.verify()
    assert report.ok, report
