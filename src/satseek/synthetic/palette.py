"""Colours of covers and kinds as an aerial camera sees them, and how grainy each is."""

from __future__ import annotations

import numpy as np

from satseek.synthetic.biomes import Look
from satseek.synthetic.covers import KINDS, Cover, Crop
from satseek.synthetic.grid import FloatArray

Colour = tuple[int, int, int]

PLAIN: dict[Cover, Colour] = {
    Cover.MEADOW: (112, 124, 76), Cover.FOREST: (56, 70, 44), Cover.CONIFER: (42, 56, 42), Cover.SCRUB: (122, 122, 86),
    Cover.FIELD: (110, 120, 74), Cover.ORCHARD: (122, 124, 84), Cover.DESERT: (205, 174, 132),
    Cover.ROCK: (138, 130, 120), Cover.STONES: (138, 130, 120),
    Cover.SNOW: (238, 242, 247), Cover.SEA: (30, 62, 80), Cover.RIVER: (72, 88, 80),
    Cover.LAKE: (36, 54, 60), Cover.BEACH: (212, 196, 160), Cover.GARDEN: (108, 118, 76), Cover.PARK: (88, 106, 62),
    Cover.HEDGE: (66, 80, 48), Cover.TRACK: (172, 156, 128), Cover.ROAD: (112, 111, 108), Cover.PAVED: (146, 144, 138),
    Cover.RUNWAY: (98, 99, 101), Cover.TURF: (110, 130, 72), Cover.PAINT: (232, 232, 228), Cover.ROOF: (150, 120, 105),
    Cover.TANK: (222, 222, 216), Cover.PANEL: (36, 46, 76), Cover.TARTAN: (162, 84, 66), Cover.PLANE: (236, 238, 240),
    Cover.HULL: (60, 62, 68), Cover.CARGO: (150, 80, 60), Cover.WAKE: (150, 180, 186), Cover.DIRT: (158, 140, 114),
    Cover.MARSH: (98, 104, 66),
}  # fmt: skip

LOOKS: dict[Look, dict[Cover, Colour]] = {
    "temperate": {},
    "boreal": {
        Cover.FOREST: (62, 76, 46), Cover.CONIFER: (38, 50, 38), Cover.LAKE: (26, 38, 48), Cover.RIVER: (44, 54, 56),
        Cover.MEADOW: (116, 122, 78),
    },
    "arid": {
        Cover.MEADOW: (166, 150, 104), Cover.SCRUB: (152, 136, 98), Cover.FOREST: (86, 88, 56),
        Cover.GARDEN: (182, 158, 122), Cover.PARK: (116, 116, 74), Cover.TURF: (168, 150, 112),
        Cover.DIRT: (190, 164, 126), Cover.TRACK: (206, 182, 146), Cover.RIVER: (112, 108, 84),
        Cover.ROCK: (148, 122, 98), Cover.STONES: (148, 122, 98),
    Cover.HEDGE: (104, 104, 66), Cover.PAVED: (172, 164, 150),
        Cover.ROAD: (134, 130, 124),
    },
    "tropical": {
        Cover.FOREST: (44, 72, 38), Cover.MEADOW: (98, 124, 66), Cover.SEA: (26, 78, 92), Cover.RIVER: (120, 106, 76),
        Cover.BEACH: (226, 212, 178), Cover.DIRT: (172, 120, 88), Cover.TRACK: (180, 138, 106),
        Cover.LAKE: (64, 84, 74),
    },
}  # fmt: skip

