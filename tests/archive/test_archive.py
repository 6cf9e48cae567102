from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fakes.chips import box, card, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveError, ArchiveNotFound, ChipNotFound, ModelMismatch
from satseek.core.filters import Filters
from satseek.core.scene import Window


def a_chip_with_everything() -> Chip:
    return Chip(
        id="a" * 24,
        sensor="s2",
        source="https://example.com/S2A.SAFE",
        scene="S2A_MSIL2A_20240501",
        window=Window(10, 20, 448, 448),
        scale=2.0,
        size=(224, 224),
        address={"sensor": "s2", "bands": [{"name": "B04", "href": "a/ü.tif", "index": 1, "scale": 1e-4}], "nodata": 0},
        geometry={
            "type": "MultiPolygon",
            "coordinates": [
                [[[179.5, 1.0], [180.0, 1.0], [180.0, 2.0], [179.5, 1.0]]],
                [[[-180.0, 1.0], [-179.5, 1.0], [-180.0, 2.0], [-180.0, 1.0]]],
            ],
        },
        bbox=(179.5, 1.0, -179.5, 2.0),
        datetime=datetime(2024, 5, 1, 10, 30, 21, 123456, tzinfo=UTC),
        ground_resolution_m=0.3,
        caption='a river through "it\'s" forest; DROP TABLE',
        keywords=("river", "forest"),
        labels=("Water", "Wald"),
        properties={"platform": "sentinel-2a", "gsd": 10, "tags": ["a", "b"], "clear": True, "nothing": None},
        nodata_share=0.125,
        cloud_share=0.5,
    )


def test_a_chip_comes_back_as_it_went_in(archive: Archive) -> None:
    whole, bare = a_chip_with_everything(), chip(1, datetime=None, ground_resolution_m=None)
    assert archive.add([whole, bare], clustered(2)) == 2
    assert archive.get([bare.id, whole.id]) == [bare, whole]


def test_vectors_come_back_bit_by_bit_in_the_order_asked(archive: Archive) -> None:
    vectors = clustered(50)
    chips = scattered(50)
    archive.add(chips, vectors)
    wanted = [7, 3, 49, 0]
    assert np.array_equal(archive.vectors([chips[index].id for index in wanted]), vectors[wanted])


def test_adding_again_changes_nothing_and_counts_nothing_as_new(archive: Archive) -> None:
    chips, vectors = scattered(20), clustered(20)
    assert archive.add(chips, vectors) == 20
    assert archive.add([*chips[5:], chip(999)], np.concatenate([vectors[5:], clustered(1)])) == 1
    assert len(archive) == 21
    assert archive.get([chips[0].id, chips[19].id]) == [chips[0], chips[19]]


def test_adding_a_held_id_replaces_its_chip_and_vector(archive: Archive) -> None:
    old, new = clustered(2, seed=3)
    archive.add([chip(1, caption="before")], old[None])
    archive.add([chip(1, caption="after")], new[None])
    assert [each.caption for each in archive.get([chip(1).id])] == ["after"]
    assert np.array_equal(archive.vectors([chip(1).id])[0], new)


def test_of_chips_with_one_id_in_one_batch_the_last_stands(archive: Archive) -> None:
    assert archive.add([chip(1, caption="first"), chip(1, caption="last")], clustered(2)) == 1
    assert archive.get([chip(1).id])[0].caption == "last"


def test_held_tells_what_is_here(archive: Archive) -> None:
    archive.add(scattered(10), clustered(10))
    asked = [each.id for each in scattered(10)] + ["nobody", "it's"]
    assert archive.held(asked) == {each.id for each in scattered(10)}
    assert archive.held([]) == set()


def test_a_missing_chip_is_named(archive: Archive) -> None:
    archive.add([chip(1)], clustered(1))
    with pytest.raises(ChipNotFound, match="no chip 'nobody' \\(and 1 more\\)"):
        archive.get([chip(1).id, "nobody", "noone"])
    with pytest.raises(ChipNotFound, match="nobody"):
        archive.vectors(["nobody"])


def test_nothing_added_is_nothing_done(archive: Archive) -> None:
    version = archive.version
    assert archive.add([], np.empty((0, 32), dtype=np.float32)) == 0
    assert archive.version == version


@pytest.mark.parametrize(
    ("vectors", "why"),
    [
        (np.ones((2, 32), dtype=np.float32), "2 of 2 vectors are not of unit length"),
        (np.zeros((2, 32), dtype=np.float32), "leave zeros out"),
        (np.full((2, 32), np.nan, dtype=np.float32), "not of unit length"),
        (np.ones((2, 16), dtype=np.float32), "takes 32 numbers"),
        (np.ones((3, 32), dtype=np.float32), "2 chips"),
    ],
)
def test_vectors_that_would_give_wrong_scores_are_refused(archive: Archive, vectors: np.ndarray, why: str) -> None:
    with pytest.raises(ArchiveError, match=why):
        archive.add([chip(1), chip(2)], vectors)
    assert len(archive) == 0


