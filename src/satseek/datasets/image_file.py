"""Image files of data sets, decoded to 8-bit true colour; a broken one says why."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from satseek.core.errors import SourceError

ByteArray = NDArray[np.uint8]
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def read_image(path: Path, size: int | None = None, *, longest_side: int | None = None) -> ByteArray:
    """Return (height, width, 3): as it is, as a square of `size`, or made smaller to fit `longest_side`.

    A square squeezes what is not square: nothing that a caption may speak of is cut off.
    """
    try:
        with Image.open(path) as image:
            wanted = _wanted_size(image.size, size, longest_side)
            image.draft("RGB", wanted)  # lets the JPEG decoder skip detail that is thrown away below
            colours = image.convert("RGB")
            if colours.size != wanted:
                colours = colours.resize(wanted, Image.Resampling.BICUBIC, reducing_gap=3.0)
            return np.asarray(colours)
    except _FAULTS as error:
        raise SourceError(f"Cannot read the image {path.name}: {error}.") from None


def _wanted_size(given: tuple[int, int], size: int | None, longest_side: int | None) -> tuple[int, int]:
    if size is not None:
        return size, size
    if longest_side is None or max(given) <= longest_side:
        return given
    shrink = longest_side / max(given)
    return max(1, round(given[0] * shrink)), max(1, round(given[1] * shrink))
