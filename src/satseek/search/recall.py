"""Recall: which chips are worth scoring exactly, by nearness of vectors and by what their text says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray, weighted_direction
from satseek.search.embed import Part

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.archive.neighbours import Neighbours

ANCHORS = 256  # of each list: what scores are normalised by, the same however far one pages
_LISTS = 12  # at most so many parts are asked for one by one; the direction of all is always asked for


class Candidate(NamedTuple):
    """What scoring has to know of a chip besides its vector."""

    id: str
    text: str


@dataclass
class Pool:
    """The chips that may be in the answer, each once, with their stored vectors; few of them are ever read whole."""

    vectors: FloatArray  # (n, dim)
    candidates: list[Candidate] = field(default_factory=list)
    anchors: list[bool] = field(default_factory=list)
    index: str = "none"
    is_all: bool = False  # nothing that meets the filters was left out
    _found: list[tuple[Neighbours, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.candidates)

    def chips(self, rows: Sequence[int]) -> list[Chip]:
        """Read the chips of some rows."""
        read: dict[int, Chip] = {}
        for found in {id(self._found[row][0]): self._found[row][0] for row in rows}.values():
            of_it = [row for row in rows if self._found[row][0] is found]
            read.update(zip(of_it, found.chips_at([self._found[row][1] for row in of_it]), strict=True))
        return [read[row] for row in rows]


def direction(parts: Sequence[Part]) -> FloatArray | None:
    """Return the one vector that points to what is asked and away from what is not; None where nothing is known."""
    known = [part for part in parts if part.is_known]
    if not known:
        return None
    signs = [part.weight if part.attracts else -part.weight for part in known]
    towards = weighted_direction([part.vector for part in known], signs)
    return towards if towards.any() else None


def recall(archive: Archive, parts: Sequence[Part], filters: Filters, limit: int) -> Pool:
    """Return up to `limit` chips near the whole question, near each part of it, and of those whose text says it."""
    towards, attracting = direction(parts), [part for part in parts if part.attracts]
    texts = any(part.words for part in parts)
    by_vector, by_text = [], []
    if towards is not None:
        by_vector.append(archive.nearest(towards, filters=filters, k=limit, texts=texts))
    everything = bool(by_vector) and len(by_vector[0].ids) < limit
    if not everything:
        known = [part for part in attracting if part.is_known]
        if len(known) > 1:
            by_vector += [
                archive.nearest(part.vector, filters=filters, k=limit, texts=texts) for part in known[:_LISTS]
            ]
        said = [part.words for part in attracting if part.words]
        by_text = [archive.matching_text(words, filters=filters, k=limit, texts=texts) for words in said[:_LISTS]]
    pool = _joined(by_vector + by_text, archive.card.dimensions)
    pool.is_all = everything or (towards is None and all(len(found.ids) < limit for found in by_text))
    if by_vector:
        pool.index = by_vector[0].index
    elif by_text:
        pool.index = by_text[0].index
    return pool


def _joined(lists: Iterable[Neighbours], dimensions: int) -> Pool:
    pool, seen, vectors = Pool(vectors=np.zeros((0, dimensions), np.float32)), dict[str, int](), []
    for found in lists:
        for row, chip_id in enumerate(found.ids):
            if chip_id in seen:
                pool.anchors[seen[chip_id]] |= row < ANCHORS
                continue
            seen[chip_id] = len(pool.candidates)
            pool.candidates.append(Candidate(chip_id, found.texts[row] if found.texts else ""))
            pool._found.append((found, row))
            pool.anchors.append(row < ANCHORS)
            vectors.append(found.vectors[row])
    if vectors:
        pool.vectors = np.stack(vectors).astype(np.float32, copy=False)
    return pool
