"""BigEarthNet v1 (BigEarthNet-MM) on disk: a folder for each patch, facts in JSON beside the bands, splits as csv."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from satseek.core.errors import SourceError
from satseek.datasets.bigearthnet_index import Index, folders_in, label_rows, limited, open_index
from satseek.datasets.bigearthnet_labels import CLASSES_43, unknown_labels
from satseek.datasets.names_array import NamesArray

S2_FOLDER, S1_FOLDER = "BigEarthNet-v1.0", "BigEarthNet-S1-v1.0"
SPLITS = ("train", "val", "test")
_FACTS = "_labels_metadata.json"
_THREADS = 8  # they wait for the disk


@dataclass(frozen=True)
class _Wanted:
    s2: str
    s1: str | None  # as the split's csv has it; the patch's own facts have the last word
    split: str


def s2_folder(root: Path, name: str) -> Path:
    """Return the folder of a Sentinel-2 patch."""
    return root / S2_FOLDER / name


def s1_folder(root: Path, name: str) -> Path:
    """Return the folder of a Sentinel-1 patch."""
    return root / S1_FOLDER / name


def index_of(root: Path) -> Index:
    """Return the pairs of the official splits that are in this folder."""
    lists = {split: path for split in SPLITS if (path := _list_of(root, split)) is not None}
    if not lists:
        raise SourceError(
            f"{root} holds no split of BigEarthNet v1. Put the official train.csv, val.csv and test.csv there."
        )
    sources = [*lists.values(), root / S2_FOLDER, root / S1_FOLDER]
    return open_index(root, "bigearthnet-v1", sources, lambda: _build(root, lists))


def _list_of(root: Path, split: str) -> Path | None:
    for folder in (root, root / "splits", root / S2_FOLDER, root / S1_FOLDER):
        found = sorted(folder.glob(f"*{split}*.csv")) if folder.is_dir() else []
        if found:
            return found[0]
    return None


def _build(root: Path, lists: dict[str, Path]) -> Index:
    there_s2 = {entry.name for entry in folders_in(root / S2_FOLDER)}
    there_s1 = {entry.name for entry in folders_in(root / S1_FOLDER)}
    wanted = [row for split, path in lists.items() for row in _rows(path, split)]
    partners = _partners(root, there_s1) if any(row.s1 is None for row in wanted) else {}
    refused: list[tuple[str, str]] = []
    candidates = []
    for row in wanted:
        s1 = row.s1 or partners.get(row.s2)
        if row.s2 not in there_s2:
            refused.append((row.s2, "its Sentinel-2 patch is not there"))
        elif s1 is None or s1 not in there_s1:
            refused.append((row.s2, f"its Sentinel-1 patch {s1 or ''} is not there".replace("  ", " ")))
        else:
            candidates.append((row.s2, s1, row.split))
    kept, labels = [], []
    with ThreadPoolExecutor(_THREADS) as pool:
        facts = pool.map(lambda pair: _facts_of_pair(root, pair[0], pair[1]), candidates)
        for pair, found in zip(candidates, facts, strict=True):
            if isinstance(found, str):
                refused.append((pair[0], found))
            else:
                kept.append(pair)
                labels.append(found)
    listed, count = limited(refused)
    s2 = NamesArray.of(pair[0] for pair in kept)
    return Index(
        s2=s2,
        s1=NamesArray.of(pair[1] for pair in kept),
        v1=s2,
        splits=NamesArray.of(pair[2] for pair in kept),
        labels=label_rows(labels, CLASSES_43, len(kept)),
        classes=CLASSES_43,
        refused=listed,
        left_out=count,
    )


def _rows(path: Path, split: str) -> Iterator[_Wanted]:
    """Go through a split's list; which of its columns holds which name is told by the names."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            for row in csv.reader(file):
                names = [cell.strip() for cell in row]
                s2 = next((name for name in names if name.startswith(("S2A_", "S2B_"))), None)
                s1 = next((name for name in names if name.startswith(("S1A_", "S1B_"))), None)
                if s2 is not None:
                    yield _Wanted(s2, s1, split)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"Cannot read the split {path}: {error}.") from None


def _partners(root: Path, names: set[str]) -> dict[str, str]:
    """Return Sentinel-2 patch -> Sentinel-1 patch, as the Sentinel-1 patches tell it."""
    ordered = sorted(names)
    with ThreadPoolExecutor(_THREADS) as pool:
        facts = pool.map(lambda name: _facts(s1_folder(root, name)), ordered)
        return {
            str(found["corresponding_s2_patch"]): name
            for name, found in zip(ordered, facts, strict=True)
            if isinstance(found, dict) and "corresponding_s2_patch" in found
        }


def _facts_of_pair(root: Path, s2: str, s1: str) -> list[str] | str:
    """Return the labels of a pair, or why it is none."""
    optical, radar = _facts(s2_folder(root, s2)), _facts(s1_folder(root, s1))
    for facts in (optical, radar):
        if isinstance(facts, str):
            return facts
    assert isinstance(optical, dict)
    assert isinstance(radar, dict)
    partner = radar.get("corresponding_s2_patch")
    if partner != s2:
        return f"its split names {s1} beside it, which says that it belongs to {partner}"
    labels = [str(label) for label in optical.get("labels", ())]
    if unknown := unknown_labels(labels):
        return f"its label '{unknown[0]}' is none of BigEarthNet's"
    return labels


def _facts(folder: Path) -> dict[str, Any] | str:
    path = folder / f"{folder.name}{_FACTS}"
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        return f"{path.name} cannot be read: {error}"
    return facts if isinstance(facts, dict) else f"{path.name} is no object"
