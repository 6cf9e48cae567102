from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.chips import card, chip, clustered, scattered
from satseek.archive import indices
from satseek.archive.archive import Archive
from satseek.archive.tuning import Tuning
from satseek.core.area import Area
from satseek.core.errors import ArchiveError, UsageError
from satseek.core.filters import Filters


def test_info_says_what_is_there(archive: Archive) -> None:
    archive.add([*scattered(30, bbox=(-10, 40, 20, 50)), chip(90)], clustered(31))
    facts = archive.info()
    assert facts.chips == 31
    assert facts.sensors == {"rgb": 11, "s1": 10, "s2": 10}
    assert facts.without_place == 1
    assert facts.bbox is not None
    assert facts.bbox[0] == min(each.bbox[0] for each in scattered(30, bbox=(-10, 40, 20, 50)) if each.bbox)
    assert facts.first == datetime(2024, 1, 1, tzinfo=UTC)
    assert facts.last == datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=90)
    assert facts.card == card()
    assert {index.column for index in facts.indices} >= {"id", "datetime", "sensor", "cell_0", "facts", "text"}
    assert facts.to_json()["chips"] == 31
    assert "31 chips, made with 'fake'" in str(facts)


def test_info_of_an_empty_archive(archive: Archive) -> None:
    facts = archive.info()
    assert (facts.chips, facts.sensors, facts.bbox, facts.first) == (0, {}, None, None)
    assert facts.to_json()["bbox"] is None


def test_info_reaches_around_the_globe_where_a_chip_crosses_the_date_line(archive: Archive) -> None:
    archive.add([chip(1, bbox=(179.0, 0.0, -179.0, 1.0)), chip(2, 10.0, 5.0)], clustered(2))
    assert archive.info().bbox == (-180.0, 0.0, 180.0, 5.01)


def test_optimize_joins_fragments_and_takes_new_rows_into_the_indices(archive: Archive) -> None:
    for number in range(0, 60, 10):
        archive.add(scattered(60)[number : number + 10], clustered(60)[number : number + 10])
    report = archive.optimize()
    assert report.fragments == (6, 1)
    assert report.rows == 60
    assert all(index.rows == 60 and index.rows_outside == 0 for index in archive.info().indices)
    assert report.vector_index is None
    assert [each.id for each in archive.get([each.id for each in scattered(60)])] == [each.id for each in scattered(60)]


@pytest.mark.slow
def test_a_vector_index_is_built_when_it_pays_and_its_recall_is_said(tmp_path: Path) -> None:
    tuning = Tuning(index_rows=1_000, partition_rows=256)
    archive = Archive.create(str(tmp_path / "a"), card(), tuning=tuning)
    archive.add(scattered(900), clustered(900))
    assert not archive.is_untidy()
    assert archive.optimize().vector_index is None
    archive.add(scattered(1_500), clustered(1_500))
    assert archive.is_untidy()
    report = archive.optimize()
    assert report.vector_index == "IVF_RQ"
    assert "vector" in report.built
    assert report.recall_at_10 is not None
    assert report.recall_at_10 >= 0.95
    assert not archive.is_untidy()
    assert archive.optimize().built == ()


@pytest.mark.slow
def test_the_vector_index_is_trained_anew_when_the_archive_has_outgrown_it(tmp_path: Path) -> None:
    archive = Archive.create(str(tmp_path / "a"), card(), tuning=Tuning(index_rows=500, partition_rows=256))
    archive.add(scattered(500), clustered(500))
    assert "vector" in archive.optimize(measure=False).built
    archive.add(scattered(1_900), clustered(1_900))
    assert archive.optimize(measure=False).built == ()
    archive.add(scattered(2_100), clustered(2_100))
    assert archive.optimize(measure=False).built == ("vector",)


def test_cells_too_many_for_bitmaps_get_a_tree_and_are_still_found(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add(scattered(300), clustered(300))
    monkeypatch.setattr(indices, "MOST_BITMAPS", 100)
    where = Filters(where=Area.from_bbox("-20,-20,-10,-10"))
    before = archive.count(where)
    assert set(archive.optimize().built) >= {"cell_3"}
    kinds = {index.column: index.kind for index in archive.info().indices if index.column.startswith("cell")}
    assert kinds["cell_3"] == "BTREE"
    assert len([index for index in archive.info().indices if index.column == "cell_3"]) == 1
    assert archive.count(where) == before > 0


def test_old_versions_are_pruned_and_young_ones_kept(archive: Archive) -> None:
    for number in range(5):
        archive.add([chip(number)], clustered(1))
    kept = len(archive.history())
    assert archive.optimize(keep_days=1).versions_removed == 0
    assert len(archive.history()) > kept
    report = archive.optimize(keep_days=0)
    assert report.versions_removed > kept
    assert len(archive.history()) <= 3
    assert len(archive) == 5
    with pytest.raises(UsageError, match="0 or more"):
        archive.optimize(keep_days=-1)


def test_history_lists_versions_newest_first_and_restore_goes_back(archive: Archive) -> None:
    archive.add(scattered(10), clustered(10))
    good = archive.version
    archive.remove(Filters(sensors=("rgb",)))
    archive.add([chip(77)], clustered(1))
    versions = archive.history()
    assert [each.number for each in versions] == sorted((each.number for each in versions), reverse=True)
    assert {each.number: each.rows for each in versions}[good] == 10
    assert abs(versions[0].when - datetime.now(UTC)) < timedelta(minutes=5)
    archive.restore(good)
    assert len(archive) == 10
    assert archive.held([chip(77).id]) == set()
    assert archive.version > versions[0].number
    archive.restore(versions[0].number)
    assert archive.held([chip(77).id]) == {chip(77).id}


def test_a_version_that_is_not_kept_is_said(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="no version 9999 any more; it keeps 1 to"):
        archive.restore(9999)


def test_readers_keep_their_answers_while_another_process_optimises(archive: Archive) -> None:
    archive.add(scattered(100), clustered(100))
    reader = Archive.open(archive.uri)
    found = reader.nearest(clustered(1)[0], k=5)
    archive.optimize(keep_days=1)
    assert [each.id for each in found.chips] == found.ids
    assert reader.nearest(clustered(1)[0], k=5).ids == found.ids
