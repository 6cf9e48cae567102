from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.stac_items import earth_search_item, item, planetary_item, radar_item
from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import BandFile, Scene
from satseek.stac.scenes import Reading, scenes_of_item

HERE = "https://catalog.test/collections/c/items/i"
TIFF = "image/tiff; application=geotiff"


def only_scene(document: dict, reading: Reading | None = None, address: str = HERE) -> Scene:
    (scene,) = scenes_of_item(document, address, reading or Reading())
    return scene


def hrefs(scene: Scene) -> dict[str, str]:
    return {band.name: band.href for band in scene.bands}


def test_common_names_become_sentinel_2_bands_and_cogs_win_over_jp2():
    scene = only_scene(earth_search_item())

    assert scene.sensor == "s2"
    assert hrefs(scene) == {
        "B02": "https://cogs.test/blue.tif",
        "B03": "https://cogs.test/green.tif",
        "B04": "https://cogs.test/red.tif",
        "B08": "https://cogs.test/nir.tif",
        "B8A": "https://cogs.test/nir08.tif",
        "B11": "https://cogs.test/swir16.tif",
    }
    assert scene.mask == BandFile("SCL", "https://cogs.test/SCL.tif")
    assert scene.unit == "DN"
    assert scene.nodata == 0.0


def test_the_bands_own_name_counts_more_than_a_common_name_that_several_share():
    scene = only_scene(planetary_item())

    assert list(hrefs(scene)) == ["B02", "B03", "B04", "B05", "B08", "B8A", "B11"]
    assert hrefs(scene)["B05"] == "https://pc.test/B05.tif"
    assert hrefs(scene)["B8A"] == "https://pc.test/B8A.tif"


def test_an_item_becomes_a_scene_with_a_stable_id_its_address_time_and_facts():
    scene = only_scene(earth_search_item(eo__cloud_cover=7.5, s2__granule_id="x", proj__geometry={"type": "Point"}))

    assert scene.id == "sentinel-2-l2a/S2A_32TQM_20240501_0_L2A"
    assert scene.source == HERE
    assert scene.datetime == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert scene.properties == {
        "platform": "sentinel-2a",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": 7.5,
        "s2:processing_baseline": "05.10",
        "proj:code": "EPSG:32632",
        "collection": "sentinel-2-l2a",
    }


def test_an_item_without_a_collection_is_known_by_its_address():
    assert only_scene(item("a", {"vv": {"href": "https://x.test/a.tif"}}, collection=None)).id == HERE


@pytest.mark.parametrize(
    ("facts", "offset"),
    [
        ({"s2__processing_baseline": "05.10"}, -0.1),
        ({"s2__processing_baseline": "04.00"}, -0.1),
        ({"s2__processing_baseline": "03.01"}, None),
        ({"s2__processing_baseline": "05.10", "earthsearch__boa_offset_applied": True}, 0.0),
        ({"s2__processing_baseline": "05.10", "sentinel__boa_offset_applied": True}, 0.0),
        ({"s2__processing_baseline": "05.10", "earthsearch__boa_offset_applied": False}, -0.1),
        ({"s2__processing_baseline": "unknown"}, None),
    ],
)
def test_the_offset_of_newer_products_is_added_unless_it_was_already(facts: dict, offset: float | None):
    assert only_scene(planetary_item(**facts)).bands[0].offset == offset


def test_an_offset_that_the_item_states_is_taken_unless_it_was_already_applied():
    assert only_scene(earth_search_item()).bands[0].offset == 0.0  # raster:bands says -0.1, the pixels do not need it
    assert only_scene(earth_search_item(earthsearch__boa_offset_applied=False)).bands[0].offset == -0.1


def test_scale_and_offset_are_read_from_bands_of_stac_1_1_and_from_the_asset():
    asset = {
        "href": "https://x.test/a.tif",
        "raster:scale": 2e-4,
        "raster:offset": -0.2,
        "nodata": 9,
        "data_type": "uint16",
    }
    assets = {
        "B02_10m": asset | {"bands": [{"name": "B02"}]},
        "B03": asset | {"bands": [{"name": "B03", "raster:scale": 3e-4}]},
    }
    scene = only_scene(item("a", assets, platform="sentinel-2c"))

    assert [(band.scale, band.offset) for band in scene.bands] == [(2e-4, -0.2), (3e-4, -0.2)]
    assert scene.nodata == 9.0


def test_floats_without_a_scale_are_reflectance_as_they_are():
    floats = {"href": "https://x.test/a.tif", "raster:bands": [{"data_type": "float32"}]}
    scene = only_scene(item("a", {"B02": floats}, platform="sentinel-2a", s2__processing_baseline="05.10"))

    assert scene.unit == "reflectance"
    assert scene.bands[0].offset is None


def test_the_finest_of_several_resolutions_is_taken():
    assets = {
        f"B02_{metres}m": {"href": f"https://x.test/{metres}.jp2", "type": "image/jp2"} for metres in (60, 10, 20)
    }

    assert hrefs(only_scene(item("a", assets, platform="sentinel-2a"))) == {"B02": "https://x.test/10.jp2"}


