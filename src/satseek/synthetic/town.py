"""Towns in blocks and villages along lanes: streets, houses, gardens, parks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.prepared import PreparedGeometry, prep

from satseek.synthetic.biomes import Look
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Thing, Zone, blob, flat_roof, house

RED, BROWN, GREY, WHITE, TAN, DARK = range(6)  # kinds of roof
ROOFS: dict[Look, tuple[int, ...]] = {
    "temperate": (RED, RED, RED, BROWN, BROWN, GREY, DARK),
    "boreal": (GREY, DARK, DARK, BROWN, RED, WHITE),
    "arid": (TAN, TAN, TAN, WHITE, BROWN),
    "tropical": (RED, BROWN, GREY, WHITE, TAN, RED),
}


@dataclass
class Builder:
    """Lays out one settlement; keeps what all its parts need."""

    rng: np.random.Generator
    look: Look
    sun: float

    def town(self, frame: Frame, radius: float, *, dense: bool) -> tuple[Zone, list[Thing]]:
        """Return a town of street blocks: tall and tight in the middle, houses with gardens outside."""
        rng = self.rng
        area = blob(rng, frame.x, frame.y, radius, wobble=0.16)
        inside = prep(area)
        long, short = rng.uniform(88, 118), rng.uniform(62, 80)
        reach = int(radius * 1.4 / short) + 1
        middle = blob(rng, frame.x, frame.y, radius * (0.62 if dense else 0.3))
        things = [Thing(middle.intersection(area), Cover.PAVED, 2)]
        core = prep(middle)
        for i in range(-reach, reach + 1):
            for j in range(-reach, reach + 1):
                block = frame.at(i * long, j * short)
                if inside.contains(block.rectangle(0, 0, long * 0.7, short * 0.7)):
                    central = core.contains(block.rectangle(0, 0, 4, 4))
                    things += self._block(block, long - 11, short - 11, central=central, dense=dense)
        return Zone("town", area, Cover.GARDEN), self._streets(frame, area, long, short, reach) + things

    def village(self, frame: Frame, radius: float, ways: list[LineString]) -> tuple[Zone, list[Thing]]:
        """Return a village along the roads that meet in it, with lanes of its own, a church and farms."""
        rng = self.rng
        area = blob(rng, frame.x, frame.y, radius)
        lanes = [way.intersection(area) for way in ways]
        for turn in rng.permutation(5)[:3]:
            angle = frame.angle + turn * 2 * np.pi / 5 + rng.normal(0, 0.15)
            bend = angle + rng.normal(0, 0.5)
            half = (frame.x + 0.55 * radius * np.cos(angle), frame.y + 0.55 * radius * np.sin(angle))
            end = (half[0] + 0.6 * radius * np.cos(bend), half[1] + 0.6 * radius * np.sin(bend))
            lanes.append(LineString([(frame.x, frame.y), half, end]))
        lines = [part for lane in lanes for part in getattr(lane, "geoms", [lane]) if isinstance(part, LineString)]
        streets = [Thing(line.buffer(2.8), Cover.ROAD) for line in lines]
        kept_free = prep(LineString([(0, 0), (0, 0.1)]).buffer(0.1) if not lines else _together(lines, 5.0))
        houses: list[Thing] = []
        footprints: list[Polygon] = []
        self._church(frame, houses, footprints)
        for line in lines:
            self._along(line, kept_free, area, houses, footprints)
        return Zone("village", area, Cover.GARDEN), streets + houses

    def _block(self, block: Frame, long: float, short: float, *, central: bool, dense: bool) -> list[Thing]:
        """Return what stands on one street block."""
        lot = self.rng.random()
        if lot < 0.05:
            return [Thing(block.rectangle(0, 0, long, short), Cover.PARK)]
        if lot < 0.09:
            return self._store(block, long, short)
        if central and (dense or lot < 0.75):
            return self._perimeter(block, long, short) if lot < 0.72 else self._towers(block, long, short)
        if lot < (0.34 if dense else 0.16):
            return self._slabs(block, long, short)
        return self._gardens(block, long, short)

    def _perimeter(self, block: Frame, long: float, short: float) -> list[Thing]:
        """Buildings closed around a court, as old town centres have."""
        rng, things = self.rng, [Thing(block.rectangle(0, 0, long, short), Cover.PAVED, 2)]
        deep = rng.uniform(11, 14)
        things.append(Thing(block.rectangle(0, 0, long - 2 * deep, short - 2 * deep), Cover.GARDEN))
        tall = rng.uniform(11, 20)
        sides = [
            (block.at(0, -short / 2 + deep / 2), long),
            (block.at(0, short / 2 - deep / 2), long),
            (block.at(-long / 2 + deep / 2, 0, np.pi / 2), short - 2 * deep),
            (block.at(long / 2 - deep / 2, 0, np.pi / 2), short - 2 * deep),
        ]
        for side, length in sides:
            at = -length / 2
            while at < length / 2 - 7:
                wide = min(rng.uniform(12, 30), length / 2 - at)
                if rng.random() > 0.07:
                    things += self._roof(side.at(at + wide / 2, 0), wide - 0.4, deep, tall * rng.uniform(0.75, 1.2))
                at += wide
        return things

    def _towers(self, block: Frame, long: float, short: float) -> list[Thing]:
        """A few high buildings on paved ground."""
        rng, things = self.rng, [Thing(block.rectangle(0, 0, long, short), Cover.PAVED, 1)]
        for u in (-long / 4, long / 4):
            length, width = rng.uniform(22, long / 2 - 6), rng.uniform(18, short - 14)
            kind = int(rng.choice([GREY, WHITE, TAN, DARK]))
            at = block.at(u + rng.uniform(-3, 3), rng.uniform(-4, 4))
            tall = rng.uniform(22, 48)
            things += flat_roof(at, length, width, kind=kind, height=tall, shade=rng.uniform(0.8, 1.1))
            things += flat_roof(at.at(3, 2), 8, 6, kind=GREY, height=tall + 3, shade=0.9)
        return things

    def _slabs(self, block: Frame, long: float, short: float) -> list[Thing]:
        """Rows of long houses on lawns."""
        rng, things = self.rng, [Thing(block.rectangle(0, 0, long, short), Cover.GARDEN)]
        kind, tall = int(rng.choice([GREY, WHITE, RED, DARK])), rng.uniform(10, 16)
        for u in np.arange(-long / 2 + 12, long / 2 - 8, rng.uniform(24, 30)):
            at = block.at(float(u), 0, np.pi / 2)
            things += self._roof(at, short - rng.uniform(8, 16), 12, tall, kind=kind)
        return things

    def _store(self, block: Frame, long: float, short: float) -> list[Thing]:
        """A flat hall with its car park."""
        rng = self.rng
        things = [Thing(block.rectangle(0, 0, long, short), Cover.PAVED, 0)]
        hall = block.at(-long / 5, 0)
        things += flat_roof(hall, long * 0.5, short * 0.72, kind=WHITE, height=9, shade=rng.uniform(0.75, 1.1))
        return things + cars(rng, block.at(long * 0.27, 0), long * 0.36, short * 0.85)

    def _gardens(self, block: Frame, long: float, short: float) -> list[Thing]:
        """Two rows of houses, gardens between them."""
        rng, things = self.rng, []
        lot = rng.uniform(17, 25)
        count = max(int(long / lot), 1)
        for row in (-1, 1):
            for n in range(count):
                if rng.random() < 0.06:
                    continue
                u = (n + 0.5) * long / count - long / 2 + rng.normal(0, 1)
                turn = 0.0 if rng.random() < 0.75 else np.pi / 2
                at = block.at(u, row * (short / 2 - rng.uniform(9, 12)), turn + rng.normal(0, 0.03))
                things += self._roof(at, rng.uniform(10, 14), rng.uniform(8, 10.5), rng.uniform(5, 8))
                if rng.random() < 0.3:
                    drive = block.rectangle(u + 5, row * (short / 2 - 4), 3.2, 8)
                    things.append(Thing(drive, Cover.PAVED, 1))
                if rng.random() < 0.05:
                    pool = block.rectangle(u, row * (short / 2 - 24), 8, 4.5)
                    things.append(Thing(pool, Cover.TARTAN, 2))
        return things

    def _roof(self, at: Frame, length: float, width: float, height: float, *, kind: int | None = None) -> list[Thing]:
        rng = self.rng
        chosen = int(rng.choice(ROOFS[self.look])) if kind is None else kind
        shade = float(rng.uniform(0.8, 1.15))
        if self.look == "arid" or chosen == WHITE:
            return flat_roof(at, length, width, kind=chosen, height=height, shade=shade)
        return house(at, length, width, kind=chosen, height=height, shade=shade, sun=self.sun)

    def _streets(self, frame: Frame, area: Polygon, long: float, short: float, reach: int) -> list[Thing]:
        things = []
        span = (reach + 1) * long
        for i in range(-reach, reach + 2):
            across = LineString(frame.to_land([((i - 0.5) * long, -span), ((i - 0.5) * long, span)]))
            along = LineString(frame.to_land([(-span, (i - 0.5) * short), (span, (i - 0.5) * short)]))
            for line in (across, along):
                width = 11.5 if i % 5 == 0 else 7.5
                kept = line.intersection(area)
                if not kept.is_empty:
                    things.append(Thing(kept.buffer(width / 2 + 1.6, cap_style="flat"), Cover.PAVED, 1))
                    things.append(Thing(kept.buffer(width / 2, cap_style="flat"), Cover.ROAD))
        walks = [thing for thing in things if thing.cover == Cover.PAVED]
        return walks + [thing for thing in things if thing.cover == Cover.ROAD]

    def _church(self, frame: Frame, houses: list[Thing], footprints: list[Polygon]) -> None:
        at = frame.at(14, 20, self.rng.normal(0, 0.3))
        footprints.append(at.rectangle(0, 0, 36, 22))
        houses += self._roof(at, 26, 11, 12)
        houses += flat_roof(at.at(-15, 0), 7, 7, kind=DARK, height=26, shade=1.0)

    def _along(
        self,
        line: LineString,
        kept_free: PreparedGeometry[BaseGeometry],
        area: Polygon,
        houses: list[Thing],
        footprints: list[Polygon],
    ) -> None:
        """Houses on both sides of a lane, where no other stands."""
        rng = self.rng
        for at in np.arange(12, line.length - 4, 19.0):
            here, ahead = line.interpolate(at), line.interpolate(at + 3)
            angle = float(np.arctan2(ahead.y - here.y, ahead.x - here.x))
            for side in (-1, 1):
                if rng.random() < 0.18:
                    continue
                big = rng.random() < 0.12
                lane = Frame(here.x, here.y, angle)
                plot = lane.at(rng.normal(0, 2), side * rng.uniform(13, 19) * (1.5 if big else 1), rng.normal(0, 0.12))
                length, width = (rng.uniform(20, 32), 13.0) if big else (rng.uniform(10, 14), rng.uniform(8, 10))
                footprint = plot.rectangle(0, 0, length + 3, width + 3)
                if kept_free.intersects(footprint) or not area.buffer(15).contains(footprint):
                    continue
                if any(footprint.intersects(other) for other in footprints):
                    continue
                footprints.append(footprint)
                houses += self._roof(plot, length, width, 9 if big else rng.uniform(5, 8))


def cars(rng: np.random.Generator, lot: Frame, length: float, width: float, *, full: float = 0.6) -> list[Thing]:
    """Return cars in rows on a car park about a frame."""
    things = []
    for u in np.arange(-length / 2 + 3, length / 2 - 3, 8.0):
        for v in np.arange(-width / 2 + 2, width / 2 - 2, 2.8):
            if rng.random() < full:
                colour = int(rng.integers(0, 8))
                things.append(Thing(lot.rectangle(float(u), float(v), 4.4, 1.9), Cover.CARGO, 8 + colour, 1.0, 1.5))
    return things


def _together(lines: list[LineString], margin: float) -> BaseGeometry:
    from shapely import union_all

    return union_all([line.buffer(margin) for line in lines])
