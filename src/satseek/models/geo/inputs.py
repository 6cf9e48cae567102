"""From a chip as archives hold it to what a published encoder takes: its bands in order, scaled, sized, gaps filled.

Our seam is reflectance 0…1 and dB; publishers state their numbers for reflectance × 10,000, dB or 8 bits. A `Scaling`
keeps them as published and converts on the way, so that each can be compared with its source line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import require_readable, require_unit
from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray

PUBLISHED = {"s2": 10_000.0, "s1": 1.0, "rgb": 1.0}  # times our values: the numbers that publishers speak of


@dataclass(frozen=True)
class Scaling:
    """Which published number becomes 0 and which 1 in the network's input, for each band."""

    zero: tuple[float, ...]
    one: tuple[float, ...]
    clips: bool = False  # what lies outside 0…1 is cut off

    @staticmethod
    def standard(mean: Sequence[float], deviation: Sequence[float]) -> Scaling:
        """(x - mean) / deviation."""
        return Scaling(tuple(mean), tuple(m + d for m, d in zip(mean, deviation, strict=True)))

    @staticmethod
    def stretched(mean: Sequence[float], deviation: Sequence[float]) -> Scaling:
        """0 two deviations below the mean, 1 two above it, cut off there."""
        pairs = list(zip(mean, deviation, strict=True))
        return Scaling(tuple(m - 2 * d for m, d in pairs), tuple(m + 2 * d for m, d in pairs), clips=True)

    @staticmethod
    def divided(by: float, bands: int, *, clips: bool) -> Scaling:
        """x / by."""
        return Scaling((0.0,) * bands, (by,) * bands, clips)


@dataclass(frozen=True)
class Reads:
    """What an encoder takes of one sensor."""

    bands: tuple[str, ...]
    scaling: Scaling
    side: int  # pixels that each chip is brought to
    may_miss: tuple[str, ...] = ()  # bands that are zeros in the network's input where a chip has none
    any_of: bool = False  # takes whichever of the bands are there, and is told which
    wavelengths: tuple[float, ...] = field(default=())  # micrometres, where the network is told the bands by them

    def there(self, chip: Pixels) -> tuple[str, ...]:
        """Return the bands of a chip that the network is given."""
        return tuple(band for band in self.bands if band in chip.bands) if self.any_of else self.bands


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
