"""A bucket that is not there, refuses, may only be read, or does not answer: one line for the person, and soon."""

from __future__ import annotations

import socket

import pytest

from fakes.chips import card, chip, clustered, scattered
from fakes.s3 import BROKEN, KEYS, REFUSED, SILENT
from object_store.conftest import Bucket
from satseek.archive.archive import Archive
from satseek.archive.schema import CARD_KEY, VERSION_KEY
from satseek.core.errors import ArchiveError, ArchiveNotFound, ArchiveReadOnly, ArchiveTooNew, UsageError
from satseek.core.filters import Filters

pytestmark = pytest.mark.slow


@pytest.mark.slow
def test_a_bucket_that_does_not_exist(bucket: Bucket) -> None:
    for use in (Archive.open, lambda uri: Archive.open_or_create(uri, card())):
        with pytest.raises(ArchiveNotFound, match=r"There is no bucket 'nowhere'.*makes archives, not buckets"):
            use("s3://nowhere/archive")


@pytest.mark.slow
def test_a_bucket_that_refuses(archive: Archive, bucket: Bucket) -> None:
    bucket.proxy.trouble = lambda method, path: REFUSED
    with pytest.raises(ArchiveReadOnly, match=r"denied access.*list and get objects of the bucket"):
        Archive.open(bucket.uri())


def test_a_bucket_that_may_only_be_read_is_read_and_says_so_when_written(archive: Archive, bucket: Bucket) -> None:
    archive.add(scattered(20), clustered(20))
    bucket.proxy.trouble = lambda method, path: REFUSED if method in ("PUT", "POST", "DELETE") else None
    reader = Archive.open(bucket.uri())
    assert len(reader.nearest(clustered(1)[0], k=5)) == 5
    assert reader.verify().ok
    for change in (
        lambda: reader.add([chip(99)], clustered(1)),
        lambda: reader.remove(Filters(sensors=("s1",))),
        lambda: reader.write_note("a", "b"),
        lambda: Archive.create(bucket.uri("new"), card()),
    ):
        with pytest.raises(ArchiveReadOnly, match=r"denied access.*put and delete"):
            change()
    bucket.proxy.calm()
    assert len(Archive.open(bucket.uri())) == 20


def test_an_endpoint_where_nobody_listens(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(ArchiveError, match=r"does not answer at http://127.0.0.1:\d+ .*AWS_ENDPOINT_URL"):
            Archive.open(bucket.uri())


def test_an_endpoint_that_takes_calls_and_says_nothing(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATSEEK_STORE_TIMEOUT", "0.3")
    bucket.proxy.trouble = lambda method, path: SILENT
    with pytest.raises(ArchiveError, match="does not answer"):
        Archive.open(bucket.uri())


@pytest.mark.slow
def test_a_store_that_falls_silent_while_it_is_used(
    archive: Archive, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add(scattered(20), clustered(20))
    monkeypatch.setenv("SATSEEK_STORE_TIMEOUT", "0.3")
    reader = Archive.open(bucket.uri())
    bucket.proxy.trouble = lambda method, path: SILENT
    with pytest.raises(ArchiveError, match=r"does not answer|took too long"):
        reader.nearest(clustered(1)[0])
    bucket.proxy.calm()
    assert len(reader.nearest(clustered(1)[0], k=5)) == 5


@pytest.mark.slow
def test_a_store_that_fails_at_every_request(archive: Archive, bucket: Bucket) -> None:
    archive.add(scattered(20), clustered(20))
    reader = Archive.open(bucket.uri())
    bucket.proxy.trouble = lambda method, path: BROKEN
    with pytest.raises(ArchiveError, match="its object store failed"):
        reader.nearest(clustered(1)[0])


@pytest.mark.parametrize("endpoint", ["localhost:9000", "ftp://somewhere"])
def test_an_endpoint_that_is_none(bucket: Bucket, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(UsageError, match=r"is no endpoint\. Write http://host:port"):
        Archive.open(bucket.uri())


@pytest.mark.parametrize("seconds", ["soon", "-1", "nan"])
def test_a_patience_that_is_none(bucket: Bucket, seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATSEEK_STORE_TIMEOUT", seconds)
    with pytest.raises(UsageError, match="SATSEEK_STORE_TIMEOUT"):
        Archive.open(bucket.uri())


def test_an_archive_that_a_newer_satseek_wrote(archive: Archive, bucket: Bucket) -> None:
    archive._store.commit(lambda table: table.update_field_metadata({"path": "id", "metadata": {VERSION_KEY: "99"}}))
    with pytest.raises(ArchiveTooNew, match=r"archive format 99; this one reads up to"):
        Archive.open(bucket.uri())


def test_a_damaged_card_is_said(archive: Archive, bucket: Bucket) -> None:
    archive._store.commit(lambda table: table.update_field_metadata({"path": "vector", "metadata": {CARD_KEY: "{"}}))
    with pytest.raises(ArchiveError, match="model card"):
        Archive.open(bucket.uri())


def test_an_object_that_was_truncated_is_found_by_verify(archive: Archive, bucket: Bucket) -> None:
    archive.add(scattered(50), clustered(50))
    (data,) = [key for key in bucket.names() if "/data/" in key]
    bucket.server.truncate(bucket.name, data)
    report = Archive.open(bucket.uri()).verify()
    assert not report.ok
    assert "files that cannot be read" in report.problems[0]


@pytest.mark.slow
def test_without_credentials_it_is_said_which_to_set(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ArchiveReadOnly, match="AWS_ACCESS_KEY_ID"):
        Archive.open(bucket.uri())
