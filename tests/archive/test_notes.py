"""Notes beside the vectors, and samples of chips."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fakes.chips import card, chip, clustered
from satseek.archive.archive import Archive


def filled(folder: Path, rows: int = 50) -> Archive:
    archive = Archive.create(str(folder / "archive"), card())
    archive.add([chip(index) for index in range(rows)], clustered(rows))
    return archive


def test_a_note_is_kept_and_an_archive_without_one_has_none(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    assert archive.note("calibration") is None
    archive.write_note("calibration", '{"a": 1}')
    archive.write_note("other", "x")
    archive.add([chip(99)], clustered(1))
    assert Archive.open(archive.uri).note("calibration") == '{"a": 1}'
    assert Archive.open(archive.uri).card == card()


def test_a_restored_archive_has_the_note_of_its_time(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    archive.write_note("calibration", "first")
    version = archive.version
    archive.write_note("calibration", "second")
    archive.restore(version)
    assert archive.note("calibration") == "first"


def test_a_sample_is_the_same_each_time_and_its_vectors_are_those_of_its_chips(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    some, again = archive.sample(20), archive.sample(20)
    assert len(some) == len(set(some.ids)) == 20
    assert some.ids == again.ids
    np.testing.assert_array_equal(some.vectors, archive.vectors(some.ids))
    assert some.sensors == [each.sensor for each in archive.get(some.ids)]


def test_a_sample_of_a_small_archive_is_all_of_it(tmp_path: Path) -> None:
    assert len(filled(tmp_path, 5).sample(1000)) == 5
    assert len(Archive.create(str(tmp_path / "empty"), card()).sample(10)) == 0
