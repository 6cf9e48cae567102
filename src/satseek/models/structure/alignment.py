"""Alignment: how far two sensors' pictures of many places lie apart, where all should lie on each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from satseek.core.sensor import Pixels
from satseek.models.structure.oriented import oriented_edges
from satseek.models.structure.picture import brightness

CLEAR = 6.0  # standard deviations that the best shift must stand out by to be believed
_FARTHEST = 0.25  # of the picture's side


@dataclass(frozen=True)
class Offset:
    """From the first picture to where the second one shows the same ground, in pixels of both."""

    down: float
    right: float
    clearness: float  # standard deviations of the best shift above all others

    @property
    def is_clear(self) -> bool:
        """Whether the edges agree enough to say where they do."""
        return self.clearness >= CLEAR

    @property
    def pixels(self) -> float:
        """The length of the offset."""
        return float(np.hypot(self.down, self.right))


def offset_between(pictures: Iterable[tuple[Pixels, Pixels]]) -> Offset | None:
    """Return the one offset that fits all pairs of equal size best: where the correlations of their edges add up."""
    total: NDArray[np.complex128] | None = None
    for first, second in pictures:
        ours, theirs = _spectrum(first), _spectrum(second)
        product = (np.conj(ours) * theirs).sum(axis=0)
        strength = float(np.sqrt((np.abs(ours) ** 2).sum() * (np.abs(theirs) ** 2).sum()))
        if strength == 0:
            continue
        total = product / strength if total is None else total + product / strength
    if total is None:
        return None
    surface = fft.fftshift(fft.irfft2(total, s=(total.shape[0], 2 * (total.shape[1] - 1))))
    return _peak_of(surface)


def _spectrum(chip: Pixels) -> NDArray[np.complex64]:
    edges = oriented_edges(*brightness(chip))
    edges = edges - edges.mean(axis=(1, 2), keepdims=True)
    height, width = edges.shape[1:]
    fade = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)  # else the frame itself would match
    return np.asarray(fft.rfft2(edges * fade), dtype=np.complex64)


def _peak_of(surface: NDArray[np.float64]) -> Offset:
    height, width = surface.shape
    rows, columns = int(height * _FARTHEST), int(width * _FARTHEST)
    middle = surface[height // 2 - rows : height // 2 + rows + 1, width // 2 - columns : width // 2 + columns + 1]
    row, column = (int(place) for place in np.unravel_index(int(middle.argmax()), middle.shape))
    around = np.ones(middle.shape, dtype=np.bool_)
    around[max(0, row - 6) : row + 7, max(0, column - 6) : column + 7] = False
    rest = middle[around]
    clearness = float((middle[row, column] - rest.mean()) / (rest.std() + 1e-12))
    down = row - rows + _between(middle[:, column], row)
    right = column - columns + _between(middle[row], column)
    return Offset(float(down), float(right), clearness)


def _between(values: NDArray[np.float64], peak: int) -> float:
    """Return where between the pixels the parabola through the peak and its neighbours is highest."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    before, here, behind = values[peak - 1 : peak + 2]
    bend = before - 2 * here + behind
    return float(np.clip((before - behind) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0
