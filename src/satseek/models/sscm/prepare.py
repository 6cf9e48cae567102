"""From chips as archives hold them to what the network takes: its bands, its ground resolution, its levels.

Radar comes in dB, VV and VH or one of them. A network that was taught one polarisation gets the mean of what is there,
each first brought to mean 0 and deviation 1, which also halves the speckle's power. 8-bit radar reaches a model as dB
over the display range; as every chip is set on its own mean and deviation, any straight stretch of dB means the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import require_bands, require_readable, require_unit
from satseek.core.sensor import SENSORS, Pixels
from satseek.core.vectors import FloatArray
from satseek.models.sscm.levels import levels_of

COLOURS = {"B04": "red", "B03": "green", "B02": "blue"}
_VH_BELOW_VV_DB = 7.0  # over ordinary land
_FLOOR = {"s1": 0.5, "s2": 0.005, "rgb": 4.0}  # deviations that are flat ground for all that can be seen
_SMALLEST, _LARGEST = 32, 256  # pixels a side that the network is given


def sensors_of(bands: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return what a model's card says it reads, for a network with these bands for each sensor."""
    read: dict[str, tuple[str, ...]] = {}
    for sensor, wanted in bands.items():
        if _is_true_colour(sensor, wanted):
            read["rgb"] = tuple(COLOURS[name] for name in wanted)
        read[sensor] = () if sensor == "s1" else wanted
    return read


def encoder_of(chip: Pixels, bands: Mapping[str, tuple[str, ...]], card: ModelCard) -> str:
    """Return which sensor's encoder takes a chip; true colour goes where true colour of Sentinel-2 goes."""
    require_readable(card, chip.sensor)
    require_bands(card, chip)
    require_unit(chip)
    return "s2" if chip.sensor == "rgb" and "rgb" not in bands else chip.sensor


def bands_of(chip: Pixels, sensor: str, wanted: tuple[str, ...]) -> FloatArray:
    """Return the bands that an encoder takes, invalid pixels set to the mean of the others."""  # (bands, h, w)
    values = _radar(chip, wanted) if sensor == "s1" else _optical(chip, sensor, wanted)
    if chip.valid.all() or not chip.valid.any():
        return values
    mean = values[:, chip.valid].mean(axis=1)
    return np.where(chip.valid, values, mean[:, None, None]).astype(np.float32)


def sized(values: FloatArray, metres: float | None, resolution_m: float, size: int) -> Tensor:
    """Return (1, bands, h, w) at the network's ground resolution, or at its size where the chip's is not known."""
    image = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))[None]
    height, width = image.shape[2:]
    scale = metres / resolution_m if metres else size / max(height, width)
    shorter = min(height, width) * scale
    scale *= min(max(shorter, _SMALLEST), _LARGEST) / shorter
    wanted = (max(round(height * scale / 8) * 8, 16), max(round(width * scale / 8) * 8, 16))
    if wanted == (height, width):
        return image
    return functional.interpolate(image, size=wanted, mode="bilinear", antialias=True)


def normalised(batch: Tensor, sensor: str, wanted: tuple[str, ...], how: str) -> Tensor:
    """Return bands about 0 with deviations about 1: of each chip by itself, or by the levels of the card's bands."""
    if how == "levels":
        mean, deviation = levels_of(wanted)
        return (batch - batch.new_tensor(mean).view(1, -1, 1, 1)) / batch.new_tensor(deviation).view(1, -1, 1, 1)
    centred = batch - batch.mean((2, 3), keepdim=True)
    floor = _FLOOR["rgb" if _is_true_colour(sensor, wanted) else sensor]
    return centred / (centred.square().mean((1, 2, 3), keepdim=True).sqrt() + floor)


def _radar(chip: Pixels, wanted: tuple[str, ...]) -> FloatArray:
    there = [name for name in ("VV", "VH") if name in chip.bands]
    if not there:
        raise ModelError(f"This radar chip has neither VV nor VH but {', '.join(chip.bands) or 'no bands'}.")
    values: dict[str, FloatArray] = {
        name: np.nan_to_num(chip.band(name), nan=-30.0, posinf=30.0, neginf=-60.0) for name in there
    }
    seen = [each[chip.valid] for each in values.values()]
    if all(each.size and each.min() >= 0 for each in seen):
        raise ModelError(
            "These s1 values are all positive, so they are not dB. Say what they are when ingesting (--unit power or "
            "--unit amplitude), or convert them: 10·log10 of power, 20·log10 of amplitude."
        )
    if len(wanted) == 1:
        if len(there) == 1:
            return values[there[0]][None].astype(np.float32)
        return _together([values[name] for name in there], chip)
    shift = {"VV": 0.0, "VH": -_VH_BELOW_VV_DB}
    missing: dict[str, FloatArray] = {
        name: values[there[0]] + np.float32(shift[name] - shift[there[0]]) for name in wanted
    }
    return np.stack([values.get(name, missing[name]) for name in wanted]).astype(np.float32)


def _together(polarisations: list[FloatArray], chip: Pixels) -> FloatArray:
    """Return the mean of standardised polarisations, at the deviation of the first, so that floors mean the same."""
    standard, first = [], 1.0
    for place, values in enumerate(polarisations):
        seen = values[chip.valid] if chip.valid.any() else values.ravel()
        deviation = max(float(seen.std()), _FLOOR["s1"])
        first = deviation if place == 0 else first
        standard.append((values - seen.mean()) / deviation)
    mean: FloatArray = (np.mean(standard, axis=0) * first)[None].astype(np.float32)
    return mean


def _optical(chip: Pixels, sensor: str, wanted: tuple[str, ...]) -> FloatArray:
    if chip.sensor == "rgb" and sensor != "rgb":
        return np.stack([chip.band(COLOURS[name]) for name in wanted])
    missing = [name for name in wanted if name not in chip.bands]
    if missing:
        raise ModelError(
            f"The model needs the bands {', '.join(wanted)} of '{chip.sensor}', and this chip has no "
            f"{', '.join(missing)}. Ingest scenes that have them, or choose another model."
        )
    values = np.stack([chip.band(name) for name in wanted])
    if not _is_true_colour(sensor, wanted):
        return values
    drawing = SENSORS.get("s2").drawings["natural"]
    drawn: FloatArray = np.clip((values - drawing.black[0]) / (drawing.white[0] - drawing.black[0]), 0, 1) * np.float32(
        255
    )
    return drawn


def _is_true_colour(sensor: str, wanted: tuple[str, ...]) -> bool:
    return sensor == "s2" and set(wanted) == set(COLOURS)
