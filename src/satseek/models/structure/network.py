"""The small network behind structure maps: two stems of one make, radar and optical, to channels that agree.

Learnt so that the correlation of both maps over all shifts peaks where the two pictures lie on each other: InfoNCE over
every shift in every picture of a batch (`training/registration.py`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

STRIDE = 4  # pixels a cell of the map is wide
CHANNELS = 8
WIDTH = 32
_STRONGEST = 4.0  # standard deviations; beyond lie lone reflectors and clouds


class StructureStem(nn.Module):
    """One sensor's picture to a map of CHANNELS planes, a cell for every STRIDE pixels."""

    def __init__(self, bands: int, width: int = WIDTH, channels: int = CHANNELS) -> None:
        super().__init__()
        self.first = nn.Conv2d(bands, width, 5, 2, 2)
        self.deeper = nn.ModuleList([nn.Conv2d(width, width, 3, 1, d, dilation=d) for d in (1, 2, 1)])
        self.norms = nn.ModuleList([nn.GroupNorm(4, width) for _ in range(3)])
        self.head = nn.Conv2d(width, channels, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (n, channels, height/4, width/4) of pictures (n, bands, height, width)."""
        x = F.relu(self.first(F.avg_pool2d(pictures, 2)))
        for layer, norm in zip(self.deeper, self.norms, strict=True):
            x = x + F.relu(norm(layer(x)))
        planes: Tensor = self.head(x)
        return planes


class StructureNetwork(nn.Module):
    """Both stems and the learnt sharpness of the comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.radar = StructureStem(1)
        self.optical = StructureStem(3)
        self.sharpness = nn.Parameter(torch.tensor(3.4))  # logarithm of what correlations are multiplied with

    def maps(self, pictures: Tensor, *, radar: bool) -> Tensor:
        """Return maps without their mean, of unit length each, so that a sum of products is a correlation."""
        planes = (self.radar if radar else self.optical)(standardised(pictures))
        planes = planes - planes.mean((2, 3), keepdim=True)
        lengths = planes.flatten(1).norm(dim=1)[:, None, None, None]
        unit: Tensor = planes / (lengths + 1e-6)
        return unit


def standardised(pictures: Tensor) -> Tensor:
    """Return each plane of each picture with mean 0 and spread 1, however it was stretched."""
    mean, spread = pictures.mean((2, 3), keepdim=True), pictures.std((2, 3), keepdim=True)
    return ((pictures - mean) / (spread + 1e-3)).clamp(-_STRONGEST, _STRONGEST)


def correlations(radar: Tensor, optical: Tensor, padded: int) -> Tensor:
    """Return the correlation of every radar with every optical map over all shifts: (n, m, padded, padded).

    At [i, j, r, c] the radar map moved up by r and left by c lies on the optical map; indices wrap around.
    """
    ours = torch.fft.rfft2(radar, s=(padded, padded))
    theirs = torch.fft.rfft2(optical, s=(padded, padded))
    product = torch.einsum("ncxy,mcxy->nmxy", ours, theirs.conj())
    surfaces: Tensor = torch.fft.irfft2(product, s=(padded, padded))
    return surfaces
