"""Chips as table rows, and table rows as chips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satseek.archive.cells import CELL_COLUMNS, cells_of_many
from satseek.archive.schema import CHIP_COLUMNS
from satseek.core.chip import BBox, Chip, Geometry
from satseek.core.errors import ArchiveError
from satseek.core.period import as_utc
from satseek.core.scene import Window
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_FACT = 200  # characters; a longer value is filtered by its hash
UNIT_TOLERANCE = 1e-3
_POLYGON = 3  # as GEOS numbers kinds of shapes
_WRITER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def table_of(chips: Sequence[Chip], vectors: FloatArray, schema: pa.Schema, *, now: datetime) -> pa.Table:
    """Return chips and their vectors as rows of the schema; of chips with one id the last one stands."""
    import pyarrow as pa

    rows = checked_vectors(vectors, len(chips), schema.field("vector").type.list_size)
    last = {chip.id: index for index, chip in enumerate(chips)}
    kept = list(last.values())
    columns = _columns([chips[index] for index in kept])
    columns["added"] = [now] * len(kept)
    arrays = [
        vector_array(rows[kept]) if field.name == "vector" else pa.array(columns[field.name], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def chips_of(table: pa.Table) -> list[Chip]:
    """Return the chips of rows that hold at least the chip columns."""
    geometries = geometries_of(table.column("geometry"))
    rows = table.select([name for name in CHIP_COLUMNS if name != "geometry"]).to_pylist()
    read = _ReadOnce()
    return [_chip(row, geometry, read) for row, geometry in zip(rows, geometries, strict=True)]


def vectors_of(table: pa.Table) -> FloatArray:
    """Return the vectors of rows as one array, (rows, dim)."""
    return np.asarray(fixed_rows(table.column("vector")), dtype=np.float32)


def fixed_rows(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column of fixed-size lists as (rows, width); NaN where there is no list."""
    width = column.type.list_size
    whole = column.combine_chunks()
    values: NDArray[Any] = whole.values.to_numpy(zero_copy_only=False)
    values = values[whole.offset * width : (whole.offset + len(whole)) * width].reshape(-1, width)
    if whole.null_count:
        values = np.where(whole.is_null().to_numpy(zero_copy_only=False)[:, None], np.nan, values)
    return values


def vector_array(vectors: FloatArray) -> pa.FixedSizeListArray:
    """Return unit rows as an Arrow array."""
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), vectors.shape[1])


def checked_vectors(vectors: FloatArray, rows: int, dimensions: int) -> FloatArray:
    """Return the vectors as they are stored, or say why they cannot be."""
    checked = np.ascontiguousarray(vectors, dtype=np.float32)
    if checked.shape != (rows, dimensions):
        raise ArchiveError(
            f"This archive takes {dimensions} numbers for each of the {rows} chips; these vectors have the shape "
            f"{checked.shape}. Encode the chips with the archive's own model."
        )
    lengths = np.linalg.norm(checked, axis=1)
    wrong = ~(np.abs(lengths - 1) <= UNIT_TOLERANCE)  # NaN is wrong too
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ArchiveError(
            f"{int(wrong.sum())} of {rows} vectors are not of unit length (row {index} has {lengths[index]:.3g}), so "
            "cosine scores would be wrong. Scale them with satseek.core.vectors.unit_rows, and leave zeros out."
        )
    return checked


