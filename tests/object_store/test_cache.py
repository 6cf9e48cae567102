"""What was read from a bucket is not read again: bounded, on from version to version, and never of another archive."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.chips import card, chip, clustered, scattered
from fakes.s3 import Proxy, S3Server, environment
from object_store.conftest import Bucket
from satseek.archive.archive import Archive
from satseek.archive.kept_rows import KeptRows
from satseek.archive.trips import one_trip
from satseek.archive.tuning import Tuning
from satseek.core.area import Area
from satseek.core.errors import UsageError
from satseek.core.filters import Filters

pytestmark = pytest.mark.slow

SMALL_INDEX = Tuning(index_rows=500, exact_rows=20, partition_rows=256)
HERE = Filters(where=Area((-20, -20, 20, 20)), sensors=("s1",))


@pytest.fixture(scope="module")
def made(server: S3Server, quiet_proxy: Proxy) -> str:
    """600 chips with a vector index: the bucket that they are in, which nobody changes."""
    with environment(quiet_proxy.url):
        bucket = server.new_bucket()
        archive = Archive.create(f"s3://{bucket}/archive", card(), tuning=SMALL_INDEX)
        archive.add(scattered(600), clustered(600))
        archive.optimize(measure=False)
        return bucket


@pytest.fixture
def indexed(made: str, bucket: Bucket) -> Archive:
    """A copy of it in a bucket of the test's own."""
    for name in bucket.server.names(made):
        source = {"Bucket": made, "Key": name}
        bucket.server.client.copy_object(Bucket=bucket.name, Key=name, CopySource=source)
    return Archive.open(bucket.uri(), tuning=SMALL_INDEX)


def asked(archive: Archive, query: int, filters: Filters) -> tuple[list[str], list[object]]:
    found = archive.nearest(clustered(600)[query], filters=filters, k=5)
    return found.ids, [found.scores.tolist(), *found.chips]


@pytest.mark.parametrize("filters", [Filters(), HERE])
def test_a_question_asked_again_reads_no_rows_and_gets_the_same_answer(
    indexed: Archive, bucket: Bucket, filters: Filters
) -> None:
    first = asked(indexed, 3, filters)
    asked(indexed, 3, filters)  # now the indices and the register are in memory, too
    bucket.proxy.begin()
    assert asked(indexed, 3, filters) == first
    assert [each.path for each in bucket.proxy.asked if "/data/" in each.path] == []


def test_with_a_cache_of_nothing_rows_are_read_each_time(
    indexed: Archive, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SATSEEK_CACHE_MB", "0")
    plain = Archive.open(bucket.uri(), tuning=SMALL_INDEX)
    answers = [asked(plain, 3, HERE) for _ in range(2)]
    bucket.proxy.begin()
    assert asked(plain, 3, HERE) == answers[0] == answers[1] == asked(indexed, 3, HERE)
    assert any("/data/" in each.path for each in bucket.proxy.asked)


def test_a_size_that_is_none_is_refused(indexed: Archive, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATSEEK_CACHE_MB", "much")
    with pytest.raises(UsageError, match="SATSEEK_CACHE_MB"):
        Archive.open(bucket.uri())


def test_what_is_kept_outlives_a_commit_and_is_right_after_a_change_and_a_way_back(
    indexed: Archive, bucket: Bucket
) -> None:
    asked(indexed, 3, Filters())
    version, kept = indexed.version, indexed._store.latest().kept
    indexed.update(Filters(ids=(chip(3).id,)), caption="changed")
    indexed.add([chip(4, 1.0, 1.0)], clustered(600)[100:101])
    assert indexed._store.latest().kept is kept
    assert indexed.get([chip(3).id])[0].caption == "changed"
    assert np.array_equal(indexed.vectors([chip(4).id])[0], clustered(600)[100])
    assert chip(3).id in asked(indexed, 3, Filters())[0]
    indexed.restore(version)
    assert indexed.get([chip(3).id])[0].caption is None
    assert np.array_equal(indexed.vectors([chip(4).id])[0], clustered(600)[4])
    indexed.add([chip(9_000)], clustered(1, seed=8))
    assert np.array_equal(indexed.vectors([chip(9_000).id]), clustered(1, seed=8))


def test_the_cache_keeps_no_more_than_it_may_and_never_mixes_rows(indexed: Archive) -> None:
    snapshot = indexed._store.latest()
    ids = [chip(number).id for number in range(600)]
    all_rows = snapshot.table.search().select(["id"]).with_row_id(True).limit(None).to_arrow()
    row_of = dict(zip(all_rows.column("id").to_pylist(), all_rows.column("_rowid").to_pylist(), strict=True))
    kept, chance = KeptRows(20_000), np.random.default_rng(0)
    for _ in range(60):
        some = chance.choice(600, size=int(chance.integers(1, 25)), replace=False)
        found = one_trip(kept.taken(snapshot.table, [row_of[ids[each]] for each in some], ["id", "sensor"]))
        expected = {(row_of[ids[each]], ids[each], chip(int(each)).sensor) for each in some}
        columns = (found.column(name).to_pylist() for name in ("_rowid", "id", "sensor"))
        assert set(zip(*columns, strict=True)) == expected
        assert len(found) == len(some)
        assert kept.size_bytes <= 20_000
    assert kept.found > 0
    assert sum(map(len, kept._where.values())) <= 20_000 // 150


def test_prewarm_leaves_the_first_question_nothing_to_read_of_the_indices(indexed: Archive, bucket: Bucket) -> None:
    assert {"vector", "sensor", "id"} <= set(indexed.prewarm())
    bucket.proxy.begin()
    asked(indexed, 5, HERE)
    assert [each.path for each in bucket.proxy.asked if "/_indices/" in each.path] == []


def test_another_archive_in_the_same_place_has_nothing_of_the_one_before(indexed: Archive, bucket: Bucket) -> None:
    before = indexed._store.latest().kept
    for name in bucket.names():
        bucket.server.client.delete_object(Bucket=bucket.name, Key=name)
    Archive.create(bucket.uri(), card(), tuning=SMALL_INDEX).add([chip(1)], clustered(1, seed=5))
    again = Archive.open(bucket.uri())
    assert again._store.latest().kept is not before
    assert np.array_equal(again.vectors([chip(1).id]), clustered(1, seed=5))
