"""Vectors as the archive holds them: float32 rows of unit length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float32]


def unit_rows(vectors: ArrayLike) -> FloatArray:
    """Return the rows scaled to unit length; a row of zeros stays zero."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: FloatArray = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return scaled


def weighted_direction(vectors: Sequence[FloatArray], weights: Sequence[float]) -> FloatArray:
    """Return the unit vector of a weighted sum; weights below zero push away."""
    total = np.zeros_like(vectors[0], dtype=np.float32)
    for vector, weight in zip(vectors, weights, strict=True):
        total += np.float32(weight) * vector
    direction: FloatArray = unit_rows(total)[0]
    return direction


def cosine_scores(query: FloatArray, rows: FloatArray) -> FloatArray:
    """Return the cosine of one unit query with each unit row."""  # query (dim,), rows (n, dim)
    return np.asarray(rows @ query, dtype=np.float32)
