"""The catalog that is written: COGs, words and STAC."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from rasterio.warp import transform_bounds
from shapely.geometry import shape

import satseek.synthetic.catalog as writing
from satseek.core.errors import SatSeekError, UnknownName, UsageError
from satseek.core.sensor import SENSORS
from satseek.synthetic.catalog import write_catalog
from satseek.synthetic.places import CORNERS, place_of
from satseek.synthetic.s2 import SCL
from worlds import small_catalog


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return small_catalog(tmp_path_factory)


@pytest.fixture(scope="module")
def items(catalog):
    return {item.id: item for item in pystac.Catalog.from_file(str(catalog)).get_items(recursive=True)}


def _raster(item):
    return item.assets["visual" if "visual" in item.assets else "data"].get_absolute_href()


def _hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.tif"))}


def test_the_catalog_holds_one_item_per_place_and_sensor(items):
    assert sorted(items) == sorted(
        f"{corner.name}-{sensor}" for corner in CORNERS[:2] for sensor in ("rgb", "s2", "s1")
    )


def test_the_catalog_is_self_contained_and_can_be_moved(catalog):
    texts = [path.read_text() for path in catalog.parent.rglob("*.json")]
    assert not any(str(catalog.parent.parent) in text or '"rel": "self"' in text for text in texts)


def test_nothing_but_the_catalog_is_left_behind(catalog):
    assert [path.name for path in catalog.parent.parent.iterdir()] == ["catalog"]
    assert not [path for path in catalog.parent.rglob("*") if path.name.startswith(".") or "part" in path.suffix]


def test_every_asset_exists_and_rasters_are_cloud_optimised(items):
    for item in items.values():
        for asset in item.assets.values():
            if asset.media_type == pystac.MediaType.COG:
                with rasterio.open(asset.get_absolute_href()) as raster:
                    assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                    assert raster.block_shapes[0] == (256, 256)
            else:
                assert json.loads(Path(asset.get_absolute_href()).read_text())["type"] == "FeatureCollection"


def test_large_rasters_have_overviews(tmp_path):
    values = np.ones((1, 1200, 1200), dtype=np.uint8)
    from satseek.synthetic.cog import write_cog

    path = tmp_path / "large.tif"
    transform = rasterio.Affine(1, 0, 500_000, 0, -1, 5_000_000)
    write_cog(
        path,
        values,
        crs="EPSG:32632",
        transform=transform,
        bands=("red",),
        nodata=0,
        taken=datetime(2024, 5, 6, 7, 8, 9),
    )
    with rasterio.open(path) as raster:
        assert raster.overviews(1) == [2, 4, 8]
        assert raster.descriptions == ("red",)
        assert raster.tags()["TIFFTAG_DATETIME"] == "2024:05:06 07:08:09"


def test_rasters_agree_with_their_items(items):
    for item in items.values():
        with rasterio.open(_raster(item)) as raster:
            assert raster.crs.to_string() == item.properties["proj:code"]
            assert list(raster.shape) == item.properties["proj:shape"]
            assert list(raster.transform)[:6] == item.properties["proj:transform"]
            assert raster.res[0] == item.properties["gsd"]
            sensor = SENSORS.get(item.properties["satseek:sensor"])
            assert all(sensor.canonical_band(name) for name in raster.descriptions)
            bounds = transform_bounds(raster.crs, "EPSG:4326", *raster.bounds, densify_pts=21)
            np.testing.assert_allclose(item.bbox, bounds, atol=2e-6)
            np.testing.assert_allclose(shape(item.geometry).bounds, item.bbox, atol=1e-9)
            taken = datetime.strptime(raster.tags()["TIFFTAG_DATETIME"], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
            assert taken == item.datetime


def test_bands_are_named_in_the_item_as_in_the_file(items):
    for item in items.values():
        asset = item.assets.get("visual") or item.assets["data"]
        named = asset.extra_fields.get("eo:bands") or asset.extra_fields["bands"]
        with rasterio.open(asset.get_absolute_href()) as raster:
            assert [band["name"] for band in named] == list(raster.descriptions)
            assert len(asset.extra_fields["raster:bands"]) == raster.count
            assert {band["data_type"] for band in asset.extra_fields["raster:bands"]} == set(raster.dtypes)


def test_sentinel_2_numbers_mean_reflectance_the_way_of_baseline_4(items):
    with rasterio.open(_raster(items["upper-rhine-s2"])) as raster:
        assert raster.dtypes[0] == "uint16"
        assert (raster.scales[0], raster.offsets[0], raster.nodata) == (1e-4, -0.1, 0)
        reflectance = raster.read(8) * raster.scales[0] + raster.offsets[0]
        assert 0.05 < np.median(reflectance) < 0.6
        assert raster.read(8).min() >= 1000


def test_sentinel_1_is_decibels_and_the_aerial_picture_8_bit(items):
    with rasterio.open(_raster(items["upper-rhine-s1"])) as raster:
        assert raster.dtypes == ("float32", "float32")
        assert np.isnan(raster.nodata)
        assert -20 < np.median(raster.read(1)) < 0
    with rasterio.open(_raster(items["upper-rhine-rgb"])) as raster:
        assert raster.dtypes == ("uint8",) * 3
        assert raster.read().min() >= 1


def test_the_aerial_picture_lies_in_the_middle_of_the_satellites(items):
    near, wide = items["galicia-rgb"], items["galicia-s2"]
    assert shape(wide.geometry).contains(shape(near.geometry))
    assert shape(near.geometry).centroid.distance(shape(wide.geometry).centroid) < 1e-4
    assert items["galicia-s1"].bbox == wide.bbox


def test_items_of_one_place_are_linked(items):
    for item in items.values():
        related = {link.resolve_stac_object().target.id for link in item.links if link.rel == "related"}
        place = item.id.rsplit("-", 1)[0]
        assert related == {f"{place}-{sensor}" for sensor in ("rgb", "s2", "s1")} - {item.id}


def test_clouds_are_counted_and_masked(items):
    clear, cloudy = items["upper-rhine-s2"], items["galicia-s2"]
    assert clear.properties["eo:cloud_cover"] == 0
    assert cloudy.properties["eo:cloud_cover"] > 3
    with rasterio.open(cloudy.assets["scl"].get_absolute_href()) as raster:
        assert 100 * (raster.read(1) == SCL["cloud"]).mean() == pytest.approx(
            cloudy.properties["eo:cloud_cover"], abs=0.01
        )


def test_places_lie_all_over_the_globe_and_the_year():
    places = [place_of(number, 7)[0] for number in range(len(CORNERS))]
    assert len({place.epsg for place in places}) > 10
    assert {place.south for place in places} == {True, False}
    assert len({place.seen.month for place in places}) > 5
    assert all(datetime(2022, 1, 1, tzinfo=UTC) <= place.seen < datetime(2026, 10, 2, tzinfo=UTC) for place in places)
    assert place_of(len(CORNERS), 7)[0].name == f"{CORNERS[0].name}-2"


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        write_catalog(tmp_path / name, scenes=1, size=128, seed=seed)
    one, two, three = (_hashes(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_only_the_sensors_asked_for_are_painted(tmp_path):
    path = write_catalog(tmp_path / "radar", scenes=1, size=128, sensors=("s1",))
    assert [item.id for item in pystac.Catalog.from_file(str(path)).get_items(recursive=True)] == ["upper-rhine-s1"]


def test_a_folder_with_a_dot_in_its_name_is_a_folder(tmp_path):
    path = write_catalog(tmp_path / "world.v1", scenes=1, size=128, sensors=("rgb",))
    assert path == tmp_path / "world.v1" / "catalog.json"
    assert path.exists()


def test_a_folder_named_from_where_one_stands_is_written_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    catalog = write_catalog(Path("demo/world"), scenes=1, size=256, seed=3, sensors=("s1",))
    assert catalog == tmp_path / "demo" / "world" / "catalog.json"
    assert catalog.exists()
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["world"]


def test_another_seed_or_size_makes_other_collections(tmp_path):
    made = [(3, 256), (4, 256), (3, 260)]
    names = {
        child.id
        for seed, size in made
        for child in pystac.Catalog.from_file(
            str(write_catalog(tmp_path / f"{seed}-{size}", scenes=1, size=size, seed=seed, sensors=("s1",)))
        ).get_children()
    }
    assert len(names) == len(made)


def test_progress_is_told_scene_by_scene(tmp_path):
    told = []
    write_catalog(
        tmp_path / "w",
        scenes=3,
        size=64,
        sensors=("s1",),
        progress=lambda done, total, name: told.append((done, total, name)),
    )
    assert told == [(1, 3, "upper-rhine"), (2, 3, "galicia"), (3, 3, "iowa")]


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(UsageError, match="is not empty"):
        write_catalog(tmp_path, scenes=1, size=64)
    with pytest.raises(UsageError, match="deletes nothing else"):
        write_catalog(tmp_path, scenes=1, size=64, force=True)
    with pytest.raises(UsageError, match="is a file"):
        write_catalog(tmp_path / "thesis.txt", scenes=1, size=64)
    assert (tmp_path / "thesis.txt").read_text() == "ten years of work"


def test_a_place_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SatSeekError, match=r"Cannot write the catalog .* Choose a folder"):
        write_catalog(tmp_path / "file" / "w", scenes=1, size=64)


def test_a_full_disk_is_said_so_and_leaves_no_catalog(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_cog", full)
    with pytest.raises(SatSeekError, match="No space left on device"):
        write_catalog(tmp_path / "w", scenes=1, size=64, sensors=("s1",))
    assert not (tmp_path / "w").exists()


def test_an_earlier_catalog_is_replaced_when_forced(tmp_path):
    write_catalog(tmp_path / "w", scenes=1, size=64, sensors=("s1",))
    write_catalog(tmp_path / "w", scenes=1, size=64, sensors=("rgb",), force=True)
    assert [path.name for path in (tmp_path / "w").rglob("*.tif")] == ["upper-rhine-rgb.tif"]
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_a_run_that_was_stopped_leaves_no_folder_and_goes_on_where_it_stood(tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(done, total, name):
        raise Stopped

    with pytest.raises(Stopped):
        write_catalog(tmp_path / "w", scenes=2, size=64, sensors=("s1",), progress=stop)
    assert not (tmp_path / "w").exists()
    painted = []
    real = writing.write_cog
    monkeypatch.setattr(writing, "write_cog", lambda path, *a, **k: (painted.append(path.name), real(path, *a, **k)))
    write_catalog(tmp_path / "w", scenes=2, size=64, sensors=("s1",))
    assert "upper-rhine-s1.tif" not in painted
    assert sorted(path.name for path in (tmp_path / "w").rglob("*.tif")) == ["galicia-s1.tif", "upper-rhine-s1.tif"]


def test_a_stopped_run_of_other_settings_is_thrown_away(tmp_path):
    half = tmp_path / ".w.part"
    half.mkdir()
    (half / "settings.json").write_text("{}")
    (half / "old.tif").write_text("of another seed")
    write_catalog(tmp_path / "w", scenes=1, size=64, sensors=("s1",))
    assert not list(tmp_path.rglob("old.tif"))


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"sensors": ("s3",)}, UnknownName, "no sensor called 's3'"),
        ({"sensors": ()}, UsageError, "at least one sensor"),
        ({"scenes": 0}, UsageError, "one or more"),
        ({"size": 30}, UsageError, "multiple of 4 from 64"),
        ({"size": 513}, UsageError, "multiple of 4 from 64"),
        ({"size": 10**6}, UsageError, "multiple of 4 from 64"),
        ({"without": ("airprot",)}, UnknownName, "Did you mean 'airport'"),
    ],
)
def test_wrong_orders_are_refused_before_anything_is_written(tmp_path, wrong, error, said):
    with pytest.raises(error, match=said):
        write_catalog(tmp_path / "w", **({"scenes": 1, "size": 64} | wrong))
    assert not (tmp_path / "w").exists()
    assert not (tmp_path / ".w.part").exists()
