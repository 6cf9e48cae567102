"""An archive in a bucket does what one in a folder does, and asks the store for no more than it must."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.chips import card, chip, clustered, scattered
from object_store.conftest import Bucket
from satseek.archive.archive import Archive
from satseek.archive.tuning import Tuning
from satseek.core.area import Area
from satseek.core.errors import ArchiveNotFound, UsageError
from satseek.core.filters import Filters

pytestmark = pytest.mark.slow

SMALL_INDEX = Tuning(index_rows=1_000, exact_rows=60, partition_rows=256)
HERE = Filters(where=Area((-20, -20, 20, 20)))


def test_what_is_added_is_found_by_another_who_opens_it(archive: Archive, bucket: Bucket) -> None:
    chips, vectors = scattered(60), clustered(60)
    assert archive.add(chips, vectors) == 60
    again = Archive.open(bucket.uri() + "/", card=card())
    assert again.get([chips[7].id]) == [chips[7]]
    found = again.nearest(vectors[3], filters=HERE, k=5)
    inside = [each.id for each in chips if HERE.where is not None and each.bbox is not None and _in(each.bbox)]
    exact = sorted(inside, key=lambda name: -float(vectors[int(name, 16)] @ vectors[3]))
    assert found.ids == exact[:5]
    assert again.verify().ok
    assert all(key.startswith("archive/chips.lance/") for key in bucket.names())


def test_every_commit_is_one_write_on_the_condition_that_nobody_was_quicker(archive: Archive, bucket: Bucket) -> None:
    bucket.proxy.begin()
    archive.add(scattered(20), clustered(20))
    commits = [each for each in bucket.proxy.asked if each.method == "PUT" and "/_versions/" in each.path]
    assert [each.conditional for each in commits] == [True]


def test_change_remove_restore_and_tidy_up_work_as_on_a_disk(archive: Archive) -> None:
    archive.add(scattered(30), clustered(30))
    version = archive.version
    assert archive.remove(Filters(ids=(chip(1).id, chip(2).id))) == 2
    assert archive.update(Filters(sensors=("s1",)), caption="a quarry") == 9
    archive.write_note("calibration", "a note")
    assert archive.matching_text("quarry", k=3).index == "FTS"
    assert archive.optimize(keep_days=1).rows == 28
    assert archive.note("calibration") == "a note"
    archive.restore(version)
    assert (len(archive), archive.note("calibration")) == (30, None)
    assert archive.verify().ok
    assert archive.info().megabytes is None


@pytest.mark.slow
def test_a_vector_index_in_a_bucket_finds_what_one_on_a_disk_finds(archive: Archive, bucket: Bucket) -> None:
    chips, vectors = scattered(1_500), clustered(1_500)
    archive = Archive.open(bucket.uri(), tuning=SMALL_INDEX)
    archive.add(chips, vectors)
    report = archive.optimize()
    assert report.vector_index == "IVF_RQ"
    assert report.recall_at_10 is not None
    assert report.recall_at_10 >= 0.9
    found = [set(archive.nearest(vectors[each], k=10).ids) for each in range(12)]
    exact = [{chips[row].id for row in np.argsort(-(vectors @ vectors[each]))[:10]} for each in range(12)]
    assert sum(len(one & other) for one, other in zip(found, exact, strict=True)) >= 100


def test_an_archive_that_is_not_there_is_said_and_made_only_by_those_who_mean_to(bucket: Bucket) -> None:
    with pytest.raises(ArchiveNotFound, match="satseek ingest s3://"):
        Archive.open(bucket.uri("nothing"))
    assert bucket.names() == []
    assert len(Archive.open_or_create(bucket.uri("new"), card())) == 0
    assert len(Archive.open_or_create(bucket.uri("new"), card())) == 0


def test_the_store_may_be_named_in_the_call_instead_of_the_environment(
    archive: Archive, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add([chip(1)], clustered(1))
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    storage = {"aws_endpoint": bucket.proxy.url}
    assert len(Archive.open(bucket.uri(), storage=storage)) == 1
    assert len(Archive.open_or_create(bucket.uri("second"), card(), storage=storage)) == 0


@pytest.mark.parametrize("uri", ["s3:/bucket/archive", "s3:bucket", "s3://", "http://somewhere/archive"])
def test_a_mistyped_place_makes_no_folder_of_that_name(uri: str) -> None:
    with pytest.raises(UsageError, match=r"s3://bucket/prefix"):
        Archive.open_or_create(uri, card())


def test_another_writer_is_noticed_without_asking_the_store_before_every_question(
    archive: Archive, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add(scattered(20), clustered(20))
    reader = Archive.open(bucket.uri())
    reader.nearest(clustered(1)[0])
    bucket.proxy.begin()
    assert len(reader) == 20
    assert len(reader) == 20
    assert bucket.proxy.requests == 0
    archive.add([chip(900)], clustered(1))
    monkeypatch.setattr("satseek.archive.store.REMOTE_FRESH_SECONDS", 0.0)
    assert len(reader) == 21
    assert reader.nearest(clustered(1)[0], k=30).ids.count(chip(900).id) == 1


def _in(bbox: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bbox
    return west <= 20 and east >= -20 and south <= 20 and north >= -20
