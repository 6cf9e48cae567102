"""Embeddings that STAC items carry, as the extension `emb:` proposes: a vector inside, beside, or a table of many.

An item's asset `embeddings` is a data URI, a file of numbers (.npy, or raw little-endian), or GeoParquet with a row for
each chip. Which model made them is told by the item's `emb:runtime_parameters`, or by a link `emb:model`.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from pystac.utils import make_absolute_href

from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.period import as_utc
from satseek.core.scene import Window
from satseek.core.vectors import FloatArray
from satseek.stac.reading import CatalogReader, is_web, path_of
from satseek.stac.walk import FoundItem, is_item, items_below, links_of, require_item

ASSET = "embeddings"
TABLES = (".parquet", ".geoparquet", ".gpq")
MAPS = (".tif", ".tiff", ".zarr", ".nc")
LINES = (".ndjson", ".jsonl")
MOST_NUMBERS = 65_536  # of one vector
UNDATED = "satseek:undated"


@dataclass(frozen=True)
class Embedded:
    """One item: a chip with its vector, or the address of a table of chips."""

    address: str
    chip: Chip | None = None
    vector: FloatArray | None = None
    table: str | None = None
    made_by: str | None = None
    version: str | None = None
    weights_sha256: str | None = None


def embedded_items(address: str, on_refused: Callable[[str, str], None]) -> Iterator[Embedded]:
    """Yield what the items at an address carry; one that carries nothing usable is refused, and the rest goes on."""
    reader = CatalogReader()
    models: dict[str, str | None] = {}
    for found in _items(address, reader, on_refused):
        try:
            require_item(found.item)
            yield _embedded(found, reader, models)
        except SourceError as error:
            on_refused(found.address, str(error))


def _items(address: str, reader: CatalogReader, on_refused: Callable[[str, str], None]) -> Iterator[FoundItem]:
    if not is_web(address) and path_of(address).casefold().endswith(LINES):
        yield from _lines(path_of(address), on_refused)
        return
    whole = address if is_web(address) else os.path.abspath(path_of(address))
    yield from items_below(whole, reader.read_json(whole), reader, on_refused)


def _lines(path: str, on_refused: Callable[[str, str], None]) -> Iterator[FoundItem]:
    """Yield the items of a file that holds one a line."""
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    item = json.loads(line)
                except ValueError as error:
                    on_refused(f"{path}:{number}", f"It is not valid JSON: {error}.")
                    continue
                if isinstance(item, dict) and is_item(item):
                    yield FoundItem(item, f"{os.path.abspath(path)}#{item.get('id', number)}")
                else:
                    on_refused(f"{path}:{number}", "It is no STAC item.")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}.") from error


def _embedded(found: FoundItem, reader: CatalogReader, models: dict[str, str | None]) -> Embedded:
    item, properties = found.item, found.item["properties"]
    asset = _asset(item)
    run = properties.get("emb:runtime_parameters")
    run = run if isinstance(run, Mapping) else {}
    made_by = str(run["model"]) if run.get("model") else _linked_model(item, found.address, reader, models)
    version, digest = _text(run.get("version")), _text(run.get("weights_sha256"))
    href = str(asset["href"])
    ending = os.path.splitext(href.partition("?")[0].casefold())[1]
    if not href.startswith("data:") and (ending in TABLES or "parquet" in str(asset.get("type", ""))):
        return Embedded(found.address, table=_local(href, found.address), made_by=made_by)
    if ending in MAPS and not href.startswith("data:"):
        raise SourceError(
            f"Its embeddings are a map of vectors ({ending[1:]}), one for each pixel; an archive holds one for each "
            "chip."
        )
    vector = _vector(href, asset, properties, found.address)
    return Embedded(found.address, _chip(item, found.address), vector, None, made_by, version, digest)


def _asset(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the asset that holds embeddings: by its key, or else by its role."""
    assets: Mapping[str, Any] = item["assets"]
    if ASSET in assets:
        named: Mapping[str, Any] = assets[ASSET]
        return named
    for asset in assets.values():
        if {"embeddings", "embedding"} & {str(role) for role in asset.get("roles") or ()}:
            found: Mapping[str, Any] = asset
            return found
    raise SourceError(
        f"It has no asset '{ASSET}' and none of that role; its assets are {', '.join(assets) or 'none'}. "
        "Scenes without vectors are read with 'satseek ingest'."
    )


def _vector(href: str, asset: Mapping[str, Any], properties: Mapping[str, Any], address: str) -> FloatArray:
    quantised = properties.get("emb:quantization")
    quantised = quantised if isinstance(quantised, Mapping) else {}
    kind = str(quantised.get("quantized_dtype") or asset.get("data_type") or properties.get("data_type") or "float32")
    data = _bytes(href, address)
    try:
        if data[:6] == b"\x93NUMPY":
            numbers = np.load(io.BytesIO(data), allow_pickle=False)
        else:
            numbers = np.frombuffer(data, dtype=np.dtype(kind).newbyteorder("<"))
    except (ValueError, TypeError, EOFError) as error:
        raise SourceError(f"Its vector cannot be read as {kind}: {error}.") from error
    if numbers.squeeze().ndim != 1 or not 1 < numbers.size <= MOST_NUMBERS:
        shape = "×".join(map(str, numbers.shape))
        raise SourceError(f"Its embeddings are {shape} numbers; an archive holds one vector for each chip.")
    vector: FloatArray = numbers.squeeze().astype(np.float32)
    for name, change in (("scale", np.multiply), ("offset", np.add)):
        factors = np.asarray(quantised.get(name) or [], dtype=np.float32)
        if factors.size in (1, vector.size):
            vector = np.asarray(change(vector, factors), dtype=np.float32)
    return vector


