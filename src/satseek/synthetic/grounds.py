"""Grounds laid out for one purpose: sports grounds, storage tanks, solar farms."""

from __future__ import annotations

import numpy as np

from satseek.synthetic.blocks import GREY, WHITE, cars
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Thing, Zone, flat_roof

SPORTS = (250.0, 190.0)
TANKS = (260.0, 200.0)
SOLAR = (430.0, 330.0)


def sports_ground(rng: np.random.Generator, frame: Frame, *, stadium: bool) -> tuple[Zone, list[Thing]]:
    """Return a pitch with a running track, courts and a second pitch; in a city, stands all around."""
    zone = Zone("sports ground", frame.rectangle(0, 0, *SPORTS), Cover.PARK)
    main = frame.at(-22, 0)
    things: list[Thing] = [Thing(frame.rectangle(0, 0, SPORTS[0] - 12, SPORTS[1] - 12), Cover.TURF)]
    if stadium:
        stand = _oval(main, 70, 76)
        things.append(Thing(stand, Cover.PAVED, 1))
        things.append(Thing(_oval(main, 62, 68), Cover.ROOF, WHITE, 1.05, 22.0))
        things.append(Thing(_oval(main, 52, 52), Cover.PAVED, 0, 0.8, 8.0))
    things.append(Thing(_oval(main, 46, 46), Cover.TARTAN, 0, 1.0, 0.0, "sports ground"))
    for lane in (43.6, 41.2):
        things.append(Thing(_oval(main, lane, lane).boundary.buffer(0.35), Cover.PAINT, 1))
    things.append(Thing(_oval(main, 37, 37), Cover.TURF))
    things += _pitch(main, 100, 62)
    if not stadium:
        things += flat_roof(main.at(0, 56), 90, 11, kind=GREY, height=9, shade=1.0)
    for n in range(4):
        court = frame.at(SPORTS[0] / 2 - 26, -66 + n * 42)
        things.append(Thing(court.rectangle(0, 0, 37, 18), Cover.TARTAN, int(1 + (n + rng.integers(0, 2)) % 2)))
        things += [Thing(court.rectangle(0, v, 24, 0.8), Cover.PAINT, 1) for v in (-5.5, 5.5)] + [
            Thing(court.rectangle(u, 0, 0.8, 11), Cover.PAINT, 1) for u in (-12.0, 0.0, 12.0)
        ]
    things.append(Thing(frame.rectangle(-SPORTS[0] / 2 + 14, -62, 20, 50), Cover.PAVED, 0))
    return zone, things + cars(rng, frame.at(-SPORTS[0] / 2 + 14, -62), 20, 48)


def tank_farm(rng: np.random.Generator, frame: Frame) -> tuple[Zone, list[Thing]]:
    """Return round storage tanks behind low walls, with pipes and a road around."""
    zone = Zone("storage tank", frame.rectangle(0, 0, *TANKS), Cover.DIRT)
    things: list[Thing] = [
        Thing(frame.line([(-120, -90), (120, -90), (120, 90), (-120, 90), (-120, -90)], 7), Cover.ROAD),
    ]
    columns = int(rng.choice([3, 4]))
    for i in range(columns):
        for j in range(3 if columns == 4 else 2):
            cell = (208 / columns, 156 / (3 if columns == 4 else 2))
            at = frame.at(-104 + (i + 0.5) * cell[0], -78 + (j + 0.5) * cell[1])
            things.append(Thing(at.rectangle(0, 0, cell[0] - 5, cell[1] - 5), Cover.PAVED, 3, 0.9))
            things.append(Thing(at.rectangle(0, 0, cell[0] - 8, cell[1] - 8), Cover.DIRT, 1))
            if rng.random() < 0.1:
                continue
            radius = float(min(cell) / 2 - rng.uniform(7, 11))
            kind, tall = int(rng.choice([0, 0, 0, 1])), float(rng.uniform(12, 18))
            things.append(Thing(at.disc(0, 0, radius), Cover.TANK, kind, 0.86, tall, "storage tank"))
            things.append(Thing(at.disc(0, 0, radius - 1.4), Cover.TANK, kind, 1.02, tall))
            things.append(Thing(at.disc(0, 0, radius * 0.12, corners=8), Cover.TANK, kind, 0.8, tall + 1))
        things.append(Thing(frame.rectangle(-104 + i * 208 / columns, 0, 2, 160), Cover.CARGO, 9, 0.9, 2.0))
    return zone, things


def solar_farm(rng: np.random.Generator, frame: Frame, *, arid: bool) -> tuple[Zone, list[Thing]]:
    """Return rows of panels in fenced fields with tracks between."""
    length, width = SOLAR
    zone = Zone("solar farm", frame.rectangle(0, 0, length, width), Cover.DIRT if arid else Cover.MEADOW)
    things: list[Thing] = []
    across = int(rng.choice([3, 4]))
    wide = length / across
    for i in range(across):
        for j in range(2):
            if rng.random() < 0.06:
                continue
            part = frame.at(-length / 2 + (i + 0.5) * wide, (j - 0.5) * width / 2)
            for v in np.arange(-width / 4 + 8, width / 4 - 7, 7.4):
                cut = float(rng.choice([0, 0, 0, 12]))
                things.append(Thing(part.rectangle(cut / 2, float(v), wide - 14 - cut, 4.4), Cover.PANEL, 0, 1.0, 2.2))
    things.append(Thing(frame.line([(-length / 2, 0), (length / 2, 0)], 4.5), Cover.TRACK))
    things += flat_roof(frame.at(0, 0), 11, 6, kind=GREY, height=4, shade=1.0)
    return zone, things


def _oval(at: Frame, end: float, side: float):  # type: ignore[no-untyped-def]
    """Return the oval of a running track: straight sides of 84 m, `side` from the middle."""
    return at.line([(-42, 0), (42, 0)], 0.1).buffer((end + side) / 2, quad_segs=16)


def _pitch(at: Frame, length: float, width: float) -> list[Thing]:
    """A striped football pitch with its lines."""
    a, b = length / 2, width / 2
    things = [Thing(at.rectangle(0, 0, length, width), Cover.TURF, 1)]
    for n in range(0, 10, 2):
        things.append(Thing(at.rectangle(-a + (n + 0.5) * length / 10, 0, length / 10, width), Cover.TURF, 2))
    edges = [(at.rectangle(0, 0, length, width)).boundary, at.disc(0, 0, 9.15).boundary]
    edges += [at.rectangle(side * (a - 8.25), 0, 16.5, min(40.3, width * 0.6)).boundary for side in (-1, 1)]
    things += [Thing(edge.buffer(0.5), Cover.PAINT, 1) for edge in edges]
    return [*things, Thing(at.rectangle(0, 0, 1.0, 2 * b), Cover.PAINT, 1)]
