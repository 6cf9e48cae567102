"""What backscatter shows: levels, ratio and unevenness of VV and VH, by physically sensible thresholds on cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.models.colour import cells as grid

LOOK = 20  # numbers in the look of a radar chip
TYPICAL_RATIO_DB = -7.0  # VH against VV over ordinary land, where only one of them was measured


Facts = Mapping[str, FloatArray]  # name -> (n, rows, columns)


def observe(
    bands: tuple[str, ...], values: FloatArray, valid: BoolArray
) -> tuple[Mapping[str, FloatArray], FloatArray]:
    """Return concept -> evidence in 0…1, (n,), and the look of (n, bands, h, w) chips in dB."""
    values = grid.filled(np.asarray(values, dtype=np.float32), valid)
    seen = grid.cell_means(np.asarray(valid, dtype=np.float32))
    vv, vh = _polarisations(bands, values)
    facts = _facts(vv, vh)
    return _evidence(facts, seen, both=len(bands) == 2), _look(facts, seen)


def _polarisations(bands: tuple[str, ...], values: FloatArray) -> tuple[FloatArray, FloatArray]:
    ratio = np.float32(TYPICAL_RATIO_DB)
    if "VV" not in bands:
        return values[:, bands.index("VH")] - ratio, values[:, bands.index("VH")]
    vv = values[:, bands.index("VV")]
    return vv, values[:, bands.index("VH")] if "VH" in bands else vv + ratio


def _facts(vv: FloatArray, vh: FloatArray) -> Facts:
    """Return what is measured of each cell; means are taken of power, as speckle asks for."""
    power_vv, power_vh = (np.exp(np.clip(band, -50, 30) * np.float32(np.log(10) / 10)) for band in (vv, vh))
    mean_vv, mean_vh = grid.cell_means(power_vv), grid.cell_means(power_vh)
    right, below = grid.slopes(vv + vh)
    xx, yy, xy = grid.cell_means(right**2), grid.cell_means(below**2), grid.cell_means(right * below)
    looks = [_decibels(_looked(power)) for power in (power_vv, power_vh)]
    vv_db, vh_db = _decibels(mean_vv), _decibels(mean_vh)
    return {
        "water": grid.cell_means(_water(*looks)),
        "vv": vv_db,
        "vh": vh_db,
        "ratio": vh_db - vv_db,
        "uneven": np.sqrt(np.maximum(grid.cell_means(power_vv**2) / (mean_vv**2 + 1e-9) - 1, 0)),
        "peak": _decibels(grid.cell_maxima(power_vv)),
        "one_way": grid.one_way(xx, yy, xy),
    }


def _looked(power: FloatArray) -> FloatArray:
    """Return the mean of every two by two samples, put back in their places: less speckle, rivers still there."""
    n, height, width = power.shape
    mean = power.reshape(n, height // 2, 2, width // 2, 2).mean(axis=(2, 4), keepdims=True)
    return np.broadcast_to(mean, (n, height // 2, 2, width // 2, 2)).reshape(power.shape)


def _water(vv: FloatArray, vh: FloatArray) -> FloatArray:
    return grid.rising(vh, -23.0, -1.0) * grid.rising(vv, -14.0, -1.2)


def _decibels(power: FloatArray) -> FloatArray:
    return np.asarray(10 * np.log10(power + np.float32(1e-6)), dtype=np.float32)


def _evidence(facts: Facts, seen: FloatArray, *, both: bool) -> Facts:
    rising, mean_over = grid.rising, grid.mean_over
    vv, vh, ratio, uneven = (facts[name] for name in ("vv", "vh", "ratio", "uneven"))
    water = facts["water"]
    dry = 1 - water
    level = np.asarray((vv + vh - np.float32(TYPICAL_RATIO_DB)) / 2, dtype=np.float32)
    built = dry * rising(vv, -9.0, 1.0) * (rising(ratio, -8.0, -1.0) if both else rising(uneven, 1.2, 0.2))
    tree = dry * rising(vh, -16.5, 0.8) * rising(uneven, 0.9, -0.12) * (1 - built)
    if both:
        tree = tree * rising(ratio, -8.0, 0.8)
    low = dry * (1 - tree) * (1 - built)
    grass = low * rising(vh, -17.5, -1.0) * rising(vh, -21.5, 0.8)
    bare = low * rising(vh, -20.0, -1.0)
    peak = rising(facts["peak"] - np.median(vv, axis=(1, 2), keepdims=True), 14.0, 1.5)
    share = {
        "water": water, "tree": tree, "grass": grass, "bare": bare, "built": built, "sand": bare * rising(vh, -22, -1),
        "paved": dry * rising(level, -15.0, -1.0), "line": facts["one_way"],
        "object": peak * (1 - mean_over(built, seen))[:, None, None],
        "bright": rising(level, -10.0, 3.0), "green": np.maximum(tree, grass / 2), "rough": uneven,
    }  # fmt: skip
    found = {name: mean_over(cells, seen) for name, cells in share.items()}
    found["waterway"] = grid.narrow(water)
    found["shore"] = grid.borders(water) * np.sqrt(np.maximum(mean_over(np.maximum(bare, grass), seen), 0))
    even, land = mean_over(rising(uneven, 0.8, -0.1), seen), 1 - found["water"]
    patches = grid.borders(level * dry - 15 * water)  # water counts as flat
    found["crop"] = np.asarray(even * land**2 * np.maximum(patches, 0) / 4, dtype=np.float32)
    found["relief"] = np.asarray(land * (1 - found["built"]) * grid.borders(level) / 6, dtype=np.float32)
    return found


def _look(facts: Facts, seen: FloatArray) -> FloatArray:
    """Return finer statistics that tell one radar picture from another: (n, LOOK)."""
    columns = []
    for name, middle, scale in (("vv", -11, 5), ("vh", -18, 5), ("ratio", -7, 3), ("uneven", 0.7, 0.4), ("peak", 0, 8)):
        cells = (facts[name] - np.float32(middle)) / np.float32(scale)
        columns += [grid.mean_over(cells, seen), grid.spread_over(cells, seen), grid.borders(cells)]
    for low in (-20, -14, -9, -5):
        columns.append(grid.mean_over(grid.rising(facts["vv"], low, 1.5), seen) * 2)
    columns.append(grid.mean_over(facts["one_way"], seen) * 3)
    return np.stack(columns, axis=1).astype(np.float32)
