"""The one schema of an archive: what is stored of a chip, in which column, and how older archives are brought up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from satseek.archive.cells import CELL_COLUMNS
from satseek.core.card import ModelCard
from satseek.core.errors import ArchiveError, ArchiveTooNew

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1
TABLE = "chips"

# The card rides on the column it describes and the version on the key: Lance versions both together with the rows,
# so a restored archive can never be read with the card or the schema of another moment.
VERSION_KEY = "satseek:schema_version"
CARD_KEY = "satseek:card"
BORN_KEY = "satseek:born"  # tells an archive from another one that took its place
PRIMARY_KEY = "lance-schema:unenforced-primary-key:position"  # lets Lance notice two inserts of one id at once

CHIP_COLUMNS = (
    "id", "sensor", "geometry", "bbox", "datetime", "source", "scene", "window", "scale", "size", "address",
    "ground_resolution_m", "caption", "keywords", "labels", "properties", "nodata_share", "cloud_share",
)  # fmt: skip

# Columns that came with later schema versions: version -> {column: SQL that fills it for the rows already there}.
MIGRATIONS: dict[int, dict[str, str]] = {}


def chip_schema(card: ModelCard) -> pa.Schema:
    """Return the Arrow schema of an archive whose vectors this model makes."""
    import pyarrow as pa

    packed = {"lance-encoding:compression": "zstd"}  # JSON that repeats from chip to chip shrinks about tenfold
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False, metadata=_about_archive()),
            pa.field("sensor", pa.string(), nullable=False),
            pa.field("geometry", pa.binary()),  # WKB, EPSG:4326; null: no place is known
            pa.field("bbox", pa.list_(pa.float64(), 4)),  # west, south, east, north; west > east: over the date line
            *(pa.field(column, pa.int32()) for column in CELL_COLUMNS),
            pa.field("datetime", pa.timestamp("us", "UTC")),
            pa.field("source", pa.string(), nullable=False),
            pa.field("scene", pa.string(), nullable=False),
            pa.field("window", pa.list_(pa.int32(), 4), nullable=False),  # column, row, width, height
            pa.field("scale", pa.float64(), nullable=False),
            pa.field("size", pa.list_(pa.int32(), 2), nullable=False),  # height, width
            pa.field("address", pa.string(), nullable=False, metadata=packed),  # JSON
            pa.field("ground_resolution_m", pa.float64()),
            pa.field("caption", pa.string()),
            pa.field("keywords", pa.list_(pa.string())),
            pa.field("labels", pa.list_(pa.string())),
            pa.field("text", pa.string()),  # caption, keywords and labels together, for the full-text index
            pa.field("properties", pa.string(), metadata=packed),  # JSON
            pa.field("facts", pa.list_(pa.string())),  # the properties as "name=value", for filters
            pa.field("nodata_share", pa.float64(), nullable=False),
            pa.field("cloud_share", pa.float64()),
            pa.field("added", pa.timestamp("us", "UTC"), nullable=False),
            pa.field(
                "vector",
                pa.list_(pa.float32(), card.dimensions),
                nullable=False,
                metadata={CARD_KEY: json.dumps(card.to_json())},
            ),
        ]
    )


def born(schema: pa.Schema) -> str | None:
    """Return what an archive was called when it was made; those that are older than the custom have no name."""
    return _metadata(schema, "id").get(BORN_KEY)


def stored_version(schema: pa.Schema, uri: str) -> int:
    """Return the schema version that a table carries; what carries none is no archive of ours."""
    metadata = _metadata(schema, "id")
    try:
        return int(metadata[VERSION_KEY])
    except (KeyError, ValueError):
        raise ArchiveError(
            f"'{uri}' holds a table called '{TABLE}' that SatSeek did not write. Name another folder for the archive."
        ) from None


def stored_card(schema: pa.Schema, uri: str) -> ModelCard:
    """Return the card that an archive carries."""
    try:
        return ModelCard.from_json(json.loads(_metadata(schema, "vector")[CARD_KEY]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ArchiveError(
            f"The model card of the archive '{uri}' cannot be read, so nobody knows which model made its vectors. "
            f"Go back to an earlier version (satseek archive history {uri}), or ingest again into a new archive."
        ) from None


def require_readable(version: int, uri: str) -> None:
    """Raise `ArchiveTooNew` for an archive that a newer SatSeek wrote."""
    if version > SCHEMA_VERSION:
        raise ArchiveTooNew(
            f"The archive '{uri}' was written by a newer SatSeek (archive format {version}; this one reads up to "
            f"{SCHEMA_VERSION}). Update SatSeek to open it."
        )


def migrate(table: Any, version: int) -> bool:
    """Bring a table of an older schema version up to this one, step by step; True when anything was done."""
    for step in range(version + 1, SCHEMA_VERSION + 1):
        there = set(table.schema.names)
        missing = {column: sql for column, sql in MIGRATIONS.get(step, {}).items() if column not in there}
        if missing:  # a migration that was interrupted has added some of them
            table.add_columns(missing)
        table.update_field_metadata({"path": "id", "metadata": {VERSION_KEY: str(step)}})
    return version < SCHEMA_VERSION


def born_as(schema: pa.Schema, other: pa.Schema) -> pa.Schema:
    """Return a schema with the birth of another one: of two that make one archive at once, one comes first."""
    position = schema.get_field_index("id")
    about = {key: value for key, value in _metadata(schema, "id").items() if key != BORN_KEY}
    if (name := born(other)) is not None:
        about[BORN_KEY] = name
    return schema.set(position, schema.field(position).with_metadata(about))


def _about_archive() -> dict[str, str]:
    return {VERSION_KEY: str(SCHEMA_VERSION), PRIMARY_KEY: "1", BORN_KEY: token_hex(8)}


def _metadata(schema: pa.Schema, column: str) -> Mapping[str, str]:
    index = schema.get_field_index(column)
    metadata = (schema.field(index).metadata if index >= 0 else None) or {}
    return {key.decode(): value.decode() for key, value in metadata.items()}
