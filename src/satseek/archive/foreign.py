"""Vectors that others made: GeoParquet with Major TOM's columns, or with any vector, footprint and id columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.geoparquet import batches, bbox_of_shape, metadata_of, open_parquet
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.period import as_utc
from satseek.core.scene import Window
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

VECTOR_COLUMNS = ("embedding", "vector", "embeddings")
ID_COLUMNS = ("unique_id", "id")
MEANT = {"timestamp", "datetime", "product_id", "utm_footprint", "pixel_bbox", "image_shape", "geometry_wkt", "bbox"}


def card_of_foreign(path: str, made_by: str) -> ModelCard:
    """Return a card for vectors whose model is not here: they can be compared with each other, nothing else."""
    dimensions = _dimensions(path)
    return ModelCard(
        name="precomputed",
        version=made_by,
        summary=f"Vectors made elsewhere by '{made_by}', imported from GeoParquet",
        dimensions=dimensions,
        sensors={},
        reads_text=False,
        chip_size=0,
        licence="as the imported data",
        limits="Neither pictures nor words can be encoded here; search by the id of a chip.",
        options={"model": made_by},
    )


def read_foreign(path: str, *, sensor: str | None, batch: int) -> Iterator[tuple[list[Chip], FloatArray]]:
    """Yield chips and their vectors as they are in the file, in batches."""
    column = _vector_column(path)
    shapes_of = _ShapeReader(path)
    for table in batches(path, batch=batch):
        vectors = np.asarray(table.column(column).to_pylist(), dtype=np.float32)
        shapes = shapes_of(table)
        facts = table.drop_columns([column, *shapes_of.columns(table)]).to_pylist()
        yield [_chip(row, shape, sensor) for row, shape in zip(facts, shapes, strict=True)], vectors


class _ShapeReader:
    """Reads footprints from whichever column holds them, in degrees whatever their coordinate system."""

    def __init__(self, path: str) -> None:
        geo = json.loads(metadata_of(path).get(b"geo", b"{}"))
        self._path = path
        self._column = geo.get("primary_column", "geometry")
        self._to_degrees = _transformer(geo.get("columns", {}).get(self._column, {}).get("crs"))

    def columns(self, table: pa.Table) -> list[str]:
        """Return the columns that hold footprints."""
        return [name for name in (self._column, "geometry_wkt") if name in table.column_names]

    def __call__(self, table: pa.Table) -> list[Any]:
        """Return a polygon for each row, None where there is none."""
        import pyarrow as pa
        import shapely

        found: list[Any] = [None] * len(table)
        for name in self.columns(table):
            values = table.column(name)
            if pa.types.is_null(values.type):
                continue
            if not (pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type) or _is_text(values.type)):
                raise SourceError(
                    f"The footprints in '{self._path}' are stored as {values.type}, not as WKB or WKT. "
                    "Write the file again with the WKB encoding (geopandas: to_parquet(geometry_encoding='WKB'))."
                )
            read = shapely.from_wkt if _is_text(values.type) else shapely.from_wkb
            try:
                shapes = read(np.asarray(values.to_pylist(), dtype=object))
            except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
                raise SourceError(f"The footprints in '{self._path}' cannot be read: {error}.") from error
            found = [_polygon(shape) or earlier for shape, earlier in zip(shapes, found, strict=True)]
        if self._to_degrees is not None:
            found = [None if shape is None else shapely.transform(shape, self._to_degrees) for shape in found]
        return found


def _chip(row: Mapping[str, Any], shape: Any, sensor: str | None) -> Chip:
    from shapely.geometry import mapping

    window = _window(row)
    product = str(row.get("product_id") or row.get("source") or "imported")
    kind = sensor or _sensor_of(product)
    if shape is None:
        shape = _from_metres(row)
    return Chip(
        id=_id(row),
        sensor=kind,
        source=product,
        scene=str(row.get("scene") or product),
        window=window,
        scale=1.0,
        size=(window.height, window.width),
        address={"sensor": kind, "bands": []},
        geometry=None if shape is None else json.loads(json.dumps(mapping(shape))),
        bbox=bbox_of_shape(shape),
        datetime=_moment(row.get("timestamp") or row.get("datetime")),
        properties={key: value for key, value in row.items() if key not in MEANT | set(ID_COLUMNS) and _is_fact(value)},
    )


def _id(row: Mapping[str, Any]) -> str:
    for column in ID_COLUMNS:
        if row.get(column):
            return str(row[column])
    parts = [str(row.get(column)) for column in ("product_id", "grid_cell", "timestamp", "pixel_bbox", "parquet_row")]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]


def _window(row: Mapping[str, Any]) -> Window:
    if row.get("pixel_bbox"):
        left, top, right, bottom = (round(side) for side in row["pixel_bbox"])
        return Window(left, top, right - left, bottom - top)
    height, width = (row.get("image_shape") or (0, 0))[:2]
    return Window(0, 0, int(width), int(height))


def _from_metres(row: Mapping[str, Any]) -> Any:
    """Return the footprint from Major TOM's UTM columns, where there is no other."""
    if not row.get("utm_footprint") or not row.get("utm_crs"):
        return None
    import shapely

    to_degrees = _transformer(row["utm_crs"])
    shape = _polygon(shapely.from_wkt(row["utm_footprint"], on_invalid="fix"))
    return shape if shape is None or to_degrees is None else shapely.transform(shape, to_degrees)


def _transformer(crs: Any) -> Any:
    """Return what turns coordinates into degrees, None where they are degrees."""
    if crs is None:
        return None
    import pyproj

    try:
        source = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(f"The coordinate system of the footprints is not known: {error}.") from error
    if source.is_geographic:
        return None
    transformer = pyproj.Transformer.from_crs(source, "EPSG:4326", always_xy=True)
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


def _polygon(shape: Any) -> Any:
    """Return a footprint that has an area; a point says where a chip is, not what it covers."""
    return shape if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon") else None


def _sensor_of(product: str) -> str:
    start = product[:2].upper()
    return {"S1": "s1", "S2": "s2"}.get(start, "rgb")


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return as_utc(value)
    for read in (datetime.fromisoformat, lambda text: datetime.strptime(text, "%Y%m%dT%H%M%S")):
        try:
            return as_utc(read(str(value)))
        except ValueError:
            continue
    return None


def _is_fact(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) and value == value


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _vector_column(path: str) -> str:
    import pyarrow as pa

    schema = open_parquet(path).schema_arrow
    for name in VECTOR_COLUMNS:
        position = schema.get_field_index(name)
        if position >= 0 and (
            pa.types.is_list(kind := schema.field(position).type)
            or pa.types.is_large_list(kind)
            or pa.types.is_fixed_size_list(kind)
        ):
            return name
    raise SourceError(
        f"'{path}' has no column of vectors: a list of numbers called {', '.join(VECTOR_COLUMNS)}. "
        f"Its columns are {', '.join(schema.names[:20])}."
    )


def _dimensions(path: str) -> int:
    column = _vector_column(path)
    for each in open_parquet(path).iter_batches(batch_size=1, columns=[column]):
        return len(each.column(column)[0])
    raise SourceError(f"'{path}' has no rows.")
