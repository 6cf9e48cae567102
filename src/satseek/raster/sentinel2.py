"""Sentinel-2: whether a product's numbers carry the offset of processing baseline 04.00, told by name or metadata."""

from __future__ import annotations

import os
import re

from satseek.core.sensors.s2 import BOA_OFFSET_DN, DN_SCALE
from satseek.raster.names import baseline_of_name

_FIRST_WITH_OFFSET, _OWN_PROCESSING = 400, 9000  # N9999 is processing by others, BigEarthNet's among them, without it
_METADATA = ("MTD_MSIL2A.xml", "MTD_MSIL1C.xml")
_METADATA_BYTES = 4_000_000
_LEVELS_UP = 6


def offset_of_product(path: str, told: str = "") -> float | None:
    """Return what is to be added to scaled reflectance: −0.1 for baseline 04.00 and later, None where nothing tells it.

    `told` is what the file's tags say of its product.
    """
    baseline = baseline_of_name(path) or baseline_of_name(told)
    if baseline is not None:
        return BOA_OFFSET_DN * DN_SCALE if _FIRST_WITH_OFFSET <= baseline < _OWN_PROCESSING else None
    return _offset_of_metadata(path)


def _offset_of_metadata(path: str) -> float | None:
    folder = os.path.dirname(path)
    for _ in range(_LEVELS_UP):
        for name in (os.path.join(folder, metadata) for metadata in _METADATA):
            if os.path.exists(name):
                with open(name, encoding="utf-8", errors="replace") as file:
                    found = re.search(r"_ADD_OFFSET\b[^>]*>\s*(-?\d+)", file.read(_METADATA_BYTES))
                return int(found[1]) * DN_SCALE if found and int(found[1]) else None
        folder = os.path.dirname(folder)
    return None
