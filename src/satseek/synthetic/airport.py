"""An airport: a marked runway, taxiways, aprons, a terminal with planes at its gates, hangars and a car park."""

from __future__ import annotations

import numpy as np
from shapely import Polygon

from satseek.synthetic.blocks import GREY, WHITE, cars
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Thing, Zone, flat_roof

LENGTH, WIDTH = 2100.0, 560.0  # of the fenced ground, metres
RUNWAY_LENGTH, RUNWAY_WIDTH = 1900.0, 46.0
RUNWAY_V, TAXIWAY_V, APRON_V, TERMINAL_V = -150.0, -10.0, 85.0, 185.0


def airport(rng: np.random.Generator, frame: Frame, *, planes: bool = True) -> tuple[Zone, list[Thing]]:
    """Return an airport whose runway runs along u and whose terminal lies to the side of positive v."""
    zone = Zone("airport", frame.rectangle(0, 0, LENGTH, WIDTH), Cover.TURF)
    things = _runway(frame.at(0, RUNWAY_V)) + _taxiways(frame) + _buildings(rng, frame)
    if planes:
        things += _planes(rng, frame)
    return zone, things


def plane(rng: np.random.Generator, at: Frame, length: float) -> list[Thing]:
    """Return a plane seen from above, its nose towards positive u."""
    half = length * 0.5
    body = length * 0.052
    span = length * 0.47
    right = [
        (half, 0.0), (half * 0.93, body * 0.7), (half * 0.8, body), (length * 0.13, body), (-length * 0.09, span),
        (-length * 0.15, span), (-length * 0.06, body), (-length * 0.36, body * 0.8), (-length * 0.44, length * 0.18),
        (-length * 0.49, length * 0.18), (-length * 0.46, body * 0.4), (-half, 0.0),
    ]  # fmt: skip
    outline = right + [(u, -v) for u, v in reversed(right[1:-1])]
    kind, shade = int(rng.choice([0, 0, 0, 1])), float(rng.uniform(0.92, 1.08))
    things = [Thing(at.outline(outline), Cover.PLANE, kind, shade, 5.0, "plane")]
    tail = [(-length * 0.34, 0.6), (-half, 0.6), (-half, -0.6), (-length * 0.34, -0.6)]
    things.append(Thing(at.outline(tail), Cover.CARGO, int(rng.choice([0, 2, 8])), 0.9, 11.0))
    for v in (-span * 0.42, span * 0.42):
        things.append(Thing(at.rectangle(length * 0.04, v, length * 0.1, length * 0.045), Cover.PLANE, 1, 0.85, 5.0))
    return things


def _runway(middle: Frame) -> list[Thing]:
    """The runway and what is painted on it."""
    half = RUNWAY_LENGTH / 2
    things = [
        Thing(middle.rectangle(0, 0, RUNWAY_LENGTH + 120, RUNWAY_WIDTH + 15), Cover.RUNWAY, 1),
        Thing(middle.rectangle(0, 0, RUNWAY_LENGTH, RUNWAY_WIDTH), Cover.RUNWAY, 0, 1.0, 0.0, "runway"),
    ]
    for v in (-RUNWAY_WIDTH / 2 + 1.5, RUNWAY_WIDTH / 2 - 1.5):
        things.append(Thing(middle.rectangle(0, v, RUNWAY_LENGTH, 1.0), Cover.PAINT))
    for u in np.arange(-half + 90, half - 60, 50.0):
        things.append(Thing(middle.rectangle(float(u), 0, 30, 1.2), Cover.PAINT))
    for end in (-1, 1):
        for v in np.arange(-18, 19, 4.0):
            if abs(v) > 1:
                things.append(Thing(middle.rectangle(end * (half - 22), float(v), 30, 2.0), Cover.PAINT))
        for side in (-1, 1):
            things.append(Thing(middle.rectangle(end * (half - 320), side * 8, 45, 6.0), Cover.PAINT))
            for pair in (170, 470):
                things.append(Thing(middle.rectangle(end * (half - pair), side * 9, 22, 5.0), Cover.PAINT))
        things.append(Thing(middle.rectangle(end * (half - 200), 0, 200, 7.0), Cover.RUNWAY, 2))  # tyre marks
    return things


