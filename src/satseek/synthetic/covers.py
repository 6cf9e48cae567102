"""What the ground is made of, cell by cell, and the words that things go by: the vocabulary of the painted world."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from satseek.core.errors import UnknownName


class Cover(IntEnum):
    """What covers a map cell; the palettes, spectra and backscatter tables are indexed by it."""

    MEADOW = 1
    FOREST = 2
    CONIFER = 3
    SCRUB = 4
    FIELD = 5  # the map's `kind` says which crop
    ORCHARD = 6
    DESERT = 7
    ROCK = 8
    SNOW = 9
    SEA = 10
    RIVER = 11
    LAKE = 12
    BEACH = 13
    GARDEN = 14
    PARK = 15
    HEDGE = 16
    TRACK = 17  # a dirt track
    ROAD = 18
    PAVED = 19
    RUNWAY = 20
    TURF = 21  # mown grass of airports and pitches; `kind` 1 is striped
    PAINT = 22  # white markings
    ROOF = 23  # `kind` says which roof
    TANK = 24
    PANEL = 25
    TARTAN = 26  # running tracks; `kind` says which colour
    PLANE = 27
    HULL = 28
    CARGO = 29  # containers and decks; `kind` says which colour
    WAKE = 30
    DIRT = 31
    MARSH = 32
    STONES = 33  # rock where there are no mountains


class Crop(IntEnum):
    """What stands on a field."""

    GRAIN_GREEN = 0
    GRAIN_RIPE = 1
    MAIZE = 2
    RAPE = 3
    GRASS = 4
    SOIL = 5
    STUBBLE = 6
    ROOTS = 7
    PADDY = 8
    FALLOW = 9


KINDS = 16  # room for kinds of each cover in the lookup tables

LABEL_OF_COVER: dict[Cover, str] = {
    Cover.MEADOW: "meadow",
    Cover.FOREST: "forest",
    Cover.CONIFER: "forest",
    Cover.SCRUB: "scrub",
    Cover.FIELD: "field",
    Cover.ORCHARD: "orchard",
    Cover.DESERT: "desert",
    Cover.STONES: "bare rock",
    Cover.ROCK: "mountain",
    Cover.SNOW: "mountain",
    Cover.SEA: "sea",
    Cover.WAKE: "sea",
    Cover.RIVER: "river",
    Cover.LAKE: "lake",
    Cover.BEACH: "beach",
    Cover.ROAD: "road",
    Cover.RUNWAY: "runway",
}

ZONE_LABELS = ("village", "town", "airport", "harbour", "sports ground", "storage tank", "solar farm")
"""Labels of areas that are made of many covers; a cell of zone n belongs to ZONE_LABELS[n - 1]."""

THING_LABELS = ("plane", "ship", "storage tank", "sports ground", "bridge", "runway")
"""Labels of single things that can be counted."""

LABELS = tuple(sorted({*LABEL_OF_COVER.values(), *ZONE_LABELS, *THING_LABELS}))
"""Every label that the painted world can give."""


def known_labels(labels: Iterable[str]) -> frozenset[str]:
    """Return the labels as a set; one that the painted world does not know is answered with the nearest."""
    for label in labels:
        if label not in LABELS:
            raise UnknownName("label", label, LABELS)
    return frozenset(labels)
