"""Villages: houses, farms and a church along the lanes that meet in them."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.prepared import prep

from satseek.synthetic.blocks import DARK, Builder
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Thing, Zone, blob

LANE_WIDTH = 5.6
GARDEN_DEPTH = 36.0


def village(
    builder: Builder, frame: Frame, radius: float, ways: list[LineString], water: BaseGeometry
) -> tuple[Zone, list[Thing]]:
    """Return a village about a frame, along the roads that come to it and lanes of its own."""
    rng = builder.rng
    area = blob(rng, frame.x, frame.y, radius).difference(water.buffer(14))
    lines = _lanes(rng, frame, radius, ways, area)
    lanes = shapely.union_all([line.buffer(LANE_WIDTH / 2) for line in lines])
    plots = _Plots(builder, lanes.buffer(2.0))
    plots.church(frame)
    for line in lines:
        plots.along(line)
    ground = shapely.union_all([line.buffer(GARDEN_DEPTH) for line in lines]).buffer(20).buffer(-18)
    shape = ground.difference(water.buffer(3))
    return Zone("village", shape, Cover.GARDEN), [Thing(lanes, Cover.ROAD), *plots.things]


def _lanes(
    rng: np.random.Generator, frame: Frame, radius: float, ways: list[LineString], area: BaseGeometry
) -> list[LineString]:
    lanes: list[BaseGeometry] = [way.intersection(area) for way in ways]
    for turn in rng.permutation(6)[: int(rng.integers(3, 5))]:
        angle = frame.angle + turn * np.pi / 3 + rng.normal(0, 0.15)
        bend = angle + rng.normal(0, 0.6)
        half = (frame.x + 0.5 * radius * np.cos(angle), frame.y + 0.5 * radius * np.sin(angle))
        end = (half[0] + 0.5 * radius * np.cos(bend), half[1] + 0.5 * radius * np.sin(bend))
        lanes.append(LineString([(frame.x, frame.y), half, end]).intersection(area))
        if rng.random() < 0.5:  # a side lane
            side = bend + rng.choice([-1, 1]) * rng.uniform(1.1, 1.7)
            away = (half[0] + 0.4 * radius * np.cos(side), half[1] + 0.4 * radius * np.sin(side))
            lanes.append(LineString([half, away]).intersection(area))
    parts = [part for lane in lanes for part in getattr(lane, "geoms", [lane])]
    return [part for part in parts if isinstance(part, LineString) and part.length > 15]


class _Plots:
    """The plots of a village, taken one after another."""

    def __init__(self, builder: Builder, lanes: BaseGeometry) -> None:
        self.builder, self.rng = builder, builder.rng
        self.things: list[Thing] = []
        self._lanes = prep(lanes)
        self._taken: list[tuple[float, float, float]] = []  # middle and reach of each house

    def church(self, frame: Frame) -> None:
        """A long roof and a high tower."""
        at = frame.at(17, 20, self.rng.normal(0, 0.3))
        self._taken.append((at.x, at.y, 17.0))
        self.things.append(Thing(at.rectangle(-2, 0, 44, 28), Cover.PARK))
        self.things += self.builder.roof(at, 26, 11, 11)
        self.things += self.builder.roof(at.at(-15, 0), 7, 7, 24, kind=DARK)

    def along(self, line: LineString) -> None:
        """Houses on both sides of a lane, where no other stands."""
        rng = self.rng
        for at in np.arange(8, line.length - 2, 17.5):
            here, ahead = line.interpolate(at), line.interpolate(at + 3)
            lane = Frame(here.x, here.y, float(np.arctan2(ahead.y - here.y, ahead.x - here.x)))
            for side in (-1, 1):
                if rng.random() > 0.14:
                    farm = rng.random() < 0.12
                    off = side * rng.uniform(12, 16) * (1.35 if farm else 1)
                    turn = float(rng.normal(0, 0.1)) + (np.pi / 2 if rng.random() < 0.25 else 0.0)
                    self._build(lane.at(float(rng.normal(0, 2)), off, turn), farm)

    def _build(self, plot: Frame, farm: bool) -> None:
        rng = self.rng
        length, width = (rng.uniform(20, 30), 12.0) if farm else (rng.uniform(10, 14), rng.uniform(8, 10))
        footprint: Polygon = plot.rectangle(0, 0, length + 1.5, width + 1.5)
        reach = 0.5 * (length + width) / 2 + 1.5
        free = all(np.hypot(plot.x - x, plot.y - y) > reach + other for x, y, other in self._taken)
        if not free or self._lanes.intersects(footprint):
            return
        self._taken.append((plot.x, plot.y, reach))
        self.things += self.builder.roof(plot, length, width, 8 if farm else rng.uniform(4.5, 7))
        if farm:
            self.things.append(Thing(plot.rectangle(0, 12, 22, 9), Cover.DIRT))
        elif rng.random() < 0.35:
            self.things += self.builder.roof(plot.at(rng.uniform(-6, 6), 13), rng.uniform(5, 8), 4.5, 3.5)
