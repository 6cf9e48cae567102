"""The index of a BigEarthNet folder: which pairs there are, their split and labels, in one file that is made once.

Listing half a million folders takes a while; the index is read in a moment, and made anew when the folder changes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from satseek.core.environment import cache_folder
from satseek.core.errors import SourceError
from satseek.core.sensor import BoolArray
from satseek.datasets.names_array import NamesArray

log = logging.getLogger(__name__)

FORMAT = 1
MOST_LISTED = 1000  # of what was left out; a folder may hold a tenth of the set


@dataclass(frozen=True)
class Index:
    """One row for each pair that is there, whatever its split."""

    s2: NamesArray  # patch names; the folder's name
    s1: NamesArray
    v1: NamesArray  # the Sentinel-2 patch as v1 calls it, by which subsets are told
    splits: NamesArray
    labels: BoolArray  # (pairs, classes)
    classes: tuple[str, ...]
    refused: dict[str, str] = field(default_factory=dict)
    left_out: int = 0  # pairs that are listed and not there, those beyond `refused` too

    def __len__(self) -> int:
        return len(self.s2)


def open_index(folder: Path, name: str, sources: Iterable[Path], build: Callable[[], Index]) -> Index:
    """Return the stored index where nothing has changed since, else the one that is built now."""
    mark = _fingerprint(sources)
    places = [folder / ".satseek" / f"{name}.npz", _own_cache() / f"{name}-{_short(folder)}.npz"]
    for place in places:
        held = _read(place, mark)
        if held is not None:
            return held
    index = build()
    for place in places:
        try:
            _write(place, index, mark)
            break
        except OSError as error:
            log.info("The index is not kept in %s: %s", place, error)
    return index


def limited(refused: Iterable[tuple[str, str]]) -> tuple[dict[str, str], int]:
    """Return the first of what was left out, and how much it is in all."""
    listed: dict[str, str] = {}
    count = 0
    for name, why in refused:
        count += 1
        if count <= MOST_LISTED:
            listed[name] = why
    return listed, count


def _write(place: Path, index: Index, mark: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{os.getpid()}.npz")
    try:
        np.savez(
            fresh,
            format=FORMAT,
            mark=mark,
            s2=index.s2.block,
            s1=index.s1.block,
            v1=index.v1.block,
            splits=index.splits.block,
            labels=np.packbits(index.labels, axis=1),
            classes=np.array(index.classes),
            refused=np.array([[name, why] for name, why in index.refused.items()], dtype=np.str_).reshape(-1, 2),
            left_out=index.left_out,
        )
        os.replace(fresh, place)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _read(place: Path, mark: str) -> Index | None:
    try:
        with np.load(place, allow_pickle=False) as held:
            if int(held["format"]) != FORMAT or str(held["mark"]) != mark:
                return None
            classes = tuple(str(name) for name in held["classes"])
            labels = np.unpackbits(held["labels"], axis=1, count=len(classes)).astype(np.bool_)
            s2, s1, v1, splits = (NamesArray(held[key]) for key in ("s2", "s1", "v1", "splits"))
            refused = {str(name): str(why) for name, why in held["refused"]}
            return Index(s2, s1, v1, splits, labels, classes, refused, int(held["left_out"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _fingerprint(sources: Iterable[Path]) -> str:
    """Return a mark that changes when a list, or a folder's contents, does."""
    digest = sha256()
    for path in sources:
        try:
            facts = path.stat()
        except OSError as error:
            raise SourceError(f"Cannot look at {path}: {error.strerror}.") from None
        size = facts.st_size if path.is_file() else 0
        digest.update(f"{path.name}\t{size}\t{facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _own_cache() -> Path:
    return cache_folder() / "satseek"


def _short(folder: Path) -> str:
    return sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def folders_in(folder: Path) -> list[os.DirEntry[str]]:
    """Return the folders in a folder, without looking into them."""
    with os.scandir(folder) as entries:
        return [entry for entry in entries if entry.is_dir()]


def label_rows(labels: Iterable[Iterable[str]], classes: tuple[str, ...], count: int) -> BoolArray:
    """Return (pairs, classes) of names; names that are no class have no column."""
    columns = {name: column for column, name in enumerate(classes)}
    rows: NDArray[np.bool_] = np.zeros((count, len(classes)), dtype=np.bool_)
    for row, names in enumerate(labels):
        for name in names:
            if name in columns:
                rows[row, columns[name]] = True
    return rows
