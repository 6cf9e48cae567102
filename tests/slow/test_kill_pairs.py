"""`kill -9` at random moments of a cut of pairs and of a run across sensors: both go on and end as if undisturbed.

Each round starts the same command in a process of its own and kills it at a random moment. At last it runs to its end,
and its files, or the losses of every epoch and the weights, must be those of a run that nobody disturbed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.killable import run
from fakes.pair_world import SMALL_PAIRS, write_pair_world
from fakes.pairs import backscatter_of, colours_of
from fakes.rasters import write_raster
from satseek.core.errors import SourceError
from satseek.datasets.catalogue import load_pairs

KILLS = 4
SEED = 20261121
LONGEST_S = 20.0
PRELOADED = ["rasterio", "satseek.cli.app", "satseek.ingest.pair_cut", "satseek.training.teach", "fakes.killable"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked from one that has everything loaded"),
]


class Killer:
    """Runs commands in processes of their own, and kills them when told."""

    def __init__(self, folder: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._folder, self._chance = folder, random.Random(SEED)
        self.calmly("models")  # starts the process that all are forked from

    def calmly(self, *words: object) -> float:
        """Let a command run to its end; return how long it took."""
        began, output = time.monotonic(), self._folder / "calm.txt"
        process = self._context.Process(target=run, args=([str(word) for word in words], str(output)))
        process.start()
        process.join(300)
        assert process.exitcode == 0, output.read_text()
        return min(time.monotonic() - began, LONGEST_S)

    def kill(self, takes_s: float, *words: object) -> float | None:
        """Start a command and kill it at a random moment; where it got to its end before, return how long it took."""
        output, began = self._folder / "killed.txt", time.monotonic()
        process = self._context.Process(target=run, args=([str(word) for word in words], str(output)))
        process.start()
        process.join(self._chance.uniform(0, takes_s))
        took_s = time.monotonic() - began
        killed = process.exitcode is None and process.pid is not None
        if killed:
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert killed or process.exitcode == 0, output.read_text()
        return None if killed else took_s

    def until_killed(self, takes_s: float, words: Callable[[int], list[object]], look: Callable[[int], None]) -> int:
        """Kill a command again and again, a fresh one once it got to its end; return the last one's number."""
        number = kills = 0
        while kills < KILLS:
            took_s = self.kill(takes_s, *words(number))
            look(number)
            if took_s is None:
                kills += 1
            else:
                number, takes_s = number + 1, min(takes_s, took_s)  # the machine may be less busy by now
            assert number < 10 * KILLS, "it ends before it can be killed"
        return number


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Killer:
    return Killer(tmp_path_factory.mktemp("killer"))


def test_a_cut_of_pairs_that_is_killed_leaves_no_set_and_goes_on(killer: Killer, tmp_path: Path) -> None:
    radar = write_raster(tmp_path / "radar.tif", backscatter_of(3, 400), names=("VV",))
    colours = write_raster(tmp_path / "colours.tif", colours_of(3, 400), names=("red", "green", "blue"))

    def words(to: str) -> list[object]:
        return ["pairs", "make", radar, colours, "-o", tmp_path / to, "--chip", 40, "-q"]

    def look(number: int) -> None:
        folder = tmp_path / str(number)
        if (folder / "pairs.json").exists():
            assert files_of(folder) == expected
        elif folder.exists() and any(folder.iterdir()):
            with pytest.raises(SourceError, match="not cut to the end"):
                load_pairs("folder", folder, split="all")

    takes_s = killer.calmly(*words("calm"))
    expected = files_of(tmp_path / "calm")
    assert len(expected) == 2 * 100 + 1
    last = killer.until_killed(takes_s, lambda number: words(str(number)), look)
    killer.calmly(*words(str(last)))
    assert files_of(tmp_path / str(last)) == expected


def test_a_run_across_sensors_that_is_killed_ends_as_one_that_was_not(killer: Killer, tmp_path: Path) -> None:
    data = write_pair_world(tmp_path / "pairs")
    settings = [word for change in (*SMALL_PAIRS, "optimiser.epochs=8") for word in ("--set", change)]

    def words(to: str) -> list[object]:
        machine = ["--device", "cpu", "--precision", "32-true", "--resume", "-q"]
        return ["train", "sscm", "--data", data, "--out", tmp_path / to, *machine, *settings]

    def look(number: int) -> None:
        told = losses_of(tmp_path / str(number))
        assert told == expected[: len(told)]  # no epoch is lost, none comes twice

    takes_s = killer.calmly(*words("calm"))
    expected = losses_of(tmp_path / "calm")
    assert len(expected) == 8
    last = killer.until_killed(takes_s, lambda number: words(str(number)), look)
    killer.calmly(*words(str(last)))
    assert losses_of(tmp_path / str(last)) == expected
    assert weights_of(tmp_path / str(last)) == weights_of(tmp_path / "calm")


def files_of(folder: Path) -> dict[str, str]:
    """Digests of all files below a folder, by their paths."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def losses_of(out: Path) -> list[str]:
    """The loss of each epoch, as the run keeps it."""
    if not (out / "curve.csv").exists():
        return []
    with open(out / "curve.csv", encoding="utf-8") as file:
        return [row["loss"] for row in csv.DictReader(file)]


def weights_of(out: Path) -> str:
    """The digest of the best weights."""
    return str(json.loads((out / "best" / "card.json").read_text())["weights_sha256"])
