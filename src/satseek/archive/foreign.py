"""Vectors that others made: GeoParquet of Major TOM, Clay and Earth Index, or with any vectors and footprints."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
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
ID_COLUMNS = ("unique_id", "id", "chip_id", "chips_id")
TIME_COLUMNS = ("timestamp", "datetime", "date")
SOURCE_COLUMNS = ("product_id", "source", "source_url", "item_id")
NAMED_BY = (
    "product_id",
    "grid_cell",
    "timestamp",
    "pixel_bbox",
    "parquet_row",
)  # where a row has no id, as Major TOM's
NAMED_OTHERWISE = ("source_url", "index", "date", "datetime", "centroid_lat", "centroid_lon")  # Clay's and Planet's
MEANT = {*TIME_COLUMNS, *SOURCE_COLUMNS, "utm_footprint", "pixel_bbox", "image_shape", "geometry_wkt", "bbox"}
ABOUT = b"emb"  # the key that Earth Index puts its JSON under, beside GeoParquet's own
RUN = "emb:runtime_parameters"  # our column, named as STAC's embedding extension names the fact
EARTH_M = 6_371_008.8


def card_of_foreign(dimensions: int, made_by: str, *, tower: ModelCard | None = None) -> ModelCard:
    """Return a card for vectors that were made elsewhere: they can be compared with each other.

    Where the model that made them is at hand, its `tower`, words and pictures can be encoded too.
    """
    limits = "Neither pictures nor words can be encoded here; search by the id of a chip."
    options: dict[str, Any] = {"model": made_by}
    if tower is not None:
        limits = f"The vectors are taken for those of '{tower.name}', which encodes words and pictures beside them."
        options["tower"] = {"name": tower.name, "version": tower.version, "weights_sha256": tower.weights_sha256}
    return ModelCard(
        name="precomputed",
        version=made_by,
        summary=f"Vectors made elsewhere by '{made_by}'",
        dimensions=dimensions,
        sensors={} if tower is None else tower.sensors,
        reads_text=tower is not None and tower.reads_text,
        chip_size=0 if tower is None else tower.chip_size,
        licence="as the imported data",
        limits=limits,
        options=options,
    )


def maker_in(path: str) -> str | None:
    """Return which model a file says made its vectors, None where it does not say."""
    about = _about(path).get("model")
    if isinstance(about, Mapping):
        named = str(about.get("id") or about.get("name") or "")
        return " ".join(filter(None, [named, str(about.get("version") or "")])) or None
    if isinstance(about, str) and about:
        return about
    if RUN in open_parquet(path).schema_arrow.names:
        for table in batches(path, batch=1):
            run = table.column(RUN).to_pylist()[0]
            return str(run["model"]) if isinstance(run, Mapping) and run.get("model") else None
    return None


def dimensions_of(path: str) -> int:
    """Return how many numbers a vector of a file has; `SourceError` where it holds no vectors of chips."""
    column = _vector_column(path)
    for each in open_parquet(path).iter_batches(batch_size=1, columns=[column]):
        first = np.asarray(each.column(column)[0].as_py() or [])
        if first.ndim != 1 or first.dtype == object:
            raise SourceError(
                f"'{path}' holds maps of vectors ({'×'.join(map(str, first.shape))} numbers a row), one for each "
                "pixel. An archive holds one vector for each chip: average them over the chip first."
            )
        return len(first)
    raise SourceError(f"'{path}' has no rows.")


def _about(path: str) -> Mapping[str, Any]:
    """Return the JSON about the embeddings in a file's footer."""
    try:
        found = json.loads(metadata_of(path).get(ABOUT, b"{}"))
    except ValueError as error:
        raise SourceError(f"What '{path}' says of its embeddings (the key 'emb') is no JSON: {error}.") from error
    return found if isinstance(found, Mapping) else {}


def read_foreign(
    path: str, *, sensor: str | None, batch: int, side_m: float | None = None
) -> Iterator[tuple[list[Chip], FloatArray]]:
    """Yield chips and their vectors as they are in the file, in batches; with `side_m` a point is a chip's middle."""
    column = _vector_column(path)
    shapes_of = _ShapeReader(path, side_m)
    moment = _moment(_about(path).get("datetime"))
    for table in batches(path, batch=batch):
        vectors = np.asarray(table.column(column).to_pylist(), dtype=np.float32)
        shapes = shapes_of(table)
        facts = table.drop_columns([column, *shapes_of.columns(table)]).to_pylist()
        yield [_chip(row, shape, sensor, moment) for row, shape in zip(facts, shapes, strict=True)], vectors


class _ShapeReader:
    """Reads footprints from whichever column holds them, in degrees whatever their coordinate system."""

    def __init__(self, path: str, side_m: float | None = None) -> None:
        self._side_m = side_m
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
            found = [earlier if shape is None else shape for shape, earlier in zip(shapes, found, strict=True)]
        if self._to_degrees is not None:
            found = [None if shape is None else shapely.transform(shape, self._to_degrees) for shape in found]
        return [_polygon(shape) or self._around(shape) for shape in found]

    def _around(self, point: Any) -> Any:
        """Return the square whose middle a point is, where its side was told."""
        import shapely

        if self._side_m is None or point is None or point.is_empty or point.geom_type != "Point":
            return None
        up = math.degrees(self._side_m / 2 / EARTH_M)
        across = up / max(math.cos(math.radians(point.y)), 0.01)
        return shapely.box(point.x - across, point.y - up, point.x + across, point.y + up)


def _chip(row: Mapping[str, Any], shape: Any, sensor: str | None, moment: datetime | None) -> Chip:
    from shapely.geometry import mapping

    window = _window(row)
    product = str(next((row[name] for name in SOURCE_COLUMNS if row.get(name)), "imported"))
    kind = sensor or _sensor_of(product)
    if shape is None:
        shape = _from_metres(row)
    return Chip(
        id=_id(row, shape),
        sensor=kind,
        source=product,
        scene=str(row.get("scene") or product),
        window=window,
        scale=1.0,
        size=(window.height, window.width),
        address={"sensor": kind, "bands": []},
        geometry=None if shape is None else json.loads(json.dumps(mapping(shape))),
        bbox=bbox_of_shape(shape),
        datetime=_moment(next((row[name] for name in TIME_COLUMNS if row.get(name)), None)) or moment,
        properties={key: value for key, value in row.items() if key not in MEANT | set(ID_COLUMNS) and _is_fact(value)},
    )


def _id(row: Mapping[str, Any], shape: Any) -> str:
    for column in ID_COLUMNS:
        if row.get(column):
            return str(row[column])
    if any(row.get(column) is not None for column in NAMED_BY):
        parts = [str(row.get(column)) for column in NAMED_BY]
    else:  # what is left to tell two chips apart is where and when
        parts = [*(str(row.get(column)) for column in NAMED_OTHERWISE), "" if shape is None else shape.wkb_hex]
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
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
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
