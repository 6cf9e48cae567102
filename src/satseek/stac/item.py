"""Chips as STAC items, with the facts of their embeddings."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlparse

import numpy as np
import shapely.geometry
from numpy.typing import ArrayLike

from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.period import rfc3339

STAC_VERSION = "1.1.0"
EMBEDDINGS = "https://stac-extensions.github.io/embeddings/v0.0.1/schema.json"  # a proposal, of March 2026
EXTENSIONS = {
    "eo:": "https://stac-extensions.github.io/eo/v2.0.0/schema.json",
    "proj:": "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "raster:": "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "view:": "https://stac-extensions.github.io/view/v1.0.0/schema.json",
    "sat:": "https://stac-extensions.github.io/sat/v1.1.0/schema.json",
    "grid:": "https://stac-extensions.github.io/grid/v1.1.0/schema.json",
}
SAR = "https://stac-extensions.github.io/sar/v1.0.0/schema.json"
SAR_REQUIRES = {"sar:instrument_mode", "sar:frequency_band", "sar:polarizations", "sar:product_type"}
OF_THE_WHOLE_SCENE = ("proj:shape", "proj:transform", "proj:bbox", "proj:geometry", "proj:centroid")
MEANT_OTHERWISE = ("datetime", "start_datetime", "end_datetime", "created", "updated", "bands")  # by STAC, in an item
UNDATED = ("1800-01-01T00:00:00Z", "2199-12-31T23:59:59Z")
MEDIA_TYPES = {
    ".tif": "image/tiff; application=geotiff",
    ".tiff": "image/tiff; application=geotiff",
    ".jp2": "image/jp2",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".json": "application/geo+json",
}


def item_of_chip(chip: Chip, *, vector: ArrayLike | None = None, card: ModelCard | None = None) -> dict[str, Any]:
    """Return a chip as a valid STAC item; its vector is inside only when given, as a small asset of float32.

    A chip without a place has no geometry and no bbox. STAC wants a time of every item: a chip without one gets the
    span of `UNDATED`, wide enough to say nothing, and `satseek:undated`.
    """
    properties = _times(chip) | _facts(chip) | _words(chip) | ({} if card is None else _run_facts(chip, card))
    assets = _source_assets(chip)
    if vector is not None:
        assets["embeddings"] = _embedding(vector)
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": _extensions(properties, assets),
        "id": chip.id,
        "geometry": None if chip.geometry is None else dict(chip.geometry),
        "properties": properties,
        "links": [_source_link(chip)],
        "assets": assets,
    }
    if chip.geometry is not None:
        item["bbox"] = list(chip.bbox or shapely.bounds(shapely.geometry.shape(dict(chip.geometry))).tolist())
    return item


def vector_of_item(item: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    """Return the vector inside an item that `item_of_chip` made, or None."""
    asset = item.get("assets", {}).get("embeddings")
    if asset is None:
        return None
    return np.frombuffer(base64.b64decode(asset["href"].partition(",")[2]), dtype="<f4").astype(np.float32)


def _times(chip: Chip) -> dict[str, Any]:
    if chip.datetime is not None:
        return {"datetime": rfc3339(chip.datetime)}
    return {"datetime": None, "start_datetime": UNDATED[0], "end_datetime": UNDATED[1], "satseek:undated": True}


def _facts(chip: Chip) -> dict[str, Any]:
    """Return what is known of the chip: its scene's facts, save those that are not the chip's own."""
    not_its_own = OF_THE_WHOLE_SCENE + MEANT_OTHERWISE
    facts = {key: value for key, value in chip.properties.items() if key not in not_its_own}
    if chip.ground_resolution_m:
        facts["gsd"] = chip.ground_resolution_m
    if chip.cloud_share is not None:
        facts["eo:cloud_cover"] = round(100 * chip.cloud_share, 2)
    facts |= _grid(chip)
    return facts | {
        "satseek:sensor": chip.sensor,
        "satseek:scene": chip.scene,
        "satseek:source": chip.source,
        "satseek:window": list(chip.window),
        "satseek:scale": chip.scale,
        "satseek:nodata_share": chip.nodata_share,
    }


def _grid(chip: Chip) -> dict[str, Any]:
    """Return the chip's own grid, where its scene's is known."""
    transform = chip.properties.get("proj:transform")
    height, width = chip.size
    if "proj:code" not in chip.properties or not isinstance(transform, list) or len(transform) < 6:
        return {}
    a, b, c, d, e, f = (float(value) for value in transform[:6])
    window = chip.window
    across, down = window.width / width, window.height / height
    left, top = a * window.column + b * window.row + c, d * window.column + e * window.row + f
    return {
        "proj:shape": [height, width],
        "proj:transform": [a * across, b * down, left, d * across, e * down, top],
    }


def _words(chip: Chip) -> dict[str, Any]:
    words = {"satseek:caption": chip.caption, "satseek:keywords": list(chip.keywords)}
    words["satseek:labels"] = list(chip.labels)
    return {key: value for key, value in words.items() if value}


def _run_facts(chip: Chip, card: ModelCard) -> dict[str, Any]:
    """Return how the chip's vector was made; the extension keeps type and dimensions for the collection."""
    facts: dict[str, Any] = {
        "model": card.name,
        "version": card.version,
        "dimensions": card.dimensions,
        "data_type": "float32",
        "bands": [band["name"] for band in chip.address.get("bands", ())],
        "chip_size": list(chip.size),
        "scale": chip.scale,
    }
    if card.weights_sha256 is not None:
        facts["weights_sha256"] = card.weights_sha256
    return {"emb:runtime_parameters": facts, "emb:fit_for_use": ["retrieval", "similarity_search"]}


