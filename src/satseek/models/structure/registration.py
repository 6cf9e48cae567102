"""Registration: how well two structure maps lie on each other at the best shift and quarter turn, and which that is.

All shifts are tried at once in the frequency domain, on a third of the maps' resolution; the best candidates are then
looked at cell by cell around the shift that was found. Candidates' spectra can be made beforehand, kept in bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from satseek.core.vectors import FloatArray

LEAST_OVERLAP = 0.3  # of the smaller map must lie on the other
CLOSELY = 16  # candidates that are looked at cell by cell
COSINE_WEIGHT = 0.15  # of the embedding's cosine beside the correlation; chosen on val
_COARSER = 3  # times, than the maps, in the first pass
KEPT_AS = f"1/{_COARSER}"  # what the bytes of candidates mean; another form must be made anew
_AROUND = 2  # cells each way that the second pass looks at

BytesArray = NDArray[np.int8]
ComplexArray = NDArray[np.complex64]


@dataclass(frozen=True)
class Candidates:
    """Maps of one size and their spectra, in bytes: what is kept of each picture to register others to it."""

    maps: BytesArray  # (n, channels, height, width)
    map_scales: FloatArray  # (n,): what the bytes are multiplied with
    spectra: BytesArray  # (n, rows, columns, channels, 2)
    spectrum_scales: FloatArray  # (n,)

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Candidates:
        return Candidates(self.maps[rows], self.map_scales[rows], self.spectra[rows], self.spectrum_scales[rows])


@dataclass(frozen=True)
class Registration:
    """The best way to lay a query on a candidate."""

    score: float  # correlation of the maps where they lie on each other best, at most 1
    turn: int  # quarter turns counter-clockwise that the query is turned by
    down: float  # cells from the candidate's centre to the query's
    right: float
    is_close: bool  # whether the second pass looked at it; such a one stands before all others


def candidates_of(maps: FloatArray) -> Candidates:
    """Return maps (n, channels, height, width) of unit length each, ready to have queries laid on them."""
    spectra = np.conj(_spectra(maps, _padded(maps.shape[2:]))).transpose(0, 2, 3, 1)
    parts = np.stack([spectra.real, spectra.imag], axis=-1)
    return Candidates(*_in_bytes(maps), *_in_bytes(np.ascontiguousarray(parts, dtype=np.float32)))


def register(turned: Sequence[FloatArray], candidates: Candidates, *, closely: int = CLOSELY) -> list[Registration]:
    """Return for each candidate how the query lies on it best.

    `turned` holds the query's map (channels, height, width) as it is, then turned by one, two and three quarters
    counter-clockwise; or as it is alone. A map larger than the candidates' is cut to its middle.
    """
    if not len(candidates):
        return []
    size = candidates.maps.shape[2:]
    queries = [_cut(planes, size) for planes in turned]
    coarse = _first_pass(queries, candidates)
    found = list(coarse)
    for row in sorted(range(len(coarse)), key=lambda row: -coarse[row].score)[:closely]:
        found[row] = _second_pass(queries[coarse[row].turn], candidates, row, coarse[row])
    return found


def scores_of(found: Sequence[Registration], cosines: Sequence[float] | FloatArray) -> list[float]:
    """Return how well each candidate fits by its correlation and, a little, by its embedding's cosine.

    Where the overlap is small the correlation is unsure, and what the whole picture looks like decides.
    """
    return [each.score + COSINE_WEIGHT * float(cosine) for each, cosine in zip(found, cosines, strict=True)]


def ranking(found: Sequence[Registration]) -> list[int]:
    """Return the candidates' positions, best first, by correlation alone: those looked at closely, then the rest."""
    return sorted(range(len(found)), key=lambda row: (not found[row].is_close, -found[row].score))


def _first_pass(queries: Sequence[FloatArray], candidates: Candidates) -> list[Registration]:
    """Try all shifts of all turns at once, on the low frequencies alone."""
    size = (candidates.maps.shape[2], candidates.maps.shape[3])
    padded = _padded(size)
    rows, columns = candidates.spectra.shape[1:3]
    parts = candidates.spectra.astype(np.float32)
    theirs = parts.view(np.complex64)[..., 0]  # (n, rows, columns, channels)
    theirs = np.ascontiguousarray(theirs.reshape(len(candidates), rows * columns, -1).transpose(1, 0, 2))
    ours = np.stack([_spectra(query[None], padded)[0] for query in queries])  # (turns, channels, rows, columns)
    ours = ours.reshape(len(queries), -1, rows * columns).transpose(2, 1, 0)
    product = np.matmul(theirs, np.ascontiguousarray(ours)).transpose(1, 2, 0)  # (n, turns, rows · columns)
    small = (rows, 2 * (columns - 1))
    surfaces = fft.irfft2(np.ascontiguousarray(product).reshape(len(candidates), len(queries), rows, columns), s=small)
    surfaces *= small[0] * small[1] / (padded[0] * padded[1])
    for turn, query in enumerate(queries):
        surfaces[:, turn][:, ~_overlapping(query.shape[1:], size, padded, small)] = -np.inf
    flat = surfaces.reshape(len(candidates), -1)
    peaks = flat.argmax(axis=1)
    scores = flat[np.arange(len(flat)), peaks] * candidates.spectrum_scales
    found = []
    for peak, score in zip(peaks, scores, strict=True):
        turn, *places = (int(place) for place in np.unravel_index(int(peak), surfaces.shape[1:]))
        lag = [_signed(place, count) * whole / count for place, count, whole in zip(places, small, padded, strict=True)]
        height, width = queries[turn].shape[1:]
        found.append(_registration(float(score), turn, lag, (height, width), size, is_close=False))
    return found


