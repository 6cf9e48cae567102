"""What an archive finds: ids, exact scores and vectors at once, the chips themselves when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from satseek.core.chip import Chip
from satseek.core.vectors import FloatArray


class Neighbours:
    """Chips in order, best first; of equal scores the smaller id comes first."""

    def __init__(
        self,
        ids: Sequence[str],
        scores: FloatArray,
        vectors: FloatArray,
        *,
        index: str,
        candidates: int,
        read_chips: Callable[[Sequence[int]], list[Chip]],
        texts: Sequence[str] = (),
    ) -> None:
        """Take what was found, and how the chips at some positions are read once somebody wants them."""
        self.ids = list(ids)
        self.scores = scores
        self.vectors = vectors  # (n, dim)
        self.index = index  # how they were found: "IVF_RQ", "none (exact scan)", …
        self.candidates = candidates  # rows that were scored exactly
        self.texts = list(texts)  # what is said of each, where it was asked for
        self._read_chips = read_chips

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Neighbours({len(self)} of {self.candidates} candidates, index {self.index})"

    @cached_property
    def chips(self) -> list[Chip]:
        """The chips, read and decoded on first use."""
        return self._read_chips(range(len(self.ids)))

    def chips_at(self, positions: Sequence[int]) -> list[Chip]:
        """Return some of the chips: reading one costs as much as finding it, and few are ever shown."""
        return self._read_chips(positions)


def exact_scores(query: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the cosine of each unit row with the unit query, the same for equal rows wherever they stand."""
    # A float32 matrix product sums in another order at the edges of its blocks: equal vectors would get unequal
    # scores and ties would not be stable. In float64 the difference is far below what float32 can hold.
    scores: FloatArray = (vectors.astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
    return scores


def best_first(scores: FloatArray, ids: Sequence[str], k: int | None = None) -> NDArray[np.intp]:
    """Return the positions of the k best, ties by id."""
    order = np.lexsort((np.asarray(ids, dtype=str), -scores)) if len(ids) else np.empty(0, dtype=np.intp)
    return order if k is None else order[:k]
