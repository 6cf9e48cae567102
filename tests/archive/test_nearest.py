"""The contract of search: recall under filters against exact, and never fewer than k while k exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from shapely.geometry import box as shapely_box
from shapely.geometry import shape

from fakes.chips import box, card, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.archive.tuning import Tuning
from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.filters import Filters
from satseek.core.period import Period
from satseek.core.vectors import FloatArray, unit_rows

World = tuple[list[Chip], FloatArray]
QUERIES = clustered(12, seed=0)[:8]  # the same clusters as the world's, other members

RING = [[-20, -20], [25, -15], [30, 20], [0, 5], [-25, 25], [-20, -20]]  # not convex: its box is half empty
HOLE = [[-5, -8], [5, -8], [5, 0], [-5, 0], [-5, -8]]
POLYGON = {"type": "Polygon", "coordinates": [RING, HOLE]}
ISLANDS = {
    "type": "MultiPolygon",
    "coordinates": [box(-50, -30, -45, -25)["coordinates"], box(40, 25, 46, 30)["coordinates"]],
}


def exact(world: World, query: FloatArray, keep: Sequence[bool], k: int) -> list[str]:
    """The slow, obvious answer: score every chip that is kept and sort."""
    chips, vectors = world
    scores = (vectors.astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
    kept = [(-float(score), each.id) for each, score, yes in zip(chips, scores, keep, strict=True) if yes]
    return [name for _, name in sorted(kept)[:k]]


def inside(chips: Sequence[Chip], area: Area) -> list[bool]:
    """The slow, obvious test of a place: intersect each footprint with the area."""
    shapes = [shape(area.geometry)] if area.geometry else [shapely_box(*part) for part in area.boxes]
    return [each.geometry is not None and any(one.intersects(shape(each.geometry)) for one in shapes) for each in chips]


AREAS = {
    "ten percent": Area.from_bbox("-20,-13,18,12"),
    "one percent": Area.from_bbox("-20,-13,-8,-5"),
    "a hundredth of a percent": Area.from_bbox("10,10,11.2,10.8"),
    "polygon with a hole": Area.from_geojson(POLYGON),
    "two islands": Area.from_geojson(ISLANDS),
    "over the date line": Area.from_bbox("40,-40,-40,40"),
    "the whole globe": Area.from_bbox("-180,-90,180,90"),
    "a street corner": Area.from_bbox("0,0,0.001,0.001"),
}


@pytest.mark.parametrize("name", AREAS)
def test_recall_in_an_area_against_exact(indexed: Archive, world: World, name: str) -> None:
    keep = inside(world[0], AREAS[name])
    allowed = {each.id for each, yes in zip(world[0], keep, strict=True) if yes}
    found = wanted = 0
    for query in QUERIES:
        neighbours = indexed.nearest(query, filters=Filters(where=AREAS[name]), k=10)
        truth = exact(world, query, keep, 10)
        assert len(neighbours) == len(truth) == min(10, sum(keep))
        assert {each.id for each in neighbours.chips} <= allowed
        found += len(set(neighbours.ids) & set(truth))
        wanted += len(truth)
    assert found >= 0.95 * wanted
    if name in ("ten percent", "polygon with a hole", "over the date line"):
        assert neighbours.index == "IVF_RQ"


def test_recall_without_filters_against_exact(indexed: Archive, world: World) -> None:
    everything = [True] * len(world[0])
    found = sum(
        len(set(indexed.nearest(query, k=10).ids) & set(exact(world, query, everything, 10))) for query in QUERIES
    )
    assert found >= 0.95 * 10 * len(QUERIES)
    assert indexed.nearest(QUERIES[0]).index == "IVF_RQ"


def test_scores_are_the_exact_cosines_of_the_stored_vectors_best_first(indexed: Archive, world: World) -> None:
    found = indexed.nearest(QUERIES[0] * 7, k=50)
    stored = dict(zip((each.id for each in world[0]), world[1], strict=True))
    assert np.array_equal(found.vectors, np.stack([stored[name] for name in found.ids]))
    assert found.scores == pytest.approx([float(stored[name] @ QUERIES[0]) for name in found.ids], abs=1e-6)
    assert np.all(np.diff(found.scores) <= 0)


def test_chips_newer_than_the_index_are_found(indexed: Archive, world: World) -> None:
    for position in (5_500, 5_777, 5_999):
        found = indexed.nearest(world[1][position], k=1)
        assert found.ids == [world[0][position].id]
        assert found.scores[0] == pytest.approx(1.0, abs=1e-6)


def test_all_are_returned_when_more_are_asked_for_than_there_are(indexed: Archive, world: World) -> None:
    where = AREAS["one percent"]
    keep = inside(world[0], where)
    found = indexed.nearest(QUERIES[1], filters=Filters(where=where), k=10_000)
    assert found.ids == exact(world, QUERIES[1], keep, 10_000)


def test_an_area_far_from_what_the_query_looks_like_still_fills_k(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The chips in the area are the farthest of all from the query, so every candidate of the index lies outside."""
    query = np.eye(32, dtype=np.float32)[0]
    rng = np.random.default_rng(1)
    near = unit_rows(query + 0.1 * rng.standard_normal((3_000, 32)))
    far = unit_rows(-query + 0.1 * rng.standard_normal((200, 32)))
    chips = [
        *scattered(3_000, bbox=(0, 0, 10, 10)),
        *(chip(5_000 + index, 60 + index / 100, 60.0) for index in range(200)),
    ]
    archive = Archive.create(
        str(tmp_path_factory.mktemp("far") / "a"),
        card(),
        tuning=Tuning(index_rows=1_000, exact_rows=20, partition_rows=256),
    )
    vectors = np.concatenate([near, far])
    archive.add(chips, vectors)
    archive.optimize(measure=False)
    everywhere = Area.from_bbox("-10,-10,61,61")  # its cells hold all chips; a third of the far ones lie outside
    for where in (Area.from_bbox("59,59,63,61"), everywhere):
        found = archive.nearest(query, filters=Filters(where=where), k=150)
        keep = inside(chips, where)
        assert len(found) == 150
        assert len(set(found.ids) & set(exact((chips, vectors), query, keep, 150))) >= 0.95 * 150


