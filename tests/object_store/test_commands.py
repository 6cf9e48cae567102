"""Every command takes s3:// where an archive is named: filled, asked, located in, exported and tidied up from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.command import land, satseek
from object_store.conftest import Bucket

pytestmark = pytest.mark.slow

CUT = ("--chip", 50, "--overlap", 0, "--workers", 1)


@pytest.fixture
def filled(bucket: Bucket, tmp_path: Path) -> str:
    """An archive of four chips in a bucket."""
    ran = satseek("ingest", bucket.uri(), land(tmp_path / "land.tif"), *CUT, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["chips"] == 4
    return bucket.uri()


@pytest.mark.slow
def test_an_archive_in_a_bucket_is_filled_asked_and_looked_after(filled: str, tmp_path: Path) -> None:
    again = satseek("ingest", filled, tmp_path / "land.tif", *CUT, "--json")
    assert (again.json["added"], again.json["already_there"]) == (0, 4)
    found = satseek("search", filled, "green fields", "-k", 2, "--json").json
    assert len(found["hits"]) == 2
    like = found["hits"][0]["id"]
    assert satseek("search", filled, "--like", like, "--json").code == 0
    assert satseek("locate", filled, "green fields", "-o", tmp_path / "heat.tif").code == 0
    for words in (
        ("info", filled, "--json"),
        ("verify", filled),
        ("optimize", filled),
        ("history", filled),
        ("recall", filled),
        ("export", filled, "-o", tmp_path / "chips.parquet"),
        ("delete", filled, "--id", like, "--yes"),
    ):
        ran = satseek("archive", *words)
        assert ran.code == 0, (words, ran.err)
    assert satseek("archive", "info", filled, "--json").json["chips"] == 3
    assert satseek("archive", "import", filled, tmp_path / "chips.parquet").code == 0
    assert satseek("archive", "info", filled, "--json").json["chips"] == 4


def test_the_endpoint_may_be_an_option(filled: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")  # the option is stronger
    ran = satseek("--endpoint", bucket.proxy.url, "archive", "info", filled, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["chips"] == 4


def test_what_is_wrong_with_the_store_is_one_line_and_an_exit_code(bucket: Bucket, tmp_path: Path) -> None:
    nowhere = satseek("--endpoint", "http://127.0.0.1:1", "search", bucket.uri(), "a river")
    assert nowhere.code == 1
    assert "does not answer at http://127.0.0.1:1" in nowhere.why
    typing = satseek("ingest", "s3:/bucket/archive", land(tmp_path / "land.tif"))
    assert typing.code == 2
    assert "Write s3://bucket/prefix" in typing.why
    assert not (tmp_path / "s3:").exists()


def test_structure_maps_of_an_archive_far_away_are_kept_in_the_persons_own_cache(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from satseek.search.structure_cache import StructureCache

    class Maps:
        class card:  # noqa: N801 - as the real one has it
            weights_sha256, version = None, "1"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache = StructureCache.beside(filled, Maps())  # type: ignore[arg-type]
    assert cache._place is not None
    assert cache._place.parent == tmp_path / "cache" / "satseek"
