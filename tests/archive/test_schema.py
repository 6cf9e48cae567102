from __future__ import annotations

from pathlib import Path

import lancedb
import pyarrow as pa
import pytest

from fakes.chips import card, chip, clustered, scattered
from satseek.archive import schema
from satseek.archive.archive import Archive
from satseek.core.errors import ArchiveError, ArchiveTooNew


def test_an_older_archive_is_read_as_it_is_and_migrated_by_the_first_write(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add(scattered(10), clustered(10))
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(
        schema, "MIGRATIONS", {2: {"season": "date_part('month', datetime)"}, 3: {"seen": "cast(0 as bigint)"}}
    )
    reader = Archive.open(archive.uri)
    assert reader.info().schema_version == 1
    assert len(reader.nearest(clustered(1)[0], k=3)) == 3
    reader.update(_only_first(), caption="written")
    table = lancedb.connect(archive.uri).open_table("chips")
    assert schema.stored_version(table.schema, "") == 3
    assert table.search().where(f"id = '{chip(0).id}'").select(["season", "seen"]).to_list() == [
        {"season": 1, "seen": 0}
    ]
    assert Archive.open(archive.uri).get([chip(0).id])[0].caption == "written"
    assert Archive.open(archive.uri).card == card()


def test_a_migration_that_was_interrupted_is_completed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.add(scattered(3), clustered(3))
    lancedb.connect(archive.uri).open_table("chips").add_columns({"season": "1"})
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(schema, "MIGRATIONS", {2: {"season": "2", "seen": "3"}})
    Archive.open(archive.uri).update(_only_first(), caption="written")
    table = lancedb.connect(archive.uri).open_table("chips")
    assert schema.stored_version(table.schema, "") == 2
    assert {"season", "seen"} <= set(table.schema.names)


def test_an_archive_of_a_newer_satseek_is_refused_with_both_versions(archive: Archive) -> None:
    table = lancedb.connect(archive.uri).open_table("chips")
    table.update_field_metadata({"path": "id", "metadata": {schema.VERSION_KEY: "99"}})
    with pytest.raises(ArchiveTooNew, match=r"format 99; this one reads up to 1.*Update SatSeek"):
        Archive.open(archive.uri)
    with pytest.raises(ArchiveTooNew):
        archive.add([chip(1)], clustered(1))


def test_a_table_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    lancedb.connect(str(tmp_path / "a")).create_table("chips", data=pa.table({"id": ["1"], "vector": [[1.0, 2.0]]}))
    with pytest.raises(ArchiveError, match="SatSeek did not write"):
        Archive.open(str(tmp_path / "a"))


def test_a_card_that_cannot_be_read_is_said(archive: Archive) -> None:
    table = lancedb.connect(archive.uri).open_table("chips")
    table.update_field_metadata({"path": "vector", "metadata": {schema.CARD_KEY: "{"}})
    with pytest.raises(ArchiveError, match=r"model card .* cannot be read.*history"):
        Archive.open(archive.uri)


def test_card_and_version_outlive_writes_optimising_and_restoring(archive: Archive) -> None:
    archive.add(scattered(10), clustered(10))
    before = archive.version
    archive.add(scattered(20), clustered(20))
    archive.optimize(keep_days=1)
    archive.restore(before)
    assert Archive.open(archive.uri, card=card()).info().schema_version == schema.SCHEMA_VERSION


def _only_first() -> object:
    from satseek.core.filters import Filters

    return Filters(ids=(chip(0).id,))