def _taxiways(frame: Frame) -> list[Thing]:
    half = RUNWAY_LENGTH / 2
    lines = [[(-half + 20, TAXIWAY_V), (half - 20, TAXIWAY_V)]]
    lines += [[(u, RUNWAY_V), (u, TAXIWAY_V)] for u in (-half + 20, half - 20)]
    lines += [[(u, RUNWAY_V), (u + turn, TAXIWAY_V)] for u, turn in ((-420, 110), (380, -110))]
    lines += [[(u, TAXIWAY_V), (u, APRON_V)] for u in (-150, 140)]
    things = [Thing(frame.line(line, 23), Cover.RUNWAY, 1) for line in lines]
    return things + [Thing(frame.line(line, 1.0), Cover.PAINT, 2) for line in lines]


def _buildings(rng: np.random.Generator, frame: Frame) -> list[Thing]:
    things = [
        Thing(frame.rectangle(0, APRON_V + 20, 560, 150), Cover.PAVED, 3),
        Thing(frame.rectangle(430, APRON_V + 10, 260, 110), Cover.PAVED, 3, 0.95),
        Thing(frame.rectangle(0, 248, 620, 58), Cover.PAVED, 0),
        Thing(frame.line([(-420, 272), (420, 272)], 9), Cover.ROAD),
        Thing(frame.line([(0, 272), (0, 330)], 9), Cover.ROAD),
    ]
    for u in np.arange(-270, 280, 62.0):  # the lines that planes park by
        things.append(Thing(frame.line([(float(u), APRON_V - 40), (float(u), APRON_V + 80)], 1.0), Cover.PAINT, 2))
    things += flat_roof(frame.at(0, TERMINAL_V + 6), 380, 36, kind=WHITE, height=18, shade=1.02)
    for u in (-125, 0, 125):
        things += flat_roof(frame.at(u, TERMINAL_V - 34), 16, 52, kind=GREY, height=12, shade=1.05)
    things += flat_roof(frame.at(230, TERMINAL_V + 4), 12, 12, kind=WHITE, height=38, shade=1.0)
    for number, u in enumerate((370, 445, 520)):
        things += flat_roof(frame.at(u, 160), 62, 52, kind=(GREY, WHITE, GREY)[number], height=14, shade=0.95)
    things += cars(rng, frame.at(0, 246), 560, 44, full=0.62)
    return things


def _planes(rng: np.random.Generator, frame: Frame) -> list[Thing]:
    things = []
    for u in (-157, -93, -32, 32, 93, 157):
        if rng.random() < 0.85:
            length = float(rng.uniform(36, 46))
            things += plane(rng, frame.at(u, TERMINAL_V - 36 - length * 0.35, np.pi / 2 + rng.normal(0, 0.04)), length)
    for u in (-235, 235, 330, 385, 440, 495):
        if rng.random() < 0.7:
            away = 92 if abs(u) < 300 else 75
            things += plane(rng, frame.at(u, away, -np.pi / 2 + rng.normal(0, 0.1)), float(rng.uniform(22, 38)))
    if rng.random() < 0.8:
        things += plane(rng, frame.at(float(rng.uniform(-700, 600)), TAXIWAY_V, np.pi), float(rng.uniform(36, 44)))
    if rng.random() < 0.7:
        end = float(rng.choice([-1, 1]))
        turn = 0.0 if end < 0 else np.pi
        things += plane(rng, frame.at(end * (RUNWAY_LENGTH / 2 - 90), RUNWAY_V, turn), 44.0)
    return things


def middle_of_apron(frame: Frame) -> Polygon:
    """Return the part of an airport that is worth being in the middle of a picture."""
    return frame.rectangle(0, APRON_V, 500, 300)
