"""Locating in small scenes whose truth is plain to see, with an archive, with half of one, and without."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from fakes.model import Paint
from fakes.rasters import NORTH_UP_10_M, write_raster
from satseek.archive.archive import Archive
from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.errors import ChipNotFound, ModelError, SourceError, UsageError
from satseek.core.query import Example, Keyword, Query
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.raster.recognise import Override, scene_of_files
from satseek.search.locate.gather import OVERLAP
from satseek.search.locate.locating import Way, locate
from satseek.search.locate.report import Localisation

SIDE = 256  # of the scene, in pixels of 10 m
RED = (160, 48, 64, 40)  # column, row, width and height of what is red; the rest is green


class CountingPaint(Paint):
    """Counts the chips that it is given."""

    def __init__(self, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.encoded = 0

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        self.encoded += len(chips)
        return super().encode_images(chips)


def ground(*, red: bool = True) -> np.ndarray:
    values = np.zeros((3, SIDE, SIDE), np.uint8)
    values[1] = 180
    values[0] = 10
    if red:
        column, row, width, height = RED
        values[:, row : row + height, column : column + width] = np.array([200, 10, 10])[:, None, None]
    return values


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return scene_of_files([write_raster(tmp_path / "land.tif", ground(), photometric="rgb")])


def found(scene: Scene, words: str = "red", *, model: Paint | None = None, **more: object) -> Localisation:
    model = model or Paint()
    query = more.pop("query", None) or Query(sentence=words, where=more.pop("where", None))  # type: ignore[arg-type]
    way = Way(**{"scales": (1.0, 2.0), **more.pop("way", {})})  # type: ignore[dict-item]
    return locate(scene, query, card=model.card, model=lambda: model, way=way, **more)  # type: ignore[arg-type]


def filled(
    tmp_path: Path, scene: Scene, *, overlap: float = OVERLAP, scales: tuple[float, ...] = (1.0, 2.0)
) -> Archive:
    model = Paint()
    archive = Archive.create(str(tmp_path / "archive"), model.card)
    ingest(archive, [scene], model=model, plan=CutPlan(chip=32, overlap=overlap, scales=scales))
    return archive


def test_the_hottest_place_is_the_red_one_in_degrees_and_in_square_metres(scene: Scene) -> None:
    result = found(scene)
    assert result.found
    row, column = np.unravel_index(np.nanargmax(result.heat), result.heat.shape)
    x, y = result.transform @ (column + 0.5, row + 0.5)
    pixel = ~NORTH_UP_10_M @ (x, y)
    assert 160 <= pixel[0] <= 224
    assert 48 <= pixel[1] <= 88
    assert result.heat.max() == 1
    assert len(result.spots) == 1
    spot = result.spots[0]
    longitude, latitude = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True).transform(
        *(NORTH_UP_10_M @ (192, 68))
    )
    assert shape(spot["geometry"]).contains(shapely.Point(longitude, latitude))
    assert 0.3 < spot["properties"]["area_m2"] / (640 * 400) < 3
    assert 0.5 <= spot["properties"]["mean"] <= spot["properties"]["peak"] <= 1


def test_an_archive_only_makes_it_faster(tmp_path: Path, scene: Scene) -> None:
    archive = filled(tmp_path, scene)
    model = CountingPaint()
    alone, with_archive = found(scene), found(scene, model=model, archive=archive)
    assert model.encoded == 0
    assert (with_archive.stored, with_archive.encoded) == (alone.encoded, 0)
    assert with_archive.heat == pytest.approx(alone.heat)


def test_what_is_missing_is_cut_and_encoded(tmp_path: Path, scene: Scene) -> None:
    archive = filled(tmp_path, scene, scales=(2.0,))
    model = CountingPaint()
    result = found(scene, model=model, archive=archive)
    assert result.stored == 49  # windows of 64 pixels, shifted by 32: seven each way
    assert result.encoded == model.encoded == 225
    assert result.heat == pytest.approx(found(scene).heat)


def test_chips_that_are_stored_otherwise_are_used_as_they_are_when_nothing_may_be_read(
    tmp_path: Path, scene: Scene
) -> None:
    archive = filled(tmp_path, scene, overlap=0.25, scales=(1.0,))
    model = CountingPaint()
    result = found(scene, model=model, archive=archive, way={"stored_only": True})
    assert model.encoded == 0
    assert result.stored == result.chips == 121
    assert len(result.spots) == 1


def test_a_scene_whose_file_is_gone_is_placed_by_its_chips(tmp_path: Path, scene: Scene) -> None:
    archive = filled(tmp_path, scene)
    before = found(scene, archive=archive)
    Path(scene.source).unlink()
    after = found(scene, archive=archive)
    assert after.crs.to_epsg() == 32633
    assert after.transform.almost_equals(before.transform, 1e-2)
    assert after.heat == pytest.approx(before.heat)
    assert any("cannot be opened" in note for note in after.notes)
    assert any("fitted to the outlines" in note for note in after.notes)
    with pytest.raises(SourceError, match="no file"):
        found(scene)


def test_a_box_leaves_out_the_rest(scene: Scene) -> None:
    to_degrees = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True)
    west, north = to_degrees.transform(*(NORTH_UP_10_M @ (100, 20)))
    east, south = to_degrees.transform(*(NORTH_UP_10_M @ (240, 120)))
    model = CountingPaint()
    part = found(scene, where=Area.from_bbox((west, south, east, north)), model=model)
    assert 98 <= part.region.column <= 101
    assert 138 <= part.region.width <= 144
    assert 0 < model.encoded < 150
    assert len(part.spots) == 1
    with pytest.raises(UsageError, match="does not reach"):
        found(scene, where=Area.from_bbox("0,0,1,1"))


def test_parts_are_put_together_as_a_search_does(tmp_path: Path) -> None:
    values = ground()
    values[:, 160:220, 20:80] = np.array([10, 10, 200])[:, None, None]  # blue
    scene = scene_of_files([write_raster(tmp_path / "two.tif", values, photometric="rgb")])
    like = scene_of_files([write_raster(tmp_path / "blue.tif", values[:, 170:210, 30:70], photometric="rgb")])

    def hottest(query: Query) -> tuple[float, float]:
        heat = found(scene, query=query).heat
        row, column = np.unravel_index(np.nanargmax(heat), heat.shape)
        return column * 4.0, row * 4.0

    in_blue = (pytest.approx(50, abs=30), pytest.approx(190, abs=30))
    in_red = (pytest.approx(192, abs=30), pytest.approx(68, abs=30))
    assert hottest(Query(like=(Example(file=like.source),))) == in_blue
    assert hottest(Query(must=(Keyword("blue"),))) == in_blue
    assert hottest(Query(must=(Keyword("red"),))) == in_red
    assert hottest(Query(sentence="red blue", must_not=(Keyword("red"),))) == in_blue


def test_words_of_stored_chips_count_as_in_a_search(tmp_path: Path, scene: Scene) -> None:
    archive = filled(tmp_path, scene, scales=(1.0,))
    corner = [chip for chip in chips_of(archive) if chip.window.column >= 200 and chip.window.row >= 200]
    from satseek.core.filters import Filters

    archive.update(Filters(ids=tuple(chip.id for chip in corner)), labels=["jetty"])
    result = found(
        scene, query=Query(sentence="green", must=(Keyword("jetty"),)), archive=archive, way={"stored_only": True}
    )
    row, column = np.unravel_index(np.nanargmax(result.heat), result.heat.shape)
    assert column * 4 >= 190
    assert row * 4 >= 190


def chips_of(archive: Archive) -> list[Chip]:
    return [chip for part in archive.scan() for chip in part.chips]


def test_where_all_is_alike_nothing_is_found_and_that_is_said(tmp_path: Path) -> None:
    scene = scene_of_files([write_raster(tmp_path / "green.tif", ground(red=False), photometric="rgb")])
    result = found(scene)
    assert not result.found
    assert result.spots == ()
    assert "No convincing match in" in str(result)
    assert "Name a cut" not in str(result)  # there is no hottest place
    assert (result.heat == 0).all()


def test_the_file_is_a_cog_in_the_scenes_projection(tmp_path: Path, scene: Scene) -> None:
    result = found(scene, way={"scales": (0.25, 1.0)})
    with rasterio.open(result.save(tmp_path / "heat.tif")) as file:
        assert file.crs.to_epsg() == 32633
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.overviews(1)
        assert np.isnan(file.nodata)
        assert file.bounds.left == 500_000
        assert file.bounds.right == pytest.approx(500_000 + 10 * SIDE)
        assert file.read(1) == pytest.approx(result.heat)
        assert json.loads(file.tags()["satseek_query"])["q"] == "red"


def test_the_picture_shows_the_heat_over_the_scene(tmp_path: Path, scene: Scene) -> None:
    from PIL import Image

    picture = np.asarray(Image.open(found(scene).save(tmp_path / "over.png")))
    assert picture.shape == (SIDE, SIDE, 4)
    assert np.abs(picture[200, 40, :3].astype(int) - (10, 180, 0)).max() < 12  # cold: as the scene is
    assert picture[68, 192, 1] > 100  # hot: glowing


def test_the_layer_for_the_web_lies_where_the_scene_does(scene: Scene) -> None:
    import io

    from PIL import Image

    result = found(scene)
    layer = result.web_layer()
    west, south, east, north = layer.bounds
    to_degrees = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True)
    left, top = to_degrees.transform(*(NORTH_UP_10_M @ (0, 0)))
    right, bottom = to_degrees.transform(*(NORTH_UP_10_M @ (SIDE, SIDE)))
    assert (west, south, east, north) == pytest.approx(
        (min(left, west), min(bottom, south), max(right, east), max(top, north)), abs=1e-3
    )
    alpha = np.asarray(Image.open(io.BytesIO(layer.png)))[..., 3]
    row, column = np.unravel_index(alpha.argmax(), alpha.shape)
    hot_x, hot_y = to_degrees.transform(*(NORTH_UP_10_M @ (192, 68)))
    assert west + (east - west) * column / alpha.shape[1] == pytest.approx(hot_x, abs=0.004)
    assert north - (north - south) * row / alpha.shape[0] == pytest.approx(hot_y, abs=0.003)
    assert alpha.min() == 0


@pytest.mark.parametrize("crs", [None])
def test_a_scene_without_a_place_has_heat_but_no_degrees(tmp_path: Path, crs: None) -> None:
    path = write_raster(tmp_path / "plain.tif", ground(), crs=crs, photometric="rgb")
    result = found(scene_of_files([path], Override(sensor="rgb")))
    assert not result.has_place
    assert result.heat.max() == 1
    assert result.save(tmp_path / "heat.tif").exists()
    assert result.save(tmp_path / "over.png").exists()
    with pytest.raises(UsageError, match="no place on the globe"):
        result.save(tmp_path / "spots.geojson")
    with pytest.raises(UsageError, match="no place on the globe"):
        found(scene_of_files([path], Override(sensor="rgb")), where=Area.from_bbox("0,0,1,1"))


def test_radar_is_located_in_like_any_other(tmp_path: Path) -> None:
    class Loud(Paint):
        """Knows how loud radar is, by the word 'red'."""

        def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
            loud = np.array([np.clip((chip.values[0].mean() + 30) / 30, 0.01, 1) for chip in chips])
            return np.stack([loud, np.sqrt(1 - loud**2), 0 * loud, 0 * loud], axis=1).astype(np.float32)

    values = np.full((2, SIDE, SIDE), -20.0, np.float32)
    values[:, 48:88, 160:224] = -2.0
    path = write_raster(tmp_path / "radar.tif", values, names=("VV", "VH"))
    result = found(scene_of_files([path], Override(sensor="s1", unit="dB")), model=Loud())
    assert result.scene.sensor == "s1"
    assert len(result.spots) == 1


def test_windows_without_data_are_left_out(tmp_path: Path) -> None:
    values = ground()
    values[:, :, :128] = 0
    scene = scene_of_files([write_raster(tmp_path / "half.tif", values, photometric="rgb", nodata=0)])
    result = found(scene, way={"scales": (1.0,)})
    assert result.empty > 50
    assert np.isnan(result.heat[:, 0]).all()
    assert np.isfinite(result.heat[:, -1]).all()
    empty = scene_of_files([write_raster(tmp_path / "void.tif", values * 0, photometric="rgb", nodata=0)])
    with pytest.raises(UsageError, match="without data"):
        found(empty)


@pytest.mark.parametrize("stored", [False, True])
def test_heat_ends_where_the_data_does(tmp_path: Path, stored: bool) -> None:
    values = ground(red=False)
    values[:, :, 108:150] = np.array([200, 10, 10])[:, None, None]
    values[:, :, :108] = 0  # chips at the edge reach up to half their side beyond it
    scene = scene_of_files([write_raster(tmp_path / "edge.tif", values, photometric="rgb", nodata=0)])
    result = found(scene, archive=filled(tmp_path, scene) if stored else None)
    assert (result.stored > 0) == stored
    side = SIDE / result.heat.shape[1]
    edge = int(108 / side)
    assert np.isnan(result.heat[:, :edge]).all()
    assert np.isfinite(result.heat[:, edge + 1 :]).all()
    longitude, _ = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True).transform(
        *(NORTH_UP_10_M @ (108 - side, 128))
    )
    assert shape(result.spots[0]["geometry"]).bounds[0] >= longitude


def test_what_cannot_be_asked_is_refused_in_words(tmp_path: Path, scene: Scene) -> None:
    with pytest.raises(UsageError, match="Nothing says what to look for"):
        found(scene, "  ")
    with pytest.raises(UsageError, match="knows none of 'purple'"):
        found(scene, "purple")
    with pytest.raises(ModelError, match="knows no words"):
        found(scene, model=Paint(reads_text=False))
    with pytest.raises(ChipNotFound, match="--archive"):
        found(scene, query=Query(like=(Example(chip="0123"),)))
    with pytest.raises(UsageError, match="between 0 and 1"):
        Way(cut=1.5)
    with pytest.raises(UsageError, match="Scales are"):
        Way(scales=())
    with pytest.raises(UsageError, match=r"limit is 100\b.*--scales"):
        found(scene, way={"most_chips": 100})
    empty = Archive.create(str(tmp_path / "empty"), Paint().card)
    with pytest.raises(UsageError, match="holds no chips"):
        found(scene, archive=empty, way={"stored_only": True})


def test_an_opened_archive_locates_in_the_scene_of_its_best_hit(tmp_path: Path, scene: Scene) -> None:
    from satseek.search.collection import Collection

    archive = filled(tmp_path, scene)
    other = write_raster(tmp_path / "other.tif", ground(red=False), photometric="rgb")
    ingest(archive, [scene_of_files([other])], model=Paint(), plan=CutPlan(chip=32, overlap=0.5))
    world = Collection(archive, Paint())
    steps: list[tuple[int, int]] = []
    result = world.locate("red", scales=(1.0, 2.0))
    assert result.scene.source == scene.source
    assert result.encoded == 0
    hit = world.search("green", k=1)[0]
    assert world.locate("green", scene=hit).scene.source == hit.chip.source
    named = world.locate("green", scene=other, scales=(1.0, 2.0), on_progress=lambda *now: steps.append(now))
    assert named.scene.source == other
    assert named.encoded == 49
    assert steps[-1] == (49, 49)
    with pytest.raises(UsageError, match="no scene in this archive"):
        world.locate("green", scene="elsewhere")
    with pytest.raises(UsageError, match="Nothing says what to look for"):
        world.locate()


def test_what_is_not_convincing_is_not_outlined_unless_a_cut_is_named(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from satseek.search.locate import locating
    from satseek.search.locate.sure import Chance

    monkeypatch.setattr(locating, "chance_of_best", lambda *_, **__: Chance(0.1, 0.5))
    doubted = found(scene)
    assert not doubted.found
    assert doubted.spots == ()
    assert "the best chip: 0.10, convincing from 0.50" in str(doubted)
    assert "Name a cut" in str(doubted)
    insisted = found(scene, way={"cut": 0.6})
    assert not insisted.found
    assert len(insisted.spots) == 1
    monkeypatch.setattr(locating, "chance_of_best", lambda *_, **__: Chance(0.9, 0.5))
    assert found(scene).found


def test_a_calibrated_model_says_how_sure_it_is_with_an_archive_and_without(tmp_path: Path) -> None:
    from satseek.models.catalogue import load_model

    chance = np.random.default_rng(5)
    values = np.stack([np.full((600, 600), level) for level in (90, 130, 60)]).astype(np.float64)
    values[:, 60:300, 300:560] = np.array([20, 60, 110])[:, None, None]
    values += chance.normal(0, 6, values.shape)
    path = write_raster(tmp_path / "lake.tif", np.clip(values, 1, 255).astype(np.uint8), photometric="rgb")
    model, scene = load_model("colour"), scene_of_files([path])
    archive = Archive.create(str(tmp_path / "archive"), model.card)
    ingest(archive, [scene], model=model, plan=CutPlan(overlap=0.5, scales=(0.25,)))
    way = Way(scales=(0.25,))
    alone = locate(scene, Query(sentence="a lake"), card=model.card, model=lambda: model, way=way)
    beside = locate(scene, Query(sentence="a lake"), card=model.card, model=lambda: model, way=way, archive=archive)
    for result in (alone, beside):
        assert result.probability is not None
        assert result.convincing_from == 0.5
        assert result.found == (result.probability >= result.convincing_from)
    few = locate(scene, Query(sentence="a lake"), card=model.card, model=lambda: model, way=Way(scales=(1.0,)))
    assert few.probability is None  # of nine chips nobody can tell what is usual
    assert few.found
    assert alone.probability == pytest.approx(beside.probability, abs=0.02)  # the archive holds just this scene