def test_bands_in_one_file_keep_their_places():
    bands = [{"name": "B04"}, {"name": "B03"}, {"name": "B02"}, {"name": "AOT"}]
    scene = only_scene(item("a", {"stack": {"href": "https://x.test/s.tif", "eo:bands": bands}}))

    assert scene.sensor == "s2"
    assert {band.name: band.index for band in scene.bands} == {"B02": 3, "B03": 2, "B04": 1}


def test_the_picture_is_read_only_when_rgb_is_asked_for_and_is_then_another_scene():
    plain, picture = only_scene(earth_search_item()), only_scene(earth_search_item(), Reading("rgb"))

    assert picture.sensor == "rgb"
    assert [(band.name, band.index) for band in picture.bands] == [("red", 1), ("green", 2), ("blue", 3)]
    assert set(hrefs(picture).values()) == {"https://cogs.test/TCI.tif"}
    assert picture.id == f"{plain.id}#rgb"
    assert picture.mask is None


def test_a_picture_whose_bands_have_band_numbers_is_still_red_green_blue():
    scene = only_scene(planetary_item(), Reading("rgb"))

    assert [(band.name, band.index) for band in scene.bands] == [("red", 1), ("green", 2), ("blue", 3)]
    assert scene.bands[0].href == "https://pc.test/TCI.tif"


def test_an_item_with_only_a_picture_is_true_colour():
    scene = only_scene(item("a", {"visual": {"href": "https://x.test/v.tif", "type": TIFF}}, platform="worldview-3"))

    assert scene.sensor == "rgb"
    assert scene.id == "scenes/a"


def test_aerial_bands_in_one_file_are_true_colour_in_the_order_they_are_named():
    bands = [{"name": name, "common_name": name.lower()} for name in ("NIR", "Blue", "Green", "Red")]
    scene = only_scene(
        item("a", {"image": {"href": "https://x.test/a.tif", "type": TIFF, "eo:bands": bands}}, platform="plane")
    )

    assert scene.sensor == "rgb"
    assert {band.name: band.index for band in scene.bands} == {"red": 4, "green": 3, "blue": 2}


def test_radar_is_found_in_small_letters_and_read_in_the_sensors_order():
    scene = only_scene(radar_item())

    assert scene.sensor == "s1"
    assert hrefs(scene) == {"VV": "https://rtc.test/vv.tif", "VH": "https://rtc.test/vh.tif"}
    assert scene.unit == "power"
    assert scene.properties["sar:polarizations"] == ["VV", "VH"]


def test_the_unit_of_radar_is_what_the_bands_say():
    document = radar_item()
    for asset in document["assets"].values():
        asset["raster:bands"] = [{"data_type": "float32", "unit": "dB"}]

    assert only_scene(document).unit == "dB"


def test_an_item_with_optical_and_radar_bands_becomes_two_scenes():
    both = planetary_item()
    both["assets"] |= radar_item()["assets"]
    del both["properties"]["platform"], both["properties"]["s2:processing_baseline"]
    both["collection"] = "pairs"
    optical, radar = scenes_of_item(both, HERE)

    assert (optical.sensor, optical.id) == ("s2", "pairs/S2B_MSIL2A_20240501")
    assert (radar.sensor, radar.id) == ("s1", "pairs/S2B_MSIL2A_20240501#s1")
    assert only_scene(both, Reading("s1")).id == radar.id


def test_another_satellites_bands_of_the_same_names_are_refused_unless_the_person_says_so():
    bands = {key: {"href": f"https://x.test/{key}.tif", "type": TIFF} for key in ("blue", "green", "red", "nir08")}
    landsat = item("LC09", bands, platform="landsat-9")

    with pytest.raises(SourceError, match=r"comes from 'landsat-9'.*--sensor"):
        scenes_of_item(landsat, HERE)
    assert list(hrefs(only_scene(landsat, Reading("s2")))) == ["B02", "B03", "B04", "B8A"]


def test_only_the_bands_that_are_asked_for_are_taken_in_that_order():
    scene = only_scene(earth_search_item(), Reading.of("s2", ("red", "B02")))

    assert [band.name for band in scene.bands] == ["B04", "B02"]


def test_a_band_that_an_item_lacks_refuses_the_item_and_a_name_that_nobody_knows_the_question():
    with pytest.raises(SourceError, match=r"no B12; it has B02, B03"):
        scenes_of_item(earth_search_item(), HERE, Reading.of("s2", ("B02", "B12")))
    with pytest.raises(UsageError, match="no band called 'B99'"):
        Reading.of("s2", ("B99",))
    with pytest.raises(UsageError, match="Did you mean 's2'"):
        Reading.of("S2x")


def test_words_and_annotations_come_with_the_item(tmp_path: Path):
    labels = tmp_path / "labels.geojson"
    labels.write_text("{}")
    assets = radar_item()["assets"] | {
        "annotations": {"href": "labels.geojson", "type": "application/geo+json", "roles": ["labels"]}
    }
    words = {"satseek__caption": "a port", "satseek__keywords": ["port", "ship"], "satseek__labels": "harbour, sea"}
    scene = only_scene(item("a", assets, **words), address=str(tmp_path / "a.json"))

    assert scene.caption == "a port"
    assert scene.keywords == ("port", "ship")
    assert scene.labels == ("harbour", "sea")
    assert scene.annotations == str(labels)