def _second_pass(query: FloatArray, candidates: Candidates, row: int, coarse: Registration) -> Registration:
    """Look at the cells around the coarse shift, and between them by a parabola."""
    theirs = candidates.maps[row].astype(np.float32) * candidates.map_scales[row]
    height, width = query.shape[1:]
    size = theirs.shape[1:]
    down = round(coarse.down - (height - size[0]) / 2)
    right = round(coarse.right - (width - size[1]) / 2)
    scores = np.full((2 * _AROUND + 1, 2 * _AROUND + 1), -np.inf)
    for y in range(-_AROUND, _AROUND + 1):
        for x in range(-_AROUND, _AROUND + 1):
            scores[y + _AROUND, x + _AROUND] = _correlation_at(query, theirs, down + y, right + x)
    y, x = (int(place) for place in np.unravel_index(int(scores.argmax()), scores.shape))
    lag = [
        -(down + y - _AROUND + _between(scores[:, x], y)),
        -(right + x - _AROUND + _between(scores[y], x)),
    ]
    return _registration(float(scores[y, x]), coarse.turn, lag, (height, width), (size[0], size[1]), is_close=True)


def _correlation_at(query: FloatArray, theirs: FloatArray, top: int, left: int) -> float:
    """Return the sum of products with the query's upper left cell at (top, left) of the candidate."""
    height, width = query.shape[1:]
    first, last = max(top, 0), min(top + height, theirs.shape[1])
    start, end = max(left, 0), min(left + width, theirs.shape[2])
    if (last - first) * (end - start) < LEAST_OVERLAP * min(height * width, theirs.shape[1] * theirs.shape[2]):
        return -np.inf
    ours = query[:, first - top : last - top, start - left : end - left]
    return float(np.vdot(ours, theirs[:, first:last, start:end]))


def _registration(
    score: float, turn: int, lag: Sequence[float], query: tuple[int, int], size: tuple[int, int], *, is_close: bool
) -> Registration:
    """Return a lag, the candidate's origin as seen from the query's, as the way between their centres."""
    down, right = ((query[axis] - size[axis]) / 2 - lag[axis] for axis in (0, 1))
    return Registration(score, turn, float(down), float(right), is_close)


def _between(scores: NDArray[np.float64], peak: int) -> float:
    """Return where between the cells the parabola through the peak and its neighbours is highest."""
    if not 0 < peak < len(scores) - 1 or not np.isfinite(scores[peak - 1 : peak + 2]).all():
        return 0.0
    before, here, behind = scores[peak - 1 : peak + 2]
    bend = before - 2 * here + behind
    return float(np.clip((before - behind) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _spectra(maps: FloatArray, padded: tuple[int, int]) -> ComplexArray:
    """Return the low frequencies: (n, channels, rows, columns)."""
    whole = fft.rfft2(maps, s=padded)
    rows, columns = padded[0] // (2 * _COARSER), padded[1] // (2 * _COARSER)
    kept = np.concatenate([whole[..., :rows, : columns + 1], whole[..., -rows:, : columns + 1]], axis=-2)
    return np.asarray(kept, dtype=np.complex64)


def _padded(size: tuple[int, ...]) -> tuple[int, int]:
    """Return the size in which a query as large as the candidate, shifted as far as may be, does not wrap around."""
    height, width = (_fast(2 * side - int(LEAST_OVERLAP * side)) for side in size)
    return height, width


def _fast(side: int) -> int:
    step = 2 * _COARSER
    while True:
        side = -(-side // step) * step
        if fft.next_fast_len(side, real=True) == side:
            return side
        side += 1


@lru_cache(maxsize=64)
def _overlapping(
    query: tuple[int, int], size: tuple[int, int], padded: tuple[int, int], small: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return at which lags enough of the smaller map lies on the other."""
    shares = []
    for axis in (0, 1):
        lag = np.array([_signed(place, small[axis]) for place in range(small[axis])]) * padded[axis] / small[axis]
        overlap = np.minimum(query[axis], size[axis] + lag) - np.maximum(lag, 0)
        shares.append(np.clip(overlap, 0, None))
    least = LEAST_OVERLAP * min(query[0] * query[1], size[0] * size[1])
    return np.asarray(np.outer(*shares) >= least)


def _signed(place: int, count: int) -> int:
    return place if place < count // 2 else place - count


def _cut(planes: FloatArray, size: tuple[int, ...]) -> FloatArray:
    top, left = (max(0, (mine - theirs) // 2) for mine, theirs in zip(planes.shape[1:], size, strict=True))
    return planes[:, top : top + size[0], left : left + size[1]]


def _in_bytes(values: FloatArray) -> tuple[BytesArray, FloatArray]:
    """Return each row in bytes, and what these are multiplied with."""
    largest = np.abs(values).reshape(len(values), -1).max(axis=1, initial=0)
    scales = np.maximum(largest, 1e-12).astype(np.float32) / np.float32(127)
    shaped = scales.reshape(-1, *[1] * (values.ndim - 1))
    return np.rint(values / shaped).astype(np.int8), scales
