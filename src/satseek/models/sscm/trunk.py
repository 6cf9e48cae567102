"""Trunks: from a stem's maps to local maps, which say what is where, and top maps, which see more around them."""

from __future__ import annotations

from typing import Any, Protocol, cast

from torch import Tensor, nn
from torch.nn import functional

from satseek.models.backbones.catalogue import build_backbone
from satseek.models.sscm.settings import OWN, SscmSettings
from satseek.models.sscm.stem import BandsToColours, Stem, convolution


class Trunk(Protocol):
    """Maps in, local maps and top maps out; `stride` is the pixels of a step in the local maps."""

    local_channels: int
    top_channels: int
    stride: int

    def __call__(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return local and top maps."""
        ...


class StructureTrunk(nn.Module):
    """Residual blocks at a quarter of the resolution, seeing wider from block to block, then one at an eighth."""

    stride = 4

    def __init__(self, width: int, top: int, blocks: int) -> None:
        super().__init__()
        self.local_channels, self.top_channels = width, top
        self.near = nn.Sequential(*[Residual(width, reach=1 + block) for block in range(blocks)])
        self.far = nn.Sequential(convolution(width, top, stride=2), Residual(top))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return local and top maps."""
        near = self.near(maps)
        return near, self.far(near)


class Residual(nn.Module):
    """Two convolutions beside the way straight through; the first sees `reach` pixels far."""

    def __init__(self, channels: int, *, reach: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=reach, dilation=reach, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.first_norm, self.second_norm = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        changed = functional.relu(self.first_norm(self.first(maps)))
        return functional.relu(maps + self.second_norm(self.second(changed)))


class BackboneTrunk(nn.Module):
    """A network of the registry; its first map is local, its last one the top."""

    stride = 4

    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone: Any = build_backbone(name)
        self.local_channels, self.top_channels = self.backbone.channels[0], self.backbone.channels[-1]

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return local and top maps of pictures."""
        seen = self.backbone(maps)
        return seen[0], seen[-1]


def build_stem(settings: SscmSettings, bands: int) -> nn.Module:
    """Return an untrained stem for a sensor with this many bands."""
    return Stem(bands, settings.width, structure=settings.structure) if _own(settings) else BandsToColours(bands)


def build_trunk(settings: SscmSettings) -> Trunk:
    """Return an untrained trunk."""
    if _own(settings):
        return cast(Trunk, StructureTrunk(settings.width, settings.top, settings.blocks))
    return cast(Trunk, BackboneTrunk(settings.backbone))


def _own(settings: SscmSettings) -> bool:
    return settings.backbone == OWN
