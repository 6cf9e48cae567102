"""A cluster whose two nodes share no network but a cable: started as its users start one, and given work by command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.command import land
from fakes.wired_nodes import Machine, why_not, wired_nodes
from satseek.archive.archive import Archive
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-c", "from satseek.cli.app import main; main()"]


@pytest.fixture(scope="module")
def joined() -> Iterator[tuple[Machine, str]]:
    if missing := why_not():
        pytest.skip(f"no two network namespaces here: {missing}")
    with wired_nodes() as nodes:
        yield nodes


def run(machine: Machine, *words: object) -> subprocess.CompletedProcess[str]:
    command = machine.command([*PROGRAM, *words])
    return subprocess.run(command, capture_output=True, text=True, env=machine.environment(), timeout=300, check=False)


def test_machines_that_only_a_cable_joins_make_the_archive_of_one(joined: tuple[Machine, str], tmp_path: Path) -> None:
    machine, address = joined
    (tmp_path / "scenes").mkdir()
    for seed in range(2):
        land(tmp_path / "scenes" / f"{seed}.tif", size=240, seed=seed)
    here = Archive.create(str(tmp_path / "here"), load_model("colour").card)
    ingest(here, [str(tmp_path / "scenes")], model=load_model("colour"), plan=CutPlan(chip=20, overlap=0))

    # Of a node's two processors each encoder takes .9: the third is at the other end of the cable.
    words = ["--chip", 20, "--overlap", 0, "--ray", address, "--actors", 3, "--json"]
    there = run(machine, "ingest", tmp_path / "there", tmp_path / "scenes", *words)
    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout)["added"] == 288
    assert vectors(Archive.open(str(tmp_path / "there"))) == vectors(here)


def vectors(archive: Archive) -> list[tuple[str, bytes]]:
    parts = archive.scan()
    return sorted(
        (each.id, row.tobytes()) for part in parts for each, row in zip(part.chips, part.vectors, strict=True)
    )
