from __future__ import annotations

import numpy as np
import pytest

from fakes.chips import chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.core.area import Area
from satseek.core.errors import UsageError
from satseek.core.filters import Filters


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.add(scattered(600), clustered(600))
    return archive


def test_chips_are_removed_by_id_and_by_source(filled: Archive) -> None:
    assert filled.remove(Filters(ids=(chip(3).id, "nobody"))) == 1
    assert filled.remove(Filters(sources=("scene-2.tif",))) == 100
    assert len(filled) == 499
    assert filled.held([chip(3).id, chip(4).id, chip(250).id]) == {chip(4).id}


def test_chips_are_removed_by_their_exact_place(filled: Archive) -> None:
    where = Filters(where=Area.from_bbox("-20,-20,20,20"))
    inside = {each for batch in filled.scan(where) for each in batch.ids}
    assert filled.remove(where) == len(inside) > 10
    assert filled.count(where) == 0
    assert {each for batch in filled.scan() for each in batch.ids} == {each.id for each in scattered(600)} - inside


def test_to_remove_everything_must_be_meant(filled: Archive) -> None:
    with pytest.raises(UsageError, match="Nothing says which chips to remove"):
        filled.remove(Filters())
    assert len(filled) == 600


def test_what_is_removed_may_come_back(filled: Archive) -> None:
    filled.remove(Filters(ids=(chip(3).id,)))
    assert filled.add(scattered(600)[:10], clustered(600)[:10]) == 1


def test_what_is_said_of_chips_is_updated_and_found_by_its_words(filled: Archive) -> None:
    assert filled.update(Filters(sensors=("s1",)), caption="a flood", labels=["Water"], properties={"event": 7}) == 200
    changed = filled.get([chip(2).id])[0]
    assert (changed.sensor, changed.caption, changed.labels, changed.properties) == (
        "s1",
        "a flood",
        ("Water",),
        {"event": 7},
    )
    assert filled.matching_text("flood", k=500).chips[0].sensor == "s1"
    assert filled.count(Filters(properties={"event": 7})) == 200
    assert filled.get([chip(1).id])[0] == scattered(600)[1]
    assert len(filled) == 600


def test_what_is_not_named_stays_and_vectors_stay(filled: Archive) -> None:
    before = filled.vectors([chip(5).id])
    only = Filters(ids=(chip(5).id,))
    filled.update(only, caption="first", keywords=["a", "b"], properties={"x": 1})
    filled.update(only, keywords=["c"], properties={"y": 2})
    after = filled.get([chip(5).id])[0]
    assert (after.caption, after.keywords, after.properties) == ("first", ("c",), {"x": 1, "y": 2})
    assert np.array_equal(filled.vectors([chip(5).id]), before)


def test_a_caption_is_taken_away_with_an_empty_one(filled: Archive) -> None:
    only = Filters(ids=(chip(5).id,))
    filled.update(only, caption="wrong")
    filled.update(only, caption="")
    assert filled.get([chip(5).id])[0].caption is None
    assert filled.matching_text("wrong", k=3).ids == []


def test_large_additions_are_cut_into_transactions(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("satseek.archive.writing.ROWS_AT_ONCE", 100)
    version = filled.version
    assert filled.add([chip(number) for number in range(1000, 1250)], clustered(250)) == 250
    assert filled.version == version + 3
