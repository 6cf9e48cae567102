"""Validity: which pixels of a chip hold a measurement, and what the others are filled with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.sensor import BoolArray, Sensor


def judged(values: NDArray[Any], told: BoolArray | None, sensor: Sensor) -> tuple[NDArray[Any], BoolArray]:
    """Return values with everything invalid made dark, and what is valid (height, width).

    A colour pixel is void when all three bands are; any other when at least half of its bands are, so that one dark
    band of water, which a file's nodata of 0 cannot tell from nothing, costs no pixel, and one lost polarisation does.
    """
    valid = _measured(values, told, sensor)
    if valid is None:
        return values, np.ones(values.shape[1:], dtype=np.bool_)
    whole = _whole(valid, sensor)
    values = values if values.flags.writeable else values.copy()
    if values.dtype.kind != "f":
        np.multiply(values, whole, out=values)
    else:
        np.copyto(values, _dark(sensor), where=~whole if _is_shared(valid) else ~(valid & whole))
    return values, whole


def _is_shared(valid: BoolArray) -> bool:
    """Whether it is the same for all bands."""
    return len(valid) == 1 or valid.strides[0] == 0


def _whole(valid: BoolArray, sensor: Sensor) -> BoolArray:
    if _is_shared(valid):
        return np.array(valid[0])
    if sensor.pixel_type == "uint8":
        return np.asarray(valid.any(axis=0))
    return np.asarray(2 * np.count_nonzero(~valid, axis=0) < len(valid))


def _measured(values: NDArray[Any], told: BoolArray | None, sensor: Sensor) -> BoolArray | None:
    if values.dtype.kind != "f":
        return told
    low, high = sensor.valid_range
    if values.size and values.min() >= low and values.max() <= high:  # NaN makes both false
        return told
    with np.errstate(invalid="ignore"):
        plausible = (values >= low) & (values <= high)
    return plausible if told is None else plausible & told


def _dark(sensor: Sensor) -> float:
    usual = next(iter(sensor.drawings.values()), None)
    return min(usual.black) if usual else 0.0
