"""STAC items as the big catalogs write them, small: both vocabularies, old and new band lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def item(
    name: str, assets: Mapping[str, Any], *, collection: str | None = "scenes", **properties: Any
) -> dict[str, Any]:
    """Return an item over a box of one degree at the equator, or at `bbox`."""
    west, south, east, north = properties.pop("bbox", (10.0, 0.0, 11.0, 1.0))
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    made = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {"datetime": "2024-05-01T10:00:00Z"}
        | {key.replace("__", ":"): properties[key] for key in properties},
        "links": [],
        "assets": dict(assets),
    }
    return made | ({"collection": collection} if collection else {})


def earth_search_item(
    name: str = "S2A_32TQM_20240501_0_L2A", folder: str = "https://cogs.test", **properties: Any
) -> dict[str, Any]:
    """Return Sentinel-2 as Earth Search writes it: common names, COG and JP2, raster:bands, its offset applied."""
    numbers = {"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1}
    assets: dict[str, Any] = {}
    for key, metres in (("blue", 10), ("green", 10), ("red", 10), ("nir", 10), ("nir08", 20), ("swir16", 20)):
        facts = {
            "eo:bands": [{"name": key, "common_name": key}],
            "raster:bands": [numbers | {"spatial_resolution": metres}],
        }
        assets[f"{key}-jp2"] = {"href": f"s3://bucket/{key}.jp2", "type": "image/jp2", "roles": ["data"], **facts}
        assets[key] = {
            "href": f"{folder}/{key}.tif",
            "type": "image/tiff; profile=cloud-optimized",
            "roles": ["data"],
            **facts,
        }
    visual = [
        {"name": "red", "common_name": "red"},
        {"name": "green", "common_name": "green"},
        {"name": "blue", "common_name": "blue"},
    ]
    assets["visual"] = {"href": f"{folder}/TCI.tif", "type": "image/tiff", "roles": ["visual"], "eo:bands": visual}
    assets["scl"] = {"href": f"{folder}/SCL.tif", "type": "image/tiff", "roles": ["data"]}
    assets["thumbnail"] = {"href": f"{folder}/preview.jpg", "type": "image/jpeg", "roles": ["thumbnail"]}
    assets["granule_metadata"] = {"href": f"{folder}/metadata.xml", "type": "application/xml", "roles": ["metadata"]}
    facts = {"platform": "sentinel-2a", "constellation": "sentinel-2", "instruments": ["msi"], "eo__cloud_cover": 4.5}
    facts |= {"s2__processing_baseline": "05.10", "earthsearch__boa_offset_applied": True, "proj__epsg": 32632}
    return item(name, assets, collection="sentinel-2-l2a", **(facts | properties))


def planetary_item(
    name: str = "S2B_MSIL2A_20240501", folder: str = "https://pc.test", **properties: Any
) -> dict[str, Any]:
    """Return Sentinel-2 as the Planetary Computer writes it: B02…, no scales, the offset still in the numbers."""
    common = {
        "B02": "blue",
        "B03": "green",
        "B04": "red",
        "B05": "rededge",
        "B08": "nir",
        "B8A": "rededge",
        "B11": "swir16",
    }
    assets: dict[str, Any] = {
        key: {
            "href": f"{folder}/{key}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"],
            "gsd": 10 if key in ("B02", "B03", "B04", "B08") else 20,
            "eo:bands": [{"name": key, "common_name": colour}],
        }
        for key, colour in common.items()
    }
    visual = [{"name": key, "common_name": common[key]} for key in ("B04", "B03", "B02")]
    assets["visual"] = {"href": f"{folder}/TCI.tif", "type": "image/tiff", "roles": ["data"], "eo:bands": visual}
    assets["SCL"] = {"href": f"{folder}/SCL.tif", "type": "image/tiff", "roles": ["data"]}
    assets["preview"] = {"href": f"{folder}/preview.tif", "type": "image/tiff", "roles": ["thumbnail"]}
    facts = {"platform": "Sentinel-2B", "s2__processing_baseline": "05.10", "eo__cloud_cover": 12.0}
    return item(name, assets, collection="sentinel-2-l2a", **(facts | properties))


def radar_item(name: str = "S1A_IW_GRDH_rtc", folder: str = "https://rtc.test", **properties: Any) -> dict[str, Any]:
    """Return terrain-corrected Sentinel-1: vv and vh, linear power."""
    numbers = [{"nodata": -32768, "data_type": "float32"}]
    assets = {
        key: {"href": f"{folder}/{key}.tif", "type": "image/tiff", "roles": ["data"], "raster:bands": numbers}
        for key in ("vh", "vv")
    }
    facts = {"platform": "SENTINEL-1A", "sar__instrument_mode": "IW", "sar__polarizations": ["VV", "VH"]}
    return item(name, assets, collection="sentinel-1-rtc", **(facts | properties))


def write_static_catalog(folder: Path, items: Sequence[Mapping[str, Any]]) -> Path:
    """Write a catalog with one collection and its items in folders of their own, all links relative."""
    links = []
    for each in items:
        place = folder / "collection" / str(each["id"]) / f"{each['id']}.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(each))
        links.append({"rel": "item", "href": f"./{each['id']}/{each['id']}.json"})
    collection = {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": "scenes",
        "description": "Scenes",
        "license": "CC0-1.0",
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
        "links": [{"rel": "root", "href": "../catalog.json"}, {"rel": "parent", "href": "../catalog.json"}, *links],
    }
    folder.joinpath("collection").mkdir(exist_ok=True)
    folder.joinpath("collection/collection.json").write_text(json.dumps(collection))
    links = [{"rel": "root", "href": "./catalog.json"}, {"rel": "child", "href": "./collection/collection.json"}]
    catalog = {"type": "Catalog", "stac_version": "1.0.0", "id": "test", "description": "For tests", "links": links}
    folder.joinpath("catalog.json").write_text(json.dumps(catalog))
    return folder / "catalog.json"
