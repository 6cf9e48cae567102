"""A forecast: what an ingest would do, counted from the headers of its scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.scene import Scene
from satseek.ingest.cut import CutPlan
from satseek.ingest.job import OpenReader, Surveyed
from satseek.ingest.plan import ASKED_AT_ONCE, ids_for, survey
from satseek.ingest.report import Tally
from satseek.raster.read import SceneReader


@dataclass(frozen=True)
class Forecast:
    """Scenes and windows of each sensor, and how much of it is there already."""

    scenes: Mapping[str, int]  # by sensor
    windows: Mapping[str, int]  # by sensor; some may hold nothing but nodata, which only reading tells
    already_there: int
    refused: Mapping[str, str]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            "scenes": sum(self.scenes.values()),
            "windows": sum(self.windows.values()),
            "already_there": self.already_there,
            "sensors": {
                sensor: {"scenes": count, "windows": self.windows[sensor]} for sensor, count in self.scenes.items()
            },
            "refused": dict(self.refused),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        lines = [f"{name}: {count:,} scenes, {self.windows[name]:,} windows" for name, count in self.scenes.items()]
        lines.append(f"{sum(self.windows.values()):,} windows in all, {self.already_there:,} of them already there")
        lines += [f"warning: {warning}" for warning in self.warnings]
        lines += [f"refused {source}: {why}" for source, why in self.refused.items()]
        return "\n".join(lines)


def forecast(
    scenes: Iterable[Scene],
    *,
    card: ModelCard,
    plan: CutPlan,
    archive: Archive | None = None,
    tally: Tally | None = None,
    open_reader: OpenReader = SceneReader,
) -> Forecast:
    """Count what an ingest of these scenes would do; no pixel is read and nothing is added."""
    tally = tally or Tally()
    found: Counter[str] = Counter()
    windows: Counter[str] = Counter()
    held = 0
    for surveyed in survey(scenes, card=card, plan=plan, tally=tally, open_reader=open_reader):
        found[surveyed.scene.sensor] += 1
        windows[surveyed.scene.sensor] += surveyed.windows
        held += 0 if archive is None else _held(surveyed, card, archive)
    report = tally.report()
    return Forecast(dict(found), dict(windows), held, report.refused, report.warnings)


def _held(surveyed: Surveyed, card: ModelCard, archive: Archive) -> int:
    windows = iter(surveyed.cutting)
    id_of = ids_for(surveyed.scene, card)
    held = 0
    while ids := [id_of(each.window, each.scale) for each in islice(windows, ASKED_AT_ONCE)]:
        held += len(archive.held(ids))
    return held
