from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pystac
import pytest

from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.scene import Window
from satseek.stac.item import EMBEDDINGS, item_of_chip, vector_of_item

CARD = ModelCard("colour", "1", "colours", 4, {"s2": ()}, True, 224, weights_sha256="ab" * 32)
BOX = {"type": "Polygon", "coordinates": [[[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]]}
BANDS = [
    {"name": "B02", "href": "/data/a/B02.tif", "index": 1, "scale": 0.0001, "offset": -0.1},
    {"name": "B03", "href": "/data/a/B03.tif", "index": 1},
]
CHIP = Chip(
    id="0123456789abcdef01234567",
    sensor="s2",
    source="https://catalog.test/items/a.json",
    scene="scenes/a",
    window=Window(100, 200, 448, 448),
    scale=2.0,
    size=(224, 224),
    address={"sensor": "s2", "bands": BANDS},
    geometry=BOX,
    bbox=(10.0, 0.0, 11.0, 1.0),
    datetime=datetime(2024, 5, 1, 10, tzinfo=UTC),
    ground_resolution_m=20.0,
    caption="a river",
    keywords=("river",),
    properties={"platform": "sentinel-2a", "eo:cloud_cover": 40.0, "proj:code": "EPSG:32632"},
)


def valid(item: dict) -> pystac.Item:
    """Check an item as far as can be without the web, and give it to pystac."""
    assert item["type"] == "Feature"
    assert item["stac_version"] == "1.1.0"
    assert ("bbox" in item) == (item["geometry"] is not None)
    assert "collection" not in item  # not without a link of that name, says STAC 1.1
    assert "datetime" in item["properties"]
    assert item["properties"]["datetime"] or {"start_datetime", "end_datetime"} <= item["properties"].keys()
    assert all(asset["href"] for asset in item["assets"].values())
    assert all({"rel", "href"} <= link.keys() for link in item["links"])
    assert len(set(item["stac_extensions"])) == len(item["stac_extensions"])
    json.dumps(item, allow_nan=False)
    return pystac.Item.from_dict(item)


def test_a_chip_becomes_an_item_with_its_place_time_and_window():
    item = valid(item_of_chip(CHIP))

    assert item.id == CHIP.id
    assert item.geometry == BOX
    assert item.bbox == [10.0, 0.0, 11.0, 1.0]
    assert item.datetime == CHIP.datetime
    assert item.properties["gsd"] == 20.0
    assert item.properties["platform"] == "sentinel-2a"
    assert item.properties["satseek:sensor"] == "s2"
    assert item.properties["satseek:scene"] == "scenes/a"
    assert item.properties["satseek:window"] == [100, 200, 448, 448]
    assert item.properties["satseek:caption"] == "a river"
    assert item.properties["satseek:keywords"] == ["river"]
    assert "satseek:labels" not in item.properties


def test_a_time_in_another_zone_is_written_in_utc():
    elsewhere = replace(CHIP, datetime=datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))))

    assert item_of_chip(elsewhere)["properties"]["datetime"] == "2024-05-01T10:00:00Z"


def test_a_chip_without_a_place_has_neither_geometry_nor_bbox():
    item = item_of_chip(replace(CHIP, geometry=None, bbox=None))

    assert item["geometry"] is None
    assert "bbox" not in item
    valid(item)


def test_a_chip_without_a_time_spans_all_time_and_says_so():
    item = valid(item_of_chip(replace(CHIP, datetime=None)))

    assert item.datetime is None
    assert item.properties["satseek:undated"] is True
    assert item.properties["start_datetime"] < "1850"
    assert item.properties["end_datetime"] > "2150"
    assert "satseek:undated" not in item_of_chip(CHIP)["properties"]


def test_a_box_over_the_date_line_keeps_west_greater_than_east():
    assert item_of_chip(replace(CHIP, bbox=(179.0, 0.0, -179.0, 1.0)))["bbox"] == [179.0, 0.0, -179.0, 1.0]


def test_the_chips_own_grid_is_derived_from_its_scenes():
    of_scene = {
        "proj:code": "EPSG:32632",
        "proj:shape": [9000, 9000],
        "proj:transform": [10, 0, 600000, 0, -10, 5100000],
    }
    properties = item_of_chip(replace(CHIP, properties=of_scene))["properties"]

    assert properties["proj:shape"] == [224, 224]
    assert properties["proj:transform"] == [20.0, 0.0, 601000.0, 0.0, -20.0, 5098000.0]


