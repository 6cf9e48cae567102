"""A cluster of two nodes on this machine: the archive of one machine, whatever dies, and an index that all can read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from fakes.chips import card, chip, clustered
from fakes.command import land
from fakes.ray_cluster import NODE, two_nodes
from fakes.s3 import S3Server, environment, s3_server
from satseek.archive.archive import Archive
from satseek.archive.indices_on_ray import build_on_ray
from satseek.archive.store import Store
from satseek.archive.tuning import Tuning
from satseek.core.result import IngestReport
from satseek.core.scene import Scene
from satseek.ingest.cluster.connect import Sizes, connected
from satseek.ingest.cluster.run import ingest_on_cluster
from satseek.ingest.cut import CutPlan
from satseek.ingest.discover import discover
from satseek.ingest.pipeline import ingest
from satseek.ingest.report import Progress
from satseek.ingest.write import Added, Transactions
from satseek.models.catalogue import load_model

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

PLAN = CutPlan(chip=20, overlap=0)
ONE = Sizes(encoders=1, cpus_per_encoder=0.5, gpus_per_encoder=0, readers=1)
CHIPS = 3 * 144


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running, environment(running.url):
        yield running


@pytest.fixture(scope="module")
def cluster(server: S3Server) -> Iterator[Any]:
    with two_nodes() as nodes:  # which find the server by their environment, as machines find theirs
        yield nodes


@pytest.fixture(scope="module")
def joined(cluster: Any) -> Iterator[Any]:
    with connected(cluster.address) as has:
        assert (has.nodes, has.cpus) == (2, 4)
        yield cluster


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for seed in range(3):
        land(folder / f"{seed}.tif", size=240, seed=seed)
    (folder / "broken.tif").write_bytes(b"II*\0 no more")
    return folder


@pytest.fixture(scope="module")
def expected(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], IngestReport]:
    archive = created(tmp_path_factory.mktemp("here"))
    report = ingest(archive, [str(scenes)], model=load_model("colour"), plan=PLAN)
    return rows_of(archive), report


def created(folder: Path) -> Archive:
    return Archive.create(str(folder / "archive"), load_model("colour").card)


def found_in(folder: str, refuse: Callable[[str, str], None]) -> Iterator[Scene]:
    return iter(discover([folder], on_refused=refuse))


def fill(archive: Archive, scenes: Path, **more: Any) -> IngestReport:
    # what a worker needs of this file travels by value: it has no such file
    import ray.cloudpickle

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    options: dict[str, Any] = {"plan": PLAN, "transactions": Transactions(rows=50), "sizes": ONE}
    return ingest_on_cluster(archive, partial(found_in, str(scenes)), **(options | more))


def rows_of(archive: Archive) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for part in archive.scan():
        for each, vector in zip(part.chips, part.vectors, strict=True):
            assert each.id not in rows, f"{each.id} is there twice"
            rows[each.id] = (each, vector.tobytes())
    return rows


def test_two_nodes_make_the_archive_and_the_report_of_one_machine(
    joined: Any, scenes: Path, expected: tuple[dict[str, Any], IngestReport], tmp_path: Path
) -> None:
    archive, progress = created(tmp_path), list[Progress]()
    report = fill(archive, scenes, on_progress=progress.append)
    rows, told = expected
    assert rows_of(archive) == rows
    assert (report.added, report.refused, report.scenes) == (CHIPS, told.refused, told.scenes)
    assert (progress[-1].done, progress[-1].added, progress[-1].all_known) == (CHIPS, CHIPS, True)
    assert len({each.done for each in progress}) > 3  # it moves on the way


def test_a_cluster_fills_a_bucket_with_the_archive_of_one_machine(
    joined: Any, server: S3Server, scenes: Path, expected: tuple[dict[str, Any], IngestReport]
) -> None:
    archive = Archive.create(f"s3://{server.new_bucket()}/archive", load_model("colour").card)
    report = fill(archive, scenes)
    assert rows_of(archive) == expected[0]
    assert (report.added, report.refused) == (CHIPS, expected[1].refused)
    assert archive.verify().ok


def test_a_node_that_dies_and_a_second_cluster_lose_nothing_and_double_nothing(
    joined: Any, scenes: Path, expected: tuple[dict[str, Any], IngestReport], tmp_path: Path
) -> None:
    archive, begun = created(tmp_path), Event()
    other = Archive.open(archive.uri)
    third = joined.add_node(**NODE)

    def told(_: Added) -> None:
        begun.set()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(fill, archive, scenes, on_added=told, transactions=Transactions(rows=20))
        two = pool.submit(fill, other, scenes, on_added=told, transactions=Transactions(rows=20))
        assert begun.wait(300)
        kill_an_encoder()
        joined.remove_node(third, allow_graceful=False)
        reports = one.result(600), two.result(600)
    assert rows_of(archive) == expected[0]
    assert sum(report.added for report in reports) == CHIPS
    assert archive.verify().ok


def kill_an_encoder() -> None:
    """Kill -9 one process of this cluster that encodes, if there still is one."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any("MapWorker" in word for word in process.cmdline()):
                process.kill()
                return


