"""Rows that were read from an object store, kept in memory up to a bound; what was longest not asked for goes first.

A row's address never means another row, in no later version either: Lance numbers its fragments upwards for ever, also
when an archive goes back to an earlier version. So what is kept outlives the version that it was read in.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.archive.trips import ROW_ID, taken
from satseek.core.environment import number

if TYPE_CHECKING:
    import pyarrow as pa

SIZE_NAME = "SATSEEK_CACHE_MB"
MEGABYTES = 256.0

_Columns = tuple[str, ...]


class KeptRows:
    """Columns of rows, in the blocks in which they were read."""

    def __init__(self, most_bytes: int) -> None:
        """Take how much may be kept."""
        self._most_bytes = most_bytes
        self._blocks: OrderedDict[int, tuple[_Columns, pa.Table]] = OrderedDict()
        self._where: dict[_Columns, dict[int, tuple[int, int]]] = {}  # row -> its block, and the place in it
        self._next = 0
        self._lock = threading.Lock()
        self.size_bytes = 0
        self.found = self.read = 0  # rows, since the beginning

    async def taken(self, table: Any, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return columns and row ids of rows, in no order; only those are read that are not kept."""
        import pyarrow as pa

        key = tuple(columns)
        kept, missing = self._find(key, rows)
        if not missing:
            return pa.concat_tables(kept)
        fresh = (await taken(table, missing, columns)).combine_chunks()
        self._keep(key, fresh)
        return pa.concat_tables([*kept, fresh.select(kept[0].column_names)]) if kept else fresh

    def _find(self, key: _Columns, rows: Sequence[int]) -> tuple[list[pa.Table], list[int]]:
        with self._lock:
            where = self._where.get(key, {})
            places: dict[int, list[int]] = {}
            missing = []
            for row in rows:
                block, place = where.get(row, (-1, -1))
                if block < 0:
                    missing.append(row)
                else:
                    places.setdefault(block, []).append(place)
            for block in places:
                self._blocks.move_to_end(block)
            blocks = [(self._blocks[block][1], chosen) for block, chosen in places.items()]
            self.found, self.read = self.found + len(rows) - len(missing), self.read + len(missing)
        return [table.take(np.asarray(chosen)) for table, chosen in blocks], missing

    def _keep(self, key: _Columns, fresh: pa.Table) -> None:
        size = _size(fresh)
        if size > self._most_bytes // 4:  # one large question must not drive out all that many small ones share
            return
        with self._lock:
            where = self._where.setdefault(key, {})
            block, self._next = self._next, self._next + 1
            self._blocks[block] = (key, fresh)
            self.size_bytes += size
            for place, row in enumerate(fresh.column(ROW_ID).to_pylist()):
                where[row] = (block, place)
            while self.size_bytes > self._most_bytes:
                gone, (columns, table) = self._blocks.popitem(last=False)
                self.size_bytes -= _size(table)
                known = self._where[columns]
                for row in table.column(ROW_ID).to_pylist():
                    if known.get(row, (-1, -1))[0] == gone:
                        del known[row]


def wanted_bytes() -> int:
    """Return how much of what was read from an object store may be kept, as the environment says."""
    return int(1e6 * number(SIZE_NAME, MEGABYTES, wanted="the megabytes that may be kept in memory, such as 256, or 0"))


def _size(table: pa.Table) -> int:
    return int(table.nbytes) + 150 * len(table)  # of each row's place in the dictionary
