"""One plane of brightness for any chip: what edges are looked for in, whichever sensor saw it."""

from __future__ import annotations

import numpy as np

from satseek.core.errors import ModelError
from satseek.core.model import require_unit
from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray

_GREY = {"red": 0.299, "green": 0.587, "blue": 0.114, "B04": 0.299, "B03": 0.587, "B02": 0.114}
_FEWEST = 32  # pixels a side that still hold structure
READS = {"rgb": (), "s2": (), "s1": ()}  # any of each sensor's bands


def brightness(chip: Pixels) -> tuple[FloatArray, BoolArray]:
    """Return (height, width) of grey, or of backscatter in dB, and where it was measured.

    What was not measured takes the mean of what was, so that its border is the only edge it makes.
    """
    if chip.sensor not in READS:
        raise ModelError(f"Model 'structure' cannot read '{chip.sensor}' chips; it reads {', '.join(READS)}.")
    if min(chip.values.shape[1:]) < _FEWEST:
        height, width = chip.values.shape[1:]
        raise ModelError(f"A chip of {width}×{height} pixels holds no structure; {_FEWEST}×{_FEWEST} are the fewest.")
    require_unit(chip)
    weights = np.array([_GREY.get(band, 0.0) for band in chip.bands], dtype=np.float32)
    if chip.sensor == "s1" or not weights.any():
        weights = np.ones(len(chip.bands), dtype=np.float32)
    plane = np.tensordot(weights / weights.sum(), chip.values.astype(np.float32), axes=(0, 0))
    if not chip.valid.all():
        plane = np.where(chip.valid, plane, plane[chip.valid].mean() if chip.valid.any() else 0.0)
    return np.ascontiguousarray(plane, dtype=np.float32), chip.valid
