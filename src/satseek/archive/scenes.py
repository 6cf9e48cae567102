"""The scenes that chips were cut from: found by one pass over the archive, outlined by their chips when asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satseek.archive.conditions import one_of
from satseek.archive.faults import store_errors
from satseek.archive.predicates import quoted
from satseek.archive.rows import fixed_rows
from satseek.archive.store import Snapshot
from satseek.core.area import Area
from satseek.core.chip import BBox, Geometry
from satseek.core.period import as_utc

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 100_000
PARTS_KEPT = 20  # partial sums that wait to be added up
KEYS = ["scene", "sensor"]
FOLDS = {  # the columns of partial sums, and how two of them become one
    "chip": "min", "chips": "sum", "datetime": "min", "last": "max", "resolution": "min", "south": "min",
    "north": "max", "west": "min", "east": "max", "west_over": "min", "east_over": "max",
}  # fmt: skip


@dataclass(frozen=True)
class SceneFacts:
    """What chips tell of the scene that they are cut from."""

    name: str
    sensor: str
    chip: str  # the id of one of them, by which the scene is read
    chips: int
    bbox: BBox | None  # around all of them
    datetime: datetime | None
    ground_resolution_m: float | None  # of the finest of them


class Scenes:
    """All scenes of one version of an archive, the newest first."""

    def __init__(self, table: pa.Table) -> None:
        """Take a row for each scene."""
        order = [("datetime", "descending"), ("scene", "ascending"), ("sensor", "ascending")]
        self._table = table.sort_by(order)
        self._bounds = _bounds(self._table)
        self._sensors = np.asarray(self._table.column("sensor").to_pylist(), dtype=object)

    def __len__(self) -> int:
        return len(self._table)

    def names(self) -> list[str]:
        """Return the name of each; a name may stand for one scene of several sensors."""
        names: list[str] = self._table.column("scene").to_pylist()
        return names

    def matching(self, where: Area | None = None, sensors: Sequence[str] = ()) -> NDArray[np.int64]:
        """Return the numbers of the scenes whose boxes touch an area."""
        kept = np.ones(len(self), dtype=bool)
        if sensors:
            kept &= np.isin(self._sensors, list(sensors))
        if where is not None:
            kept &= np.any([_touches(self._bounds, box) for box in where.boxes], axis=0)
        return np.flatnonzero(kept)

    def facts(self, numbers: Sequence[int]) -> list[SceneFacts]:
        """Return what is known of some."""
        rows = self._table.take(np.asarray(numbers, dtype=np.int64)).to_pylist()
        return [_facts(row, self._bounds[number]) for row, number in zip(rows, numbers, strict=True)]


def scenes(snapshot: Snapshot, uri: str) -> Scenes:
    """Return all scenes, in memory that grows with their number, not with that of the chips."""
    import pyarrow as pa

    columns = ["id", *KEYS, "bbox", "datetime", "ground_resolution_m"]
    parts: list[pa.Table] = []
    with store_errors(uri, "read"):
        query = snapshot.table.search().select(columns).limit(None)
        for batch in query.to_batches(batch_size=ROWS_AT_ONCE):
            parts.append(_summed(_rows(pa.Table.from_batches([batch]))))
            if len(parts) == PARTS_KEPT:
                parts = [_summed(pa.concat_tables(parts))]
    return Scenes(_summed(pa.concat_tables(parts)) if parts else _summed(_rows(_no_rows(snapshot, columns))))


def outlines(snapshot: Snapshot, found: Sequence[SceneFacts], uri: str) -> list[Geometry | None]:
    """Return for each scene the convex outline of its chips; None without a place."""
    import shapely

    names = {facts.name for facts in found if facts.bbox is not None}
    if not names:
        return [None] * len(found)
    with store_errors(uri, "read"):
        query = snapshot.table.search().select([*KEYS, "geometry"]).limit(None)
        sql = f"scene = {quoted(next(iter(names)))}" if len(names) == 1 else one_of("scene", sorted(names))
        rows = query.where(f"{sql} AND geometry IS NOT NULL").to_arrow()
    shapes = shapely.from_wkb(np.asarray(rows.column("geometry").to_pylist(), dtype=object))
    owners: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(rows.column("scene").to_pylist(), rows.column("sensor").to_pylist(), strict=True)):
        owners.setdefault(key, []).append(row)
    return [
        None if facts.bbox is None else _outline(shapes[owners.get((facts.name, facts.sensor), [])], facts.bbox)
        for facts in found
    ]


def _rows(table: pa.Table) -> pa.Table:
    """Return rows as partial sums of one chip each; longitudes are counted twice, the second time from 0 to 360."""
    import pyarrow as pa

    west, south, east, north = fixed_rows(table.column("bbox")).T if len(table) else np.empty((4, 0))
    east = np.where(east < west, east + 360, east)
    over = np.where(west < 0, 360.0, 0.0)
    moments = table.column("datetime")
    columns: dict[str, Any] = {key: table.column(key) for key in KEYS}
    columns |= {"chip": table.column("id"), "chips": pa.array(np.ones(len(table), dtype=np.int64))}
    columns |= {"datetime": moments, "last": moments, "resolution": table.column("ground_resolution_m")}
    sides = {"south": south, "north": north, "west": west, "east": east}
    sides |= {"west_over": west + over, "east_over": east + over}
    return pa.table(columns | {name: pa.array(side, pa.float64(), from_pandas=True) for name, side in sides.items()})


def _summed(parts: pa.Table) -> pa.Table:
    found = parts.group_by(KEYS).aggregate(list(FOLDS.items()))
    return found.select([*KEYS, *(f"{name}_{how}" for name, how in FOLDS.items())]).rename_columns([*KEYS, *FOLDS])


def _no_rows(snapshot: Snapshot, columns: Sequence[str]) -> pa.Table:
    return snapshot.table.schema.empty_table().select(list(columns))


def _bounds(table: pa.Table) -> NDArray[np.float64]:
    """Return (west, south, east, north) of each, by whichever way of counting longitudes makes the narrower box."""

    def column(name: str) -> NDArray[np.float64]:
        return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)

    west, east, west_over, east_over = (column(name) for name in ("west", "east", "west_over", "east_over"))
    over = east_over - west_over < east - west
    first, last = np.where(over, west_over, west), np.where(over, east_over, east)
    return np.stack([_wrapped(first), column("south"), _wrapped(last), column("north")], axis=1)


def _wrapped(longitude: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(longitude > 180, longitude - 360, longitude), dtype=np.float64)


def _touches(bounds: NDArray[np.float64], box: BBox) -> NDArray[np.bool_]:
    west, south, east, north = bounds.T
    along = (south <= box[3]) & (north >= box[1])
    across = np.where(west <= east, (west <= box[2]) & (east >= box[0]), (west <= box[2]) | (east >= box[0]))
    return np.asarray(along & across & ~np.isnan(west), dtype=np.bool_)


def _facts(row: dict[str, Any], bounds: NDArray[np.float64]) -> SceneFacts:
    west, south, east, north = (float(side) for side in bounds)
    return SceneFacts(
        name=row["scene"],
        sensor=row["sensor"],
        chip=row["chip"],
        chips=row["chips"],
        bbox=None if np.isnan(west) else (west, south, east, north),
        datetime=_utc(row["datetime"]),
        ground_resolution_m=row["resolution"],
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else as_utc(moment)


def _outline(shapes: NDArray[Any], bbox: BBox) -> Geometry:
    import shapely
    from shapely.geometry import mapping

    west, south, east, north = bbox
    if west <= east and len(shapes):
        hull: Any = shapely.convex_hull(shapely.geometrycollections(shapes))
    elif west <= east:
        hull = shapely.box(west, south, east, north)
    else:  # over the date line each side is outlined by the box
        hull = shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    drawn: Geometry = mapping(hull)
    return drawn
