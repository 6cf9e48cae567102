"""Why a chip matched: the parts of it without which a question's score falls, and which alone keep it up.

Occlusion, after Zeiler and Fergus (2014): a patch is hidden and the chip is scored again; then all but the patch is.
It asks nothing of a model but to encode, so it is the same for statistics and for networks, and all patches are encoded
together. What is hidden counts as not measured, which every model here knows how to leave out, and shows the mean of
the rest. Large patches are what networks notice: with patches of a quarter of a side, hidden only, the order of parts
was no better than chance for `amfmn` (benchmarks/locate.py why).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError
from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.search.embed import Part

METHOD = "occlusion"
GRID = 8  # cells a side
PATCH = 2  # patches along the longer side of a chip: each is half as wide, and shifted by a quarter
SMALLEST, LARGEST = 2, 16
_AT_ONCE = 64  # chips in memory at a time
_NO_CHANGE = 1e-6  # of a score
Cells = NDArray[np.bool_]  # (rows, columns)
Score = Callable[[Sequence[Pixels]], FloatArray]


@dataclass(frozen=True)
class Why:
    """How much each part of a chip gave to its score."""

    grid: FloatArray  # (rows, columns), 1 for the part that gave most, 0 for those that gave nothing
    score: float  # of the whole chip
    most: float  # by how much the score falls at most when a patch is hidden
    method: str = METHOD

    @property
    def rows(self) -> int:
        """Rows of the grid."""
        return int(self.grid.shape[0])

    @property
    def columns(self) -> int:
        """Columns of the grid."""
        return int(self.grid.shape[1])

    def to_json(self) -> dict[str, Any]:
        """Return the grid and what it was made of as JSON values."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "grid": [[round(float(value), 4) for value in row] for row in self.grid],
            "method": self.method,
            "score": round(self.score, 6),
            "most": round(self.most, 6),
        }


def why(pixels: Pixels, parts: Sequence[Part], model: Model, *, cells: int = GRID) -> Why:
    """Return which parts of a chip a question's parts see in it; of what is to be avoided, what is not there counts."""
    if not SMALLEST <= cells <= LARGEST:
        raise UsageError(f"A chip is looked at in {SMALLEST} to {LARGEST} cells a side, not in {cells}.")
    score = score_of(parts, model)
    rows, columns = _rows_and_columns(pixels, cells)
    patches = _patches(rows, columns)
    whole = float(score([pixels])[0])
    falls = whole - _scored(score, pixels, patches)
    alone = _scored(score, pixels, [~patch for patch in patches])
    weights = np.stack(patches).astype(np.float64)  # (patches, rows, columns)
    gave = np.tensordot(falls - falls.mean() + alone - alone.mean(), weights, axes=1) / weights.sum(axis=0)
    most = float(gave.max())
    grid = np.maximum(gave, 0.0) / most if most > _NO_CHANGE else np.zeros_like(gave)
    return Why(np.asarray(grid, dtype=np.float32), whole, max(0.0, float(falls.max())))


def hidden(pixels: Pixels, cells: Cells) -> Pixels:
    """Return a chip without the pixels of some cells: not measured, and with the mean of the others in their place."""
    height, width = pixels.valid.shape
    rows = np.arange(height) * cells.shape[0] // height
    columns = np.arange(width) * cells.shape[1] // width
    gone = cells[np.ix_(rows, columns)]
    left = pixels.valid & ~gone
    kept = left if left.any() else pixels.valid
    values = pixels.values.copy()
    for band in values:
        mean = band[kept].mean() if kept.any() else 0.0
        band[gone] = np.rint(mean) if band.dtype.kind in "iu" else mean
    return replace(pixels, values=values, valid=left)


def score_of(parts: Sequence[Part], model: Model) -> Score:
    """Return what scores chips: the model's closeness to each part, by weight, what is to be avoided taken off."""
    known = [part for part in parts if part.is_known]
    if not known:
        words = ", ".join(f"'{part.words}'" for part in parts if part.words) or "the examples"
        raise UsageError(
            f"The model '{model.card.name}' knows none of {words}, so nothing in the chip can be shown for it."
        )
    total = sum(part.weight for part in known)

    def score(chips: Sequence[Pixels]) -> FloatArray:
        vectors = model.encode_images(chips)
        sums = np.zeros(len(chips), dtype=np.float64)
        for part in known:
            sums += (part.weight if part.attracts else -part.weight) * _closeness(part, vectors)
        return np.asarray(sums / total, dtype=np.float32)

    return score


def _closeness(part: Part, vectors: FloatArray) -> FloatArray:
    if part.scorer is not None:
        return part.scorer.scores(part.vector, part.scorer.prepare(vectors))
    return cast("FloatArray", vectors.astype(np.float64) @ part.vector.astype(np.float64))


def _rows_and_columns(pixels: Pixels, cells: int) -> tuple[int, int]:
    """Return cells that are about square, the given number along the longer side, and never smaller than a pixel."""
    height, width = pixels.valid.shape
    side = max(height, width) / cells
    return min(height, max(1, round(height / side))), min(width, max(1, round(width / side)))


def _scored(score: Score, pixels: Pixels, patches: Sequence[Cells]) -> NDArray[np.float64]:
    """Return the scores of a chip without each patch."""
    parts = [
        score([hidden(pixels, patch) for patch in patches[start : start + _AT_ONCE]])
        for start in range(0, len(patches), _AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float64)


def _patches(rows: int, columns: int) -> list[Cells]:
    """Return patches that overlap by half, over the edges too, so that each cell is under as many as any other."""
    reach = max(1, max(rows, columns) // PATCH)
    step = max(1, reach // 2)
    found = []
    for top in range(step - reach, rows, step):
        for left in range(step - reach, columns, step):
            patch = np.zeros((rows, columns), dtype=bool)
            patch[max(0, top) : top + reach, max(0, left) : left + reach] = True
            if not patch.all():
                found.append(patch)
    return found or [np.ones((rows, columns), dtype=bool)]
