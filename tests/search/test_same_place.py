"""The same place in another sensor: found by registration, with the shift and the turn, from memory, file or pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

import satseek
from fakes.pairs import COVERS
from satseek.archive.archive import Archive
from satseek.core.errors import UsageError
from satseek.core.query import Query
from satseek.core.sensor import Pixels
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.raster.recognise import Override, scene_of_files
from satseek.search import structure_cache
from satseek.search.collection import Collection
from satseek.search.same_place import scaled
from satseek.search.structure_cache import FILE, StructureCache

SIDE, CHIP = 640, 160


def ground() -> np.ndarray:
    """Return which of COVERS each pixel of a town of many fields is."""
    rng = np.random.default_rng(11)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    centres = rng.uniform(0, SIDE, (500, 2)).astype(np.float32)
    nearest, best = np.zeros((SIDE, SIDE), np.int64), np.full((SIDE, SIDE), np.inf, np.float32)
    for number, (row, column) in enumerate(centres):
        away = (rows - row) ** 2 + (columns - column) ** 2
        nearest[away < best] = number
        best = np.minimum(best, away)
    return np.asarray(rng.integers(0, len(COVERS), 500)[nearest])


def write(path: Path, values: np.ndarray, names: tuple[str, ...], top: int = 0, left: int = 0) -> Path:
    count, height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=values.dtype.name, crs="EPSG:32633",
        transform=from_origin(500_000 + 10 * left, 5_000_000 - 10 * top, 10, 10),
    ) as file:  # fmt: skip
        file.write(values)
        for number, name in enumerate(names, start=1):
            file.set_band_description(number, name)
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, np.ndarray]:
    """An archive of one optical scene, and the radar picture of the same ground."""
    folder = tmp_path_factory.mktemp("world")
    cover, rng = ground(), np.random.default_rng(5)
    colours = np.array([colour for colour, _ in COVERS], dtype=np.float32)[cover] + rng.normal(0, 3, (SIDE, SIDE, 3))
    power = 10 ** (np.array([decibels for _, decibels in COVERS])[cover] / 10) * rng.gamma(4, 1 / 4, (SIDE, SIDE))
    optical = np.clip(colours, 0, 255).transpose(2, 0, 1).astype(np.uint8)
    scene = write(folder / "optical.tif", optical, ("red", "green", "blue"))
    model = load_model("structure")
    archive = Archive.create(str(folder / "archive"), model.card)
    ingest(archive, [scene_of_files([str(scene)], Override())], model=model, plan=CutPlan(chip=CHIP, overlap=0.0))
    return folder, scene, (10 * np.log10(power))[None].astype(np.float32)


def asked(world: tuple[Path, Path, np.ndarray], top: int, left: int, *, turn: int = 0, side: int = CHIP) -> Path:
    folder, _, radar = world
    window = np.rot90(radar[:, top : top + side, left : left + side], turn, (1, 2))
    return write(folder / f"asked-{top}-{left}-{turn}.tif", np.ascontiguousarray(window), ("VV",), top, left)


def test_radar_finds_its_place_among_optical_chips_with_shift_and_turn(world: tuple[Path, Path, np.ndarray]) -> None:
    collection = satseek.open(world[0] / "archive")
    found = collection.search(like=asked(world, 160 + 20, 320 - 28, turn=1), same_place=True, k=3)
    best = found[0]
    assert (best.chip.window.row, best.chip.window.column) == (160, 320)
    assert best.placement is not None
    assert best.placement.turned_degrees == 270
    assert best.placement.down_pixels == pytest.approx(20, abs=8)
    assert best.placement.right_pixels == pytest.approx(-28, abs=8)
    assert best.placement.south_m == pytest.approx(200, abs=80)
    assert best.score == pytest.approx(best.parts["registration"] + 0.15 * best.parts["structure"])
    assert best.parts["registration"] > found[1].parts["registration"]
    assert found.to_json()["hits"][0]["placement"]["turned_degrees"] == 270
    assert set(found.explanation.milliseconds) == {"encode", "recall", "structure", "register"}


def test_a_chip_of_the_archive_finds_itself_unmoved(world: tuple[Path, Path, np.ndarray]) -> None:
    collection = satseek.open(world[0] / "archive")
    first = next(iter(collection.archive.scan())).chips[0]
    best = collection.search(like=first.id, same_place=True, k=1)[0]
    assert (best.chip.id, best.placement.turned_degrees) == (first.id, 0)  # type: ignore[union-attr]
    assert best.score > 0.95
    assert abs(best.placement.down_pixels) < 2  # type: ignore[union-attr]


def test_maps_are_made_once_and_read_from_beside_the_archive(
    world: tuple[Path, Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = satseek.open(world[0] / "archive")
    like = asked(world, 0, 160)
    before = collection.search(like=like, same_place=True)
    assert (world[0] / "archive" / FILE).stat().st_size > 100_000
    monkeypatch.setattr(StructureCache, "_made", lambda self, chip: pytest.fail("made again"))
    from satseek.search import same_place

    same_place._cache_of.cache_clear()  # another process
    again = collection.search(like=like, same_place=True)
    assert again.ids == before.ids
    assert [hit.score for hit in again] == [hit.score for hit in before]
    assert Archive.open(str(world[0] / "archive")).verify().ok


def test_a_broken_cache_is_made_anew(world: tuple[Path, Path, np.ndarray]) -> None:
    from satseek.search import same_place

    place = world[0] / "archive" / FILE
    place.write_bytes(b"no database at all, and longer than a header of one" * 20)
    same_place._cache_of.cache_clear()
    found = satseek.open(world[0] / "archive").search(like=asked(world, 0, 0), same_place=True, k=1)
    assert (found[0].chip.window.row, found[0].chip.window.column) == (0, 0)
    place.unlink()


def test_chips_whose_pixels_are_gone_are_left_out_and_said(world: tuple[Path, Path, np.ndarray]) -> None:
    from satseek.search import same_place

    folder, scene, _ = world
    like, moved = asked(world, 0, 0), scene.with_name("elsewhere.tif")
    (folder / "archive" / FILE).unlink(missing_ok=True)
    same_place._cache_of.cache_clear()
    scene.rename(moved)
    try:
        found = satseek.open(folder / "archive").search(like=like, same_place=True)
    finally:
        moved.rename(scene)
    assert not found.hits
    assert "were not verified, as their pixels cannot be read" in found.notes[0]


@pytest.mark.parametrize(
    "question", [{"sentence": "a river", "like": "x"}, {"like": ["x", "y"]}, {"like": "x", "unlike": "y"}, {}]
)
def test_only_one_picture_asks_for_a_place(world: tuple[Path, Path, np.ndarray], question: dict[str, object]) -> None:
    query = Query.from_json(
        {"q" if key == "sentence" else key: value for key, value in question.items()} | {"same_place": True}
    )
    with pytest.raises(UsageError, match="asked for by one picture"):
        satseek.open(world[0] / "archive").ask(query)


def test_the_question_survives_json_and_addresses() -> None:
    query = Query.from_json({"like": "abc", "same_place": True})
    assert query.same_place
    assert Query.from_json(query.to_json()) == query
    assert Query.from_url(query.to_url()) == query
    assert "same_place" not in Query.from_json({"like": "abc"}).to_json()


def test_a_picture_is_brought_to_the_resolution_of_the_chips() -> None:
    values = np.zeros((3, 40, 60), np.uint8)
    values[:, :20] = 200
    picture = Pixels("rgb", ("red", "green", "blue"), values, np.ones((40, 60), bool), 5.0)
    half = scaled(picture, 0.5)
    assert (half.values.shape, half.ground_resolution_m, half.values.dtype) == ((3, 20, 30), 10.0, np.uint8)
    assert half.values[0, 5, 5] == 200
    assert half.values[0, 15, 5] == 0


def test_an_archive_that_cannot_be_written_is_cached_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from satseek.models.structure.maps import load_maps

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = StructureCache.beside("s3://bucket/archive", load_maps())
    assert cache._place is not None
    assert cache._place.parent == tmp_path / "satseek"
    assert cache._place.name.endswith(structure_cache.FILE)


def test_collections_pass_it_on(world: tuple[Path, Path, np.ndarray]) -> None:
    collection = Collection(Archive.open(str(world[0] / "archive")), load_model("structure"))
    assert collection.search(like=asked(world, 320, 320), same_place=True, k=1)[0].chip.window.row == 320
