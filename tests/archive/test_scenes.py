from datetime import UTC, datetime

import numpy as np
import pytest

from fakes.chips import chip, clustered
from satseek.archive import scenes as module
from satseek.archive.archive import Archive
from satseek.core.area import Area


def filled(archive: Archive, *chips) -> Archive:
    archive.add(list(chips), clustered(len(chips)))
    return archive


def named(archive: Archive, numbers=None, **choice) -> list[str]:
    found = archive.scenes()
    return [facts.name for facts in found.facts(found.matching(**choice) if numbers is None else numbers)]


def test_a_scene_is_what_its_chips_tell_of_it(archive: Archive):
    filled(
        archive,
        chip(0, 10.0, 50.0, side=0.1, scene="a", sensor="s2", datetime=datetime(2024, 5, 1, tzinfo=UTC)),
        chip(1, 10.2, 50.3, side=0.1, scene="a", sensor="s2", datetime=datetime(2024, 5, 1, tzinfo=UTC)),
        chip(
            2, 11.0, 51.0, scene="b", sensor="s1", ground_resolution_m=20.0, datetime=datetime(2024, 6, 1, tzinfo=UTC)
        ),
    )
    found = archive.scenes()
    newer, older = found.facts(found.matching())
    assert (newer.name, newer.sensor, newer.chips, newer.ground_resolution_m) == ("b", "s1", 1, 20.0)
    assert (older.name, older.chips, older.chip) == ("a", 2, f"{0:08x}")
    assert older.bbox == pytest.approx((10.0, 50.0, 10.3, 50.4))
    assert older.datetime == datetime(2024, 5, 1, tzinfo=UTC)


def test_scenes_are_chosen_by_box_and_sensor(archive: Archive):
    filled(
        archive,
        chip(0, 10.0, 50.0, scene="a", sensor="s2"),
        chip(1, 20.0, 50.0, scene="b", sensor="s2"),
        chip(2, 20.0, 50.0, scene="c", sensor="s1"),
        chip(3, scene="nowhere", sensor="s1"),
    )
    assert named(archive, where=Area.from_bbox((19, 49, 21, 51))) == ["c", "b"]
    assert named(archive, where=Area.from_bbox((19, 49, 21, 51)), sensors=["s1"]) == ["c"]
    assert named(archive, where=Area.from_bbox((0, 0, 1, 1))) == []
    assert sorted(named(archive)) == ["a", "b", "c", "nowhere"]


def test_one_name_in_two_sensors_is_two_scenes(archive: Archive):
    filled(archive, chip(0, 1.0, scene="same", sensor="s1"), chip(1, 1.0, scene="same", sensor="s2"))
    found = archive.scenes()
    assert sorted(facts.sensor for facts in found.facts(found.matching())) == ["s1", "s2"]


def test_a_scene_over_the_date_line_stays_narrow(archive: Archive):
    filled(
        archive,
        chip(0, 179.5, 0.0, side=0.4, scene="a", sensor="s2"),
        chip(1, -179.9, 0.0, side=0.4, scene="a", sensor="s2"),
        chip(2, scene="a", sensor="s2", geometry=_over(), bbox=(179.9, 0.0, -179.8, 0.4)),
    )
    found = archive.scenes()
    (facts,) = found.facts(found.matching())
    assert facts.bbox == pytest.approx((179.5, 0.0, -179.5, 0.4))
    assert len(found.matching(where=Area.from_bbox((179.6, 0, 179.7, 1)))) == 1
    assert len(found.matching(where=Area.from_bbox((-179.7, 0, -179.6, 1)))) == 1
    assert len(found.matching(where=Area.from_bbox((179, 0, -179, 1)))) == 1
    assert len(found.matching(where=Area.from_bbox((-10, 0, 10, 1)))) == 0
    (outline,) = archive.outlines([facts])
    assert outline["type"] == "MultiPolygon"


def test_an_outline_follows_the_chips_and_not_the_box(archive: Archive):
    import shapely
    from shapely.geometry import shape

    filled(archive, *(chip(number, 10 + number, 50 + number, side=1.0, scene="a", sensor="s2") for number in range(3)))
    found = archive.scenes().facts([0])
    (outline,) = archive.outlines(found)
    assert shape(outline).covers(shapely.box(11, 51, 12, 52))
    assert shape(outline).area == pytest.approx(5.0)  # the box has 9
    assert archive.outlines([]) == []


def test_many_batches_add_up_to_the_same_scenes(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    filled(archive, *(chip(n, float(rng.uniform(0, 1)), scene=f"scene-{n % 7}", sensor="s2") for n in range(500)))
    whole = archive.scenes()
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 13)
    monkeypatch.setattr(module, "PARTS_KEPT", 3)
    parts = archive.scenes()
    assert parts.facts(parts.matching()) == whole.facts(whole.matching())
    assert sum(facts.chips for facts in parts.facts(parts.matching())) == 500


def test_an_empty_archive_has_no_scenes(archive: Archive):
    assert len(archive.scenes()) == 0
    assert list(archive.scenes().matching(where=Area.from_bbox((0, 0, 1, 1)), sensors=["s1"])) == []


def _over() -> dict:
    left = [[179.9, 0], [180, 0], [180, 0.4], [179.9, 0.4], [179.9, 0]]
    right = [[-180, 0], [-179.8, 0], [-179.8, 0.4], [-180, 0.4], [-180, 0]]
    return {"type": "MultiPolygon", "coordinates": [[left], [right]]}
