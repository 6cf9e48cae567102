"""Which set of pairs lies in a folder, told by what is in it."""

from __future__ import annotations

import json
from pathlib import Path

from satseek.core.errors import SourceError
from satseek.datasets import bigearthnet_v1, bigearthnet_v2
from satseek.datasets.pairs_folder import LIST

FOLDER = "folder"


def set_in(data: Path) -> str:
    """Return the name of the set whose layout the folder has; a folder of one's own is the last guess."""
    if not data.exists():
        raise SourceError(f"There is no folder {data}. Point --data to the folder of the pairs.")
    if (data / bigearthnet_v2.METADATA).exists() or (data / bigearthnet_v1.S2_FOLDER).exists():
        return "bigearthnet"
    if (data / "s1s2" / LIST).exists() or _is_given(data / LIST):
        return "s1s2"
    return FOLDER


def _is_given(path: Path) -> bool:
    """Whether a list of pairs has the form of the given set, which says the size of all once."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(listed, dict) and "size_pixels" in listed and "sensors" not in listed