def test_a_span_of_time_counts_from_its_start():
    document = item(
        "a",
        radar_item()["assets"],
        datetime=None,
        start_datetime="2024-01-01T00:00:00Z",
        end_datetime="2024-02-01T00:00:00Z",
    )

    assert only_scene(document).datetime == datetime(2024, 1, 1, tzinfo=UTC)


def test_local_files_are_found_beside_the_item_whatever_their_names(tmp_path: Path):
    (tmp_path / "my scene.tif").write_bytes(b"")
    document = item("a", {"vv": {"href": "./my%20scene.tif"}})
    scene = only_scene(document, address=str(tmp_path / "item.json"))

    assert hrefs(scene) == {"VV": str(tmp_path / "my scene.tif")}


def test_a_file_that_is_not_there_refuses_the_item_by_name(tmp_path: Path):
    document = item("a", {"vv": {"href": "./vv.tif"}})

    with pytest.raises(SourceError, match=r"asset 'vv' points at .*vv\.tif, which does not exist\. Fetch"):
        scenes_of_item(document, str(tmp_path / "item.json"))


def test_a_missing_cloud_mask_does_not_refuse_the_item(tmp_path: Path):
    (tmp_path / "B02.tif").write_bytes(b"")
    document = item("a", {"B02": {"href": "B02.tif"}, "SCL": {"href": "SCL.tif"}})
    scene = only_scene(document, address=str(tmp_path / "item.json"))

    assert scene.mask is None


def test_one_file_of_unnamed_bands_is_looked_into():
    seen = Scene("x", "x", "rgb", (BandFile("red", "u", 1),), unit="8-bit", nodata=7.0)
    asked = []

    def look(href: str) -> Scene:
        asked.append(href)
        return seen

    scene = only_scene(item("a", {"image": {"href": "https://x.test/a.tif", "type": TIFF}}), Reading(open_asset=look))

    assert asked == ["https://x.test/a.tif"]
    assert (scene.sensor, scene.bands, scene.unit, scene.nodata) == ("rgb", seen.bands, "8-bit", 7.0)
    assert scene.id == "scenes/a"


@pytest.mark.parametrize(
    ("assets", "message"),
    [
        ({}, "It has no assets. SatSeek needs image assets"),
        ({"info": {"href": "https://x.test/a.xml", "type": "application/xml"}}, r"Its assets \(info\) are no images"),
        (
            {"hh": {"href": "https://x.test/a.tif"}, "hv": {"href": "https://x.test/b.tif"}},
            "it offers hh, hv. Say what",
        ),
    ],
)
def test_an_item_without_usable_bands_says_what_it_has(assets: dict, message: str):
    with pytest.raises(SourceError, match=message):
        scenes_of_item(item("a", assets), HERE)


def test_a_sensor_that_an_item_has_no_bands_for_is_said():
    with pytest.raises(SourceError, match="no 's1' bands; it offers s2, rgb"):
        scenes_of_item(earth_search_item(), HERE, Reading("s1"))


@pytest.mark.parametrize(
    "damage",
    [
        {"id": None},
        {"properties": None},
        {"assets": {"B02": "a.tif"}},
        {"assets": {"B02": {}}},
        {"properties": {"datetime": None}},
    ],
)
def test_damaged_items_are_refused_not_crashed_on(damage: dict):
    document = deepcopy(planetary_item())
    document.update(damage)
    if damage == {"id": None}:
        del document["id"]

    with pytest.raises(SourceError, match=r"It (is no valid STAC item|has no id)"):
        scenes_of_item(document, HERE)


def test_facts_that_are_not_flat_are_left_out():
    document = radar_item(
        proj__shape=[10, 20], proj__projjson={"a": 1}, eo__odd=float("nan"), view__list=list(range(40))
    )
    properties = only_scene(document).properties

    assert properties["proj:shape"] == [10, 20]
    assert not {"proj:projjson", "eo:odd", "view:list"} & properties.keys()


def test_the_grid_kept_is_that_of_the_finest_band():
    document = planetary_item(proj__code="EPSG:32632")
    for key, asset in document["assets"].items():
        metres = 10 if key in ("B02", "B03", "B04", "B08") else 20
        asset["proj:transform"] = [metres, 0, 600000, 0, -metres, 5100000]
        asset["proj:shape"] = [109800 // metres] * 2
    reversed_assets = dict(reversed(document["assets"].items()))

    for assets in (document["assets"], reversed_assets):
        properties = only_scene(document | {"assets": assets}).properties
        assert properties["proj:shape"] == [10980, 10980]
        assert properties["proj:transform"][0] == 10


def test_a_scene_can_be_read_again_from_its_address():
    scene = only_scene(earth_search_item())

    assert replace(Scene.from_address(scene.source, scene.address()), id=scene.id).bands == scene.bands
