"""The plan: open the headers of scenes, cut them, ask the archive what it holds, and hand out what is left to read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from satseek.core.card import ModelCard
from satseek.core.chip import chip_id_maker
from satseek.core.errors import ModelError, SourceError, UsageError
from satseek.core.model import require_readable
from satseek.core.scene import Scene, Window
from satseek.ingest.ahead import Ahead
from satseek.ingest.cut import CutPlan, Cutting, cut
from satseek.ingest.job import Job, OpenReader, Surveyed
from satseek.ingest.lanes import NamedWindow, spread
from satseek.ingest.report import Tally
from satseek.raster.read import SceneReader

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
ASKED_AT_ONCE = 8192  # ids in one question to the archive
GATHER_SECONDS = 0.25  # so long small scenes are gathered for it, and no longer: the readers wait


def survey(
    scenes: Iterable[Scene],
    *,
    card: ModelCard,
    plan: CutPlan,
    tally: Tally,
    open_reader: OpenReader,
    first: int = 0,
) -> Iterator[Surveyed]:
    """Open the header of each scene and cut it; what cannot be read is refused and the next one follows."""
    number = first
    for scene in scenes:
        try:
            require_bands(card, scene)
            with open_reader(scene) as reader:
                cutting = cut_open(scene, reader, plan)
                scene = reader.scene  # its unit is settled now, and need not be looked into at each further opening
                _warn_of(scene, reader, tally)
                _warn_of_zeros(card, scene, tally)
        except (SourceError, ModelError, UsageError) as error:
            tally.refuse(scene.source, str(error))
            continue
        windows = sum(1 for _ in cutting)
        tally.found(windows)
        yield Surveyed(number, scene, cutting, windows)
        number += 1
    tally.found_all()


def cut_open(scene: Scene, reader: SceneReader, plan: CutPlan) -> Cutting:
    """Return the windows that a plan makes of a scene whose header is open."""
    return cut(
        plan,
        width=reader.width,
        height=reader.height,
        ground_resolution_m=reader.ground_resolution_m,
        has_place=reader.has_place,
        is_picture=_is_picture(scene),
    )


def jobs(
    surveyed: Ahead[Surveyed], *, card: ModelCard, lanes: int, holds: Callable[[list[str]], set[str]], tally: Tally
) -> Iterator[Job]:
    """Yield the windows that the archive does not hold yet, in jobs for so many workers.

    `holds` answers which of some ids are held or under way, and notes the others as under way.
    """
    for number, slab in enumerate(_slabs(surveyed, card)):
        held = holds([named.chip_id for _, windows in slab for named in windows])
        parts = []
        for scene, windows in slab:
            new = [named for named in windows if named.chip_id not in held]
            held.update(named.chip_id for named in new)  # the same scene may come twice
            tally.held(len(windows) - len(new))
            parts.append((scene.scene, new))
        for piece in spread(parts, lanes):
            yield Job(slab[piece.scene][0], piece.windows, piece.lane, number)


def ids_for(scene: Scene, card: ModelCard) -> Callable[[Window, float], str]:
    """Return what makes the ids that a scene's chips, by window and scale, have in every archive of this model."""
    return chip_id_maker(scene, f"{card.name}@{card.version}")


def require_bands(card: ModelCard, scene: Scene) -> None:
    """Raise `ModelError` when the model cannot read this scene."""
    require_readable(card, scene.sensor)
    there = {band.name for band in scene.bands}
    missing = [band for band in card.needs(scene.sensor) if band not in there]
    if missing:
        raise ModelError(
            f"Model '{card.name}' needs the bands {', '.join(missing)} of '{scene.sensor}', and it has only "
            f"{', '.join(band.name for band in scene.bands)}. Add the missing files, name the bands with --bands, "
            "or choose another model with --model (see 'satseek models')."
        )


def _is_picture(scene: Scene) -> bool:
    return all(band.href.partition("?")[0].lower().endswith(PICTURE_ENDINGS) for band in scene.bands)


def _warn_of(scene: Scene, reader: SceneReader, tally: Tally) -> None:
    for warning in reader.warnings:
        tally.warn(warning, scene.source)
    if not reader.has_place and not _is_picture(scene):
        tally.warn(
            "no coordinate system, so the chips are found by words and examples, not on the map. "
            "Give it one with 'gdal_edit -a_srs EPSG:…' and ingest it again if that matters.",
            scene.source,
        )


def _warn_of_zeros(card: ModelCard, scene: Scene, tally: Tally) -> None:
    there = {band.name for band in scene.bands}
    missing = [band for band in card.sensors[scene.sensor] if band not in there]
    if missing:
        tally.warn(
            f"no {', '.join(missing)}, for which '{card.name}' is given zeros, as its authors give it.", scene.source
        )


_Slab = list[tuple[Surveyed, list[NamedWindow]]]


def _slabs(surveyed: Ahead[Surveyed], card: ModelCard) -> Iterator[_Slab]:
    """Gather windows of several small scenes, or of a part of a large one, for one question to the archive."""
    slab: _Slab = []
    room, until = ASKED_AT_ONCE, 0.0
    for scene in surveyed:
        windows: list[NamedWindow] = []
        id_of = ids_for(scene.scene, card)
        for window in scene.cutting:
            if room == 0:
                slab.append((scene, windows))
                yield slab
                slab, windows, room = [], [], ASKED_AT_ONCE
            windows.append(NamedWindow(id_of(window.window, window.scale), window))
            room -= 1
        slab.append((scene, windows))
        until = time.monotonic() + GATHER_SECONDS if len(slab) == 1 else until
        if room == 0 or not surveyed.has_next(patience_s=until - time.monotonic()):
            yield slab
            slab, room = [], ASKED_AT_ONCE
    if slab:
        yield slab
