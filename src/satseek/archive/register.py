"""The register of one version of an archive: row, id and box of every chip, in memory and quick to ask.

A search that knows them reads nothing but vectors. It takes about 60 bytes a chip, beside 2,048 of its vector.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from satseek.archive.rows import fixed_rows
from satseek.archive.trips import ROW_ID
from satseek.core.chip import BBox

if TYPE_CHECKING:
    import pyarrow as pa

Rows = NDArray[np.uint64]

ROWS_AT_ONCE = 50_000
ROWS_A_QUESTION = 20_000  # of them are read in the time that a few questions save, and a version may be asked only once
MOST_ROWS = 20_000_000  # of more, it would take more than a gigabyte
SAMPLED = 1 << 16  # chips of a stripe that are all tested; of more, only some are, to know about how many there are


class Touching(NamedTuple):
    """How many chips may touch an area, and which; about how many, where they are too many to be of use."""

    number: int
    rows: Rows | None


class Register:
    """All chips of one version, from south to north; those without a place come last."""

    def __init__(self, rows: Rows, boxes: NDArray[np.float32], ids: pa.Array) -> None:
        """Take row ids, (n, 4) boxes that hold the true ones, and ids."""
        order = np.argsort(boxes[:, 1], kind="stable").astype(np.int32)  # NaN, no place, last
        self._rows = rows[order]
        self._west, self._south, self._east, self._north = (np.ascontiguousarray(side[order]) for side in boxes.T)
        self._ids = ids.take(order)
        self._by_row = np.argsort(self._rows).astype(np.int32)
        placed = int(np.searchsorted(self._south, np.float32(np.inf), side="right"))
        self._over = np.flatnonzero(self._east[:placed] < self._west[:placed])  # the date line
        heights = self._north[:placed] - self._south[:placed]
        self._tallest = float(heights.max(initial=0)) * 1.001

    @staticmethod
    def of(table: Any) -> Register:
        """Read the register of a version."""
        import pyarrow as pa

        rows, boxes, ids = [], [], []
        query = table.search().select(["id", "bbox"]).with_row_id(True).limit(None)
        for batch in query.to_batches(batch_size=ROWS_AT_ONCE):
            rows.append(batch.column(ROW_ID).to_numpy())
            boxes.append(outwards(fixed_rows(pa.chunked_array([batch.column("bbox")]))))
            ids.append(batch.column("id").cast(pa.large_string()))
        empty = pa.array([], pa.large_string())
        return Register(
            np.concatenate([np.empty(0, np.uint64), *rows]),
            np.concatenate([np.empty((0, 4), np.float32), *boxes]),
            pa.concat_arrays([empty, *ids]),
        )

    def __len__(self) -> int:
        return len(self._rows)

    def ids_of(self, rows: Rows) -> list[str]:
        """Return the ids of chips by row."""
        ids: list[str] = self._ids.take(self._positions(rows)).to_pylist()
        return ids

    def boxes_of(self, rows: Rows) -> NDArray[np.float64]:
        """Return boxes by row, each a hair larger than the true one; NaN where there is no place."""
        at = self._positions(rows)
        return np.stack([side[at] for side in (self._west, self._south, self._east, self._north)], axis=1).astype(float)

    def touching(self, boxes: Sequence[BBox], most: int) -> Touching:
        """Return the chips whose boxes touch one of these, which do not cross the date line; at most so many."""
        stripes = [self._stripe(box) for box in boxes]
        about = sum(self._about(box, *stripe) for box, stripe in zip(boxes, stripes, strict=True))
        if about > 2 * most + 100:
            return Touching(about, None)
        found = [self._within(box, first, last, 1) for box, (first, last) in zip(boxes, stripes, strict=True)]
        rows = self._rows[np.unique(np.concatenate(found))] if found else self._rows[:0]
        return Touching(len(rows), rows if len(rows) <= most else None)

    def _positions(self, rows: Rows) -> NDArray[np.int32]:
        return self._by_row[np.searchsorted(self._rows, rows, sorter=self._by_row)]

    def _stripe(self, box: BBox) -> tuple[int, int]:
        """Return the first and the last position that may have the latitudes of a box."""
        # In float32: NumPy would turn all of them into float64 for one number that is.
        lowest = np.nextafter(np.float32(box[1] - self._tallest), np.float32(-np.inf))
        highest = np.nextafter(np.float32(box[3]), np.float32(np.inf))
        return int(np.searchsorted(self._south, lowest)), int(np.searchsorted(self._south, highest, side="right"))

    def _about(self, box: BBox, first: int, last: int) -> int:
        step = max((last - first) // SAMPLED, 0) + 1
        return step * len(self._within(box, first, last, step))

    def _within(self, box: BBox, first: int, last: int, step: int) -> NDArray[np.intp]:
        """Return the positions of every so-many-th chip of a stripe that touches a box."""
        west, south, east, north = box
        stripe = slice(first, last, step)
        touches = (self._north[stripe] >= south) & (self._west[stripe] <= east) & (self._east[stripe] >= west)
        touches &= self._south[stripe] <= north
        found = first + step * np.flatnonzero(touches)
        over = self._over[(self._north[self._over] >= south) & (self._south[self._over] <= north)]
        return np.concatenate([found, over]) if step == 1 and len(over) else found


def outwards(boxes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return boxes as float32 that hold the true ones."""
    small = boxes.astype(np.float32)
    lower, upper = small[:, :2], small[:, 2:]
    np.copyto(lower, np.nextafter(lower, np.float32(-np.inf)), where=lower > boxes[:, :2])
    np.copyto(upper, np.nextafter(upper, np.float32(np.inf)), where=upper < boxes[:, 2:])
    return small


class OncePaid:
    """The register of a version, read when so many questions have come that reading it pays."""

    def __init__(self, rows: int) -> None:
        """Take how many rows there are."""
        self._questions_left: float = max(rows // ROWS_A_QUESTION, 1) if rows <= MOST_ROWS else float("inf")
        self._register: Register | None = None
        self._reading = threading.Lock()

    @property
    def is_read(self) -> bool:
        """Whether it is in memory."""
        return self._register is not None

    def read(self, table: Any) -> None:
        """Read it now, where it ever pays: who serves many does not wait for questions to add up."""
        if self._questions_left < float("inf"):
            with self._reading:
                self._register = self._register or Register.of(table)

    def ask(self, table: Any) -> Register | None:
        """Count a question; return the register once it pays, and None while another thread reads it."""
        if self._register is not None:
            return self._register
        self._questions_left -= 1
        if self._questions_left >= 0 or not self._reading.acquire(blocking=False):
            return None
        try:
            if self._register is None:
                self._register = Register.of(table)
            return self._register
        finally:
            self._reading.release()
