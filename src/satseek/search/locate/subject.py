"""The subject: which of an archive's scenes is looked at."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from satseek.core.chip import Chip
from satseek.core.errors import UnknownName, UsageError
from satseek.core.filters import Filters
from satseek.core.model import Model
from satseek.core.query import Query
from satseek.core.scene import Scene
from satseek.search.locate.locating import require_content
from satseek.search.searcher import ask

if TYPE_CHECKING:
    from satseek.archive.archive import Archive


def scene_of_chip(chip: Chip) -> Scene:
    """Return the scene that a chip was cut from, good enough to read it again and to find its other chips."""
    return replace(Scene.from_address(chip.source, chip.address), id=chip.scene)


def scene_with_best_hit(archive: Archive, query: Query, model: Callable[[], Model]) -> Scene:
    """Return the scene in which a search finds its best hit, by all that the query asks for."""
    require_content(query)
    hits = ask(archive, replace(query, k=1, offset=0, cut=None), model).hits
    if not hits:
        where = "meets the filters" if archive.count(Filters.of(query)) == 0 else "fits these words"
        raise UsageError(f"No chip of the archive {where}, so there is no scene to look at.")
    return scene_of_chip(hits[0].chip)


def named_scene(archive: Archive, name: str, query: Query) -> Scene:
    """Return a scene by its name in the archive, by its file or address, or by the id of one of its chips."""
    if archive.held([name]):
        return scene_of_chip(archive.get([name])[0])
    sensors = query.sensors
    for source in (name, os.path.abspath(name)):
        for part in archive.scan(Filters(sources=(source,), sensors=sensors), batch=1, limit=1):
            return scene_of_chip(part.chips[0])
    scenes = archive.scenes()
    names = scenes.names()
    fitting = [number for number in scenes.matching(sensors=sensors).tolist() if names[number] == name]
    if not fitting:
        known = dict.fromkeys(names[:10_000])
        raise UnknownName("scene in this archive", name, known if len(known) <= 12 else _near(name, list(known)))
    if len(fitting) > 1:
        kinds = ", ".join(facts.sensor for facts in scenes.facts(fitting))
        raise UsageError(f"Several sensors have a scene called '{name}': {kinds}. Say which one with --sensor.")
    return scene_of_chip(archive.get([scenes.facts(fitting)[0].chip])[0])


def _near(name: str, known: list[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, known, n=3, cutoff=0.3) or known[:3]
