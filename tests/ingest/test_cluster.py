"""The parts of an ingest on a cluster, without one: steps by hand, the ledger, sizes, and what is refused."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fakes.command import land
from satseek import __version__
from satseek.archive.archive import Archive
from satseek.core.errors import ModelError, UsageError
from satseek.core.scene import Scene
from satseek.ingest.cluster import connect
from satseek.ingest.cluster.connect import ClusterError, Resources, connected, sizes_of
from satseek.ingest.cluster.ledger import Ledger
from satseek.ingest.cluster.messages import AllFound, Done, Part, Planned, packed, unpacked
from satseek.ingest.cluster.run import _Run
from satseek.ingest.cluster.steps import Encoding, Task, discovering, planning, reading, require_same_version
from satseek.ingest.cut import CutPlan
from satseek.ingest.discover import discover
from satseek.ingest.pipeline import ingest
from satseek.ingest.report import Tally
from satseek.ingest.write import Transactions
from satseek.models.catalogue import load_model

PLAN = CutPlan(chip=20, overlap=0)


def scenes_in(folder: Path) -> Callable[[Callable[[str, str], None]], Iterator[Scene]]:
    return lambda refuse: iter(discover([str(folder)], on_refused=refuse))


def task_for(archive: Archive, **more: Any) -> Task:
    return Task("run", __version__, archive.uri, archive.version, archive.card, PLAN, **more)


def by_hand(task: Task, folder: Path, *, lose: int = 0, twice: bool = False) -> Iterator[Any]:
    """What comes back from a cluster of one, which loses the first so many parts, or does everything twice."""
    encode = Encoding(task, partial(load_model, "colour"))
    for found in discovering(task, scenes_in(folder)):
        for _ in range(1 + twice):
            for part in planning(found, task):
                if lose and part.column("kind")[0].as_py() == "Part":
                    lose -= 1
                    continue
                for read in reading(part, task):
                    yield from encode(read)


def rows_of(archive: Archive) -> dict[str, Any]:
    return {
        chip.id: (chip, vector.tobytes())
        for part in archive.scan()
        for chip, vector in zip(part.chips, part.vectors, strict=True)
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    land(scenes / "large.tif", size=240)
    for number in range(20):
        land(scenes / f"small-{number}.tif", size=40, seed=number)
    (scenes / "broken.tif").write_bytes(b"II*\0 no more")
    return scenes


@pytest.mark.slow
def test_the_steps_of_a_cluster_make_the_archive_and_the_report_of_one_machine(folder: Path, tmp_path: Path) -> None:
    card = load_model("colour").card
    here, there = Archive.create(str(tmp_path / "here"), card), Archive.create(str(tmp_path / "there"), card)
    expected = ingest(here, [str(folder)], model=load_model("colour"), plan=PLAN)
    assert (expected.added, len(expected.refused)) == (144 + 20 * 4, 1)
    progress: list[Any] = []
    run = _Run(there, Tally(), progress.append, None)
    assert not run.take_all(by_hand(task_for(there), folder, twice=True), Transactions(rows=30))
    assert run.ledger.is_complete
    assert rows_of(there) == rows_of(here)
    told, report = expected.to_json(), run.tally.report().to_json()
    for one in (told, report):
        del one["seconds"], one["chips_per_second"]
    assert report == told
    assert (progress[-1].done, progress[-1].windows, progress[-1].all_known) == (224, 224, True)
    again = _Run(there, Tally(), None, None)
    again.take_all(by_hand(task_for(there), folder), Transactions())
    assert (again.tally.report().added, again.tally.report().already_there) == (0, 224)


def test_what_a_cluster_loses_is_known_and_added_by_the_next_pass(folder: Path, tmp_path: Path) -> None:
    archive = Archive.create(str(tmp_path / "archive"), load_model("colour").card)
    first = _Run(archive, Tally(), None, None)
    first.take_all(by_hand(task_for(archive), folder, lose=2), Transactions())
    assert not first.ledger.is_complete
    assert len(archive) < 224
    second = _Run(archive, Tally(), None, None)
    second.take_all(by_hand(task_for(archive), folder), Transactions())
    assert second.ledger.is_complete
    assert len(archive) == 224
    assert first.tally.chips_added + second.tally.chips_added == 224


def test_the_ledger_counts_what_comes_twice_once_and_waits_for_every_part() -> None:
    ledger = Ledger()
    nothing = {"chips": [], "vectors": None, "readings": (), "encoded": 0}
    a, b = (Done(0, key, **nothing) for key in "ab")  # type: ignore[arg-type]
    assert ledger.come(a)  # before its plan has spoken
    assert not ledger.come(a)
    assert list(ledger.close(0)) == []
    assert ledger.planned(Planned(0, 3, frozenset("ab"), Tally()))
    assert not ledger.planned(Planned(0, 3, frozenset("ab"), Tally()))
    ledger.all_found(AllFound(1, Tally()))
    assert ledger.knows_all
    assert not ledger.is_complete
    assert ledger.come(b)
    assert list(ledger.close(0)) == [0, 1, 2]
    assert ledger.is_complete
    assert not ledger.come(b)


def test_messages_for_others_pass_unread() -> None:
    row = packed(Part(3, "key", ()))
    (passed,) = unpacked(row, Done)
    assert passed.equals(row)  # type: ignore[union-attr]
    (read,) = unpacked(row, Part)
    assert read == Part(3, "key", ())


@pytest.mark.parametrize(
    ("has", "asked", "encoders", "gpus"),
    [
        (Resources(1, 1, 0), {}, 1, 0),
        (Resources(1, 2, 0), {}, 1, 0),
        (Resources(2, 4, 0), {}, 3, 0),
        (Resources(8, 512, 0), {"actors": 100}, 100, 0),
        (Resources(4, 64, 16), {"gpus_per_actor": 1.0}, 16, 1),
        (Resources(4, 64, 16), {"gpus_per_actor": 0.5, "actors": 5}, 5, 0.5),
    ],
)
def test_encoders_fill_the_cluster_and_leave_room_for_readers(
    has: Resources, asked: dict[str, Any], encoders: int, gpus: float
) -> None:
    sizes = sizes_of(has, **({"actors": None, "gpus_per_actor": 0.0, "readers": None} | asked))
    assert (sizes.encoders, sizes.gpus_per_encoder) == (encoders, gpus)
    assert sizes.encoders * sizes.cpus_per_encoder <= 0.8 * has.cpus
    assert sizes.cpus_per_encoder <= 1


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"gpus_per_actor": 1.0}, "has 0 in all"),
        ({"actors": 5}, "room for 4 encoders"),
        ({"actors": 0}, "at least one"),
    ],
)
def test_what_a_cluster_has_no_room_for_is_refused_at_once(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        sizes_of(Resources(2, 4, 0), **({"actors": None, "gpus_per_actor": 0.0, "readers": None} | asked))


def test_an_address_where_nobody_answers_is_said_quickly() -> None:
    pytest.importorskip("ray")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(ClusterError, match=f"No Ray cluster answers at '{address}'.*ray start --head"),
            connected(address),
        ):
            pass
    with pytest.raises(UsageError, match="no address of a Ray cluster"), connected("somewhere"):
        pass


def test_workers_of_another_version_are_refused_with_both_versions_named() -> None:
    with pytest.raises(ModelError, match=rf"runs SatSeek {__version__} and this command is SatSeek 9.9"):
        require_same_version("9.9")
    with pytest.raises(
        ClusterError, match=rf"SatSeek {__version__}, and of the cluster's 3 nodes 1 have another: b has 0.1"
    ):
        connect._require_same_versions({"a": __version__, "b": "0.1", "c": __version__})
    connect._require_same_versions({"a": __version__})


def test_a_worker_that_does_not_reach_the_archive_says_what_it_needs(folder: Path, tmp_path: Path) -> None:
    archive = Archive.create(str(tmp_path / "archive"), load_model("colour").card)
    task = Task("lost", __version__, str(tmp_path / "elsewhere"), 1, archive.card, PLAN)
    found = next(discovering(task, scenes_in(folder)))
    with pytest.raises(Exception, match="All nodes must reach it"):
        list(planning(found, task))
