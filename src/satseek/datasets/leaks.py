"""Images that are the same picture, or nearly: what was learnt from must not be measured on.

Candidates by a difference hash (is each cell of a small grey picture brighter than its neighbour?) and a frequency hash
(which of the lowest waves are strong?), confirmed on small grey thumbnails, since flat ground hashes at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from satseek.datasets.image_file import ByteArray

THUMBNAIL = 32  # pixels a side; what `signatures` takes
_FloatArray = NDArray[np.float32]
_BLOCK = 2048


class Twins(NamedTuple):
    """Two images that show the same, by position, and how alike their thumbnails are (1 is the same)."""

    first: int
    second: int
    likeness: float


@dataclass(frozen=True)
class Signatures:
    """What is compared of many images: hash bits as ±1, and thumbnails without their mean and contrast."""

    bits: _FloatArray  # (images, bits)
    looks: _FloatArray  # (images, THUMBNAIL²), unit rows
    brightness: _FloatArray  # (images, 2): mean and contrast

    def __len__(self) -> int:
        return len(self.bits)


def signatures(thumbnails: ByteArray) -> Signatures:
    """Return the signatures of thumbnails (images, 32, 32, 3)."""
    grey = (thumbnails @ np.array([0.299, 0.587, 0.114], dtype=np.float32)).astype(np.float32)
    return Signatures(
        bits=np.concatenate([_difference_bits(grey), _frequency_bits(grey)], axis=1),
        looks=_looks(grey),
        brightness=np.stack([grey.mean((1, 2)), grey.std((1, 2))], axis=1),
    )


def near_twins(
    pictures: Signatures, *, bits_apart: float = 0.25, likeness: float = 0.95, brighter: float = 8.0
) -> list[Twins]:
    """Return all pairs of images that are alike in hash, in thumbnail and in brightness (of 255)."""
    found = []
    for first, second in _alike_in_bits(pictures.bits, 1 - 2 * bits_apart):
        alike = (pictures.looks[first] * pictures.looks[second]).sum(1)
        apart = np.abs(pictures.brightness[first] - pictures.brightness[second]).max(1)
        for row in np.flatnonzero((alike >= likeness) & (apart <= brighter)):
            found.append(Twins(int(first[row]), int(second[row]), float(alike[row])))
    return sorted(found, key=lambda twins: (-twins.likeness, twins.first, twins.second))


def across(twins: Sequence[Twins], parts: Sequence[str]) -> list[Twins]:
    """Return the pairs whose images lie in different parts, such as train and test."""
    return [pair for pair in twins if parts[pair.first] != parts[pair.second]]


def _difference_bits(grey: _FloatArray) -> _FloatArray:
    small = grey.reshape(len(grey), 16, 2, 16, 2).mean((2, 4))
    bits = [small[:, :, 1:] > small[:, :, :-1], small[:, 1:] > small[:, :-1]]
    return np.concatenate([np.where(bit, 1, -1).reshape(len(grey), -1) for bit in bits], axis=1).astype(np.float32)


def _frequency_bits(grey: _FloatArray) -> _FloatArray:
    steps = np.arange(THUMBNAIL)
    waves = np.cos(np.pi / THUMBNAIL * np.outer(np.arange(1, 9), steps + 0.5)).astype(np.float32)  # the DCT's rows
    strength = (waves @ grey @ waves.T).reshape(len(grey), -1)
    return np.where(strength > np.median(strength, axis=1, keepdims=True), 1, -1).astype(np.float32)


def _looks(grey: _FloatArray) -> _FloatArray:
    rows = (grey - grey.mean((1, 2), keepdims=True)).reshape(len(grey), -1)
    rows += np.float32(1e-3)  # an even picture is alike to every even picture, not to none
    looks: _FloatArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return looks


def _alike_in_bits(bits: _FloatArray, agreement: float) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Go through the pairs (first < second) whose bits agree, in blocks that fit in memory."""
    wanted = agreement * bits.shape[1]
    for start in range(0, len(bits), _BLOCK):
        for other in range(start, len(bits), _BLOCK):
            first, second = np.nonzero(bits[start : start + _BLOCK] @ bits[other : other + _BLOCK].T >= wanted)
            first, second = first + start, second + other
            ordered = first < second
            yield first[ordered], second[ordered]
