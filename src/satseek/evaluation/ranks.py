"""Where the right answers of each query stand, equal scores taken as they are: in no order.

Captions repeat word for word across images, so equal scores are common. What is right by luck alone is told as its
expectation under a random order of ties, which is what an arbitrary sort gives on average; the strict figure beside it
lets every tie go against the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import ModelError
from satseek.core.vectors import FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Shares = NDArray[np.float64]
_ROWS = 512


@dataclass(frozen=True)
class Places:
    """For each query: what stands strictly better than its best right answer, what ties with it, and who is right."""

    better: IntArray
    tied: IntArray  # the best right answer itself included
    right: IntArray  # of the tied ones

    def __len__(self) -> int:
        return len(self.better)

    def hits(self, k: int) -> Shares:
        """Return the chance that a right answer is among the first k, ties in random order."""
        return chance_of_hit(self.tied, self.right, k - self.better)

    def strict_hits(self, k: int) -> Shares:
        """Return 1 where a right answer is among the first k though every wrong tied one goes before it."""
        return (self.better + self.tied - self.right < k).astype(np.float64)

    @property
    def ranks(self) -> Shares:
        """The expected rank, from 1, of the best right answer."""
        return self.better + (self.tied + 1) / (self.right + 1)


def chance_of_hit(tied: IntArray, right: IntArray, places: IntArray) -> Shares:
    """Return the chance that one of `right` among `tied` stands in the first places: 1 − C(t−r, m)/C(t, m)."""
    misses = np.ones(len(tied))
    for place in range(int(np.clip(places, 0, tied).max(initial=0))):
        open_places = place < places
        wrong_left, left = np.maximum(tied - right - place, 0), np.maximum(tied - place, 1)
        misses = np.where(open_places, misses * wrong_left / left, misses)
    hits: Shares = 1 - misses
    return hits


def places_of(scores: FloatArray, relevant: BoolArray) -> Places:
    """Return the places of the best relevant items, a row a query; every row needs a relevant item."""
    if np.isnan(scores).any():
        raise ModelError("The model gave scores that are not numbers. Its weights are broken; load or train them anew.")
    best = np.where(relevant, scores, -np.inf).max(1, keepdims=True)
    same = scores == best
    return Places((scores > best).sum(1), same.sum(1), (same & relevant).sum(1))


def places_of_captions_for_images(scores: FloatArray, owners: IntArray, texts: IntArray | None = None) -> Places:
    """Return for each image where its own captions stand.

    Scores are (images, captions); or (images, different texts), and `texts` says which of them each caption is.
    """
    columns = slice(None) if texts is None else texts
    return _joined(
        places_of(scores[rows][:, columns], owners[None, :] == np.arange(len(scores))[rows, None])
        for rows in _slices(len(scores))
    )


def places_of_images_for_captions(scores: FloatArray, owners: IntArray, texts: IntArray | None = None) -> Places:
    """Return for each caption where its own image stands; scores as above."""
    images, columns = np.arange(len(scores)), np.arange(len(owners)) if texts is None else texts
    return _joined(
        places_of(scores[:, columns[some]].T, owners[some, None] == images[None, :]) for some in _slices(len(owners))
    )


def _slices(count: int) -> Iterator[slice]:
    for start in range(0, count, _ROWS):
        yield slice(start, start + _ROWS)


def _joined(parts: Iterator[Places]) -> Places:
    every = list(parts)
    return Places(*(np.concatenate([getattr(part, name) for part in every]) for name in ("better", "tied", "right")))