FACTS = {
    "a sensor": Filters(sensors=("s1",)),
    "two sensors": Filters(sensors=("s1", "rgb")),
    "a month": Filters(when=Period.parse("2024-02")),
    "since": Filters(when=Period.parse("2024-11-01/..")),
    "a source": Filters(sources=("scene-3.tif",)),
    "ids": Filters(ids=("00000001", "00000777")),
    "sensor, month and area": Filters(
        sensors=("s2",), when=Period.parse("2024-01/2024-06"), where=AREAS["polygon with a hole"]
    ),
    "a sensor nobody has": Filters(sensors=("sar",)),
}


def meets(each: Chip, filters: Filters) -> bool:
    """The slow, obvious reading of the filters."""
    when = filters.when
    return (
        (not filters.sensors or each.sensor in filters.sensors)
        and (not filters.sources or each.source in filters.sources)
        and (not filters.ids or each.id in filters.ids)
        and (when is None or (each.datetime is not None and (when.start is None or each.datetime >= when.start)))
        and (when is None or (each.datetime is not None and (when.end is None or each.datetime <= when.end)))
        and (filters.where is None or inside([each], filters.where)[0])
    )


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_met_and_k_is_filled(indexed: Archive, world: World, name: str) -> None:
    keep = [meets(each, FACTS[name]) for each in world[0]]
    found = indexed.nearest(QUERIES[2], filters=FACTS[name], k=20)
    truth = exact(world, QUERIES[2], keep, 20)
    assert len(found) == len(truth)
    assert len(set(found.ids) & set(truth)) >= 0.95 * len(truth)
    assert indexed.count(FACTS[name]) == sum(keep)


def test_shares_and_properties_filter(archive: Archive) -> None:
    chips = [
        chip(0, nodata_share=0.0, cloud_share=None, properties={"platform": "s2a", "orbit": 3, "clear": True}),
        chip(1, nodata_share=0.3, cloud_share=0.1, properties={"platform": "s2b", "orbit": 3.0, "clear": False}),
        chip(2, nodata_share=0.6, cloud_share=0.9, properties={"platform": "it's", "tags": ["x"], "long": "y" * 500}),
    ]
    archive.add(chips, clustered(3))

    def found(**facts: object) -> list[str]:
        return sorted(archive.nearest(clustered(1)[0], filters=Filters(**facts)).ids)  # type: ignore[arg-type]

    first, second, third = (each.id for each in chips)
    assert found(max_nodata=0.3) == [first, second]
    assert found(max_cloud=0.5) == [first, second]  # nobody measured clouds on the first
    assert found(properties={"platform": "s2a"}) == [first]
    assert found(properties={"orbit": 3}) == [first, second]
    assert found(properties={"orbit": 3.0, "clear": False}) == [second]
    assert found(properties={"platform": "it's"}) == [third]
    assert found(properties={"tags": ["x"], "long": "y" * 500}) == [third]
    assert found(properties={"long": "y" * 501}) == []
    assert found(properties={"platform": "s2"}) == []


