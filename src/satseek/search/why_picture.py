"""Why a chip matched as a picture: heat as a transparent layer for its preview, or laid over the chip itself."""

from __future__ import annotations

import numpy as np

from satseek.core.sensor import Pixels
from satseek.raster.preview import picture
from satseek.search.locate.picture import coloured, laid_over, png_bytes, sized
from satseek.search.why import Why

SHADES = " ░▒▓█"  # from what gave nothing to what gave most, for a terminal


def layer_png(found: Why, size: tuple[int, int]) -> bytes:
    """Return the heat as a transparent PNG of (height, width) pixels."""
    return png_bytes(coloured(sized(found.grid, size)))


def over_png(found: Why, pixels: Pixels) -> bytes:
    """Return the chip as a person sees it with the heat over it."""
    glow = coloured(sized(found.grid, pixels.valid.shape))
    return png_bytes(laid_over(picture(pixels), pixels.valid, glow))


def in_letters(found: Why) -> str:
    """Return the grid as rows of shaded blocks, each cell two letters wide, as letters are twice as high."""
    levels = np.rint(found.grid * (len(SHADES) - 1)).astype(int)
    return "\n".join("".join(2 * SHADES[level] for level in row) for row in levels)
