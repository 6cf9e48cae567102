"""Reflectance of ground covers in Sentinel-2's bands, mixed from a dozen pure materials."""

from __future__ import annotations

import numpy as np

from satseek.synthetic.biomes import Look
from satseek.synthetic.covers import KINDS, Cover, Crop
from satseek.synthetic.grid import FloatArray

S2_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
NATIVE_METRES = (60, 10, 10, 10, 20, 20, 20, 10, 20, 60, 20, 20)

MATERIALS: dict[str, tuple[float, ...]] = {
    # B01   B02    B03    B04    B05    B06    B07    B08    B8A    B09    B11    B12
    "leaf": (0.020, 0.027, 0.052, 0.029, 0.070, 0.260, 0.340, 0.370, 0.385, 0.390, 0.165, 0.070),
    "needle": (0.015, 0.019, 0.031, 0.019, 0.045, 0.145, 0.185, 0.205, 0.215, 0.220, 0.088, 0.038),
    "grass": (0.028, 0.038, 0.074, 0.050, 0.112, 0.270, 0.325, 0.350, 0.370, 0.375, 0.225, 0.115),
    "crop": (0.024, 0.032, 0.068, 0.036, 0.100, 0.310, 0.400, 0.440, 0.455, 0.460, 0.200, 0.090),
    "straw": (0.058, 0.078, 0.122, 0.158, 0.200, 0.240, 0.270, 0.300, 0.320, 0.330, 0.360, 0.250),
    "bloom": (0.028, 0.040, 0.150, 0.130, 0.190, 0.310, 0.360, 0.390, 0.400, 0.400, 0.210, 0.100),
    "soil": (0.055, 0.072, 0.104, 0.142, 0.170, 0.190, 0.208, 0.228, 0.246, 0.255, 0.325, 0.275),
    "sand": (0.105, 0.140, 0.205, 0.280, 0.310, 0.328, 0.342, 0.362, 0.378, 0.384, 0.460, 0.410),
    "rock": (0.095, 0.115, 0.140, 0.160, 0.170, 0.180, 0.188, 0.198, 0.208, 0.212, 0.245, 0.215),
    "snow": (0.860, 0.880, 0.890, 0.880, 0.870, 0.850, 0.840, 0.810, 0.770, 0.600, 0.100, 0.070),
    "clear": (0.030, 0.028, 0.022, 0.011, 0.009, 0.007, 0.006, 0.006, 0.005, 0.005, 0.003, 0.002),
    "silty": (0.046, 0.058, 0.078, 0.058, 0.044, 0.022, 0.020, 0.017, 0.014, 0.011, 0.005, 0.004),
    "asphalt": (0.060, 0.070, 0.080, 0.086, 0.092, 0.096, 0.100, 0.106, 0.112, 0.114, 0.132, 0.122),
    "concrete": (0.140, 0.170, 0.205, 0.225, 0.235, 0.240, 0.248, 0.258, 0.265, 0.268, 0.300, 0.280),
    "tile": (0.060, 0.070, 0.095, 0.165, 0.190, 0.205, 0.218, 0.235, 0.248, 0.252, 0.310, 0.290),
    "metal": (0.260, 0.310, 0.340, 0.350, 0.355, 0.360, 0.362, 0.365, 0.368, 0.370, 0.360, 0.330),
    "panel": (0.036, 0.042, 0.042, 0.044, 0.050, 0.062, 0.072, 0.090, 0.100, 0.104, 0.100, 0.092),
    "paint": (0.340, 0.400, 0.440, 0.450, 0.452, 0.455, 0.458, 0.460, 0.462, 0.463, 0.430, 0.390),
}