def test_a_chip_without_a_place_is_found_without_a_place_asked_and_never_with_one(archive: Archive) -> None:
    archive.add([chip(1), chip(2, 10.0, 50.0)], clustered(2))
    query = clustered(1)[0]
    assert len(archive.nearest(query)) == 2
    for area in ("-180,-90,180,90", "9,49,11,51"):
        assert archive.nearest(query, filters=Filters(where=Area.from_bbox(area))).ids == [chip(2).id]
        assert archive.count(Filters(where=Area.from_bbox(area))) == 1


def test_a_chip_over_the_date_line_is_found_on_both_sides_and_not_between(archive: Archive) -> None:
    footprint = {
        "type": "MultiPolygon",
        "coordinates": [box(179.9, 0, 180, 0.1)["coordinates"], box(-180, 0, -179.9, 0.1)["coordinates"]],
    }
    archive.add([chip(1, geometry=footprint, bbox=(179.9, 0.0, -179.9, 0.1))], clustered(1))
    for area, expected in (
        ("179.5,-1,179.95,1", 1), ("-179.95,-1,-179,1", 1), ("179,-1,-179,1", 1), ("-180,-90,180,90", 1),
        ("-10,-1,10,1", 0), ("178,-1,179.8,1", 0), ("-179.8,-1,-178,1", 0), ("179,0.2,-179,1", 0),
    ):  # fmt: skip
        assert archive.count(Filters(where=Area.from_bbox(area))) == expected, area


def test_the_footprint_decides_not_its_box(archive: Archive) -> None:
    triangle = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]}
    archive.add([chip(1, geometry=triangle, bbox=(0.0, 0.0, 1.0, 1.0))], clustered(1))
    assert archive.count(Filters(where=Area.from_bbox("0.8,0.8,2,2"))) == 0
    assert archive.count(Filters(where=Area.from_bbox("0.4,0.4,2,2"))) == 1


def test_an_area_drawn_like_a_bow_tie_is_taken_as_drawn(archive: Archive) -> None:
    archive.add([chip(1, 0.2, 0.5), chip(2, 1.0, 1.5)], clustered(2))
    tie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    assert archive.nearest(clustered(1)[0], filters=Filters(where=Area.from_geojson(tie))).ids == [chip(1).id]


def test_ties_come_by_id_however_the_rows_are_stored(archive: Archive) -> None:
    same = np.repeat(clustered(1), 40, axis=0)
    numbers = list(np.random.default_rng(4).permutation(40))
    archive.add([chip(int(number)) for number in numbers], same)
    assert archive.nearest(clustered(1)[0], k=8).ids == [chip(number).id for number in range(8)]


def test_chips_are_read_only_when_asked_for_and_in_order(indexed: Archive) -> None:
    found = indexed.nearest(QUERIES[3], k=5)
    assert [each.id for each in found.chips] == found.ids
    assert found.chips is found.chips


def test_an_empty_archive_answers_with_nothing(archive: Archive) -> None:
    found = archive.nearest(clustered(1)[0])
    assert (found.ids, len(found.scores), found.vectors.shape, found.chips) == ([], 0, (0, 32), [])


def test_k_below_one_is_refused(archive: Archive) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        archive.nearest(clustered(1)[0], k=0)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_question_without_a_direction_is_refused(archive: Archive, value: float) -> None:
    archive.add([chip(1)], clustered(1))
    with pytest.raises(UsageError, match="zero or has gaps"):
        archive.nearest(np.full(32, value, dtype=np.float32))


def test_dates_are_compared_as_moments(archive: Archive) -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    archive.add([chip(1, datetime=moment), chip(2, datetime=None)], clustered(2))
    for period, expected in (
        ("2024-05-01T12:00:00Z", 1),
        ("2024-05-01T14:00:00+02:00", 1),
        ("2024-05-01T12:00:01Z/..", 0),
    ):
        assert archive.count(Filters(when=Period.parse(period))) == expected
