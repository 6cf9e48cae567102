"""Whole scenes across sensors: how often a chip within 1 km of the true place is among the first ten, against chance.

    python benchmarks/cross_sensor_scene.py --model sscm --data ../shared/data

Every radar chip of an area asks for optical chips of all areas, and the other way round; the grid of the questions is
also moved by a third of a step, so that no chip asked for lies on the chip that asks. Areas: the val sites of the given
pairs, put together from their 16 chips each (ground that no training saw), and the Los Angeles scenes (ground that the
training pairs were cut from). Then radar in dB and reflectance of four sites of other continents, in windows of 128
pixels moved by up to 12: each asks for its own place. `--picture` draws questions with their answers.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from machine import facts, write_result
from numpy.typing import NDArray
from PIL import Image
from rasterio.windows import Window

from satseek.core.model import Model
from satseek.core.vectors import FloatArray
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import TRUE_COLOUR, as_pixels
from satseek.models.catalogue import load_model

SIDE, STEP, MOVED = 192, 144, 48  # pixels of 10 m
NEAR_M, FIRST = 1000.0, 10
BANDS = {"s1": ("VH",), "s2": TRUE_COLOUR}
Picture = NDArray[np.uint8]


@dataclass
class Chips:
    """Chips of one sensor on one grid: their pictures, their vectors, where their middles lie."""

    pictures: list[Picture] = field(default_factory=list)
    places: list[tuple[int, float, float]] = field(default_factory=list)  # area, x, y in metres
    vectors: FloatArray | None = None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="sscm")
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--areas", nargs="+", choices=list(AREAS), default=list(AREAS))
    options.add_argument("--picture", type=Path, help="where to draw; not for the repository: it shows the given data")
    asked = options.parse_args()
    model = load_model(asked.model)
    figures: dict[str, Any] = {}
    for name in asked.areas:
        areas = AREAS[name](asked.data)
        chips = {(sensor, moved): cut(areas, sensor, moved) for sensor in BANDS for moved in (0, MOVED)}
        for (sensor, _), each in chips.items():
            each.vectors = encoded(model, each, sensor)
        for asking, answering in (("s1", "s2"), ("s2", "s1")):
            for moved in (0, MOVED):
                found = within(chips[asking, moved], chips[answering, 0])
                figures |= {f"{name}_{asking}_{answering}_moved_{moved}": found}
                print(f"{name:<12} {asking} → {answering}, questions moved by {moved:>2}: {found}")
        if asked.picture and name == "los_angeles":
            draw(chips["s1", 0], chips["s2", 0], asked.picture)
    figures["other_continents"] = other_continents(model, asked.data / "rasters")
    print(f"four sites elsewhere: {figures['other_continents']}")
    told = facts(data="s1s2 val sites; losangeles scenes; s1s2-sites; sen1floods11", seed=None, libraries=("torch",))
    write_result("cross_sensor_scene", told | {"model": asked.model, "figures": figures})


def val_sites(data: Path) -> list[dict[str, Picture]]:
    """Return each val site's chips put together where they lie, by sensor."""
    pairs = load_pairs("s1s2", data, split="val")
    assert pairs.places is not None
    sites: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(pairs.ids):
        sites[name.split("_")[0]].append(index)
    areas = []
    for members in sites.values():
        west, north = pairs.places[members, 0].min(), pairs.places[members, 3].max()
        area = {sensor: np.zeros((len(BANDS[sensor]), 1024, 1024), np.uint8) for sensor in BANDS}
        for index in members:
            column = round((pairs.places[index, 0] - west) / 2560) * 256
            row = round((north - pairs.places[index, 3]) / 2560) * 256
            for sensor, picture in area.items():
                picture[:, row : row + 256, column : column + 256] = pairs.read(index, sensor)
        areas.append(area)
    return areas


def los_angeles(data: Path) -> list[dict[str, Picture]]:
    """Return the covered part of both scenes; what is masked is 0."""
    area = {}
    for sensor, name in (("s1", "s1_vh"), ("s2", "s2_rgb")):
        with rasterio.open(data / "scenes" / f"losangeles_{name}.tif") as scene:
            whole = Window(0, 0, scene.width, scene.height)
            area[sensor] = scene.read(window=whole) * (scene.dataset_mask(window=whole) > 0)
    return [area]


def cut(areas: list[dict[str, Picture]], sensor: str, moved: int) -> Chips:
    """Return the chips of a grid that are covered for the most part."""
    chips = Chips()
    for number, area in enumerate(areas):
        picture = area[sensor]
        for top in range(moved, picture.shape[1] - SIDE + 1, STEP):
            for left in range(moved, picture.shape[2] - SIDE + 1, STEP):
                chip = picture[:, top : top + SIDE, left : left + SIDE]
                if chip.any(axis=0).mean() > 0.95:
                    chips.pictures.append(chip)
                    chips.places.append((number, 10.0 * (left + SIDE / 2), 10.0 * (top + SIDE / 2)))
    return chips