MIXES: dict[Cover, dict[str, float]] = {
    Cover.MEADOW: {"grass": 0.82, "straw": 0.10, "soil": 0.08}, Cover.FOREST: {"leaf": 0.97, "soil": 0.03},
    Cover.CONIFER: {"needle": 0.9, "leaf": 0.1}, Cover.SCRUB: {"leaf": 0.35, "straw": 0.4, "soil": 0.25},
    Cover.FIELD: {"crop": 0.6, "soil": 0.4}, Cover.ORCHARD: {"leaf": 0.5, "grass": 0.3, "soil": 0.2},
    Cover.DESERT: {"sand": 1.0}, Cover.ROCK: {"rock": 1.0}, Cover.STONES: {"rock": 1.0},
    Cover.SNOW: {"snow": 1.0}, Cover.SEA: {"clear": 1.0},
    Cover.RIVER: {"silty": 1.0}, Cover.LAKE: {"clear": 0.9, "silty": 0.1}, Cover.BEACH: {"sand": 0.9, "soil": 0.1},
    Cover.GARDEN: {"grass": 0.5, "leaf": 0.22, "soil": 0.13, "asphalt": 0.15}, Cover.PARK: {"leaf": 0.6, "grass": 0.4},
    Cover.HEDGE: {"leaf": 1.0}, Cover.TRACK: {"soil": 0.7, "sand": 0.3}, Cover.ROAD: {"asphalt": 1.0},
    Cover.PAVED: {"concrete": 0.7, "asphalt": 0.3}, Cover.RUNWAY: {"asphalt": 1.0}, Cover.TURF: {"grass": 1.0},
    Cover.PAINT: {"paint": 1.0}, Cover.ROOF: {"tile": 1.0}, Cover.TANK: {"metal": 1.0},
    Cover.PANEL: {"panel": 1.0}, Cover.TARTAN: {"tile": 1.0}, Cover.PLANE: {"metal": 1.0},
    Cover.HULL: {"asphalt": 0.6, "metal": 0.4}, Cover.CARGO: {"metal": 0.35, "tile": 0.65},
    Cover.WAKE: {"silty": 0.85, "snow": 0.15}, Cover.DIRT: {"soil": 0.8, "sand": 0.2},
    Cover.MARSH: {"grass": 0.55, "silty": 0.35, "straw": 0.1},
}  # fmt: skip

KIND_MIXES: dict[tuple[Cover, int], dict[str, float]] = {
    (Cover.FIELD, Crop.GRAIN_GREEN): {"crop": 0.8, "soil": 0.2}, (Cover.FIELD, Crop.GRAIN_RIPE): {"straw": 1.0},
    (Cover.FIELD, Crop.MAIZE): {"crop": 0.85, "soil": 0.15}, (Cover.FIELD, Crop.RAPE): {"bloom": 0.85, "crop": 0.15},
    (Cover.FIELD, Crop.GRASS): {"grass": 0.9, "soil": 0.1}, (Cover.FIELD, Crop.SOIL): {"soil": 0.95, "crop": 0.05},
    (Cover.FIELD, Crop.STUBBLE): {"straw": 0.6, "soil": 0.4}, (Cover.FIELD, Crop.ROOTS): {"crop": 0.7, "soil": 0.3},
    (Cover.FIELD, Crop.PADDY): {"silty": 0.5, "crop": 0.5}, (Cover.FIELD, Crop.FALLOW): {"straw": 0.5, "soil": 0.5},
    (Cover.ROOF, 2): {"asphalt": 0.6, "concrete": 0.4}, (Cover.ROOF, 3): {"metal": 0.8, "concrete": 0.2},
    (Cover.ROOF, 4): {"sand": 0.6, "concrete": 0.4}, (Cover.ROOF, 5): {"asphalt": 1.0}, (Cover.TARTAN, 1): {"panel": 1},
    (Cover.PAVED, 3): {"concrete": 1.0}, (Cover.ROOF, 1): {"tile": 0.6, "asphalt": 0.4},
}  # fmt: skip

ARID_MIXES: dict[Cover, dict[str, float]] = {
    Cover.MEADOW: {"straw": 0.7, "soil": 0.2, "grass": 0.1}, Cover.SCRUB: {"straw": 0.45, "soil": 0.4, "leaf": 0.15},
    Cover.GARDEN: {"sand": 0.55, "soil": 0.3, "leaf": 0.15}, Cover.TURF: {"straw": 0.5, "sand": 0.5},
    Cover.PARK: {"leaf": 0.4, "straw": 0.6}, Cover.FOREST: {"leaf": 0.7, "straw": 0.3},
}  # fmt: skip


def spectrum_table(look: Look) -> FloatArray:
    """Return the reflectance of every cover and kind, (covers × kinds, bands)."""
    table = np.zeros((max(Cover) + 1, KINDS, len(S2_BANDS)), dtype=np.float32)
    for cover, mix in (MIXES | (ARID_MIXES if look == "arid" else {})).items():
        table[cover] = _mixed(mix)
    for (cover, kind), mix in KIND_MIXES.items():
        table[cover, kind] = _mixed(mix)
    return table.reshape(-1, len(S2_BANDS))


def _mixed(mix: dict[str, float]) -> FloatArray:
    total = sum(mix.values())
    return np.asarray(sum(share / total * np.array(MATERIALS[name]) for name, share in mix.items()), dtype=np.float32)
