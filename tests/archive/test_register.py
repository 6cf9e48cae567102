"""What an archive knows of its chips without reading: the same answers with it as without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.chips import box, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.archive.register import ROWS_A_QUESTION, OncePaid, Register, outwards
from satseek.core.area import Area
from satseek.core.chip import BBox, Chip
from satseek.core.filters import Filters

AREAS = ("-20,-13,18,12", "-20,-13,-8,-5", "10,10,11.2,10.8", "40,-40,-40,40", "-180,-90,180,90", "0,0,0.001,0.001")
TRIANGLE = {"type": "Polygon", "coordinates": [[[-20, -20], [25, -15], [0, 20], [-20, -20]]]}
WHERE = [*(Area.from_bbox(each) for each in AREAS), Area.from_geojson(TRIANGLE)]


def register_of(archive: Archive) -> Register:
    return Register.of(archive._store.latest().table)


def touches(bbox: BBox | None, area: BBox) -> bool:
    """The slow, obvious test; a chip over the date line is looked at wherever the latitudes meet."""
    if bbox is None:
        return False
    west, south, east, north = bbox
    across = east < west or (west <= area[2] and east >= area[0])
    return across and south <= area[3] and north >= area[1]


@pytest.mark.parametrize("where", WHERE, ids=[*AREAS, "triangle"])
def test_a_question_is_answered_the_same_from_memory_as_from_the_store(indexed: Archive, where: Area) -> None:
    filters = Filters(where=where)
    for query in clustered(3, seed=5):
        known = Archive.open(indexed.uri, tuning=indexed._tuning).nearest(query, filters=filters, k=20)
        again = [indexed.nearest(query, filters=filters, k=20) for _ in range(2)][-1]
        assert indexed._store.latest().register.is_read
        if again.index == known.index == "IVF_RQ":  # how many partitions are looked at follows from an estimate
            assert len(set(again.ids) & set(known.ids)) >= 19
        else:
            assert again.ids == known.ids
            assert np.array_equal(again.scores, known.scores)
        assert [each.id for each in again.chips] == again.ids


def test_the_register_is_read_once_it_pays_and_not_for_one_question(archive: Archive) -> None:
    archive.add([chip(1, 0.0)], clustered(1))
    table = archive._store.latest().table
    paid = OncePaid(3 * ROWS_A_QUESTION)
    first = [paid.ask(table) for _ in range(4)]
    assert [each is not None for each in first] == [False, False, False, True]
    assert paid.ask(table) is first[3]
    assert OncePaid(10).ask(table) is None


def test_another_version_has_another_register(archive: Archive) -> None:
    chips, vectors = scattered(50), clustered(50)
    archive.add(chips[:40], vectors[:40])
    everywhere = Filters(where=Area.from_bbox("-180,-90,180,90"))
    for _ in range(3):
        assert len(archive.nearest(vectors[0], filters=everywhere, k=100)) == 40
    other = Archive.open(archive.uri)  # as another process would
    other.add(chips[40:], vectors[40:])
    other.remove(Filters(ids=(chips[0].id,)))
    moved = replace(chips[1], geometry=box(170, 80, 170.01, 80.01), bbox=(170.0, 80.0, 170.01, 80.01))
    other.add([moved], vectors[1:2])
    for _ in range(3):
        found = archive.nearest(vectors[0], filters=everywhere, k=100)
        assert set(found.ids) == {each.id for each in chips[1:]}
        there = archive.nearest(vectors[0], filters=Filters(where=Area.from_bbox("169,79,171,81")), k=100)
        assert there.ids == [moved.id]


def test_ids_and_boxes_by_row_and_none_where_there_is_no_place(archive: Archive) -> None:
    chips = [*scattered(30), chip(900), chip(901, bbox=(179.9, 1.0, -179.9, 1.2))]
    archive.add(chips, clustered(32))
    register = register_of(archive)
    assert len(register) == 32
    stored = archive._store.latest().table.search().select(["id"]).with_row_id(True).limit(None).to_arrow()
    rows = stored.column("_rowid").to_numpy()[::-1]
    names = stored.column("id").to_pylist()[::-1]
    assert register.ids_of(rows) == names
    known = {each.id: each for each in chips}
    for name, found in zip(names, register.boxes_of(rows), strict=True):
        bbox = known[name].bbox
        assert np.isnan(found).all() if bbox is None else found == pytest.approx(bbox, abs=1e-4)


@pytest.mark.parametrize("area", [Area.from_bbox(each) for each in AREAS], ids=AREAS)
def test_all_that_touch_are_found_whatever_their_size(archive: Archive, area: Area) -> None:
    wide = [chip(5_000 + each, -30.0 + each, -25.0, side=20.0) for each in range(3)]
    over = chip(6_000, bbox=(179.9, 1.0, -179.9, 1.2))
    chips: list[Chip] = [*scattered(1_500), *wide, over, chip(6_001)]
    archive.add(chips, clustered(len(chips)))
    register = register_of(archive)
    expected = {each.id for each in chips if any(touches(each.bbox, part) for part in area.boxes)}
    found = register.touching(area.boxes, len(chips))
    assert found.rows is not None
    assert set(register.ids_of(found.rows)) == expected
    assert found.number == len(expected)


def test_too_many_are_only_counted_roughly(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> None:
    monkeypatch.setattr("satseek.archive.register.SAMPLED", 100)
    archive.add(scattered(1_500), clustered(1_500))
    found = register_of(archive).touching([(-180.0, -90.0, 180.0, 90.0)], 10)
    assert found.rows is None
    assert found.number == pytest.approx(1_500, rel=0.1)


@given(st.lists(st.floats(-180, 180), min_size=4, max_size=4))
def test_a_box_of_less_precision_holds_the_true_one(sides: list[float]) -> None:
    west, south, east, north = (float(side) for side in outwards(np.array([sides]))[0])
    assert (west <= sides[0], south <= sides[1], east >= sides[2], north >= sides[3]) == (True,) * 4
    assert [west, south, east, north] == pytest.approx(sides, abs=2e-5)
