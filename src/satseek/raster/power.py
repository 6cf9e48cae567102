"""Power: radar is averaged as the power that came back, for the mean of decibels is less than that of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray

PIXELS_AT_ONCE = 2_000_000  # of a band; finer rows than that are averaged strip by strip
ReadRows = Callable[[int, int], tuple[NDArray[Any], BoolArray]]  # first and last row -> numbers and what is valid


@dataclass(frozen=True)
class PowerScale:
    """How stored numbers stand for power: after scale and offset they are decibels, or amplitude."""

    scale: float
    offset: float
    is_amplitude: bool
    valid_range_db: tuple[float, float]

    def power(self, numbers: NDArray[Any]) -> FloatArray:
        """Return the power of each number, NaN where no sensor can measure it."""
        values = numbers.astype(np.float32)
        values *= np.float32(self.scale)
        values += np.float32(self.offset)
        if self.is_amplitude:
            np.square(values, out=values)
        else:
            np.exp(np.multiply(values, np.float32(np.log(10) / 10), out=values), out=values)
        low, high = (10 ** (edge / 10) for edge in self.valid_range_db)
        with np.errstate(invalid="ignore"):
            values[~((values >= low) & (values <= high))] = np.nan
        return values

    def numbers(self, power: FloatArray) -> FloatArray:
        """Return the numbers that stand for a power."""
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.sqrt(power) if self.is_amplitude else 10 * np.log10(power)
        return np.asarray((values - self.offset) / self.scale, dtype=np.float32)


def mean_power(
    read: ReadRows,
    scales: list[PowerScale],
    *,
    shape: tuple[int, int],
    inside: tuple[float, float, float, float],
    size: tuple[int, int],
) -> tuple[FloatArray, FloatArray]:
    """Return numbers (bands, height, width) of the mean power in each pixel of `size`, and the valid share of each.

    `inside` is where the answer lies in the pixels that are read, as their first row, first column, last row, last
    column; a pixel that lies across an edge counts with its share. `shape` is how many rows and columns are read.
    """
    top, left, bottom, right = inside
    row_edges, column_edges = np.linspace(top, bottom, size[0] + 1), np.linspace(left, right, size[1] + 1)
    total = np.zeros((len(scales), *size))
    measured = np.zeros_like(total)
    for first, last in _strips(*shape):
        numbers, valid = read(first, last)
        power = np.stack([scale.power(band) for scale, band in zip(scales, numbers, strict=True)])
        valid = valid & np.isfinite(power)
        rows = _shares(row_edges, first, last)
        total += rows @ _column_sums(np.where(valid, power, 0), column_edges)
        measured += rows @ _column_sums(valid, column_edges)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.asarray(total / measured, dtype=np.float32)
    area = (bottom - top) / size[0] * (right - left) / size[1]
    told = np.stack([scale.numbers(band) for scale, band in zip(scales, mean, strict=True)])
    return told, np.asarray(measured / area, dtype=np.float32)


def _strips(height: int, width: int) -> Iterator[tuple[int, int]]:
    rows = max(1, PIXELS_AT_ONCE // max(1, width))
    for first in range(0, height, rows):
        yield first, min(first + rows, height)


def _shares(edges: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Return how much of each row from `first` to `last` lies between each edge and the next, (edges - 1, rows)."""
    rows = np.arange(first, last)
    inside = np.minimum(edges[1:, None], rows + 1) - np.maximum(edges[:-1, None], rows)
    return np.asarray(np.clip(inside, 0, None))


def _column_sums(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of values (bands, rows, columns) between each edge and the next."""
    width = values.shape[-1]
    sums = np.zeros((*values.shape[:-1], width + 1))
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    whole = np.clip(edges.astype(np.intp), 0, width - 1)
    at_edges = sums[..., whole] + (edges - whole) * values[..., whole]
    return np.diff(at_edges, axis=-1)