def _source_assets(chip: Chip) -> dict[str, Any]:
    """Return the files that the chip is a window of, one asset each."""
    files: dict[str, list[Mapping[str, Any]]] = {}
    for band in chip.address.get("bands", ()):
        files.setdefault(band["href"], []).append(band)
    assets: dict[str, Any] = {}
    for href, bands in files.items():
        key = bands[0]["name"] if len(bands) == 1 else "image"
        key = key if key not in assets else f"{key}-{len(assets)}"
        assets[key] = {
            "href": href,
            "title": "The whole scene; the chip is its window satseek:window",
            "roles": ["data"],
            "bands": [_band(band) for band in sorted(bands, key=lambda band: int(band.get("index", 1)))],
        } | _media_type(href)
    return assets


def _band(band: Mapping[str, Any]) -> dict[str, Any]:
    facts = {"name": band["name"], "raster:scale": band.get("scale"), "raster:offset": band.get("offset")}
    return {key: value for key, value in facts.items() if value is not None}


def _embedding(vector: ArrayLike) -> dict[str, Any]:
    data = np.asarray(vector, dtype="<f4").tobytes()
    return {
        "href": f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}",
        "type": "application/octet-stream",
        "title": "The chip's vector: float32, little-endian",
        "roles": ["data"],
        "data_type": "float32",
    }


def _source_link(chip: Chip) -> dict[str, Any]:
    link = {"rel": "emb:source-data", "href": chip.source, "title": "The scene that the chip is cut from"}
    return link | _media_type(chip.source)


def _media_type(href: str) -> dict[str, str]:
    ending = "." + urlparse(href).path.rpartition(".")[2].casefold()
    return {"type": MEDIA_TYPES[ending]} if ending in MEDIA_TYPES else {}


def _extensions(properties: Mapping[str, Any], assets: Mapping[str, Any]) -> list[str]:
    names = [*properties, *(key for asset in assets.values() for band in asset.get("bands", ()) for key in band)]
    used = [schema for prefix, schema in EXTENSIONS.items() if any(name.startswith(prefix) for name in names)]
    used += [SAR] if properties.keys() >= SAR_REQUIRES else []
    return used + ([EMBEDDINGS] if "embeddings" in assets else [])
