"""Hits in the formats of people, scripts and GIS: table, JSON, GeoJSON, CSV, GeoDataFrame."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from satseek.core.period import rfc3339
from satseek.core.result import Hit

if TYPE_CHECKING:
    import geopandas

FACTS = (
    "rank", "score", "id", "sensor", "datetime", "source", "scene", "window", "scale", "ground_resolution_m", "caption",
    "keywords", "labels", "nodata_share", "cloud_share", "merged", "probability",
)  # fmt: skip
_COLUMNS = ("rank", "score", "sure", "id", "sensor", "datetime", "place", "shows")
_WIDEST = {"shows": 60, "id": 40}


def hit_facts(hit: Hit) -> dict[str, Any]:
    """Return all that is known of a hit, flat, without its geometry."""
    chip = hit.chip
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "id": chip.id,
        "sensor": chip.sensor,
        "datetime": None if chip.datetime is None else rfc3339(chip.datetime),
        "source": chip.source,
        "scene": chip.scene,
        "window": list(chip.window),
        "scale": chip.scale,
        "ground_resolution_m": chip.ground_resolution_m,
        "caption": chip.caption,
        "keywords": list(chip.keywords),
        "labels": list(chip.labels),
        "nodata_share": round(chip.nodata_share, 4),
        "cloud_share": None if chip.cloud_share is None else round(chip.cloud_share, 4),
        "merged": list(hit.merged),
        "probability": hit.probability,
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON values, with its place, its properties and what each part of the query gave."""
    chip = hit.chip
    facts = hit_facts(hit) | {
        "bbox": None if chip.bbox is None else list(chip.bbox),
        "geometry": None if chip.geometry is None else dict(chip.geometry),
        "address": dict(chip.address),
        "properties": dict(chip.properties),
        "parts": {name: round(value, 6) for name, value in hit.parts.items()},
    }
    return facts | _placement(hit)


def feature(hit: Hit) -> dict[str, Any]:
    """Return a hit as a GeoJSON feature, a null geometry where it has no place."""
    chip = hit.chip
    facts = hit_facts(hit) | {"parts": {name: round(value, 6) for name, value in hit.parts.items()}} | _placement(hit)
    facts |= {name: value for name, value in chip.properties.items() if name not in facts}
    found: dict[str, Any] = {"type": "Feature", "id": chip.id}
    if chip.bbox is not None:
        found["bbox"] = list(chip.bbox)
    return found | {"geometry": None if chip.geometry is None else dict(chip.geometry), "properties": facts}


def _placement(hit: Hit) -> dict[str, Any]:
    """Return how the picture that was asked with lies on the chip, where the same place was asked for."""
    return {} if hit.placement is None else {"placement": hit.placement.to_json()}


def table(hits: Sequence[Hit]) -> str:
    """Return a plain table for a terminal."""
    sure = any(hit.probability is not None for hit in hits)
    shown = [name for name in _COLUMNS if sure or name != "sure"]
    rows = [dict(zip(_COLUMNS, _cells(hit), strict=True)) for hit in hits]
    widths = {name: min(_WIDEST.get(name, 30), max(len(name), *(len(row[name]) for row in rows))) for name in shown}
    lines = [dict(zip(_COLUMNS, _COLUMNS, strict=True)), *rows]
    return "\n".join("  ".join(_fitted(line[name], widths[name]) for name in shown).rstrip() for line in lines)


def csv_text(hits: Sequence[Hit]) -> str:
    """Return one line a hit with its place as WKT, as GDAL reads it; lists are joined by semicolons."""
    import shapely
    from shapely.geometry import shape

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("WKT", *FACTS))
    for hit in hits:
        geometry, facts = hit.chip.geometry, hit_facts(hit)
        place = "" if geometry is None else shapely.to_wkt(shape(dict(geometry)), rounding_precision=9)
        writer.writerow([place, *(_flat(facts[name]) for name in FACTS)])
    return out.getvalue()


def json_text(value: Any) -> str:
    """Return a JSON document as it is written everywhere in SatSeek."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def geodataframe(hits: Sequence[Hit]) -> geopandas.GeoDataFrame:
    """Return one row a hit, in EPSG:4326, the geometry missing where there is no place."""
    import geopandas
    import pandas
    from shapely.geometry import shape

    places = [None if hit.chip.geometry is None else shape(dict(hit.chip.geometry)) for hit in hits]
    facts = pandas.DataFrame([hit_facts(hit) for hit in hits], columns=list(FACTS))
    if hits:
        facts["datetime"] = pandas.to_datetime(facts["datetime"], utc=True)
    return geopandas.GeoDataFrame(facts, geometry=geopandas.GeoSeries(places, crs="EPSG:4326"), crs="EPSG:4326")


def place_name(hit: Hit) -> str:
    """Return the middle of a chip's footprint as latitude and longitude."""
    if hit.chip.bbox is None:
        return "–"
    west, south, east, north = hit.chip.bbox
    longitude = (west + east + (360 if east < west else 0)) / 2
    longitude = longitude - 360 if longitude > 180 else longitude
    latitude = (south + north) / 2
    return f"{abs(latitude):.4f}{'S' if latitude < 0 else 'N'} {abs(longitude):.4f}{'W' if longitude < 0 else 'E'}"


def what_it_shows(hit: Hit) -> str:
    """Return what is said of a chip, or where it comes from."""
    chip = hit.chip
    said = chip.caption or ", ".join(chip.labels or chip.keywords)
    return said or f"{chip.source.rstrip('/').rsplit('/', 1)[-1]} at {chip.window.column},{chip.window.row}"


def _cells(hit: Hit) -> tuple[str, ...]:
    when = "–" if hit.chip.datetime is None else rfc3339(hit.chip.datetime)[:10]
    more = f" (+{len(hit.merged)} overlapping)" if hit.merged else ""
    return (
        str(hit.rank), f"{round(hit.score, 3) + 0.0:.3f}", _percent(hit.probability), hit.chip.id, hit.chip.sensor,
        when, place_name(hit), _one_line(what_it_shows(hit)) + more,
    )  # fmt: skip


def _percent(probability: float | None) -> str:
    return "–" if probability is None else f"{probability:.0%}"


def _one_line(text: str) -> str:
    """Return text that cannot move the cursor of a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _fitted(text: str, width: int) -> str:
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


def _flat(value: Any) -> Any:
    return "; ".join(str(item) for item in value) if isinstance(value, list) else value
