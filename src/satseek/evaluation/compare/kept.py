"""What models made of a sample, kept beside the output, so that one more model costs only that one."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from satseek.core.card import ModelCard
from satseek.evaluation.compare.sample import Sample

FORMAT = 1
log = logging.getLogger(__name__)


class Kept:
    """A folder of arrays named by what they follow from; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, sample: Sample) -> None:
        self._folder = folder
        self._of = sample.fingerprint()

    def read(self, card: ModelCard, what: str, texts: Sequence[str] = ()) -> dict[str, NDArray[Any]] | None:
        """Return arrays that were kept, None where there are none or the file is not whole."""
        path = self._path(card, what, texts)
        if path is None or not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as held:
                return {name: held[name] for name in held.files}
        except (OSError, ValueError, BadZipFile, EOFError, KeyError) as error:
            log.warning("%s is not whole (%s); it is made again", path, error)
            return None

    def write(self, card: ModelCard, what: str, arrays: dict[str, NDArray[Any]], texts: Sequence[str] = ()) -> None:
        """Keep arrays, whole or not at all; a full disk costs the next run time, not this one its result."""
        path = self._path(card, what, texts)
        if path is None:
            return
        _whole(path, lambda fresh: np.savez(fresh, **arrays))  # type: ignore[arg-type]

    def broken(self) -> dict[str, str] | None:
        """Return which pictures cannot be looked at and why, None where nobody has looked."""
        path = self._named(f"pictures-{self._of}.json")
        try:
            found = None if path is None else json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write_broken(self, broken: dict[str, str]) -> None:
        """Remember which pictures cannot be looked at."""
        path = self._named(f"pictures-{self._of}.json")
        if path is not None:
            _whole(path, lambda fresh: Path(fresh).write_text(json.dumps(broken), encoding="utf-8"))

    def _path(self, card: ModelCard, what: str, texts: Sequence[str]) -> Path | None:
        identity = [card.name, card.version, card.dimensions, card.weights_sha256, card.chip_size]
        told = json.dumps([FORMAT, self._of, identity, list(texts)], ensure_ascii=False)
        digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return self._named(f"{what}-{digest}.npz")

    def _named(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / name


def _whole(path: Path, write: Callable[[str], Any]) -> None:
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.new{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(str(fresh))
        os.replace(fresh, path)
    except OSError as error:
        log.warning("Nothing is kept in %s: %s", path.parent, error.strerror or error)
        fresh.unlink(missing_ok=True)
