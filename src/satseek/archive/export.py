"""Writing chips for other programs: GeoParquet, GeoJSON, CSV, STAC items."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from satseek.archive import geoparquet
from satseek.archive.archive import EVERYTHING, Archive
from satseek.archive.faults import FULL
from satseek.archive.rows import chips_of, vectors_of
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveReadOnly, UnknownName, UsageError
from satseek.core.filters import Filters
from satseek.core.period import rfc3339
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = {
    "geoparquet": (".parquet", ".geoparquet"),
    "geojson": (".geojson", ".json"),
    "csv": (".csv",),
    "stac": (".ndjson", ".jsonl"),
}
ItemOf = Callable[[Chip, FloatArray, ModelCard], Mapping[str, Any]]


def export(
    archive: Archive,
    path: str | TextIO,
    *,
    format: str | None = None,
    filters: Filters = EVERYTHING,
    item_of: ItemOf | None = None,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> int:
    """Write the chips that meet the filters to a file, whole or not at all, or to an open one; returns how many.

    STAC items come from `item_of`; a name that ends in .json gets one ItemCollection, any other one item a line.
    """
    kind = format_of(path if isinstance(path, str) else "", format)
    if kind == "stac" and item_of is None:
        raise UsageError("STAC items need to be told how a chip becomes an item (item_of).")
    tables = archive.tables(filters)
    if not isinstance(path, str):
        if kind == "geoparquet":
            raise UsageError("GeoParquet is not text: say which file to write, such as chips.parquet.")
        return _write_text(path, kind, tables, archive.card, item_of, on_rows)
    with _whole(path) as partial:
        if kind == "geoparquet":
            return geoparquet.write(tables, partial, archive.card, on_rows=on_rows)
        with open(partial, "w", encoding="utf-8", newline="") as out:
            collected = kind == "stac" and path.lower().endswith(".json")
            return _write_text(out, "stac collection" if collected else kind, tables, archive.card, item_of, on_rows)


def format_of(path: str, format: str | None = None) -> str:
    """Return the format that is named, or that the file's ending says."""
    if format is not None:
        if format not in FORMATS:
            raise UnknownName("export format", format, FORMATS)
        return format
    for name, endings in FORMATS.items():
        if path.lower().endswith(endings):
            return name
    known = ", ".join(ending for endings in FORMATS.values() for ending in endings)
    raise UsageError(f"Cannot tell the format of '{path}'. End it in {known}, or name it with --format.")


def _write_text(
    out: TextIO,
    kind: str,
    tables: Iterable[pa.Table],
    card: ModelCard,
    item_of: ItemOf | None,
    on_rows: Callable[[int], None],
) -> int:
    if kind == "csv":
        return _write_csv(out, tables, on_rows)
    if kind == "geojson" or item_of is None:
        features = (feature for table in _counted(tables, on_rows) for feature in map(_feature, chips_of(table)))
        return _write_features(out, features)
    items = (
        item_of(chip, vector, card)
        for table in _counted(tables, on_rows)
        for chip, vector in zip(chips_of(table), vectors_of(table), strict=True)
    )
    return _write_lines(out, items) if kind == "stac" else _write_features(out, items)


def _write_features(out: TextIO, features: Iterable[Mapping[str, Any]]) -> int:
    out.write('{"type": "FeatureCollection", "features": [')
    count = 0
    for count, feature in enumerate(features, start=1):
        out.write("\n" if count == 1 else ",\n")
        out.write(_json(feature))
    out.write("\n]}\n")
    return count


def _write_lines(out: TextIO, items: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for item in items:
        out.write(_json(item) + "\n")
        count += 1
    return count


def _write_csv(out: TextIO, tables: Iterable[pa.Table], on_rows: Callable[[int], None]) -> int:
    writer: csv.DictWriter[str] | None = None
    count = 0
    for table in _counted(tables, on_rows):
        for chip in chips_of(table):
            row = _csv_row(chip)
            if writer is None:
                writer = csv.DictWriter(out, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            count += 1
    return count


def _csv_row(chip: Chip) -> dict[str, Any]:
    import shapely

    shape = shapely.from_geojson(_json(chip.geometry)) if chip.geometry is not None else None
    row = {"WKT": "" if shape is None else shapely.to_wkt(shape, rounding_precision=9)}
    for name, value in _facts(chip).items():
        row[name] = "; ".join(str(each) for each in value) if isinstance(value, list) else value
    return row | {"properties": _json(chip.properties) if chip.properties else ""}


def _feature(chip: Chip) -> dict[str, Any]:
    facts = {key: value for key, value in _facts(chip).items() if key != "id"}
    feature: dict[str, Any] = {"type": "Feature", "id": chip.id}
    if chip.bbox is not None:
        feature["bbox"] = list(chip.bbox)
    feature["geometry"] = None if chip.geometry is None else dict(chip.geometry)
    return feature | {
        "properties": {"id": chip.id} | facts | {k: v for k, v in chip.properties.items() if k not in facts}
    }


def _facts(chip: Chip) -> dict[str, Any]:
    return {
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
        "nodata_share": chip.nodata_share,
        "cloud_share": chip.cloud_share,
    }


def _counted(tables: Iterable[pa.Table], on_rows: Callable[[int], None]) -> Iterator[pa.Table]:
    for table in tables:
        yield table
        on_rows(len(table))


@contextmanager
def _whole(path: str) -> Iterator[str]:
    """Give a name to write to, and move it to its place only once all is written."""
    partial = f"{path}.partial"
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        if FULL.search(str(error)):
            raise ArchiveReadOnly(f"There is no room to write '{path}'. Free some space and export again.") from error
        raise UsageError(
            f"Cannot write '{path}': {error.strerror or error}. Name a place that can be written."
        ) from error
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
