"""From a chip as archives hold it to what a published encoder takes: its bands in order, scaled, sized, gaps filled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import require_readable, require_unit
from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray
from satseek.models.geo.reads import PUBLISHED, Reads


def prepared(chip: Pixels, reads: Reads, card: ModelCard) -> Tensor | None:
    """Return (1, bands, side, side), or None for a chip without a valid pixel; what cannot be right is refused."""
    require_readable(card, chip.sensor)
    _require_bands(chip, reads, card)
    require_unit(chip)
    there = reads.there(chip)
    valid = chip.valid & np.isfinite([chip.band(band) for band in there if band in chip.bands]).all(axis=0)
    if not valid.any():
        return None
    return sized(_scaled(chip, reads, there, valid), reads.side)


def sized(values: FloatArray, side: int) -> Tensor:
    """Return the whole of a chip as a square; nothing is cropped off."""  # (bands, h, w) -> (1, bands, side, side)
    image = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))[None]
    if image.shape[2:] == (side, side):
        return image
    return functional.interpolate(image, size=(side, side), mode="bilinear", antialias=True)


def _scaled(chip: Pixels, reads: Reads, there: Sequence[str], valid: BoolArray) -> FloatArray:
    """Return the network's input: pixels without a value take their band's mean, bands that are not there are zeros."""
    scaled = np.zeros((len(there), *chip.valid.shape), dtype=np.float32)
    for row, band in zip(scaled, there, strict=True):
        if band not in chip.bands:
            continue
        place = reads.bands.index(band)
        zero, one = reads.scaling.zero[place], reads.scaling.one[place]
        values = (chip.band(band) * PUBLISHED[chip.sensor] - zero) / (one - zero)
        if reads.scaling.clips:
            values = values.clip(0.0, 1.0)
        row[:] = values if valid.all() else np.where(valid, values, values[valid].mean())
    return scaled


def _require_bands(chip: Pixels, reads: Reads, card: ModelCard) -> None:
    missing = [band for band in reads.bands if band not in chip.bands and band not in reads.may_miss]
    if reads.any_of and len(missing) < len(reads.bands):
        return
    if missing:
        raise ModelError(
            f"Model '{card.name}' needs the bands {', '.join(reads.bands)} of '{chip.sensor}', and this chip has no "
            f"{', '.join(missing)}. Ingest scenes that have them, or take a model that reads any bands (dofa-base)."
        )
