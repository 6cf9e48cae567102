"""GeoParquet 1.1, one row a chip: what other programs open, and an archive can be made from again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.rows import chips_of, vectors_of
from satseek.core.card import ModelCard
from satseek.core.chip import BBox, Chip
from satseek.core.errors import SourceError
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

CARD_KEY = "satseek:card"
ABOUT_KEY = "emb"  # as Earth Index calls it: what made the vectors, for readers that know no card of ours
VECTOR_COLUMN = "embedding"  # as Major TOM calls it, so that readers of its files find it
CORNERS = ("xmin", "ymin", "xmax", "ymax")
ROW_GROUP = 5_000


def write(tables: Iterable[pa.Table], path: str, card: ModelCard, *, on_rows: Callable[[int], None]) -> int:
    """Write rows that hold the chip columns and the vector; returns how many there were."""
    import pyarrow.parquet as pq

    schema = _file_schema(card)
    seen = _Seen()
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_index=True) as writer:
        for table in tables:
            shaped = _file_rows(table, schema, card)
            writer.write_table(shaped, row_group_size=ROW_GROUP)
            seen.look_at(shaped)
            rows += len(table)
            on_rows(len(table))
        about = {"geo": seen.geo(), CARD_KEY: card.to_json(), ABOUT_KEY: _about(card)}
        writer.add_key_value_metadata({key: json.dumps(value) for key, value in about.items()})
    return rows


def card_of(path: str) -> ModelCard | None:
    """Return the card inside a file that SatSeek wrote; None for any other GeoParquet."""
    metadata = metadata_of(path)
    if CARD_KEY.encode() not in metadata:
        return None
    try:
        return ModelCard.from_json(json.loads(metadata[CARD_KEY.encode()]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError(f"The model card in '{path}' cannot be read ({error}). Export the archive again.") from error


def read(path: str, *, batch: int) -> Iterator[tuple[list[Chip], FloatArray]]:
    """Yield chips and vectors of a file that SatSeek wrote, in batches."""
    import pyarrow as pa

    for table in batches(path, batch=batch):
        rows = table.set_column(table.schema.get_field_index("bbox"), "bbox", pa.array(_bboxes(table)))
        yield chips_of(rows), vectors_of(rows.rename_columns({VECTOR_COLUMN: "vector"}))


def batches(path: str, *, batch: int) -> Iterator[pa.Table]:
    """Yield a Parquet file's rows in batches; `SourceError` says what is wrong with the file."""
    import pyarrow as pa

    file = open_parquet(path)
    try:
        for each in file.iter_batches(batch_size=batch):
            yield pa.Table.from_batches([each])
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"'{path}' is damaged: {_first_line(error)}. Fetch or export it again.") from error


def open_parquet(path: str) -> Any:
    """Open a Parquet file; `SourceError` where it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise SourceError(f"There is no file '{path}'.") from None
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"'{path}' is not a Parquet file that can be read: {_first_line(error)}.") from error


def metadata_of(path: str) -> dict[bytes, bytes]:
    """Return the key-value metadata of a Parquet file."""
    return open_parquet(path).metadata.metadata or {}  # the footer's: what was written last is not in the schema


def bbox_of_shape(shape: Any) -> BBox | None:
    """Return the box of a footprint; one that is split at the date line gets west > east."""
    if shape is None or shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    if west <= -180 and east >= 180:
        bounds = [part.bounds for part in getattr(shape, "geoms", [shape])]
        eastern = [part[0] for part in bounds if part[0] >= 0]
        western = [part[2] for part in bounds if part[2] <= 0]
        if len(eastern) + len(western) == len(bounds) and eastern and western:
            return min(eastern), south, max(western), north
    return west, south, east, north


class _Seen:
    """What the `geo` metadata says of all rows together."""

    def __init__(self) -> None:
        self._types: set[str] = set()
        self._bounds: list[tuple[float, ...]] = []

    def look_at(self, table: pa.Table) -> None:
        import shapely

        shapes = shapely.from_wkb(np.asarray(table.column("geometry").drop_null().to_pylist(), dtype=object))
        if len(shapes):
            self._types |= {shape.geom_type for shape in shapes}
            self._bounds.append(tuple(float(each) for each in shapely.total_bounds(shapes)))

    def geo(self) -> dict[str, Any]:
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(self._types),
            "edges": "planar",
            "covering": {"bbox": {corner: ["bbox", corner] for corner in CORNERS}},
        }  # without a crs it is OGC:CRS84: longitude, latitude
        if self._bounds:
            low, high = np.min(self._bounds, axis=0), np.max(self._bounds, axis=0)
            column["bbox"] = [float(low[0]), float(low[1]), float(high[2]), float(high[3])]
        return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _about(card: ModelCard) -> dict[str, Any]:
    """Return what made the vectors, in the words of Earth Index's files and of STAC's embedding extension."""
    model = {"id": card.name, "version": card.version, "description": card.summary}
    if card.weights_sha256 is not None:
        model["weights_sha256"] = card.weights_sha256
    return {
        "version": "0.0.1",
        "type": "chip",
        "model": model,
        "embedding_dim": card.dimensions,
        "embedding_quantization": "None",
        "data_type": "float32",
        "license": card.licence,
    }


def _file_schema(card: ModelCard) -> pa.Schema:
    import pyarrow as pa

    from satseek.archive.schema import CHIP_COLUMNS, chip_schema

    ours = chip_schema(card)
    fields = [ours.field(name).remove_metadata() for name in CHIP_COLUMNS if name != "bbox"]
    fields.append(pa.field("bbox", pa.struct([pa.field(corner, pa.float64()) for corner in CORNERS])))
    run = pa.struct(
        [("model", pa.string()), ("version", pa.string()), ("dimensions", pa.int32()), ("data_type", pa.string())]
    )
    fields.append(pa.field("emb:runtime_parameters", run))  # the names of STAC's embedding extension
    fields.append(pa.field("emb:fit_for_use", pa.list_(pa.string())))
    fields.append(pa.field(VECTOR_COLUMN, ours.field("vector").type))
    return pa.schema(fields)


def _file_rows(table: pa.Table, schema: pa.Schema, card: ModelCard) -> pa.Table:
    import pyarrow as pa

    run = {"model": card.name, "version": card.version, "dimensions": card.dimensions, "data_type": "float32"}
    columns: dict[str, Any] = {
        "bbox": _covering(table),
        "emb:runtime_parameters": [run] * len(table),
        "emb:fit_for_use": [["retrieval", "similarity_search"]] * len(table),
        VECTOR_COLUMN: table.column("vector"),
    }
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if values is None:
            values = table.column(field.name)
        arrays.append(values if isinstance(values, pa.ChunkedArray) else pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _covering(table: pa.Table) -> list[dict[str, float] | None]:
    """Return the box of each row's coordinates: over the date line from one edge of the map to the other."""
    boxes: list[dict[str, float] | None] = []
    for bbox in table.column("bbox").to_pylist():
        if bbox is None:
            boxes.append(None)
        else:
            west, south, east, north = bbox
            west, east = (-180.0, 180.0) if west > east else (west, east)
            boxes.append(dict(zip(CORNERS, (west, south, east, north), strict=True)))
    return boxes


def _bboxes(table: pa.Table) -> list[BBox | None]:
    import shapely

    shapes = shapely.from_wkb(np.asarray(table.column("geometry").to_pylist(), dtype=object))
    return [bbox_of_shape(shape) for shape in shapes]


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