def encoded(model: Model, chips: Chips, sensor: str) -> FloatArray:
    """Return one unit row for each chip."""
    unit = "display"
    rows = [
        model.encode_images(
            [as_pixels(each, sensor, BANDS[sensor], unit, 10.0) for each in chips.pictures[at : at + 32]]
        )
        for at in range(0, len(chips.pictures), 32)
    ]
    return np.concatenate(rows)


def within(asking: Chips, answering: Chips) -> dict[str, float]:
    """Return the share of questions with an answer within 1 km among the first ten, in percent, and by chance."""
    assert asking.vectors is not None
    assert answering.vectors is not None
    first = np.argsort(-(asking.vectors @ answering.vectors.T), axis=1)[:, :FIRST]
    own, other = np.array(asking.places), np.array(answering.places)
    apart = np.hypot(own[:, None, 1] - other[None, :, 1], own[:, None, 2] - other[None, :, 2])
    near = (apart <= NEAR_M) & (own[:, None, 0] == other[None, :, 0])
    hit, top = np.take_along_axis(near, first, 1).any(axis=1), near[np.arange(len(own)), first[:, 0]]
    count = len(other)
    chance = [1 - comb(count - right, FIRST) / comb(count, FIRST) for right in near.sum(axis=1).tolist()]
    return {
        "first_ten": round(100 * float(hit.mean()), 1),
        "first": round(100 * float(top.mean()), 1),
        "chance_first_ten": round(100 * float(np.mean(chance)), 1),
        "questions": len(own),
        "chips": count,
    }


def other_continents(model: Model, rasters: Path) -> dict[str, float]:
    """Return recall between windows of scenes that are delivered in dB (VV, VH) and in reflectance."""
    radar_files = [*sorted(rasters.glob("s1s2-sites/S1RTC/*.tif")), *sorted(rasters.glob("sen1floods11/*S1Hand.tif"))]
    random, side = np.random.default_rng(0), 128
    radar, optical = [], []
    for path in radar_files:
        with rasterio.open(path) as file:
            decibels = file.read().astype(np.float32)
        with rasterio.open(str(path).replace("S1RTC", "S2L2A").replace("S1Hand", "S2Hand")) as file:
            reflectance = file.read([4, 3, 2]).astype(np.float32) / 10_000
        room, step = decibels.shape[1] - side, 96 if decibels.shape[1] < 256 else side
        for row in range(0, room + 1, step):
            for column in range(0, room + 1, step):
                top, left = np.clip(np.array([row, column]) + random.integers(-12, 13, 2), 0, room)
                radar.append(
                    as_pixels(decibels[:, row : row + side, column : column + side], "s1", ("VV", "VH"), "dB", 10.0)
                )
                window = reflectance[:, top : top + side, left : left + side]
                optical.append(as_pixels(window, "s2", TRUE_COLOUR, "reflectance", 10.0))
    scores = model.encode_images(radar) @ model.encode_images(optical).T
    own = np.diag(scores)
    better = {"s1_s2": (scores > own[:, None]).sum(axis=1), "s2_s1": (scores > own).sum(axis=0)}
    found = {f"{way}_r{k}": round(100 * float((above < k).mean()), 1) for way, above in better.items() for k in (1, 5)}
    return found | {"windows": len(own), "chance_r1": round(100 / len(own), 1), "chance_r5": round(500 / len(own), 1)}


def draw(radar: Chips, optical: Chips, path: Path) -> None:
    """Draw three radar questions with five optical answers each, then the other way round."""
    assert radar.vectors is not None
    assert optical.vectors is not None
    rows = []
    chosen = np.random.default_rng(3).choice(min(len(radar.pictures), len(optical.pictures)), 6, replace=False)
    for number, place in enumerate(chosen):
        asking, answering = (radar, optical) if number < 3 else (optical, radar)
        assert asking.vectors is not None
        assert answering.vectors is not None
        found = np.argsort(-(answering.vectors @ asking.vectors[place]))[:5]
        rows.append([asking.pictures[place], *(answering.pictures[hit] for hit in found)])
    tiles = [np.concatenate([_shown(chip) for chip in row], axis=1) for row in rows]
    Image.fromarray(np.concatenate(tiles, axis=0)).resize((6 * 128, 6 * 128)).save(path)


def _shown(chip: Picture) -> Picture:
    colours = np.repeat(chip, 3, axis=0) if len(chip) == 1 else chip
    return np.pad(colours.transpose(1, 2, 0), ((2, 2), (2, 2), (0, 0)), constant_values=255)


AREAS: dict[str, Callable[[Path], list[dict[str, Picture]]]] = {"val_sites": val_sites, "los_angeles": los_angeles}


if __name__ == "__main__":
    main()
