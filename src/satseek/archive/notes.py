"""What is noted beside the vectors of an archive, versioned with its rows, and a random sample of its chips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.faults import store_errors
from satseek.archive.rows import vectors_of
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    from satseek.archive.store import Snapshot, Store

KEY = "satseek:note:"


@dataclass(frozen=True)
class Sample:
    """Some chips of an archive, drawn at random, the same ones as long as its number of rows is the same."""

    ids: list[str]
    sensors: list[str]
    vectors: FloatArray  # (n, dim)
    speaking: float  # share of them of which something is said

    def __len__(self) -> int:
        return len(self.ids)


def read(snapshot: Snapshot, name: str) -> str | None:
    """Return a note, or None where nobody wrote it; older archives have none and need no migration."""
    found = (snapshot.table.schema.field("vector").metadata or {}).get(f"{KEY}{name}".encode())
    return None if found is None else str(found.decode())


def write(store: Store, name: str, text: str) -> None:
    """Write a note in the place of an earlier one; going back to an earlier version brings back its note."""

    def change(table: Any) -> None:
        table.update_field_metadata({"path": "vector", "metadata": {f"{KEY}{name}": text}})

    store.commit(change)


def sample(snapshot: Snapshot, size: int, uri: str) -> Sample:
    """Return up to so many chips, drawn without looking."""
    offsets = np.arange(snapshot.rows)
    if snapshot.rows > size:
        offsets = np.sort(np.random.default_rng(snapshot.rows).choice(snapshot.rows, size=size, replace=False))
    with store_errors(uri, "read"):
        query = snapshot.table.take_offsets([int(each) for each in offsets]).select(["id", "sensor", "text", "vector"])
        rows = query.to_arrow()
    speaking = sum(bool(text and text.strip()) for text in rows.column("text").to_pylist())
    return Sample(
        rows.column("id").to_pylist(), rows.column("sensor").to_pylist(), vectors_of(rows), speaking / max(len(rows), 1)
    )
