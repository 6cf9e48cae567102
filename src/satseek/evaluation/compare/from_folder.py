"""Drawing from a folder of scenes: windows are chosen by their headers, and only the chosen ones are ever read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from satseek.core.chip import Chip, chip_id_maker
from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import Scene
from satseek.evaluation.compare.from_archive import item_of_chip, require_count
from satseek.evaluation.compare.sample import Sample, draw_order
from satseek.ingest.annotate import Annotator
from satseek.ingest.cut import CutPlan
from satseek.ingest.discover import discover
from satseek.ingest.plan import cut_open
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow

MOST_WINDOWS = 2_000_000  # of all scenes, whose ids are held while some are drawn


@dataclass(frozen=True)
class _Cut:
    scene: Scene
    window: ChipWindow


def sample_folder(folder: str, *, plan: CutPlan, count: int, seed: int) -> Sample:
    """Return up to so many windows of the scenes in a folder, a file or a STAC catalog, drawn evenly."""
    require_count(count)
    refused: dict[str, str] = {}
    windows: dict[str, _Cut] = {}
    for scene in discover([folder], on_refused=refused.__setitem__):
        try:
            for name, window in _windows(scene, plan):
                windows[name] = window
        except SourceError as error:
            refused[scene.source] = str(error)
        if len(windows) > MOST_WINDOWS:
            raise UsageError(
                f"{folder} would be cut into more than {MOST_WINDOWS:,} chips. Name a part of it, choose coarser "
                "chips with --chip-metres, or ingest it and compare on the archive."
            )
    if len(windows) < 2:
        why = next(iter(refused.values()), "it holds no scenes")
        raise UsageError(f"There is nothing to compare on in {folder}: {why}")
    ids = draw_order(((name, each.scene.sensor, each.scene.id) for name, each in windows.items()), seed, count)
    items = tuple(item_of_chip(chip) for chip in _chips(ids, windows))
    return Sample(folder, items, len(windows), left_out=refused)


def _windows(scene: Scene, plan: CutPlan) -> Iterator[tuple[str, _Cut]]:
    with SceneReader(scene) as reader:
        cutting = cut_open(scene, reader, plan)
        settled = reader.scene
    id_of = chip_id_maker(scene, "compare")
    for window in cutting:
        yield id_of(window.window, window.scale), _Cut(settled, window)


def _chips(ids: Sequence[str], windows: dict[str, _Cut]) -> list[Chip]:
    """Return the chosen windows as chips, each scene opened once for where they lie."""
    annotator = Annotator(warn=lambda text: None)
    by_scene: dict[int, list[str]] = {}
    for name in ids:
        by_scene.setdefault(id(windows[name].scene), []).append(name)
    chips: dict[str, Chip] = {}
    for names in by_scene.values():
        scene = windows[names[0]].scene
        with SceneReader(scene) as reader:
            places = reader.footprints([windows[name].window.window for name in names])
            sides = reader.ground_resolutions_m([windows[name].window for name in names])
        for name, place, side in zip(names, places, sides, strict=True):
            geometry = None if place is None else place.geometry
            words, window = annotator.words_of(scene, geometry), windows[name].window
            chips[name] = Chip(
                id=name,
                sensor=scene.sensor,
                source=scene.source,
                scene=scene.id,
                window=window.window,
                scale=window.scale,
                size=window.size,
                address=scene.address(),
                geometry=geometry,
                bbox=None if place is None else place.bbox,
                ground_resolution_m=side,
                caption=words.caption,
                labels=words.labels,
            )
    return [chips[name] for name in ids]
