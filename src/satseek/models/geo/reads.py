"""What an encoder takes of each sensor: bands in order, and how their values are scaled.

Our seam is reflectance 0…1 and dB; publishers state their numbers for reflectance × 10,000, dB or 8 bits. A `Scaling`
keeps them as published and converts on the way, so that each can be compared with its source line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from satseek.core.sensor import Pixels

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

    def there(self, chip: Pixels) -> tuple[str, ...]:
        """Return the bands of a chip that the network is given."""
        return tuple(band for band in self.bands if band in chip.bands) if self.any_of else self.bands
