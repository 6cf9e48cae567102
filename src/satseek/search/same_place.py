"""Finding one place again, in whatever sensor: candidates by their vectors, then verified by laying one on the other.

The picture is tried in its four quarter turns and at every shift; how far it lies off, and how it is turned, comes back
with each hit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.filters import Filters
from satseek.core.model import Model, require_readable
from satseek.core.query import Example, Query
from satseek.core.result import Explanation, Hit, Placement
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.structure.maps import CELL_PIXELS, load_maps, quarter_turned
from satseek.models.structure.registration import Candidates, Registration, register, scores_of
from satseek.search.merge import merge
from satseek.search.result import SearchResult
from satseek.search.spaces import within_one_space
from satseek.search.stopwatch import Stopwatch
from satseek.search.structure_cache import StructureCache, together

if TYPE_CHECKING:
    from satseek.archive.archive import Archive

CANDIDATES = 100  # verified, unless more hits are wanted
_TURNS = range(4)
_SAME_SCALE = 0.03  # by which resolutions may differ without the picture being brought to the other's
_LONGEST = 4096  # pixels of a picture that is read whole


@dataclass(frozen=True)
class _Found:
    chip: Chip
    registration: Registration
    cosine: float
    score: float


def ask_same_place(archive: Archive, query: Query, model: Callable[[], Model]) -> SearchResult:
    """Answer a query for the place that one example shows."""
    example = _only_example(query)
    watch = Stopwatch()
    with watch.stage("encode"):
        picture = _picture(example, archive)
        if archive.card.sensors:
            require_readable(archive.card, picture.sensor)
        vectors = model().encode_images([quarter_turned(_fitting(picture, archive), turn) for turn in _TURNS])
    filters, kept_apart = within_one_space(Filters.of(query), archive.card, [picture.sensor])
    wanted = query.offset + query.k
    with watch.stage("recall"):
        cosines, index = _recalled(archive, vectors, filters, max(CANDIDATES, wanted))
        chips = archive.get(list(cosines))
    with watch.stage("structure"):
        held, refused = _cache_of(archive.uri).of(chips)
    with watch.stage("register"):
        found = _registered(picture, [chip for chip in chips if chip.id in held], held, cosines)
    kept: list[tuple[int, tuple[str, ...]]] = [(row, ()) for row in range(len(found))]
    if query.merge:
        kept = [
            (place.row, tuple(place.others)) for place in merge([[(row, each.chip) for row, each in enumerate(found)]])
        ]
    hits = tuple(_hit(found[row], rank, others, archive.card.name) for rank, (row, others) in enumerate(kept, start=1))[
        query.offset : wanted
    ]
    notes = (*_notes(refused, picture), *kept_apart)
    explanation = Explanation(watch.milliseconds, index, archive.card.name, len(archive), len(found))
    return SearchResult(hits, query, explanation, notes)


def _only_example(query: Query) -> Example:
    if query.has_words or query.unlike or len(query.like) != 1:
        raise UsageError(
            "The same place is asked for by one picture: give --like FILE or a chip id once, and no words with it."
        )
    return query.like[0]


def _picture(example: Example, archive: Archive) -> Pixels:
    from satseek.raster.read import read_chip, read_picture
    from satseek.raster.recognise import Override

    if example.chip:
        return read_chip(archive.get([example.chip])[0])
    return read_picture(str(example.file), Override(sensor=example.sensor), size=_LONGEST)


def _fitting(picture: Pixels, archive: Archive) -> Pixels:
    """Return the picture no larger than what the model was made for."""
    size = archive.card.chip_size or max(picture.values.shape[1:])
    shrink = size / max(picture.values.shape[1:])
    return picture if shrink >= 1 else scaled(picture, shrink)


def _recalled(archive: Archive, vectors: FloatArray, filters: Filters, wanted: int) -> tuple[dict[str, float], str]:
    """Return the best candidates over all turns, id -> cosine, and the index that found them."""
    best, index = dict[str, float](), "none"
    for vector in vectors:
        if not vector.any():
            continue
        near = archive.nearest(vector, filters=filters, k=wanted)
        index = near.index
        for chip_id, score in zip(near.ids, near.vectors @ vector, strict=True):
            best[chip_id] = max(best.get(chip_id, -1.0), float(score))
    if index == "none" and not vectors.any():
        raise UsageError("This picture shows nothing that the model could look for: it is even, or holds no pixels.")
    first = sorted(best, key=lambda chip_id: (-best[chip_id], chip_id))[:wanted]
    return {chip_id: best[chip_id] for chip_id in first}, index


def _registered(
    picture: Pixels, chips: Sequence[Chip], held: dict[str, Candidates], cosines: dict[str, float]
) -> list[_Found]:
    """Return the chips, best first; those of one size and resolution are registered together."""
    groups: dict[tuple[tuple[int, ...], float], list[Chip]] = {}
    for chip in chips:
        groups.setdefault((held[chip.id].maps.shape, _scale_to(picture, chip)), []).append(chip)
    found: list[_Found] = []
    for (_, scale), members in groups.items():
        registered = register(load_maps().turned(scaled(picture, scale)), together([held[chip.id] for chip in members]))
        scores = scores_of(registered, [cosines[chip.id] for chip in members])
        for chip, way, score in zip(members, registered, scores, strict=True):
            found.append(_Found(chip, way, cosines[chip.id], score))
    return sorted(found, key=lambda each: (-each.score, each.chip.id))


def _scale_to(picture: Pixels, chip: Chip) -> float:
    """Return by how much the picture must be scaled to have the chip's ground resolution; 1 where one is unknown."""
    ours, theirs = picture.ground_resolution_m, chip.ground_resolution_m
    if not ours or not theirs or abs(ours / theirs - 1) <= _SAME_SCALE:
        return 1.0
    return round(ours / theirs, 3)


