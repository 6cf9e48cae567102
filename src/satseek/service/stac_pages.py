"""The pages by which STAC clients find their way: landing, conformance, collections, queryables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

from satseek.archive.archive import Archive
from satseek.archive.predicates import CLOUDS, LISTS, NUMBERS, TEXTS
from satseek.archive.reports import ArchiveInfo
from satseek.core.chip import Chip
from satseek.core.period import rfc3339
from satseek.core.sensor import SENSORS

STAC_VERSION = "1.1.0"
SAMPLE = 1_000
CONFORMS = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#fields",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
]
JSON, GEOJSON, OPENAPI = "application/json", "application/geo+json", "application/vnd.oai.openapi+json;version=3.1"


def landing(info: ArchiveInfo, base: str) -> dict[str, Any]:
    """Return the catalog from which everything is found."""
    links = [
        _link("self", f"{base}/", JSON),
        _link("root", f"{base}/", JSON),
        _link("conformance", f"{base}/conformance", JSON),
        _link("data", f"{base}/collections", JSON),
        {**_link("search", f"{base}/search", GEOJSON), "method": "GET"},
        {**_link("search", f"{base}/search", GEOJSON), "method": "POST"},
        _link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{base}/queryables", "application/schema+json"),
        _link("service-desc", f"{base}/openapi.json", OPENAPI),
        _link("archive", f"{base}/archive", JSON),
        _link("suggest", f"{base}/suggest", JSON),
        *(_link("child", f"{base}/collections/{name}", JSON, _title(name)) for name in info.sensors),
    ]
    return {
        "type": "Catalog",
        "id": "satseek",
        "stac_version": STAC_VERSION,
        "title": "SatSeek",
        "description": f"{info.chips:,} chips, searched by words, by keywords, by example and across sensors.",
        "conformsTo": CONFORMS,
        "links": links,
    }


def collections(info: ArchiveInfo, base: str) -> dict[str, Any]:
    """Return one collection for each sensor that the archive holds."""
    found = [collection(name, info, base) for name in info.sensors]
    links = [_link("self", f"{base}/collections", JSON), _link("root", f"{base}/", JSON)]
    return {"collections": found, "links": links, "numberMatched": len(found), "numberReturned": len(found)}


def collection(sensor: str, info: ArchiveInfo, base: str) -> dict[str, Any]:
    """Return the collection of one sensor's chips."""
    here = f"{base}/collections/{sensor}"
    times = [None if moment is None else rfc3339(moment) for moment in (info.first, info.last)]
    return {
        "type": "Collection",
        "id": sensor,
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "title": _title(sensor),
        "description": f"{info.sensors[sensor]:,} chips of {_title(sensor)}.",
        "license": "other",
        "keywords": [sensor],
        "extent": {
            "spatial": {"bbox": [list(info.bbox or (-180.0, -90.0, 180.0, 90.0))]},
            "temporal": {"interval": [times]},
        },
        "links": [
            _link("self", here, JSON),
            _link("root", f"{base}/", JSON),
            _link("parent", f"{base}/", JSON),
            _link("items", f"{here}/items", GEOJSON),
            _link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{base}/queryables", "application/schema+json"),
        ],
    }


def queryables(archive: Archive, base: str) -> dict[str, Any]:
    """Return what a filter may name, as a JSON schema: what every chip has, and what a sample of them shows."""
    some = (chip for part in archive.scan(limit=SAMPLE) for chip in part.chips)
    known: dict[str, Any] = {"datetime": {"type": "string", "format": "date-time"}}
    known |= {name: {"type": "string"} for name in TEXTS} | {name: {"type": "number"} for name in (*NUMBERS, CLOUDS)}
    known |= {name: {"type": "array", "items": {"type": "string"}} for name in LISTS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/queryables",
        "type": "object",
        "title": "What a filter may name",
        "properties": dict(sorted(_kinds(islice(some, SAMPLE)).items())) | known,
        "additionalProperties": True,
    }


def _kinds(chips: Iterable[Chip]) -> dict[str, Any]:
    seen: dict[str, Counter[str]] = {}
    for chip in chips:
        for name, value in chip.properties.items():
            kind = _kind(value)
            if kind is not None:
                seen.setdefault(name, Counter())[kind] += 1
    return {name: {"type": kinds.most_common(1)[0][0]} for name, kinds in seen.items()}


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else None


def _title(sensor: str) -> str:
    return SENSORS.get(sensor).title if sensor in SENSORS else sensor


def _link(rel: str, href: str, kind: str, title: str | None = None) -> dict[str, Any]:
    link = {"rel": rel, "href": href, "type": kind}
    return link if title is None else link | {"title": title}