def _bytes(href: str, address: str) -> bytes:
    if href.startswith("data:"):
        head, _, text = href.partition(",")
        if not head.endswith(";base64"):
            raise SourceError("Its vector is a data URI that is not base64.")
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise SourceError(f"Its vector is no base64: {error}.") from error
    path = _local(href, address)
    try:
        if os.path.getsize(path) > 8 * MOST_NUMBERS + 4096:
            raise SourceError(f"{path} is too large for one vector.")
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise SourceError(f"Its vector {path} cannot be read: {error.strerror or error}.") from error


def _local(href: str, address: str) -> str:
    whole = str(make_absolute_href(path_of(href), address.partition("#")[0], start_is_dir=False))
    if is_web(whole) or "://" in whole:
        raise SourceError(f"Its embeddings are at {whole}. Fetch the file first, then import it from disk.")
    return whole


def _linked_model(
    item: Mapping[str, Any], address: str, reader: CatalogReader, models: dict[str, str | None]
) -> str | None:
    """Return the model that a link `emb:model` names, of the item or of its collection."""
    named = _model_of_links(item)
    if named is not None:
        return named
    for link in links_of(item):
        href = link.get("href")
        if link.get("rel") == "collection" and isinstance(href, str):
            where = str(make_absolute_href(path_of(href), address.partition("#")[0], start_is_dir=False))
            if where not in models:
                try:
                    models[where] = _model_of_links(reader.read_json(where))
                except SourceError:
                    models[where] = None
            return models[where]
    return None


def _model_of_links(document: Mapping[str, Any]) -> str | None:
    for link in links_of(document):
        if link.get("rel") == "emb:model":
            named = link.get("title") or str(link.get("href", "")).rstrip("/").rsplit("/", 1)[-1]
            return str(named) if link.get("title") else os.path.splitext(str(named))[0] or None
    return None


def _chip(item: Mapping[str, Any], address: str) -> Chip:
    import shapely
    from shapely.geometry import mapping, shape

    properties: Mapping[str, Any] = item["properties"]
    geometry, bbox = None, None
    if isinstance(item.get("geometry"), Mapping):
        try:
            placed = shape(item["geometry"])
        except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
            raise SourceError(f"Its geometry cannot be read: {error}.") from error
        if placed.geom_type in ("Polygon", "MultiPolygon") and not placed.is_empty:
            geometry = json.loads(json.dumps(mapping(placed)))
            bbox = _box(item, placed)
    sensor = _sensor(properties)
    window = properties.get("satseek:window") or (0, 0, 0, 0)
    return Chip(
        id=str(item["id"]),
        sensor=sensor,
        source=str(properties.get("satseek:source") or _source(item) or address),
        scene=str(properties.get("satseek:scene") or item.get("collection") or item["id"]),
        window=Window(*(int(side) for side in window)),
        scale=float(properties.get("satseek:scale") or 1.0),
        size=(int(window[3]), int(window[2])),
        address={"sensor": sensor, "bands": []},
        geometry=geometry,
        bbox=bbox,
        datetime=_moment(properties),
        ground_resolution_m=properties.get("gsd") if isinstance(properties.get("gsd"), int | float) else None,
        caption=_text(properties.get("satseek:caption")),
        keywords=tuple(properties.get("satseek:keywords") or ()),
        labels=tuple(properties.get("satseek:labels") or ()),
        properties={key: value for key, value in properties.items() if _is_fact(key, value)},
        nodata_share=float(properties.get("satseek:nodata_share") or 0.0),
    )


def _box(item: Mapping[str, Any], placed: Any) -> tuple[float, float, float, float]:
    told = item.get("bbox")
    sides = told if isinstance(told, list) and len(told) == 4 else placed.bounds
    west, south, east, north = (float(side) for side in sides)
    return west, south, east, north


def _sensor(properties: Mapping[str, Any]) -> str:
    told = properties.get("satseek:sensor")
    if isinstance(told, str):
        return told
    platform = f"{properties.get('constellation', '')} {properties.get('platform', '')}".casefold()
    return "s1" if "sentinel-1" in platform else "s2" if "sentinel-2" in platform else "rgb"


def _source(item: Mapping[str, Any]) -> str | None:
    for link in links_of(item):
        if link.get("rel") in ("emb:source-data", "derived_from", "derived-from"):
            return _text(link.get("href"))
    return None


def _moment(properties: Mapping[str, Any]) -> datetime | None:
    if properties.get(UNDATED):
        return None
    told = properties.get("datetime") or properties.get("start_datetime")
    try:
        return None if told is None else as_utc(datetime.fromisoformat(str(told)))
    except ValueError:
        return None


def _is_fact(key: str, value: Any) -> bool:
    ours = key.startswith(("satseek:", "emb:")) or key in ("datetime", "start_datetime", "end_datetime", "gsd")
    return not ours and value is not None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