def fact(name: str, value: Any) -> str:
    """Return one property as the text that filters look for; 3 and 3.0 are the same."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if len(text) > LONGEST_FACT:
        text = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return f"{name}={text}"


def text_columns(chip: Chip) -> dict[str, Any]:
    """Return the columns that follow from what is said of a chip."""
    return {
        "caption": chip.caption,
        "keywords": list(chip.keywords),
        "labels": list(chip.labels),
        "text": chip.text or None,
        "properties": _json(chip.properties),
        "facts": [fact(name, value) for name, value in chip.properties.items() if value is not None],
    }


def geometries_of(column: pa.ChunkedArray) -> list[Geometry | None]:
    """Return WKB as GeoJSON geometries."""
    import shapely

    shapes = shapely.from_wkb(np.asarray(column.to_pylist(), dtype=object))
    found: list[Geometry | None] = [None] * len(shapes)
    plain = (shapely.get_type_id(shapes) == _POLYGON) & (shapely.get_num_interior_rings(shapes) == 0)
    corners, owners = shapely.get_coordinates(shapes[plain], return_index=True)  # nearly all, many times as quick
    points, starts = corners.tolist(), np.searchsorted(owners, np.arange(int(plain.sum()) + 1)).tolist()
    for row, start, end in zip(np.flatnonzero(plain).tolist(), starts, starts[1:], strict=False):
        found[row] = {"type": "Polygon", "coordinates": [points[start:end]]}
    for row in np.flatnonzero(~plain).tolist():
        found[row] = None if shapes[row] is None else _geojson(shapes[row])
    return found


def wkb_of(geometries: Sequence[Geometry | None]) -> list[bytes | None]:
    """Return GeoJSON geometries as WKB, many at once."""
    import shapely

    shapes = np.full(len(geometries), None, dtype=object)
    there = {row: each for row, each in enumerate(geometries) if each is not None}
    rings = {row: each["coordinates"][0] for row, each in there.items() if _is_one_ring(each)}
    outlines = _outlines(list(rings.values()))
    if outlines is None:  # something odd is among them: GEOS reads each text by itself, and says what is wrong
        rings = {}
    else:
        shapes[list(rings)] = outlines
    texts = {row: json.dumps(each) for row, each in there.items() if row not in rings}
    shapes[list(texts)] = shapely.from_geojson(np.asarray(list(texts.values()), dtype=object))
    return list(shapely.to_wkb(shapes, output_dimension=2))


def _is_one_ring(geometry: Geometry) -> bool:
    coordinates = geometry.get("coordinates")
    return geometry.get("type") == "Polygon" and isinstance(coordinates, list | tuple) and len(coordinates) == 1


def _outlines(rings: Sequence[Sequence[Sequence[float]]]) -> NDArray[Any] | None:
    """Return the polygons of plain outlines, built at once, for nearly all chips have one; None where some are not."""
    import shapely

    try:
        lengths = np.array([len(ring) for ring in rings], dtype=np.int64)
        points = np.array([point for ring in rings for point in ring], dtype=np.float64)
        if points.shape[1:] != (2,) or not np.isfinite(points).all() or not lengths.all():
            return None
        ends = lengths.cumsum()
        if not np.array_equal(points[ends - lengths], points[ends - 1]):
            return None
        owners = np.repeat(np.arange(len(rings)), lengths)
        return np.asarray(shapely.polygons(shapely.linearrings(points, indices=owners)))
    except (ValueError, TypeError, shapely.errors.ShapelyError):
        return None


def _columns(chips: Sequence[Chip]) -> dict[str, list[Any]]:
    json_of = _OncePerScene()
    rows = [_row(chip, json_of) for chip in chips]
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else _no_columns()
    columns |= dict(zip(CELL_COLUMNS, cells_of_many([chip.bbox for chip in chips]), strict=True))
    return columns | {"geometry": wkb_of([chip.geometry for chip in chips])}


class _OncePerScene:
    """Writes JSON, and what is the same only once: all chips of a scene have their address in common."""

    def __init__(self) -> None:
        self._object: Mapping[str, Any] | None = None
        self._text = ""

    def __call__(self, value: Mapping[str, Any]) -> str:
        if value is not self._object and value != self._object:
            self._object, self._text = value, _json(value)
        return self._text


def _row(chip: Chip, json_of: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    return {
        "id": chip.id,
        "sensor": chip.sensor,
        "bbox": None if chip.bbox is None else list(chip.bbox),
        "datetime": None if chip.datetime is None else as_utc(chip.datetime),
        "source": chip.source,
        "scene": chip.scene,
        "window": list(chip.window),
        "scale": chip.scale,
        "size": list(chip.size),
        "address": json_of(chip.address),
        "ground_resolution_m": chip.ground_resolution_m,
        "nodata_share": chip.nodata_share,
        "cloud_share": chip.cloud_share,
    } | text_columns(chip)


def _no_columns() -> dict[str, list[Any]]:
    empty = Chip("", "", "", "", Window(0, 0, 0, 0), 1.0, (0, 0), {})
    return {name: [] for name in (*_row(empty, _json), *CELL_COLUMNS)}


class _ReadOnce:
    """Reads JSON, and what is the same only once, as it was written."""

    def __init__(self) -> None:
        self._text, self._object = "{}", dict[str, Any]()

    def __call__(self, text: str) -> Mapping[str, Any]:
        if text != self._text:
            self._text, self._object = text, json.loads(text)
        return self._object


def _chip(row: Mapping[str, Any], geometry: Geometry | None, read: Callable[[str], Mapping[str, Any]]) -> Chip:
    return Chip(
        id=row["id"],
        sensor=row["sensor"],
        source=row["source"],
        scene=row["scene"],
        window=Window(*row["window"]),
        scale=row["scale"],
        size=(row["size"][0], row["size"][1]),
        address=read(row["address"]),
        geometry=geometry,
        bbox=None if row["bbox"] is None else _bbox(row["bbox"]),
        datetime=None if row["datetime"] is None else as_utc(row["datetime"]),
        ground_resolution_m=row["ground_resolution_m"],
        caption=row["caption"],
        keywords=tuple(row["keywords"] or ()),
        labels=tuple(row["labels"] or ()),
        properties=json.loads(row["properties"]) if (row["properties"] or "{}") != "{}" else {},
        nodata_share=row["nodata_share"],
        cloud_share=row["cloud_share"],
    )


def _bbox(sides: Sequence[float]) -> BBox:
    west, south, east, north = sides
    return west, south, east, north


def _geojson(shape: Any) -> Geometry:
    polygons = [
        [[[x, y] for x, y in ring.coords] for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in getattr(shape, "geoms", [shape])
    ]
    if shape.geom_type == "Polygon":
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _json(value: Mapping[str, Any]) -> str:
    return _WRITER.encode(value) if value else "{}"


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
