"""What must be known to build the network again: its sensors with their bands, its trunk, its pooling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from satseek.core.errors import UsageError, did_you_mean
from satseek.core.sensor import SENSORS
from satseek.models.settings import settings_of

OWN = "structure"  # the trunk written for this task; any other name is one of the backbones' registry
TRUNKS = ("shared", "separate")
NORMALISATIONS = ("chip", "levels")


@dataclass(frozen=True)
class SscmSettings:
    """The network's shape; sensors are written `s1:VH s2:B04,B03,B02`."""

    sensors: str = "s1:VH s2:B04,B03,B02"
    trunk: str = "shared"
    backbone: str = OWN
    normalise: str = "chip"  # each chip by its own mean and deviation; or "levels": by those of the bands in general
    structure: bool = True  # oriented gradients beside the pixels, in the own stem
    width: int = 64  # channels of the own trunk at a quarter of the resolution
    top: int = 160  # and at an eighth
    blocks: int = 2  # residual blocks at a quarter of the resolution
    whole: int = 384  # numbers of the vector that tell what is anywhere in the chip
    cells: int = 3  # a side of the small grid that tells roughly where; 0: none
    cell_channels: int = 64
    local: int = 64  # numbers of the descriptor of each place in the chip, for the dense loss
    projection: int = 128  # numbers of z

    def __post_init__(self) -> None:
        for name, value, known in (("trunk", self.trunk, TRUNKS), ("normalise", self.normalise, NORMALISATIONS)):
            if value not in known:
                raise UsageError(f"The model's {name} cannot be '{value}'. {did_you_mean(value, known)}")
        for name in ("width", "top", "whole", "local", "projection"):
            if not 1 <= getattr(self, name) <= 100_000:
                raise UsageError(f"The model's {name} is {getattr(self, name)}; it must be 1 or more.")
        if not 0 <= self.cells <= 16 or (self.cells and self.cell_channels < 1) or not 0 <= self.blocks <= 100:
            raise UsageError("The model's cells must lie between 0 and 16, its blocks between 0 and 100.")
        if len(self.bands) < 2:
            raise UsageError("Learning across sensors needs two sensors or more, such as 's1:VH s2:B04,B03,B02'.")

    @property
    def bands(self) -> dict[str, tuple[str, ...]]:
        """The bands that each sensor's encoder takes, in its order."""
        found: dict[str, tuple[str, ...]] = {}
        for part in self.sensors.split():
            name, colon, bands = part.partition(":")
            if not colon or name in found:
                raise UsageError(f"'{part}' is no sensor with bands; write name:BAND,BAND once for each sensor.")
            found[name] = SENSORS.get(name).require_bands(bands.split(","))
        return found

    @property
    def dimensions(self) -> int:
        """The numbers of y."""
        return self.whole + self.cells**2 * self.cell_channels

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> SscmSettings:
        """Read settings back from a card; ones of a newer version are refused, for they would change the network."""
        return settings_of(SscmSettings, value)
