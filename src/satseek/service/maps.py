"""Heat maps that were made lately, within a bound of number and bytes: their files are fetched after the answer."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from satseek.core.chip import BBox
from satseek.search.calibrate import Judge

BYTES = 128_000_000


@dataclass(frozen=True)
class HeatMap:
    """One answer: what is said of it, and its two files."""

    facts: dict[str, Any]
    spots: tuple[dict[str, Any], ...]
    tif: bytes
    png: bytes
    bounds: BBox  # of the PNG, in degrees; an east beyond 180 runs over the date line

    @property
    def bytes(self) -> int:
        """How much memory it takes, roughly."""
        return len(self.tif) + len(self.png) + 1_000 * (1 + len(self.spots))


class Maps:
    """The heat maps used last, by a name made of all that was asked."""

    def __init__(self, most: int = 64, most_bytes: int = BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._held: OrderedDict[str, HeatMap] = OrderedDict()
        self._lock = threading.Lock()
        self.judge = Judge()  # of its own: a map is judged without the words that a search counts

    def __len__(self) -> int:
        return len(self._held)

    def get(self, name: str) -> HeatMap | None:
        """Return a map, None where it is not remembered any more."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)

    def get_or_make(self, name: str, make: Callable[[], HeatMap]) -> HeatMap:
        """Return a map, made where it is not remembered."""
        found = self.get(name)
        if found is not None:
            return found
        made = make()
        with self._lock:
            self._held[name] = made
            while len(self._held) > max(1, self._most) or (
                len(self._held) > 1 and sum(each.bytes for each in self._held.values()) > self._most_bytes
            ):
                self._held.popitem(last=False)
        return made


def name_of(*asked: Any) -> str:
    """Return the name of a map: the same for the same question to the same version of an archive."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
