"""Structure maps of an archive's chips, kept beside the archive: made from pixels once, then read in a moment."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from satseek.core.chip import Chip
from satseek.core.environment import cache_folder
from satseek.core.errors import ModelError, SourceError
from satseek.models.structure.maps import StructureMaps
from satseek.models.structure.registration import KEPT_AS, Candidates, candidates_of

log = logging.getLogger(__name__)

FILE = "structure-maps.sqlite"
MOST_IN_MEMORY = 2000  # chips; about 60 kB each
_TABLE = (
    "CREATE TABLE IF NOT EXISTS maps (id TEXT, made_by TEXT, shape TEXT, scales BLOB, map BLOB, spectrum BLOB, "
    "PRIMARY KEY (id, made_by))"
)

_ASKED = "SELECT id, shape, scales, map, spectrum FROM maps WHERE made_by = ? AND id IN"


class StructureCache:
    """What registration needs of each chip, from memory, from the file, or made from the chip's pixels."""

    def __init__(self, maps: StructureMaps, place: Path | None) -> None:
        """Take where the file lies; without a place nothing is kept but in memory."""
        self._maps, self._place = maps, place
        self._made_by = f"{(maps.card.weights_sha256 or maps.card.version)[:16]}/{KEPT_AS}"
        self._memory: OrderedDict[str, Candidates] = OrderedDict()

    @staticmethod
    def beside(uri: str, maps: StructureMaps) -> StructureCache:
        """Return the cache of an archive: in its folder, or in the user's own cache where it is far or read-only."""
        folder = Path(uri)
        if folder.is_dir() and os.access(folder, os.W_OK):
            return StructureCache(maps, folder / FILE)
        name = hashlib.sha256(uri.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return StructureCache(maps, cache_folder() / "satseek" / f"{name}-{FILE}")

    def of(self, chips: Sequence[Chip]) -> tuple[dict[str, Candidates], dict[str, str]]:
        """Return chip id -> its map, and why some have none: pixels that are gone, chips too small."""
        held = self._remembered([chip.id for chip in chips])
        missing = [chip for chip in chips if chip.id not in held]
        refused: dict[str, str] = {}
        fresh: dict[str, Candidates] = {}
        for chip in missing:
            try:
                fresh[chip.id] = self._made(chip)
            except (SourceError, ModelError) as error:
                refused[chip.id] = str(error)
        self._keep(fresh)
        self._remember(fresh)
        return held | fresh, refused

    def _made(self, chip: Chip) -> Candidates:
        from satseek.raster.read import read_chip

        (made,) = self._maps.of([read_chip(chip)])
        return candidates_of(made[None])

    def _remembered(self, ids: Sequence[str]) -> dict[str, Candidates]:
        found = {each: self._memory[each] for each in ids if each in self._memory}
        for each in found:
            self._memory.move_to_end(each)
        read = self._read([each for each in ids if each not in found])
        self._remember(read)
        return found | read

    def _remember(self, made: dict[str, Candidates]) -> None:
        self._memory.update(made)
        while len(self._memory) > MOST_IN_MEMORY:
            self._memory.popitem(last=False)

    def _read(self, ids: Sequence[str]) -> dict[str, Candidates]:
        if not ids or self._place is None or not self._place.is_file():
            return {}
        found: dict[str, Candidates] = {}
        try:
            with sqlite3.connect(self._place) as file:
                for start in range(0, len(ids), 500):
                    some = ids[start : start + 500]
                    asked = f"{_ASKED} ({','.join('?' * len(some))})"
                    for row in file.execute(asked, (self._made_by, *some)):
                        found[row[0]] = _of_row(*row[1:])
        except (sqlite3.Error, ValueError) as error:
            log.warning("The structure maps in %s cannot be read and are made anew: %s", self._place, error)
        return found

    def _keep(self, made: dict[str, Candidates]) -> None:
        if not made or self._place is None:
            return
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(self._place) as file:
                file.execute(_TABLE)
                rows = [(each, self._made_by, *_row(candidate)) for each, candidate in made.items()]
                file.executemany("INSERT OR REPLACE INTO maps VALUES (?, ?, ?, ?, ?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            log.info("Structure maps are not kept in %s: %s", self._place, error)


def together(candidates: Sequence[Candidates]) -> Candidates:
    """Return single candidates of one size as one block."""
    return Candidates(
        np.concatenate([each.maps for each in candidates]),
        np.concatenate([each.map_scales for each in candidates]),
        np.concatenate([each.spectra for each in candidates]),
        np.concatenate([each.spectrum_scales for each in candidates]),
    )


def _row(made: Candidates) -> tuple[str, bytes, bytes, bytes]:
    shape = ",".join(map(str, (*made.maps.shape[1:], *made.spectra.shape[1:])))
    scales = np.concatenate([made.map_scales, made.spectrum_scales]).astype("<f4")
    return shape, scales.tobytes(), made.maps.tobytes(), made.spectra.tobytes()


def _of_row(shape: str, scales: bytes, planes: bytes, spectrum: bytes) -> Candidates:
    sides = [int(side) for side in shape.split(",")]
    both = np.frombuffer(scales, dtype="<f4").astype(np.float32)
    return Candidates(
        np.frombuffer(planes, dtype=np.int8).reshape(1, *sides[:3]),
        both[:1],
        np.frombuffer(spectrum, dtype=np.int8).reshape(1, *sides[3:]),
        both[1:],
    )
