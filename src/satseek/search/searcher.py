"""The one path of every question: encode its parts, recall with filters, score, fuse, merge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from satseek.core.chip import Chip
from satseek.core.errors import UnknownName, did_you_mean
from satseek.core.filters import Filters
from satseek.core.model import Model
from satseek.core.query import Query
from satseek.core.result import Explanation, Hit
from satseek.core.sensor import SENSORS
from satseek.core.words import says
from satseek.search.embed import Part, embed
from satseek.search.fuse import Scores, fused
from satseek.search.merge import Place, merge
from satseek.search.recall import ANCHORS, Pool, recall
from satseek.search.result import SearchResult
from satseek.search.spaces import within_one_space
from satseek.search.stopwatch import Stopwatch

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.search.calibrate import Judge

_OVER_FETCH = 4  # candidates for each hit that is wanted, as neighbours overlap
_FEWEST = 64  # candidates of one example
_READ_AT_ONCE = 32  # chips, best first, at least; overlapping ones are merged among those that were read
_DEEPER = 4  # times as many, when merging left too few


def ask(archive: Archive, query: Query, model: Callable[[], Model], judge: Judge | None = None) -> SearchResult:
    """Answer a query; the model is loaded only when something must be encoded. A judge says how sure each hit is."""
    for sensor in query.sensors:
        if sensor not in SENSORS:
            raise UnknownName("sensor", sensor, SENSORS)
    if query.same_place:
        from satseek.search.same_place import ask_same_place

        return ask_same_place(archive, query, model)
    watch, filters = Stopwatch(), Filters.of(query)
    with watch.stage("encode"):
        parts = embed(query, archive, model)
    filters, kept_apart = within_one_space(filters, archive.card, [part.sensor for part in parts])
    notes = (*_notes(parts, archive), *kept_apart)
    if not any(part.attracts or part.is_known for part in parts):
        return _listed(archive, query, [part.words or "" for part in parts], notes, watch)
    places, scores, pool = _found(archive, query, parts, filters, watch)
    hits = tuple(
        Hit(
            chip=place.chip,
            score=float(scores.total[place.row]),
            rank=rank,
            parts={name: float(values[place.row]) for name, values in scores.parts.items()},
            merged=tuple(place.others),
        )
        for rank, place in enumerate(places, start=1)
    )[query.offset : query.offset + query.k]
    result = SearchResult(hits, query, _explanation(archive, watch, pool.index, len(pool)), notes)
    if judge is None:
        return result
    with watch.stage("judge"):
        rows = [place.row for place in places[query.offset : query.offset + query.k]]
        result = judge.judged(result, parts, pool.vectors[rows], archive, model)
    return replace(result, explanation=_explanation(archive, watch, pool.index, len(pool)))


def _found(
    archive: Archive, query: Query, parts: Sequence[Part], filters: Filters, watch: Stopwatch
) -> tuple[list[Place], Scores, Pool]:
    """Recall ever more until enough places are left after merging, or until there is no more."""
    wanted = query.offset + query.k
    alone = len(parts) == 1 and not parts[0].words  # nothing is normalised by anchors
    limit = _power_of_two(max(_FEWEST if alone else ANCHORS, _OVER_FETCH * wanted))
    while True:
        with watch.stage("recall"):
            pool = recall(archive, parts, filters, limit)
        with watch.stage("score"):
            scores = fused(parts, pool.vectors, pool.candidates, pool.anchors)
            ranked = _ranked(pool, scores)
        with watch.stage("merge"):
            blocks = _blocks(pool, ranked, wanted, merging=query.merge)
            places = merge(blocks, enough=wanted) if query.merge else [Place(chip, row) for row, chip in next(blocks)]
        if len(places) >= wanted or pool.is_all:
            return places, scores, pool
        limit *= _DEEPER


def _ranked(pool: Pool, scores: Scores) -> list[int]:
    """Return rows, best first; equal scores stand in the order of their ids."""
    order = np.lexsort((np.array([each.id for each in pool.candidates], dtype=str), -scores.total))
    return [int(row) for row in order if not scores.refused[row]]


def _blocks(pool: Pool, ranked: Sequence[int], wanted: int, *, merging: bool) -> Iterator[list[tuple[int, Chip]]]:
    """Read the chips best first, as many at once as will probably do: reading them costs more than finding them."""
    size = max(_READ_AT_ONCE, 2 * wanted) if merging else wanted
    for start in range(0, max(len(ranked), 1), size):
        rows = ranked[start : start + size]
        yield list(zip(rows, pool.chips(rows), strict=True))


def _listed(
    archive: Archive, query: Query, without: Sequence[str], notes: tuple[str, ...], watch: Stopwatch
) -> SearchResult:
    """List what meets the facts, newest first, where nothing is asked about content; nothing is merged."""
    wanted = query.offset + query.k
    with watch.stage("recall"):
        chips = list(islice(_scanned(archive, Filters.of(query), without, wanted), query.offset, wanted))
    hits = tuple(Hit(chip, score=1.0, rank=rank) for rank, chip in enumerate(chips, start=query.offset + 1))
    return SearchResult(hits, query, _explanation(archive, watch, "none (listed)", len(chips)), notes)


def _scanned(archive: Archive, filters: Filters, without: Sequence[str], wanted: int) -> Iterator[Chip]:
    limit = None if without else wanted
    for batch in archive.scan(filters, batch=min(wanted, 1000), limit=limit):
        yield from (chip for chip in batch.chips if not any(says(chip.text, words) for words in without))


def _notes(parts: Sequence[Part], archive: Archive) -> tuple[str, ...]:
    """Say which words the model knows nothing of."""
    notes = []
    for part in parts:
        if part.words and not part.is_known:
            notes.append(
                f"The model '{archive.card.name}' knows none of the words '{part.words}'; "
                f"only the archive's own text was asked for them. {_known_words(part.words, archive)}".strip()
            )
    return tuple(notes)


def _known_words(words: str, archive: Archive) -> str:
    known = archive.card.options.get("words", ())
    return did_you_mean(words, known) if known else ""


def _explanation(archive: Archive, watch: Stopwatch, index: str, candidates: int) -> Explanation:
    return Explanation(
        milliseconds=dict(watch.milliseconds), index=index, model=archive.card.name, rows=len(archive),
        candidates=candidates,
    )  # fmt: skip


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
