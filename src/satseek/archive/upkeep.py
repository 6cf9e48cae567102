"""Looking after an archive: what is in it, tidying it up, its versions and going back to one."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.archive.faults import store_errors
from satseek.archive.indices import KINDS, Build, calibrate, note_effort, refresh
from satseek.archive.reports import ArchiveInfo, Index, OptimizeReport, Version
from satseek.archive.rows import fixed_rows
from satseek.archive.schema import stored_card, stored_version
from satseek.archive.store import Store
from satseek.archive.tuning import Tuning
from satseek.core.chip import BBox
from satseek.core.errors import ArchiveError, UsageError

KEEP_DAYS = 7.0
UNTIDY_FRAGMENTS = 50
UNTIDY_ROWS = 20_000
MEGABYTE = 1e6


def info(store: Store) -> ArchiveInfo:
    """Return what is in an archive."""
    snapshot = store.latest()
    table = snapshot.table
    with store_errors(store.uri, "read"):
        sensors, without_place, bbox, first, last = _summary(table)
        return ArchiveInfo(
            uri=store.uri,
            chips=snapshot.rows,
            sensors=sensors,
            without_place=without_place,
            bbox=bbox,
            first=first,
            last=last,
            card=stored_card(table.schema, store.uri),
            schema_version=stored_version(table.schema, store.uri),
            version=snapshot.version,
            versions=len(table.list_versions()),
            fragments=_fragments(table),
            megabytes=_megabytes(store),
            indices=indices_of(table),
        )


def optimize(
    store: Store, tuning: Tuning, *, keep_days: float = KEEP_DAYS, measure: bool = True, ray_workers: int = 0
) -> OptimizeReport:
    """Compact small fragments, bring the indices up to date, build what now pays, and prune old versions.

    With workers the vector index is built by so many of the Ray cluster that this process is connected to.
    """
    if keep_days < 0:
        raise UsageError(f"Cannot keep versions for {keep_days:g} days. Give 0 or more.")
    started = time.perf_counter()
    snapshot = store.latest()
    with store_errors(store.uri, "read"):
        fragments, versions = _fragments(snapshot.table), len(snapshot.table.list_versions())
    megabytes = _megabytes(store)
    build = None if not ray_workers else _on_ray(store, ray_workers)
    keep = timedelta(days=keep_days)
    built = store.commit(lambda table: refresh(table, tuning, keep=keep, build=build), "optimised")
    recall = _measured_recall(store, tuning) if measure or "vector" in built else None
    snapshot = store.latest(at_once=True)
    with store_errors(store.uri, "read"):
        after = _megabytes(store)
        return OptimizeReport(
            rows=snapshot.rows,
            fragments=(fragments, _fragments(snapshot.table)),
            megabytes=None if megabytes is None or after is None else (megabytes, after),
            built=tuple(built),
            vector_index=snapshot.vector_index,
            recall_at_10=recall,
            versions_removed=max(versions - len(snapshot.table.list_versions()), 0),
            seconds=time.perf_counter() - started,
        )


def is_untidy(store: Store, tuning: Tuning) -> bool:
    """Return whether tidying up would make reading noticeably quicker."""
    snapshot = store.latest()
    with store_errors(store.uri, "read"):
        if _fragments(snapshot.table) > UNTIDY_FRAGMENTS:
            return True
        if snapshot.vector_index is None and snapshot.rows >= tuning.index_rows:
            return True
        return any(index.rows_outside > UNTIDY_ROWS for index in indices_of(snapshot.table))


def history(store: Store) -> list[Version]:
    """Return the versions that can be gone back to, newest first."""
    with store_errors(store.uri, "read"):
        versions = store.latest().table.list_versions()
    return [_version(each) for each in sorted(versions, key=lambda each: -each["version"])]


def restore(store: Store, number: int) -> None:
    """Make an earlier version the latest one; nothing is lost, the versions between stay."""
    known = [version.number for version in history(store)]
    if number not in known:
        raise ArchiveError(
            f"The archive '{store.uri}' has no version {number} any more; it keeps {min(known)} to {max(known)}. "
            f"See them with: satseek archive history {store.uri}"
        )

    def go_back(table: Any) -> None:
        table.checkout(number)
        stored_card(table.schema, store.uri)
        table.restore()

    store.commit(go_back, "restored")


def indices_of(table: Any) -> tuple[Index, ...]:
    """Return the indices of a table."""
    return tuple(
        Index(
            column=each.columns[0],
            kind=KINDS.get(each.index_type, each.index_type),
            rows=each.num_indexed_rows or 0,
            rows_outside=each.num_unindexed_rows or 0,
            megabytes=(each.size_bytes or 0) / MEGABYTE,
        )
        for each in sorted(table.list_indices(), key=lambda each: each.columns[0])
    )


def _on_ray(store: Store, workers: int) -> Build:
    from satseek.archive.indices_on_ray import build_on_ray

    return partial(build_on_ray, uri=store.table_uri, options=store.options, workers=workers)


def _measured_recall(store: Store, tuning: Tuning) -> float | None:
    """Measure the vector index, note how far a search has to look, and return the recall it then has."""
    snapshot = store.latest(at_once=True)
    if snapshot.vector_index is None:
        return None
    with store_errors(store.uri, "read"):
        effort, recall = calibrate(snapshot.table, tuning)
    store.commit(lambda table: note_effort(table, effort))
    return recall


def _summary(table: Any) -> tuple[dict[str, int], int, BBox | None, datetime | None, datetime | None]:
    import pyarrow as pa

    sensors: dict[str, int] = {}
    without_place = 0
    corners: list[tuple[float, float, float, float]] = []
    dates: list[int] = []
    query = table.search().select(["sensor", "bbox", "datetime"]).limit(None)
    for batch in query.to_batches(batch_size=100_000):
        for each in batch.column("sensor").value_counts().to_pylist():
            sensors[each["values"]] = sensors.get(each["values"], 0) + each["counts"]
        boxes = fixed_rows(pa.chunked_array([batch.column("bbox").drop_null()]))
        without_place += len(batch) - len(boxes)
        if len(boxes):
            corners.append(_bounds(boxes))
        moments = batch.column("datetime").drop_null().cast("int64").to_numpy()
        if len(moments):
            dates += [int(moments.min()), int(moments.max())]
    bbox = None
    if corners:
        wests, souths, easts, norths = zip(*corners, strict=True)
        bbox = (min(wests), min(souths), max(easts), max(norths))
    ordered = dict(sorted(sensors.items()))
    return ordered, without_place, bbox, _moment(min(dates, default=None)), _moment(max(dates, default=None))


def _bounds(boxes: NDArray[np.float64]) -> BBox:
    west, south, east, north = boxes.T
    if np.any(east < west):  # a chip over the date line: the archive reaches from one edge of the map to the other
        return -180.0, float(south.min()), 180.0, float(north.max())
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _version(each: dict[str, Any]) -> Version:
    facts = each["metadata"]
    return Version(
        number=each["version"],
        when=each["timestamp"].astimezone(UTC),
        rows=int(facts.get("total_rows", 0)),
        megabytes=int(facts.get("total_files_size", 0)) / MEGABYTE,
    )


def _fragments(table: Any) -> int:
    return int(table.stats()["fragment_stats"]["num_fragments"])


def _megabytes(store: Store) -> float | None:
    if not store.is_local:
        return None
    sizes = 0
    for folder, _, names in os.walk(store.folder):
        for name in names:
            try:
                sizes += os.path.getsize(os.path.join(folder, name))
            except FileNotFoundError:  # pruned while we looked
                continue
    return sizes / MEGABYTE
