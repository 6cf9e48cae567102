"""What colour and texture show: true colour and Sentinel-2, by physically sensible thresholds on small cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from satseek.core.errors import ModelError
from satseek.core.sensor import BoolArray
from satseek.core.vectors import FloatArray
from satseek.models.colour import cells as grid

WHITE_REFLECTANCE = 0.3  # drawn white in a natural-colour picture
VISIBLE = {"rgb": ("red", "green", "blue"), "s2": ("B04", "B03", "B02")}
INFRARED = ("B08", "B8A", "B07")
LOOK = 42  # numbers in the look of an optical chip
_HUES = 6

Evidence = Mapping[str, FloatArray]  # concept -> (n,)
Facts = Mapping[str, FloatArray]  # name -> (n, rows, columns)


def observe(sensor: str, bands: tuple[str, ...], values: FloatArray, valid: BoolArray) -> tuple[Evidence, FloatArray]:
    """Return concept -> evidence in 0…1, and the look, of (n, bands, h, w) chips."""
    values = grid.filled(np.asarray(values, dtype=np.float32), valid)
    red, green, blue = _visible(sensor, bands, values)
    near_infrared = _first(bands, values, INFRARED)
    seen = grid.cell_means(np.asarray(valid, dtype=np.float32))
    facts = _facts(red, green, blue, near_infrared)
    return _evidence(facts, seen, fine=sensor == "rgb"), _look(facts, red, green, blue, seen)


def sees_infrared(bands: tuple[str, ...]) -> bool:
    """Return whether plants and water can be told by near infrared."""
    return any(name in bands for name in INFRARED)


def _visible(sensor: str, bands: tuple[str, ...], values: FloatArray) -> list[FloatArray]:
    """Return red, green and blue in 0…1 as a picture shows them; a missing colour is the mean of the others."""
    white = np.float32(255.0 if sensor == "rgb" else WHITE_REFLECTANCE)
    found = {name: np.clip(values[:, bands.index(name)] / white, 0, 1) for name in VISIBLE[sensor] if name in bands}
    if not found:
        raise ModelError(
            f"Model 'colour' needs at least one visible band of {', '.join(VISIBLE[sensor])}; "
            f"these chips have {', '.join(bands)}."
        )
    grey = sum(found.values()) / np.float32(len(found))
    return [found.get(name, grey) for name in VISIBLE[sensor]]


def _first(bands: tuple[str, ...], values: FloatArray, names: tuple[str, ...]) -> FloatArray | None:
    return next((values[:, bands.index(name)] for name in names if name in bands), None)


def _facts(red: FloatArray, green: FloatArray, blue: FloatArray, near_infrared: FloatArray | None) -> Facts:
    """Return what is measured of each cell."""
    light = (red + green + blue) / np.float32(3)
    right, below = grid.slopes(light)
    r, g, b, mean = (grid.cell_means(band) for band in (red, green, blue, light))
    xx, yy, xy = grid.cell_means(right**2), grid.cell_means(below**2), grid.cell_means(right * below)
    total = r + g + b + np.float32(1e-3)
    facts = {
        "light": mean,
        "green": (2 * g - r - b) / total,
        "warm": (r - b) / total,
        "colourful": (np.maximum(np.maximum(r, g), b) - np.minimum(np.minimum(r, g), b)) / total,
        "edge": np.sqrt(xx + yy),
        "spread": np.sqrt(np.maximum(grid.cell_means(light**2) - mean**2, 0)),
        "glint": grid.cell_maxima(light) - mean,
        "one_way": grid.one_way(xx, yy, xy),
        "xx": xx,
        "yy": yy,
        "xy": xy,
    }
    if near_infrared is not None:
        facts["water"] = grid.cell_means(_water_by_infrared(green, near_infrared))
        n = grid.cell_means(np.clip(near_infrared, 0, 1))
        red_reflectance = r * np.float32(WHITE_REFLECTANCE)
        facts["infrared"] = n
        facts["ndvi"] = (n - red_reflectance) / (n + red_reflectance + np.float32(1e-3))
    return facts


def _water_by_infrared(green: FloatArray, near_infrared: FloatArray) -> FloatArray:
    """Return what is water, sample by sample, so that rivers narrower than a cell are seen."""
    reflectance = green * np.float32(WHITE_REFLECTANCE)
    index = (reflectance - near_infrared) / (np.maximum(reflectance + near_infrared, 0) + np.float32(1e-3))
    return grid.rising(index, 0.05, 0.05) * grid.rising(near_infrared, 0.15, -0.03)


def _evidence(facts: Facts, seen: FloatArray, *, fine: bool) -> Evidence:
    rising, mean_over = grid.rising, grid.mean_over
    light, warm, edge = facts["light"], facts["warm"], facts["edge"]
    calm = rising(edge, 0.03, -0.008)
    plants, water = _plants(facts), _water(facts, calm)
    dry = (1 - plants) * (1 - water)
    grey = rising(facts["colourful"], 0.07, -0.02)
    white = rising(light, 0.8, 0.05) * grey
    tree = plants * rising(light, 0.33, -0.05) * (rising(edge, 0.02, 0.006) if fine else 1)
    grass = plants * rising(light, 0.30, 0.05) * rising(edge, 0.06, -0.015)
    bare = dry * rising(warm, 0.05, 0.02) * rising(edge, 0.07, -0.015) * rising(light, 0.3, 0.05)
    sand = bare * rising(light, 0.5, 0.05)
    built = dry * rising(edge, 0.07, 0.015) * rising(light, 0.25, 0.05)
    paved = dry * grey * rising(edge, 0.06, -0.015) * rising(light, 0.2, 0.04) * (1 - white)
    straight = facts["one_way"] * _hard_edges(facts)
    objects = rising(facts["glint"], 0.3, 0.05) * (1 - grid.mean_over(rising(edge, 0.06, 0.015), seen))[:, None, None]
    share = {
        "water": water, "tree": tree, "grass": grass, "bare": bare, "sand": sand, "built": built, "paved": paved,
        "white": white, "green": plants, "line": straight, "object": objects,
        "bright": light, "blue": rising(warm, -0.06, -0.02), "warm": rising(warm, 0.1, 0.03), "rough": edge,
    }  # fmt: skip
    found = {name: mean_over(cells, seen) for name, cells in share.items()}
    found["waterway"] = grid.narrow(water)
    found["shore"] = grid.borders(water) * np.sqrt(np.maximum(mean_over(np.maximum(bare, white), seen), 0))
    found["crop"] = _patchwork(facts, np.maximum(plants, dry * rising(warm, 0.05, 0.02)), seen)
    found["relief"] = grid.spread_over(light, seen) * (1 - grid.spread_over(warm, seen) * 8).clip(0, 1)
    found["regular"] = _two_ways(facts, _hard_edges(facts), seen)
    return found


def _plants(facts: Facts) -> FloatArray:
    if "ndvi" in facts:
        return grid.rising(facts["ndvi"], 0.4, 0.06)
    return grid.rising(facts["green"], 0.045, 0.015)


def _water(facts: Facts, calm: FloatArray) -> FloatArray:
    if "water" in facts:
        return facts["water"]
    dark, cool = grid.rising(facts["light"], 0.42, -0.05), grid.rising(facts["warm"], 0.0, -0.03)
    return np.asarray(calm * dark * cool, dtype=np.float32)


def _patchwork(facts: Facts, land: FloatArray, seen: FloatArray) -> FloatArray:
    """Fields: plants or soil, cells that differ from the next ones, gentle edges that run two ways."""
    edge = facts["edge"]
    gentle = grid.rising(edge, 0.015, 0.004) * grid.rising(edge, 0.08, -0.015)
    change = grid.borders(facts["green"]) + grid.borders(facts["light"])
    return np.asarray(_two_ways(facts, gentle, seen) * grid.mean_over(land, seen) * change, dtype=np.float32)


def _two_ways(facts: Facts, edged: FloatArray, seen: FloatArray) -> FloatArray:
    """How far the edges of the whole chip run along two ways at right angles, in cells that run one way each."""
    angle = 2 * np.arctan2(2 * facts["xy"], facts["xx"] - facts["yy"])  # right angles fall together
    weight = seen * facts["one_way"] * edged
    total = np.maximum(seen.sum(axis=(1, 2)), 1e-6)
    along, across = (weight * np.cos(angle)).sum(axis=(1, 2)), (weight * np.sin(angle)).sum(axis=(1, 2))
    return np.asarray(np.hypot(along, across) / total, dtype=np.float32)


def _hard_edges(facts: Facts) -> FloatArray:
    return grid.rising(facts["edge"], 0.03, 0.008)


def _look(facts: Facts, red: FloatArray, green: FloatArray, blue: FloatArray, seen: FloatArray) -> FloatArray:
    """Return finer statistics that tell one picture from another of the same kind: (n, LOOK)."""
    columns = []
    for name, scale in (("light", 4), ("green", 12), ("warm", 8), ("colourful", 8), ("edge", 12), ("spread", 8)):
        columns += [grid.mean_over(facts[name], seen) * scale, grid.spread_over(facts[name], seen) * scale]
    columns += [grid.borders(facts[name]) * scale for name, scale in (("light", 6), ("green", 16), ("edge", 12))]
    columns += [grid.mean_over(facts["one_way"], seen) * 3, grid.mean_over(facts["glint"], seen) * 4]
    for low in (0.1, 0.2, 0.3, 0.45, 0.6, 0.8):  # a soft histogram of lightness
        columns.append(grid.mean_over(grid.rising(facts["light"], low, 0.05), seen) * 2)
    for low in (0.02, 0.05, 0.1):
        columns.append(grid.mean_over(grid.rising(facts["edge"], low, low / 5), seen) * 2)
    hue = np.arctan2(np.float32(1.732) * facts["green"], 3 * facts["warm"])
    for step in range(_HUES):
        towards = np.cos(hue - np.float32(step * 2 * np.pi / _HUES))
        columns.append(grid.mean_over(np.maximum(towards, 0) * np.minimum(facts["colourful"] * 5, 1), seen) * 2)
    columns += [grid.spread_over(facts["one_way"], seen) * 4, _two_ways(facts, _hard_edges(facts), seen) * 3]
    for other in ("ndvi", "water", "infrared"):
        columns.append(grid.mean_over(facts[other], seen) * 2 if other in facts else np.zeros(len(seen), np.float32))
    columns += [grid.mean_over(np.sqrt(facts[name]), seen) * 10 for name in ("xx", "yy")]
    columns += [(column.max(axis=(1, 2)) - column.min(axis=(1, 2))) * 2 for column in (red, green, blue)]
    return np.stack(columns, axis=1).astype(np.float32)
