"""Locating: from a scene and a question to a heat map, with what an archive holds and what is read now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from affine import Affine

from satseek.core.area import Area
from satseek.core.card import ModelCard
from satseek.core.errors import ChipNotFound, SourceError, UsageError
from satseek.core.filters import Filters
from satseek.core.model import Model, require_readable
from satseek.core.query import Query
from satseek.core.scene import Scene, Window
from satseek.core.vectors import FloatArray
from satseek.search.calibrate import Judge
from satseek.search.embed import Part, embed
from satseek.search.locate.gather import (
    MOST_CHIPS,
    SCALES,
    Looked,
    chip_side,
    completed,
    held_chips,
    too_many,
    wanted_windows,
)
from satseek.search.locate.glance import FINEST, glance_at
from satseek.search.locate.ground import Ground, ground_of, ground_of_chips, region_of
from satseek.search.locate.heat import CELLS_A_CHIP, Cells, averaged
from satseek.search.locate.report import Localisation
from satseek.search.locate.score import scored
from satseek.search.locate.stretch import Stretch, cut_of, inside
from satseek.search.locate.sure import chance_of_best
from satseek.search.spaces import within_one_space
from satseek.search.stopwatch import Stopwatch

if TYPE_CHECKING:
    from satseek.archive.archive import Archive

MOST_CELLS = 16_000_000  # of one map
LEAST_MEASURED = 0.5  # of a cell, or nothing is known of it
_TO_FIT = 200  # chips whose outlines are read to place a scene that cannot be opened
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Way:
    """How a scene is looked at."""

    scales: tuple[float, ...] = SCALES
    cut: float | None = None  # heat in 0…1 from which spots are outlined; None: chosen for the map
    stored_only: bool = False  # as the archive holds it, however it is cut, words included: nothing is read
    most_chips: int = MOST_CHIPS
    most_encoded: int = MOST_CHIPS  # of the chips, those that are read and encoded now

    def __post_init__(self) -> None:
        if not self.scales or any(not 0.01 <= scale <= 10_000 for scale in self.scales):
            raise UsageError("Scales are source pixels per chip pixel, between 0.01 and 10000, such as --scales 1,2,4.")
        if self.cut is not None and not 0 <= self.cut <= 1:
            raise UsageError(f"A cut lies between 0 and 1, or is auto; this one is {self.cut:g}.")


def locate(
    scene: Scene,
    query: Query,
    *,
    card: ModelCard,
    model: Callable[[], Model],
    archive: Archive | None = None,
    way: Way | None = None,
    judge: Judge | None = None,
    on_progress: OnProgress | None = None,
) -> Localisation:
    """Return where in a scene a question points; of the query's filters only the area counts.

    Stored vectors are used where the archive has a chip of the same window, the others are read and encoded now.
    """
    way = way or Way()
    require_content(query)
    watch = Stopwatch()
    with watch.stage("open"):
        held = _held(archive, scene, query.where, card, way)
        ground, way, notes = _ground(scene, held, archive, way)
        region = region_of(ground, query.where)
    with watch.stage("encode words"):
        parts = embed(query, cast("Archive", archive or _NoArchive(card)), model)
        require_known(parts, card)
        within_one_space(Filters(sensors=(scene.sensor,)), card, [part.sensor for part in parts])
    with watch.stage("look"):
        looked = _looked(ground, region, held, card, model, way, on_progress)
    with watch.stage("score"):
        scores = scored(parts, looked)
    with watch.stage("judge"):
        chance = chance_of_best(judge or Judge(), parts, looked, scores, query, archive=archive, card=card, model=model)
    with watch.stage("average"):
        cells = _cells(looked, region)
        raw = _measured(averaged(scores, looked.windows, cells), looked, ground.scene, cells)
        stretch = Stretch.of(raw)
        heat = inside(stretch.applied(raw), query.where, _transform(ground, cells), ground.grid.crs)
        cut = cut_of(heat) if way.cut is None else way.cut
    unknown = [part.words for part in parts if part.words and not part.is_known]
    return Localisation(
        heat=heat,
        transform=_transform(ground, cells),
        crs=ground.grid.crs,
        cut=cut,
        found=chance.convinces and not stretch.is_flat,
        outlined=way.cut is not None or (chance.convinces and not stretch.is_flat),
        probability=chance.best,
        convincing_from=chance.convincing_from,
        score_range=(stretch.low, stretch.high),
        query=query,
        model=card.name,
        scene=ground.scene,
        region=region,
        scales=way.scales,
        chips=len(looked.chips),
        stored=looked.stored,
        encoded=looked.encoded,
        empty=looked.empty,
        milliseconds=watch.milliseconds,
        notes=(
            *notes,
            *looked.notes,
            *(f"The model '{card.name}' knows none of the words '{words}'." for words in unknown),
        ),
    )


def require_content(query: Query) -> None:
    """Raise `UsageError` where nothing is asked about content."""
    words = [query.sentence or "", *(keyword.text for keyword in (*query.must, *query.must_not))]
    if not any(text.strip() for text in words) and not (query.like or query.unlike):
        raise UsageError(
            "Nothing says what to look for. Give a sentence, a keyword (--must WORD) or an example (--like FILE)."
        )


def require_known(parts: Sequence[Part], card: ModelCard) -> None:
    """Raise `UsageError` where the model understands nothing of the question."""
    if not any(part.is_known for part in parts):
        words = ", ".join(f"'{part.words}'" for part in parts if part.words) or "the examples"
        raise UsageError(
            f"The model '{card.name}' knows none of {words}, so nothing can be looked for. Use other words, an example "
            "(--like), or a model that knows more (see 'satseek models')."
        )


def _held(archive: Archive | None, scene: Scene, where: Area | None, card: ModelCard, way: Way) -> Looked:
    if archive is None:
        return Looked((), np.empty((0, card.dimensions), np.float32))
    return held_chips(archive, scene, where, most=way.most_chips)


def _ground(scene: Scene, held: Looked, archive: Archive | None, way: Way) -> tuple[Ground, Way, tuple[str, ...]]:
    """Open the scene's header; where that fails, what is stored has to do."""
    try:
        return ground_of(scene), way, ()
    except SourceError as error:
        if archive is None or not held.chips:
            raise
        step = max(1, len(held.chips) // _TO_FIT)
        ground = ground_of_chips(scene, archive.get([chip.id for chip in held.chips[::step]]), held.windows)
        said = () if way.stored_only else (f"Only stored chips are used, for the scene cannot be opened: {error}",)
        return ground, replace(way, stored_only=True), (*said, *([ground.note] if ground.note else []))


def _looked(
    ground: Ground,
    region: Window,
    held: Looked,
    card: ModelCard,
    model: Callable[[], Model],
    way: Way,
    on_progress: OnProgress | None,
) -> Looked:
    if way.stored_only:
        if not held.chips:
            raise UsageError(
                "The archive holds no chips of this scene here. Ingest it first (satseek ingest ARCHIVE "
                "SCENE --overlap 0.5 --scales 1,2,4), or let them be encoded now."
            )
        return held
    require_readable(card, ground.scene.sensor)
    wanted = wanted_windows(
        ground, region, chip=chip_side(held, card.chip_size), scales=way.scales, most=way.most_chips
    )
    looked = completed(held, ground.scene, wanted, model, most=way.most_encoded, on_progress=on_progress)
    if not looked.chips:
        raise UsageError("There is nothing to look at here: all of it is without data.")
    return looked


def _cells(looked: Looked, region: Window) -> Cells:
    smallest = float(looked.windows[:, 2:].max(axis=1).min())
    cells = Cells.over(region, max(1.0, smallest / CELLS_A_CHIP))
    if cells.rows * cells.columns > MOST_CELLS:
        raise UsageError(too_many(len(looked.chips), MOST_CHIPS))
    return cells


def _measured(raw: FloatArray, looked: Looked, scene: Scene, cells: Cells) -> FloatArray:
    """Return the map without what chips at the edge of the data say of the ground beyond it."""
    if not looked.empty and not any(chip.nodata_share for chip in looked.chips):
        return raw  # all is measured: nothing needs to be read
    seen = glance_at(scene, cells.region, finest=max(FINEST, cells.rows, cells.columns))
    if seen is None:
        return raw
    measured = seen.shares(cells.boxes).reshape(raw.shape) >= LEAST_MEASURED
    return np.where(measured, raw, np.nan).astype(np.float32) if measured.any() else raw


def _transform(ground: Ground, cells: Cells) -> Affine:
    height, width = cells.size
    corner = Affine.translation(cells.region.column, cells.region.row)
    return ground.grid.transform @ corner @ Affine.scale(width, height)


class _NoArchive:
    """Stands where a question is encoded without an archive: there are no chips to be examples."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def vectors(self, ids: Sequence[str]) -> FloatArray:
        raise ChipNotFound(f"'{ids[0]}' is a chip's id, and there is no archive to look it up in. Name it: --archive.")
