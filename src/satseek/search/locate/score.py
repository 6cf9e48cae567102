"""Scores of a scene's chips: the parts of a question put together as a search does it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from satseek.core.vectors import FloatArray
from satseek.search.embed import Part
from satseek.search.fuse import fused
from satseek.search.locate.gather import Looked
from satseek.search.recall import ANCHORS, direction


def scored(parts: Sequence[Part], looked: Looked) -> FloatArray:
    """Return a score for each chip, as `satseek search` would give it among the chips of this scene alone.

    What a search rules out (an example to avoid itself, or a chip whose text says what must not be there) scores as
    the worst of the others.
    """
    scores = fused(parts, looked.vectors, looked.chips, _anchors(parts, looked))
    total = np.asarray(scores.total, dtype=np.float32).copy()
    if scores.refused.any():
        total[scores.refused] = total[~scores.refused].min(initial=float(total.min()))
    return total


def _anchors(parts: Sequence[Part], looked: Looked) -> list[bool]:
    """Return which chips a search would recall first: near the whole question, or near what it asks for."""
    known = [part.vector for part in parts if part.attracts and part.is_known]
    towards = direction(parts)
    anchored = np.zeros(len(looked.chips), dtype=bool)
    for vector in [*([] if towards is None else [towards]), *known]:
        closeness = looked.vectors @ vector
        first = min(ANCHORS, len(closeness))
        anchored[np.argpartition(-closeness, first - 1)[:first]] = True
    if not anchored.any():
        anchored[:] = True
    found: list[bool] = anchored.tolist()
    return found
