"""Before the first question: the indices and the register of an archive are brought into memory, as far as they fit."""

from __future__ import annotations

from typing import Any

from satseek.archive.faults import store_errors
from satseek.archive.store import INDEX_CACHE_BYTES, Store

SHARE = 0.8  # of the cache; the rest is for what questions bring


def prewarm(store: Store) -> tuple[str, ...]:
    """Bring the latest version's indices into memory, small ones first; returns of which columns."""
    snapshot = store.latest()
    with store_errors(store.uri, "read"):
        warmed = _indices(snapshot.table)
        snapshot.register.read(snapshot.table)
    return warmed


def _indices(table: Any) -> tuple[str, ...]:
    room, warmed = SHARE * INDEX_CACHE_BYTES, []
    for index in sorted(table.list_indices(), key=lambda each: each.size_bytes or 0):
        room -= index.size_bytes or 0
        if room < 0:
            break
        if index.num_indexed_rows:
            table.prewarm_index(index.name)
            warmed.append(index.columns[0])
    return tuple(warmed)
