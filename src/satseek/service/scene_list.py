"""The scenes of an archive as a service names them, and as features of a map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from satseek.archive.archive import Archive
from satseek.archive.scenes import SceneFacts, Scenes
from satseek.core.chip import Geometry
from satseek.core.period import rfc3339
from satseek.core.sensor import SENSORS
from satseek.service.public import Names

OUTLINES_KEPT = 5_000


class SceneList:
    """All scenes of one version of an archive, by public ids."""

    def __init__(self, archive: Archive, names: Names) -> None:
        """Look through the archive once."""
        self._archive, self._names = archive, names
        self.scenes: Scenes = archive.scenes()
        self._ids = _ids(self.scenes, names)
        self._numbers = {each: number for number, each in enumerate(self._ids)}
        self._outlines: dict[int, Geometry | None] = {}

    def chip_of(self, scene_id: str) -> str | None:
        """Return the id of a chip by which a scene is read, None for an unknown scene."""
        number = self._numbers.get(scene_id)
        return None if number is None else self.scenes.facts([number])[0].chip

    def features(self, numbers: Sequence[int], base: str) -> list[dict[str, Any]]:
        """Return some scenes as GeoJSON features, with the address of their tiles."""
        facts = self.scenes.facts(numbers)
        missing = [each for each in range(len(numbers)) if numbers[each] not in self._outlines]
        if len(self._outlines) + len(missing) > OUTLINES_KEPT:
            self._outlines, missing = {}, list(range(len(numbers)))
        drawn = self._archive.outlines([facts[each] for each in missing])
        self._outlines |= {numbers[each]: outline for each, outline in zip(missing, drawn, strict=True)}
        return [
            _feature(self._ids[number], each, self._names, self._outlines[number], base)
            for number, each in zip(numbers, facts, strict=True)
        ]


def _ids(scenes: Scenes, names: Names) -> list[str]:
    """Return public ids; a name that stands for scenes of several sensors gets the sensor behind it."""
    facts = scenes.facts(range(len(scenes)))
    public = [names.of_scene(each.name) for each in facts]
    often = Counter(public)
    return [name if often[name] == 1 else f"{name}@{each.sensor}" for name, each in zip(public, facts, strict=True)]


def _feature(scene_id: str, facts: SceneFacts, names: Names, outline: Geometry | None, base: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "title": _title(facts, names),
        "sensor": facts.sensor,
        "datetime": None if facts.datetime is None else rfc3339(facts.datetime),
        "chips": facts.chips,
        "satseek:scene": names.of_scene(facts.name),
        "item": facts.chip,
    }
    if facts.ground_resolution_m:
        properties["gsd"] = facts.ground_resolution_m
    feature: dict[str, Any] = {"type": "Feature", "id": scene_id, "geometry": outline, "properties": properties}
    if facts.bbox is not None:
        feature["bbox"] = list(facts.bbox)
        properties["tiles"] = f"{base}/tiles/{{z}}/{{x}}/{{y}}?scene={quote(scene_id, safe='')}"
    items = urlencode({"sensors": facts.sensor, "ids": facts.chip})
    feature["links"] = [
        {"rel": "collection", "href": f"{base}/collections/{facts.sensor}", "type": "application/json"},
        {"rel": "item", "href": f"{base}/search?{items}", "type": "application/geo+json", "title": "One of its chips"},
    ]
    return feature


def _title(facts: SceneFacts, names: Names) -> str:
    named = names.of_scene(facts.name)
    if named == facts.name:
        return named
    sensor = SENSORS.get(facts.sensor).title if facts.sensor in SENSORS else facts.sensor
    return sensor if facts.datetime is None else f"{sensor}, {facts.datetime:%Y-%m-%d}"
