"""Tiles that were drawn lately, within a bound of bytes and of age: a map that comes back is answered at once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

BYTES = 32_000_000
SECONDS = 600.0  # as long as a file that was changed may still be seen as it was
OVERHEAD = 500  # bytes that a tile takes beside its own


class TileCache:
    """The tiles used last, by what was asked; None is a place where there is nothing to show."""

    def __init__(
        self, most: int = BYTES, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._held: OrderedDict[Hashable, tuple[float, bytes | None]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: Hashable, draw: Callable[[], bytes | None]) -> bytes | None:
        """Return a tile, drawn where it is not held or too old."""
        now = self._clock()
        with self._lock:
            found = self._held.get(key)
            if found is not None and now - found[0] < self._seconds:
                self._held.move_to_end(key)
                return found[1]
        tile = draw()
        with self._lock:
            self._forget(key)
            self._held[key] = now, tile
            self.bytes += _size(tile)
            while self.bytes > self._most:
                self._forget(next(iter(self._held)))
        return tile

    def _forget(self, key: Hashable) -> None:
        found = self._held.pop(key, None)
        if found is not None:
            self.bytes -= _size(found[1])


def _size(tile: bytes | None) -> int:
    return OVERHEAD + len(tile or b"")
