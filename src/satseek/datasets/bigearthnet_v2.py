"""BigEarthNet v2 (reBEN) on disk: patches in folders of their tile or scene; metadata.parquet pairs and splits them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from satseek.core.errors import SourceError
from satseek.datasets.bigearthnet_index import Index, folders_in, label_rows, limited, open_index
from satseek.datasets.bigearthnet_labels import CLASSES_19
from satseek.datasets.described import SPLIT_NAMES
from satseek.datasets.names_array import NamesArray

S2_FOLDER, S1_FOLDER, METADATA = "BigEarthNet-S2", "BigEarthNet-S1", "metadata.parquet"
_COLUMNS = ("patch_id", "labels", "split", "s1_name", "s2v1_name")
_BEHIND_TILE, _BEHIND_SCENE = 2, 3  # parts of a name behind its tile (column, row) and scene (tile, column, row)


def s2_folder(root: Path, name: str) -> Path:
    """Return the folder of a Sentinel-2 patch, in the folder of its tile."""
    return root / S2_FOLDER / name.rsplit("_", _BEHIND_TILE)[0] / name


def s1_folder(root: Path, name: str) -> Path:
    """Return the folder of a Sentinel-1 patch, in the folder of its scene."""
    return root / S1_FOLDER / name.rsplit("_", _BEHIND_SCENE)[0] / name


def index_of(root: Path) -> Index:
    """Return the pairs of the metadata that are in this folder."""
    for folder in (S2_FOLDER, S1_FOLDER):
        if not (root / folder).is_dir():
            raise SourceError(f"{root} has {METADATA} and no folder {folder}. Unpack it there.")
    inner = [
        Path(entry.path)
        for top in (S2_FOLDER, S1_FOLDER)
        for entry in sorted(folders_in(root / top), key=lambda entry: entry.name)
    ]
    sources = [root / METADATA, root / S2_FOLDER, root / S1_FOLDER, *inner]
    return open_index(root, "bigearthnet-v2", sources, lambda: _build(root))


def _build(root: Path) -> Index:
    table = _table(root / METADATA)
    s2, s1 = (np.array(table.column(name).to_pylist(), dtype=np.str_) for name in ("patch_id", "s1_name"))
    here_s2, here_s1 = _is_there(s2, root / S2_FOLDER), _is_there(s1, root / S1_FOLDER)
    kept = np.flatnonzero(here_s2 & here_s1)
    refused = (
        (str(s2[row]), f"its Sentinel-{1 if here_s2[row] else 2} patch is not there")
        for row in np.flatnonzero(~(here_s2 & here_s1))
    )
    listed, count = limited(refused)
    chosen = table.take(kept)
    splits = (SPLIT_NAMES.get(split, split) for split in chosen.column("split").to_pylist())
    return Index(
        s2=NamesArray.of(s2[kept].tolist()),
        s1=NamesArray.of(s1[kept].tolist()),
        v1=NamesArray.of(str(name) for name in chosen.column("s2v1_name").to_pylist()),
        splits=NamesArray.of(splits),
        labels=label_rows(chosen.column("labels").to_pylist(), CLASSES_19, len(kept)),
        classes=CLASSES_19,
        refused=listed,
        left_out=count,
    )


def _table(path: Path) -> Any:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        held = parquet.read_schema(path).names
        missing = [name for name in _COLUMNS if name not in held]
        if missing:
            raise SourceError(f"{path} has no column '{missing[0]}'; BigEarthNet's has {', '.join(_COLUMNS)}.")
        return parquet.read_table(path, columns=list(_COLUMNS))
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"Cannot read {path}: {error}. Fetch it again.") from None


def _is_there(names: Any, top: Path) -> Any:
    there = [patch.name for group in folders_in(top) for patch in folders_in(Path(group.path))]
    return np.isin(names, np.array(there or [""], dtype=np.str_))