def test_what_a_killed_driver_reported_is_there_and_the_next_one_goes_on(
    joined: Any, scenes: Path, expected: tuple[dict[str, Any], IngestReport], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    words = ["ingest", archive, scenes, "--chip", 20, "--overlap", 0, "--ray", joined.address, "--actors", 1]
    program = [sys.executable, "-c", "from satseek.cli.app import main; main()", *map(str, words)]
    driver = subprocess.Popen(
        [*program, "--commit-rows", "20", "--json-lines"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert driver.stdout is not None
    safe = json.loads(driver.stdout.readline() or "{}")
    driver.send_signal(signal.SIGKILL)
    _, errors = driver.communicate()
    assert safe.get("ids"), errors
    opened = Archive.open(str(archive))
    assert opened.held(safe["ids"]) == set(safe["ids"])
    report = fill(opened, scenes)
    assert rows_of(opened) == expected[0]
    assert report.already_there >= len(safe["ids"])
    assert report.added + report.already_there == CHIPS


def test_a_node_with_another_satseek_is_refused_with_both_versions_named(joined: Any, tmp_path: Path) -> None:
    import ray

    from satseek import __version__
    from satseek.ingest.cluster import connect

    (tmp_path / "satseek").mkdir()
    (tmp_path / "satseek" / "__init__.py").write_text('__version__ = "0.0.1"')
    old = joined.add_node(**NODE, env_vars={"PYTHONPATH": str(tmp_path)})
    try:
        with pytest.raises(
            connect.ClusterError, match=rf"SatSeek {__version__}.* 3 nodes 1 have another: .* has 0\.0\.1"
        ):
            connect._require_same_versions(connect._versions_by_node(ray))
    finally:
        joined.remove_node(old)


INDEXED = 3_000
TUNING = Tuning(index_rows=1_000, partition_rows=500, exact_rows=10)


def of_three_fragments(uri: str) -> Archive:
    archive = Archive.create(uri, card(dimensions=16), tuning=TUNING)
    chips, vectors = [chip(number) for number in range(INDEXED)], clustered(INDEXED, 16)
    for start in range(0, INDEXED, 1_000):
        archive.add(chips[start : start + 1_000], vectors[start : start + 1_000])
    return archive


def require_right_answers(archive: Archive) -> None:
    vectors = clustered(INDEXED, 16)
    for index in (0, 1_500, 2_999):
        best = archive.nearest(vectors[index], k=5)
        truth = np.argsort(-vectors @ vectors[index])[:5]
        assert best.ids[0] == chip(int(index)).id
        assert len(set(best.ids) & {chip(int(each)).id for each in truth}) >= 4


def test_an_index_that_workers_built_is_searched_by_lancedb(joined: Any, tmp_path: Path) -> None:
    archive = of_three_fragments(str(tmp_path / "archive"))
    report = archive.optimize(ray_workers=2)
    assert "vector" in report.built
    assert report.vector_index == "IVF_RQ"
    assert report.recall_at_10 is not None
    assert report.recall_at_10 > 0.9
    require_right_answers(archive)
    assert archive.verify().ok
    assert not archive.optimize(ray_workers=2).built  # nothing came since


def test_workers_index_fragments_of_a_bucket_each_for_itself_and_all_parts_are_searched_as_one(
    joined: Any, server: S3Server
) -> None:
    archive = of_three_fragments(f"s3://{server.new_bucket()}/archive")
    store = Store(archive.uri)
    build_on_ray(store.latest().table, TUNING, uri=store.table_uri, options=store.options, workers=2)
    parts = parts_of_the_index(store)
    assert len(parts) == 2
    assert sorted(number for part in parts for number in part) == [0, 1, 2]
    again = Archive.open(archive.uri, tuning=TUNING)
    assert {index.column: index.rows for index in again.info().indices}["vector"] == INDEXED
    require_right_answers(again)

    archive.add([chip(number) for number in range(INDEXED, INDEXED + 200)], clustered(200, 16))
    assert archive.optimize().recall_at_10 is not None  # takes the new ones in, without Ray
    assert len(parts_of_the_index(store)) == 1
    require_right_answers(archive)
    assert archive.verify().ok


def parts_of_the_index(store: Store) -> list[list[int]]:
    """Return the numbers of the fragments behind each part of the vector index."""
    import lance

    dataset = lance.dataset(store.table_uri, storage_options=store.options)
    (index,) = (each for each in dataset.describe_indices() if each.name == "vector_idx")
    return [list(part.fragment_ids) for part in index.segments]
