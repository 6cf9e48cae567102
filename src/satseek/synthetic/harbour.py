"""A harbour: quays, piers with moored ships, container stacks and halls, a breakwater, ships under way."""

from __future__ import annotations

import numpy as np

from satseek.synthetic.blocks import GREY, WHITE
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Thing, Zone, flat_roof

LENGTH, WIDTH = 720.0, 560.0


def harbour(rng: np.random.Generator, frame: Frame, *, ships: bool = True) -> tuple[Zone, list[Thing]]:
    """Return a harbour whose quay lies along u and whose water lies towards positive v."""
    zone = Zone("harbour", frame.rectangle(0, 70, LENGTH, WIDTH))
    things = [
        Thing(frame.rectangle(0, 190, LENGTH - 20, 300), Cover.SEA),
        Thing(frame.rectangle(0, -60, LENGTH - 30, 200), Cover.PAVED, 0),
    ]
    piers = (-215.0, 0.0, 215.0)
    for u in piers:
        things.append(Thing(frame.rectangle(u, 130, 52, 182), Cover.PAVED, 3, 0.95))
    wall = [(-LENGTH / 2, 20), (-LENGTH / 2 - 8, 240), (-LENGTH / 2 + 90, 345), (70, 352)]
    things.append(Thing(frame.line(wall, 17), Cover.STONES, 0, 1.0, 3.0))
    things.append(Thing(frame.line(wall, 6), Cover.PAVED, 1, 1.0, 3.0))
    things += _yard(rng, frame)
    if ships:
        things += _moored(rng, frame, piers)
    return zone, things


def ship(rng: np.random.Generator, at: Frame, length: float, *, moving: bool = False) -> list[Thing]:
    """Return a ship, its bow towards positive u; under way it draws a wake behind it."""
    a, b = length / 2, length * 0.075 + 2
    hull = [(a, 0), (a * 0.82, b * 0.75), (a * 0.6, b), (-a * 0.92, b), (-a, b * 0.7)]
    inner = [(a * 0.9, 0), (a * 0.6, b * 0.72), (-a * 0.88, b * 0.72)]
    things = []
    if moving:
        for kind, end, spread in ((3, 4.2, 2.6), (2, 3.0, 2.2), (1, 2.0, 1.7)):  # it widens and fades
            edge = [(-a * 0.8, b * 0.9), (-a * 1.8, b * 1.4), (-length * end * 0.9, b * spread), (-length * end, 0)]
            things.append(Thing(at.outline(edge + [(u, -v) for u, v in reversed(edge[:-1])]), Cover.WAKE, kind))
        things.append(Thing(at.outline([(-a, b * 0.8), (-length * 1.6, 0), (-a, -b * 0.8)]), Cover.WAKE, 0))
        for side in (-1, 1):  # the bow wave
            arm = [(a * 0.9, 0), (-length * 0.9, side * length * 0.5), (-length * 0.9, side * length * 0.43)]
            things.append(Thing(at.outline(arm), Cover.WAKE, 2))
    kind = int(rng.choice([0, 1, 2]))
    outline = at.outline(hull + [(u, -v) for u, v in reversed(hull[1:])])
    things.append(Thing(outline, Cover.HULL, kind, 1.0, 7.0, "ship"))
    things.append(Thing(at.outline(inner + [(u, -v) for u, v in reversed(inner[1:])]), Cover.HULL, 3 + kind, 1.0, 7.0))
    things += flat_roof(at.at(-a * 0.72, 0), length * 0.11, b * 1.5, kind=WHITE, height=18, shade=1.12)
    if length > 95 and rng.random() < 0.75:
        for u in np.arange(-a * 0.5, a * 0.62, 13.5):
            for v in np.arange(-b * 0.65, b * 0.66, 2.9):
                if rng.random() < 0.85:
                    box = at.rectangle(float(u), float(v), 12.2, 2.6)
                    things.append(Thing(box, Cover.CARGO, int(rng.integers(0, 8)), 1.0, 12.0))
    else:
        for u in np.linspace(-a * 0.4, a * 0.5, 4):
            things.append(Thing(at.rectangle(float(u), 0, length * 0.13, b), Cover.CARGO, 8, 0.8, 9.0))
    return things


def _yard(rng: np.random.Generator, frame: Frame) -> list[Thing]:
    """Halls inland, stacks of containers and cranes on the quay."""
    things: list[Thing] = []
    for u in np.arange(-300, 300, 92.0):
        kind = int(rng.choice([GREY, WHITE]))
        things += flat_roof(frame.at(float(u) + 30, -125), 80, 38, kind=kind, height=11, shade=rng.uniform(0.8, 1.1))
    for u in np.arange(-310, 320, 31.0):
        for v in (-78.0, -48.0):
            if rng.random() < 0.22:
                continue
            for row in range(6):
                for length in (-6.4, 6.4):
                    if rng.random() < 0.86:
                        box = frame.rectangle(float(u) + length, v + 3.2 * row, 12.2, 2.7)
                        tall = 2.6 * int(rng.integers(1, 5))
                        things.append(Thing(box, Cover.CARGO, int(rng.integers(0, 8)), rng.uniform(0.85, 1.1), tall))
    things.append(Thing(frame.line([(-345, -97), (345, -97)], 8), Cover.ROAD))
    for u in np.arange(-330, 340, 82.0):
        things.append(Thing(frame.rectangle(float(u), 26, 5, 46), Cover.CARGO, 9, 0.9, 24.0))
    return things


def _moored(rng: np.random.Generator, frame: Frame, piers: tuple[float, ...]) -> list[Thing]:
    things: list[Thing] = []
    for u in piers:
        for side in (-1, 1):
            if rng.random() < 0.85:
                length = float(rng.uniform(85, 150))
                off = 26 + length * 0.075 + 4
                turn = np.pi / 2 if rng.random() < 0.5 else -np.pi / 2
                things += ship(rng, frame.at(u + side * off, 132 + rng.uniform(-14, 8), turn), length)
    for _ in range(int(rng.integers(2, 5))):
        at = frame.at(rng.uniform(-420, 420), rng.uniform(430, 800), rng.uniform(0, 2 * np.pi))
        things += ship(rng, at, float(rng.uniform(40, 110)), moving=True)
    return things