def scaled(picture: Pixels, scale: float) -> Pixels:
    """Return a picture with its sides scaled, detail beyond the new pixels averaged."""
    if scale == 1.0:
        return picture
    height, width = (max(1, round(side * scale)) for side in picture.values.shape[1:])
    planes = [
        np.asarray(Image.fromarray(plane.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR))
        for plane in picture.values
    ]
    values = np.stack(planes)
    if picture.values.dtype == np.uint8:
        values = np.clip(np.rint(values), 0, 255)
    valid = np.asarray(Image.fromarray(picture.valid).resize((width, height), Image.Resampling.NEAREST))
    metres = picture.ground_resolution_m
    return Pixels(
        picture.sensor,
        picture.bands,
        values.astype(picture.values.dtype),
        valid,
        None if not metres else metres / scale,
    )


def _hit(found: _Found, rank: int, others: tuple[str, ...], model: str) -> Hit:
    way, metres = found.registration, found.chip.ground_resolution_m
    down, right = way.down * CELL_PIXELS, way.right * CELL_PIXELS
    return Hit(
        chip=found.chip,
        score=found.score,
        rank=rank,
        parts={"registration": way.score, model: found.cosine},
        merged=others,
        placement=Placement(
            down_pixels=down,
            right_pixels=right,
            turned_degrees=90 * way.turn,
            south_m=down * metres if metres else None,
            east_m=right * metres if metres else None,
        ),
    )


def _notes(refused: dict[str, str], picture: Pixels) -> tuple[str, ...]:
    notes = []
    if refused:
        why = next(iter(refused.values()))
        notes.append(f"{len(refused)} candidates were not verified, as their pixels cannot be read: {why}")
    if picture.ground_resolution_m is None:
        notes.append("The picture does not say its ground resolution; it was taken as that of the archive's chips.")
    return tuple(notes)


@lru_cache(maxsize=8)
def _cache_of(uri: str) -> StructureCache:
    """Return the cache of this archive, the same one for all questions of a process."""
    return StructureCache.beside(uri, load_maps())
