from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fakes.rasters import write_raster
from fakes.servers import Troubles, file_server, stac_api
from fakes.stac_items import item, write_static_catalog
from satseek.core.errors import UsageError
from satseek.core.scene import Scene
from satseek.ingest.discover import discover
from satseek.raster.recognise import Override
from satseek.stac.reading import Patience

COLOURS = ("red", "green", "blue")


class Found:
    """What came of some sources: scenes by the names of their files, and refusals."""

    def __init__(self, *sources: object, **options):
        self.refused: dict[str, str] = {}
        patience = Patience(tries=2, sleep=lambda seconds: None)
        options = {"on_refused": self.refused.__setitem__, "patience": patience} | options
        self.scenes: list[Scene] = list(discover([str(source) for source in sources], **options))

    @property
    def names(self) -> list[str]:
        return [os.path.basename(scene.bands[0].href) for scene in self.scenes]

    @property
    def only_refusal(self) -> str:
        (why,) = self.refused.values()
        return why


def picture(path: Path, *, bands: int = 3, dtype: str = "uint8", **options) -> Path:
    """Write a small image where its folder may not be yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.arange(bands * 64, dtype=dtype).reshape(bands, 8, 8)
    write_raster(path, values, driver="PNG" if path.suffix == ".png" else "GTiff", **options)
    return path


def radar_item(name: str, href: str, **properties: object) -> dict:
    return item(name, {"vv": {"href": href, "type": "image/tiff"}}, **properties)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.tif", "a.tif", "deep/er/c.tif", ".hidden.tif", ".hidden/d.tif"):
        picture(tmp_path / name)
    for name in ("a.tif.aux.xml", "a.tif.ovr", "notes.txt", "table.csv", "deep/data.json", "deep/LICENSE", "b.tfw"):
        (tmp_path / name).write_text("{}")
    return tmp_path


def test_a_folder_is_looked_through_in_the_order_of_names_and_what_is_no_image_is_left_alone(folder: Path):
    found = Found(folder)

    assert found.names == ["a.tif", "b.tif", "c.tif"]
    assert found.refused == {}
    assert found.scenes[0].sensor == "rgb"
    assert found.scenes[0].source == str(folder / "a.tif")


def test_files_are_scenes_each_once_however_they_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)

    assert Found("b.tif", folder / "b.tif", "./b.tif", folder, (folder / "b.tif").as_uri()).names == [
        "b.tif",
        "a.tif",
        "c.tif",
    ]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.tif", ["a.tif", "b.tif"]),
        ("**/*.tif", ["a.tif", "b.tif", "c.tif"]),
        ("**", ["a.tif", "b.tif", "c.tif"]),
        ("de*", ["c.tif"]),
        ("[ab]*", ["a.tif", "b.tif"]),
        ("deep/**/?.tif", ["c.tif"]),
    ],
)
def test_patterns_find_files_and_folders(folder: Path, pattern: str, names: list[str]):
    found = Found(folder / pattern)

    assert found.names == names
    assert found.refused == {}


def test_a_pattern_that_fits_nothing_and_a_path_that_is_not_there_are_said(folder: Path):
    assert "No file fits this pattern" in Found(folder / "*.jp2").only_refusal
    assert "no such file or folder" in Found(folder / "none.tif").only_refusal


def test_a_file_named_itself_is_read_whatever_its_ending(folder: Path):
    shutil.copy(folder / "a.tif", folder / "scene.dat")

    assert Found(folder / "scene.dat").names == ["scene.dat"]
    assert Found(folder / "*.dat").names == ["scene.dat"]
    assert "scene.dat" not in Found(folder).names


def test_a_file_that_is_no_raster_is_refused_when_named_and_the_others_go_on(folder: Path):
    (folder / "broken.tif").write_bytes(b"II*\0")
    (folder / "empty.tif").write_bytes(b"")
    found = Found(folder / "notes.txt", folder / "broken.tif", folder)

    assert found.names == ["a.tif", "b.tif", "c.tif"]
    assert set(found.refused) == {str(folder / name) for name in ("notes.txt", "broken.tif", "empty.tif")}


def test_a_folder_without_images_says_what_is_looked_for(tmp_path: Path):
    (tmp_path / "a.txt").write_text("")
    why = Found(tmp_path).only_refusal

    assert "holds no images and no STAC catalog (1 other files)" in why
    assert "a file with another ending is read when it is named itself" in why


def test_links_in_a_circle_end(folder: Path):
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")

    assert Found(folder).names == ["a.tif", "b.tif", "c.tif"]


def test_a_folder_that_may_not_be_read_is_refused_and_the_rest_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch):
    listing = os.scandir

    def closed_in_the_deep(path: str):  # root may read every folder, so permissions alone would not show it
        if path == str(folder / "deep"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", closed_in_the_deep)
    found = Found(folder)

    assert found.names == ["a.tif", "b.tif"]
    assert list(found.refused) == [str(folder / "deep")]
    assert found.only_refusal == "The folder cannot be read: Permission denied. Check its permissions."


def test_bands_that_belong_together_are_one_scene(tmp_path: Path):
    product = "S2A_MSIL2A_20240501T100031_N0510_R122_T32TQM_20240501T150000"
    for band in ("B02", "B03", "B04"):
        picture(tmp_path / f"{product}_{band}.tif", bands=1, dtype="uint16")
    one_by_one = [tmp_path / f"{product}_{band}.tif" for band in ("B04", "B02", "B03")]

    for found in (Found(tmp_path), Found(*one_by_one), Found(tmp_path / "*_B0?.tif")):
        (scene,) = found.scenes
        assert scene.sensor == "s2"
        assert [band.name for band in scene.bands] == ["B02", "B03", "B04"]
        assert scene.datetime == datetime(2024, 5, 1, 10, 0, 31, tzinfo=UTC)


def test_a_safe_folder_is_one_scene_without_its_previews_and_logos(tmp_path: Path):
    safe = tmp_path / "S2A_MSIL2A_20240501T100031_N0510_R122_T32TQM_20240501T150000.SAFE"
    images = safe / "GRANULE" / "L2A_T32TQM" / "IMG_DATA"
    picture(images / "R10m" / "T32TQM_20240501T100031_B02_10m.tif", bands=1, dtype="uint16")
    picture(images / "R20m" / "T32TQM_20240501T100031_B05_20m.tif", bands=1, dtype="uint16")
    picture(safe / "GRANULE" / "L2A_T32TQM" / "QI_DATA" / "MSK_CLDPRB_20m.tif", bands=1)
    picture(safe / "HTML" / "logo.png", crs=None)
    picture(safe / "preview-ql.png", crs=None)

    for source in (tmp_path, safe):
        (scene,) = Found(source).scenes
        assert [band.name for band in scene.bands] == ["B02", "B05"]


def test_a_catalog_in_a_folder_speaks_for_what_is_below_it(tmp_path: Path):
    picture(tmp_path / "plain" / "a.tif")
    for name in ("x", "y"):
        picture(tmp_path / "stac" / "files" / f"{name}.tif", bands=1, dtype="float32")
    document = radar_item("x", "../../files/x.tif", satseek__caption="the sea")
    write_static_catalog(tmp_path / "stac", [document])
    found = Found(tmp_path)

    assert found.names == ["a.tif", "x.tif"]
    assert found.scenes[1].id == "scenes/x"
    assert found.scenes[1].caption == "the sea"


def test_an_item_beside_an_image_speaks_for_it_and_other_images_stay(tmp_path: Path):
    for name in ("x", "y"):
        picture(tmp_path / f"{name}.tif", bands=1, dtype="float32", names=("VV",))
    (tmp_path / "x.json").write_text(json.dumps(radar_item("x", "x.tif")))
    (tmp_path / "y.json").write_text('{"any": "thing"}')
    found = Found(tmp_path)

    assert [scene.id for scene in found.scenes] == ["scenes/x", str(tmp_path / "y.tif")]
    assert found.refused == {}


def test_a_catalog_is_a_source_itself_and_json_that_is_none_is_refused(tmp_path: Path):
    picture(tmp_path / "x.tif", bands=1)
    catalog = write_static_catalog(tmp_path, [radar_item("x", "../../x.tif")])
    (tmp_path / "labels.geojson").write_text('{"type": "FeatureCollection", "features": []}')

    assert Found(catalog).names == Found(tmp_path / "*.json").names == ["x.tif"]
    assert "no STAC item, collection or catalog" in Found(tmp_path / "labels.geojson").only_refusal


def test_bbox_datetime_and_query_choose_among_items_and_leave_files_alone(tmp_path: Path):
    picture(tmp_path / "plain.tif")
    far = [radar_item(f"s{n}", "https://x.test/v.tif", bbox=(n, 0, n + 0.5, 1), eo__cloud_cover=n) for n in range(6)]
    catalog = write_static_catalog(tmp_path / "stac", far)
    options = {"bbox": "0,0,3.2,1", "datetime": "2024", "stac_query": ["eo:cloud_cover>1"], "collections": ["scenes"]}
    found = Found(tmp_path / "plain.tif", catalog, **options)

    assert [scene.id for scene in found.scenes[1:]] == ["scenes/s2", "scenes/s3"]
    assert found.names[0] == "plain.tif"


def test_what_the_person_says_holds_for_files_and_items(tmp_path: Path):
    picture(tmp_path / "a.tif", bands=3, dtype="float32")
    (tmp_path / "x.json").write_text(json.dumps(radar_item("x", "a.tif")))
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    override = Override(sensor="s1", bands=("VV",), unit="dB", nodata=-99.0, datetime=moment)
    file, of_item = Found(tmp_path / "a.tif", tmp_path / "x.json", override=override).scenes

    assert (file.sensor, file.unit, file.nodata, file.datetime) == ("s1", "dB", -99.0, moment)
    assert (of_item.sensor, of_item.unit, of_item.nodata) == ("s1", "dB", -99.0)
    assert of_item.datetime == datetime(2024, 5, 1, 10, tzinfo=UTC)  # the item knows better


def test_an_item_that_does_not_name_its_bands_has_its_file_looked_into(tmp_path: Path):
    picture(tmp_path / "a.tif")
    (tmp_path / "x.json").write_text(json.dumps(item("x", {"image": {"href": "a.tif"}})))
    (scene,) = Found(tmp_path / "x.json").scenes

    assert (scene.id, scene.sensor) == ("scenes/x", "rgb")
    assert [(band.name, band.index) for band in scene.bands] == [("red", 1), ("green", 2), ("blue", 3)]


def test_one_file_that_does_not_fit_the_override_does_not_stop_the_others(tmp_path: Path):
    picture(tmp_path / "one.tif", bands=1)
    picture(tmp_path / "three.tif", bands=3)
    found = Found(tmp_path, override=Override(sensor="rgb", bands=COLOURS))

    assert found.names == ["three.tif"]
    assert list(found.refused) == [str(tmp_path / "one.tif")]


@pytest.mark.parametrize(
    "options",
    [
        {"override": Override(sensor="s3")},
        {"override": Override(sensor="s2", bands=("B99",))},
        {"override": Override(bands=("B02", "VV"))},
        {"bbox": "1,2,3"},
        {"datetime": "soon"},
        {"stac_query": ["cloudy"]},
        {"limit": 0},
    ],
)
def test_a_question_that_cannot_be_understood_is_answered_before_any_source_is_opened(options: dict):
    with pytest.raises(UsageError):
        discover(["nowhere.tif"], on_refused=lambda source, why: None, **options)


def test_a_limit_counts_the_items_of_all_catalogs_and_no_files(folder: Path):
    near, far = ([radar_item(f"{name}{n}", "https://x.test/v.tif") for n in range(9)] for name in ("near", "far"))
    with stac_api(near, page_size=2) as one, stac_api(far, page_size=2) as other, stac_api([]) as third:
        found = Found(folder, one.url, other.url, third.url, limit=10)

    names = [scene.id.removeprefix("scenes/") for scene in found.scenes[3:]]
    assert found.names[:3] == ["a.tif", "b.tif", "c.tif"]
    assert names == [*(f"near{n}" for n in range(9)), "far0"]
    assert other.asked("/search") == 1
    assert third.asked("/search") == 0


def test_annotations_are_given_to_scenes_that_have_none(tmp_path: Path):
    picture(tmp_path / "a.tif", bands=1)
    (tmp_path / "own.geojson").write_text("{}")
    document = radar_item("x", "a.tif")
    document["assets"]["annotations"] = {"href": "own.geojson", "type": "application/geo+json"}
    (tmp_path / "x.json").write_text(json.dumps(document))
    file, of_item = Found(tmp_path / "a.tif", tmp_path / "x.json", annotations="all.geojson").scenes

    assert file.annotations == "all.geojson"
    assert of_item.annotations == str(tmp_path / "own.geojson")


def test_two_items_of_one_name_in_different_catalogs_are_not_mixed_up(tmp_path: Path):
    picture(tmp_path / "x.tif", bands=1)
    catalogs = [write_static_catalog(tmp_path / name, [radar_item("x", "../../../x.tif")]) for name in ("one", "two")]
    found = Found(*catalogs, catalogs[0])

    assert len(found.scenes) == 1
    assert "same collection and id as" in found.only_refusal


def captioned(folder: Path, *names: str) -> Sequence[Path]:
    return [picture(folder / name, crs=None) for name in names]


def words(found: Found) -> dict[str, tuple]:
    return {
        name: (scene.caption, scene.keywords, scene.labels)
        for name, scene in zip(found.names, found.scenes, strict=True)
    }


def test_a_captions_table_in_a_folder_gives_its_images_words(tmp_path: Path):
    captioned(tmp_path, "a.png", "b.png", "sub/c.png", "sub/d.png")
    (tmp_path / "captions.csv").write_text(
        "filename,caption,keywords,labels\n"
        'a.png,"a port, with ships",port; ship,harbour\n'
        "a.png,many boats,boat|ship,\n"
        "sub/c.png,a forest,,\n"
    )
    found = Found(tmp_path)

    assert words(found) == {
        "a.png": ("a port, with ships many boats", ("port", "ship", "boat"), ("harbour",)),
        "b.png": (None, (), ()),
        "c.png": ("a forest", (), ()),
        "d.png": (None, (), ()),
    }


def test_captions_as_json_lines_may_list_several_and_the_nearest_file_counts(tmp_path: Path):
    captioned(tmp_path, "a.png", "sub/c.png")
    (tmp_path / "captions.jsonl").write_text(
        '{"filename": "a.png", "captions": ["one.", "two."], "keywords": ["x", "y"]}\n'
        '{"file": "c.png", "caption": "far"}\n'
    )
    (tmp_path / "sub" / "captions.jsonl").write_text('{"image": "c", "caption": "near", "labels": ["z"]}\n')

    assert words(Found(tmp_path)) == {"a.png": ("one. two.", ("x", "y"), ()), "c.png": ("near", (), ("z",))}


def test_captions_that_cannot_be_read_are_said_once_and_the_images_are_taken(tmp_path: Path):
    captioned(tmp_path, "a.png", "b.png")
    (tmp_path / "captions.jsonl").write_text('{"filename": "a.png", "caption": "good"}\nnot json\n')
    found = Found(tmp_path)

    assert words(found) == {"a.png": ("good", (), ()), "b.png": (None, (), ())}
    assert list(found.refused) == [str(tmp_path / "captions.jsonl")]
    (tmp_path / "captions.jsonl").unlink()
    (tmp_path / "captions.csv").write_text("name,caption\na.png,x\n")
    assert "names no file" in Found(tmp_path).only_refusal


def test_a_remote_image_is_read_in_place_by_ranges(tmp_path: Path):
    write_raster(
        tmp_path / "big.tif", np.zeros((3, 1024, 1024), dtype=np.uint8), tiled=True, blockxsize=256, blockysize=256
    )
    size = (tmp_path / "big.tif").stat().st_size
    with file_server(tmp_path) as server:
        (scene,) = Found(f"{server.url}/big.tif").scenes
        ranges = [request.range for request in server.requests if request.method == "GET"]

    assert scene.source == f"{server.url}/big.tif"
    assert scene.bands[0].href == f"{server.url}/big.tif"
    assert ranges
    assert all(ranges)
    assert server.bytes_sent < size / 10


def test_an_address_is_told_to_be_an_api_an_image_without_an_ending_or_nothing(tmp_path: Path):
    picture(tmp_path / "image")
    with stac_api([radar_item("x", "https://x.test/v.tif")]) as api, file_server(tmp_path) as files:
        found = Found(api.url, f"{files.url}/image", f"{files.url}/gone", f"{files.url}/gone.tif")

    assert found.names == ["v.tif", "image"]
    assert set(found.refused) == {f"{files.url}/gone", f"{files.url}/gone.tif"}
    assert "error 404" in found.refused[f"{files.url}/gone"]


def test_an_api_that_never_answers_is_refused_and_the_other_sources_go_on(folder: Path):
    with stac_api([], troubles=Troubles(always=500)) as api:
        found = Found(api.url, folder / "a.tif")

    assert found.names == ["a.tif"]
    assert "Try again later" in found.refused[api.url]


def test_stac_on_an_object_store_is_pointed_to_its_web_address():
    assert "Give the catalog's https address" in Found("s3://bucket/catalog.json").only_refusal