def test_facts_of_the_whole_scene_are_not_passed_off_as_the_chips():
    stale = {
        "proj:shape": [9000, 9000],
        "proj:transform": [10, 0, 0, 0, -10, 0],
        "datetime": "yesterday",
        "created": "x",
    }
    properties = item_of_chip(replace(CHIP, properties=stale, cloud_share=0.125))["properties"]

    assert "proj:shape" not in properties
    assert "proj:transform" not in properties
    assert "created" not in properties
    assert properties["datetime"] == "2024-05-01T10:00:00Z"
    assert properties["eo:cloud_cover"] == 12.5


def test_the_source_files_are_assets_with_how_to_read_them():
    assets = item_of_chip(CHIP)["assets"]

    assert list(assets) == ["B02", "B03"]
    assert assets["B02"]["href"] == "/data/a/B02.tif"
    assert assets["B02"]["type"].startswith("image/tiff")
    assert assets["B02"]["bands"] == [{"name": "B02", "raster:scale": 0.0001, "raster:offset": -0.1}]


def test_bands_of_one_file_are_one_asset_in_the_order_of_the_file():
    bands = [
        {"name": name, "href": "/a.png", "index": index} for name, index in (("blue", 3), ("red", 1), ("green", 2))
    ]
    assets = item_of_chip(replace(CHIP, sensor="rgb", address={"sensor": "rgb", "bands": bands}))["assets"]

    assert list(assets) == ["image"]
    assert [band["name"] for band in assets["image"]["bands"]] == ["red", "green", "blue"]
    assert assets["image"]["type"] == "image/png"


def test_a_vector_is_inside_only_when_asked_for():
    vector = np.array([0.5, -0.5, 0.5, 0.5], dtype=np.float32)
    plain, with_vector = item_of_chip(CHIP, card=CARD), item_of_chip(CHIP, card=CARD, vector=vector)

    assert "embeddings" not in plain["assets"]
    assert EMBEDDINGS not in plain["stac_extensions"]
    assert vector_of_item(plain) is None
    assert EMBEDDINGS in with_vector["stac_extensions"]
    np.testing.assert_array_equal(vector_of_item(with_vector), vector)
    valid(with_vector)


def test_the_embedding_facts_are_those_the_extension_knows_for_items():
    properties = item_of_chip(CHIP, card=CARD)["properties"]
    known = {
        "runtime_parameters",
        "preprocessing",
        "postprocessing",
        "fit_for_use",
        "uncertainty",
        "quantization",
        "energy",
    }

    assert {name.removeprefix("emb:") for name in properties if name.startswith("emb:")} <= known
    run = properties["emb:runtime_parameters"]
    assert (run["model"], run["version"], run["dimensions"]) == ("colour", "1", 4)
    assert run["weights_sha256"] == "ab" * 32
    assert run["bands"] == ["B02", "B03"]
    assert not any(name.startswith("emb:") for name in item_of_chip(CHIP)["properties"])


def test_the_scene_is_linked_as_the_source_of_the_embedding():
    assert item_of_chip(CHIP)["links"] == [
        {
            "rel": "emb:source-data",
            "href": "https://catalog.test/items/a.json",
            "title": "The scene that the chip is cut from",
            "type": "application/geo+json",
        }
    ]


def test_extensions_are_declared_for_the_facts_that_are_there_and_only_those():
    bare = item_of_chip(replace(CHIP, properties={}, address={"bands": [{"name": "B03", "href": "/a.tif"}]}))
    assert bare["stac_extensions"] == []

    full = item_of_chip(CHIP)["stac_extensions"]
    assert [schema.split("/")[3] for schema in full] == ["eo", "projection", "raster"]

    half_radar = item_of_chip(replace(CHIP, properties={"sar:instrument_mode": "IW"}))
    assert not any("/sar/" in schema for schema in half_radar["stac_extensions"])


@pytest.mark.parametrize("chip", [CHIP, replace(CHIP, datetime=None), replace(CHIP, geometry=None, bbox=None)])
def test_items_meet_the_stac_schema(chip: Chip):
    pytest.importorskip("jsonschema", reason="the STAC schemas that pystac brings are checked with jsonschema")
    from pystac.validation.stac_validator import JsonSchemaSTACValidator

    item = item_of_chip(chip, card=CARD, vector=[0.5, 0.5, 0.5, 0.5])
    JsonSchemaSTACValidator().validate_core(item, pystac.STACObjectType.ITEM, "1.1.0")