KIND_COLOURS: dict[tuple[Cover, int], Colour] = {
    (Cover.FIELD, Crop.GRAIN_GREEN): (92, 116, 58), (Cover.FIELD, Crop.GRAIN_RIPE): (190, 168, 112),
    (Cover.FIELD, Crop.MAIZE): (72, 98, 50), (Cover.FIELD, Crop.RAPE): (184, 178, 62),
    (Cover.FIELD, Crop.GRASS): (118, 138, 76), (Cover.FIELD, Crop.SOIL): (146, 118, 94),
    (Cover.FIELD, Crop.STUBBLE): (182, 162, 124), (Cover.FIELD, Crop.ROOTS): (96, 122, 66),
    (Cover.FIELD, Crop.PADDY): (98, 106, 84), (Cover.FIELD, Crop.FALLOW): (150, 138, 104),
    (Cover.ROOF, 0): (166, 104, 82), (Cover.ROOF, 1): (122, 98, 82), (Cover.ROOF, 2): (140, 140, 141),
    (Cover.ROOF, 6): (172, 126, 108), (Cover.ROOF, 7): (146, 94, 74), (Cover.ROOF, 8): (108, 110, 116),
    (Cover.ROOF, 3): (198, 198, 194), (Cover.ROOF, 4): (190, 172, 145), (Cover.ROOF, 5): (88, 86, 88),
    (Cover.ROAD, 1): (102, 102, 103), (Cover.PAVED, 0): (136, 134, 130), (Cover.PAVED, 1): (156, 153, 146),
    (Cover.PAVED, 2): (140, 136, 128), (Cover.PAVED, 3): (176, 173, 164), (Cover.RUNWAY, 1): (112, 111, 108),
    (Cover.RUNWAY, 2): (72, 72, 74), (Cover.TURF, 1): (104, 134, 64), (Cover.TURF, 2): (122, 148, 78),
    (Cover.PAINT, 1): (198, 198, 194), (Cover.PAINT, 2): (206, 178, 84), (Cover.TANK, 1): (186, 190, 188),
    (Cover.TARTAN, 1): (58, 92, 142), (Cover.TARTAN, 2): (78, 148, 176), (Cover.PLANE, 1): (190, 196, 204),
    (Cover.HULL, 0): (46, 50, 62), (Cover.HULL, 1): (118, 46, 40), (Cover.HULL, 2): (38, 66, 92),
    (Cover.HULL, 3): (132, 122, 112), (Cover.HULL, 4): (142, 96, 76), (Cover.HULL, 5): (118, 130, 124),
    (Cover.CARGO, 0): (178, 62, 46), (Cover.CARGO, 1): (52, 88, 142), (Cover.CARGO, 2): (60, 118, 86),
    (Cover.CARGO, 3): (198, 132, 52), (Cover.CARGO, 4): (196, 196, 192), (Cover.CARGO, 5): (112, 112, 118),
    (Cover.CARGO, 6): (128, 70, 54), (Cover.CARGO, 7): (44, 62, 98), (Cover.CARGO, 8): (226, 226, 226),
    (Cover.CARGO, 9): (176, 176, 178), (Cover.CARGO, 10): (44, 46, 50), (Cover.CARGO, 11): (120, 124, 130),
    (Cover.CARGO, 12): (150, 44, 40), (Cover.CARGO, 13): (48, 72, 118), (Cover.CARGO, 14): (204, 204, 204),
    (Cover.CARGO, 15): (88, 90, 94),
    (Cover.WAKE, 1): (84, 118, 130), (Cover.WAKE, 2): (60, 96, 112), (Cover.WAKE, 3): (44, 78, 96),
    (Cover.SEA, 1): (32, 58, 68),
    (Cover.DIRT, 1): (134, 122, 104),
}  # fmt: skip

GRAIN: dict[Cover, tuple[float, float, float]] = {
    # how strongly brightness varies over one metre, over ten, over a hundred
    Cover.MEADOW: (0.05, 0.05, 0.10), Cover.FOREST: (0.05, 0.05, 0.09), Cover.CONIFER: (0.05, 0.05, 0.08),
    Cover.SCRUB: (0.09, 0.10, 0.10), Cover.FIELD: (0.030, 0.030, 0.055), Cover.ORCHARD: (0.05, 0.04, 0.05),
    Cover.DESERT: (0.025, 0.03, 0.05), Cover.ROCK: (0.08, 0.06, 0.06), Cover.STONES: (0.08, 0.06, 0.06),
    Cover.SNOW: (0.01, 0.02, 0.02),
    Cover.SEA: (0.035, 0.045, 0.05), Cover.RIVER: (0.02, 0.03, 0.05), Cover.LAKE: (0.02, 0.02, 0.04),
    Cover.BEACH: (0.03, 0.03, 0.05), Cover.GARDEN: (0.10, 0.10, 0.06), Cover.PARK: (0.06, 0.06, 0.06),
    Cover.HEDGE: (0.10, 0.05, 0.05), Cover.TRACK: (0.06, 0.06, 0.05), Cover.ROAD: (0.03, 0.03, 0.05),
    Cover.PAVED: (0.04, 0.04, 0.04), Cover.RUNWAY: (0.02, 0.03, 0.05), Cover.TURF: (0.03, 0.03, 0.06),
    Cover.DIRT: (0.06, 0.06, 0.06), Cover.MARSH: (0.08, 0.10, 0.10), Cover.ROOF: (0.035, 0.0, 0.0),
    Cover.WAKE: (0.10, 0.08, 0.0),
}  # fmt: skip

TREES_PER_HECTARE: dict[Cover, float] = {
    Cover.FOREST: 330, Cover.CONIFER: 460, Cover.SCRUB: 34, Cover.GARDEN: 34, Cover.PARK: 110, Cover.HEDGE: 520,
    Cover.MEADOW: 3.5, Cover.MARSH: 14, Cover.DESERT: 0.6,
}  # fmt: skip


def colour_table(look: Look) -> FloatArray:
    """Return the colour of every cover and kind, (covers × kinds, 3), 0 to 255."""
    table = np.zeros((max(Cover) + 1, KINDS, 3), dtype=np.float32)
    for cover in Cover:
        table[cover] = LOOKS[look].get(cover, PLAIN[cover])
    for (cover, kind), colour in KIND_COLOURS.items():
        if not (look == "arid" and cover in (Cover.TURF,)):
            table[cover, kind] = colour
    return table.reshape(-1, 3)


def table_of(values: dict[Cover, float], otherwise: float = 0.0) -> FloatArray:
    """Return one number a cover, to be looked up with a cover map."""
    table = np.full(max(Cover) + 1, otherwise, dtype=np.float32)
    for cover, value in values.items():
        table[cover] = value
    return table
