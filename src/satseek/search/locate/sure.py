"""How sure: the probability that the best chips of a scene show what was asked for, as a search would say it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.core.query import Query
from satseek.core.result import Explanation, Hit
from satseek.core.vectors import FloatArray
from satseek.search.calibrate import Judge
from satseek.search.embed import Part
from satseek.search.locate.gather import Looked
from satseek.search.result import SearchResult

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.archive.notes import Sample

JUDGED = 16  # chips, the best of the scene
FEWEST = 256  # chips, below which nobody can tell what is usual
LIKELY = 0.5  # a search asks a whole archive and has to be surer; here somebody named the scene and asks about it


class Chance(NamedTuple):
    """How probable the best chip is, and from which probability on it is convincing; None where nobody knows."""

    best: float | None = None
    convincing_from: float | None = None

    @property
    def convinces(self) -> bool:
        """Whether the best chip is convincing; what nobody knows is not held against it."""
        return self.best is None or self.convincing_from is None or self.best >= self.convincing_from


def chance_of_best(
    judge: Judge,
    parts: Sequence[Part],
    looked: Looked,
    scores: FloatArray,
    query: Query,
    *,
    archive: Archive | None,
    card: ModelCard,
    model: Callable[[], Model],
) -> Chance:
    """Judge the best chips against what scores usually are: in the archive, or without one in the scene itself."""
    among = _among(archive, looked, card)
    if len(among) < FEWEST:
        return Chance()
    best = np.argsort(-scores, kind="stable")[:JUDGED]
    hits = tuple(Hit(looked.chips[row], float(scores[row]), rank) for rank, row in enumerate(best.tolist(), start=1))
    result = SearchResult(
        hits, replace(query, cut=None), Explanation({}, "none", card.name, len(looked.chips), len(hits))
    )
    judged = judge.judged(result, parts, looked.vectors[best], among, model)
    known = [hit.probability for hit in judged.hits if hit.probability is not None]
    return Chance(max(known), LIKELY) if known else Chance()


def _among(archive: Archive | None, looked: Looked, card: ModelCard) -> Archive:
    """Return what scores are judged among; where the words of chips do not count, they do not speak there either."""
    if archive is None or len(archive) < len(looked.chips):
        return cast("Archive", _SceneAsArchive(looked, card))
    return archive if any(chip.text for chip in looked.chips) else cast("Archive", _Silent(archive))


class _Silent:
    """An archive of whose chips nothing is said."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.uri = f"{archive.uri}\0silent"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def __len__(self) -> int:
        return len(self._archive)

    def sample(self, size: int) -> Sample:
        return replace(self._archive.sample(size), speaking=0.0)


class _SceneAsArchive:
    """What a judge wants to know of an archive, of the chips of one scene."""

    version = 0

    def __init__(self, looked: Looked, card: ModelCard) -> None:
        self._looked, self.card = looked, card
        chip = looked.chips[0]
        self.uri = f"{chip.source}\0{chip.scene}"

    def __len__(self) -> int:
        return len(self._looked.chips)

    def note(self, name: str) -> str | None:
        return None

    def sample(self, size: int) -> Sample:
        from satseek.archive.notes import Sample

        rows = np.arange(len(self))
        if len(rows) > size:
            rows = np.sort(np.random.default_rng(len(rows)).choice(len(rows), size=size, replace=False))
        chips = [self._looked.chips[row] for row in rows.tolist()]
        ids, sensors = [chip.id for chip in chips], [chip.sensor for chip in chips]
        return Sample(ids, sensors, self._looked.vectors[rows], sum(bool(chip.text) for chip in chips) / len(chips))