def test_the_card_is_inside(tmp_path: Path) -> None:
    made = ModelCard(
        "amfmn",
        "3",
        "ü",
        32,
        {"rgb": ("red",)},
        True,
        256,
        weights_sha256="ab" * 32,
        figures={"R@1": 0.1},
        options={"a": [1]},
    )  # fmt: skip
    Archive.create(str(tmp_path / "a"), made)
    assert Archive.open(str(tmp_path / "a")).card == made
    assert Archive.open(str(tmp_path / "a"), card=made).card == made


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (card("colour"), "was built with 'fake' and cannot be searched or filled with 'colour'.*--model colour"),
        (card(version="2"), "another 'fake' than the one in hand: version 1 instead of 2\\. Open it with"),
        (card(dimensions=64), "in hand: dimensions 32 instead of 64\\. Open"),
        (replace(card(), weights_sha256="ab" * 32), "in hand: weights none instead of abababababab…\\. Open"),
    ],
)
def test_another_model_is_refused_with_the_remedy(archive: Archive, other: ModelCard, why: str) -> None:
    for opening in (Archive.open, Archive.open_or_create):
        with pytest.raises(ModelMismatch, match=why):
            opening(archive.uri, card=other)


def test_open_or_create_makes_it_once(tmp_path: Path) -> None:
    first = Archive.open_or_create(str(tmp_path / "deep" / "a"), card())
    first.add([chip(1)], clustered(1))
    assert len(Archive.open_or_create(str(tmp_path / "deep" / "a"), card())) == 1
    with pytest.raises(ArchiveError, match="already an archive"):
        Archive.create(str(tmp_path / "deep" / "a"), card())


def test_no_archive_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveNotFound, match="satseek ingest"):
        Archive.open(str(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_readers_see_what_a_writer_adds_at_once(archive: Archive) -> None:
    reader = Archive.open(archive.uri)
    assert len(reader) == 0
    archive.add(scattered(10), clustered(10))
    assert len(reader) == 10
    assert reader.nearest(clustered(1)[0], k=3).ids == archive.nearest(clustered(1)[0], k=3).ids


def test_a_scan_stays_in_the_version_it_began_in(archive: Archive) -> None:
    archive.add(scattered(30), clustered(30))
    batches = archive.scan(batch=10)
    first = next(batches)
    archive.remove(Filters(ids=tuple(each.id for each in scattered(30))))
    seen = first.ids + [each for batch in batches for each in batch.ids]
    assert sorted(seen) == [each.id for each in scattered(30)]
    assert len(first.chips) == 10


def test_scan_is_newest_first_undated_last_ties_by_id(archive: Archive) -> None:
    day = datetime(2024, 1, 1, tzinfo=UTC)
    chips = [
        chip(3, datetime=day),
        chip(1, datetime=None),
        chip(2, datetime=day),
        chip(4, datetime=day.replace(year=2025)),
    ]
    archive.add(chips, clustered(4))
    found = next(archive.scan())
    assert found.ids == [chip(4).id, chip(2).id, chip(3).id, chip(1).id]
    assert [each.id for each in found.chips] == found.ids
    assert np.array_equal(found.vectors, archive.vectors(found.ids))
    assert [batch.ids for batch in archive.scan(limit=3, batch=2)] == [found.ids[:2], found.ids[2:3]]


@pytest.mark.slow
def test_threads_of_one_reader_answer_each_for_itself_while_the_archive_grows(archive: Archive) -> None:
    from concurrent.futures import ThreadPoolExecutor

    vectors = clustered(400)
    archive.add(scattered(400)[:100], vectors[:100])
    reader = Archive.open(archive.uri)

    def ask(number: int) -> bool:
        found = reader.nearest(vectors[number % 100], k=3)
        return found.ids[0] == f"{number % 100:08x}" and [each.id for each in found.chips] == found.ids

    with ThreadPoolExecutor(6) as threads:
        answers = [threads.submit(ask, number) for number in range(150)]
        for first in range(100, 400, 50):
            archive.add(scattered(400)[first : first + 50], vectors[first : first + 50])
        assert all(answer.result() for answer in answers)
    assert len(reader) == 400


def test_a_file_address_is_a_folder(tmp_path: Path) -> None:
    Archive.create(f"file://{tmp_path}/a", card()).add([chip(1)], clustered(1))
    assert len(Archive.open(str(tmp_path / "a"))) == 1


def test_a_wrong_vector_is_told_from_a_wrong_archive(archive: Archive) -> None:
    with pytest.raises(ModelMismatch, match=r"16 numbers .* 32"):
        archive.nearest(clustered(1, 16)[0])


def test_geometry_of_a_box_survives(archive: Archive) -> None:
    archive.add([chip(1, 10.0, 50.0)], clustered(1))
    assert archive.get([chip(1).id])[0].geometry == box(10.0, 50.0, 10.01, 50.01)
