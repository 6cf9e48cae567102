"""Whole scenes: every radar chip of a city asks the optical chips of the same city for its own place.

    python benchmarks/whole_scene.py ../shared/data/scenes/losangeles_s1_vh.tif \
        ../shared/data/scenes/losangeles_s2_rgb.tif --folder DIR --models structure,sscm

Both rasters are ingested; a query is right when a chip whose centre lies within 1 km of its own is among the first ten.
`aligned` asks with the archive's own radar chips, which lie on the optical ones to the pixel; `shifted` with windows
cut some way off that grid, as anybody else's would be. Chance is exact: that ten chips drawn blindly hold such a one.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from machine import facts, write_result

from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.model import Model
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.models.structure.maps import load_maps
from satseek.models.structure.registration import register, scores_of
from satseek.raster.read import SceneReader, read_chip
from satseek.raster.recognise import Override, scene_of_files
from satseek.search.structure_cache import StructureCache, together

NEAR_M, DEPTH, CANDIDATES = 1000.0, 10, 100
SHIFT = (56, -72)  # pixels down and right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("radar")
    parser.add_argument("optical")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--models", default="structure,sscm")
    parser.add_argument("--chip", type=int, default=256)
    parser.add_argument("--verified", type=int, default=100, help="queries that are verified by registration")
    options = parser.parse_args()
    figures = {name: measured(name, options) for name in options.models.split(",")}
    of = facts(data=f"{Path(options.radar).name}, {Path(options.optical).name}", seed=None, libraries=("torch",))
    result = {"figures": figures, "near_m": NEAR_M, "depth": DEPTH, "shift_pixels": SHIFT, "facts": of}
    print(json.dumps(result, indent=1))
    write_result("whole_scene", result)


def measured(name: str, options: argparse.Namespace) -> dict[str, object]:
    model, began = load_model(name), time.perf_counter()
    archive = Archive.open_or_create(str(options.folder / name), model.card)
    scenes = {
        "s1": scene_of_files([options.radar], Override(sensor="s1", bands=("VH",))),
        "rgb": scene_of_files([options.optical], Override()),
    }
    report = ingest(
        archive, scenes.values(), model=model, plan=CutPlan(chip=options.chip, overlap=0.0, max_nodata=0.05)
    )
    spent = time.perf_counter() - began
    radar, optical = (chips_of(archive, sensor) for sensor in ("s1", "rgb"))
    near = np.array([[apart_m(one, other) <= NEAR_M for other in optical] for one in radar])
    held = archive.vectors([chip.id for chip in optical])
    moved, kept = shifted(scenes["s1"], radar)
    asked = {
        "aligned": (archive.vectors([chip.id for chip in radar]), list(range(len(radar)))),
        "shifted": (encoded(model, moved), kept),
    }
    found: dict[str, object] = {
        "radar_chips": len(radar), "optical_chips": len(optical), "chips_added": report.added,
        "ingest_seconds": round(spent, 1), "chance": chance(near),
    }  # fmt: skip
    cache = StructureCache(load_maps(), options.folder / "maps.sqlite")
    maps, _ = cache.of(optical)
    for way, (vectors, rows) in asked.items():
        scores = vectors @ held.T
        order = np.argsort(-scores, axis=1, kind="stable")
        found[way] = share(near[rows], order)
        some = np.linspace(0, len(rows) - 1, min(options.verified, len(rows))).astype(int)
        verified, milliseconds = [], []
        for place in some:
            chip = read_chip(radar[rows[place]]) if way == "aligned" else moved[place]
            turned = load_maps().turned(chip)
            first = order[place, :CANDIDATES]
            block = together([maps[optical[each].id] for each in first])
            start = time.perf_counter()
            registered = register(turned, block)
            milliseconds.append(1000 * (time.perf_counter() - start))
            found_scores = scores_of(registered, scores[place, first])
            verified.append(first[np.argsort([-each for each in found_scores], kind="stable")][:DEPTH])
        found[f"{way}_same_queries"] = share(near[rows][some], order[some])
        found[f"{way}_verified"] = share(near[rows][some], np.array(verified))
        found[f"{way}_verified_first"] = share(near[rows][some], np.array(verified)[:, :1])
        found[f"{way}_register_milliseconds"] = round(float(np.median(milliseconds)), 1)
    return found


def chips_of(archive: Archive, sensor: str) -> list[Chip]:
    chips = [chip for batch in archive.scan(Filters(sensors=(sensor,))) for chip in batch.chips]
    return sorted(chips, key=lambda chip: (chip.window.row, chip.window.column))


def shifted(scene: object, radar: Sequence[Chip]) -> tuple[list[Pixels], list[int]]:
    """Return windows off the grid, and which chips they stand for: those that are covered."""
    windows, rows = [], []
    with SceneReader(scene) as reader:  # type: ignore[arg-type]
        for row, chip in enumerate(radar):
            column, top = chip.window.column + SHIFT[1], chip.window.row + SHIFT[0]
            side = chip.window.width
            if column < 0 or top < 0 or column + side > reader.width or top + side > reader.height:
                continue
            picture = reader.read(Window(column, top, side, side), (side, side))
            if picture.nodata_share <= 0.05:
                windows.append(picture)
                rows.append(row)
    return windows, rows


def encoded(model: Model, pictures: Sequence[Pixels]) -> np.ndarray:
    return np.concatenate([model.encode_images(pictures[start : start + 32]) for start in range(0, len(pictures), 32)])


def apart_m(one: Chip, other: Chip) -> float:
    (lon, lat), (lon2, lat2) = middle(one), middle(other)
    return math.hypot((lon - lon2) * 111_320 * math.cos(math.radians(lat)), (lat - lat2) * 110_950)


def middle(chip: Chip) -> tuple[float, float]:
    west, south, east, north = chip.bbox or (0, 0, 0, 0)
    return (west + east) / 2, (south + north) / 2


def share(near: np.ndarray, order: np.ndarray) -> float:
    """Return the share, in percent, of queries with a near chip among the first ten."""
    first = np.take_along_axis(near, order[:, :DEPTH], axis=1)
    return round(float(100 * first.any(axis=1).mean()), 2)


def chance(near: np.ndarray) -> float:
    many, right = near.shape[1], near.sum(axis=1)
    missed = [math.comb(many - int(each), DEPTH) / math.comb(many, DEPTH) for each in right]
    return round(100 * (1 - float(np.mean(missed))), 2)


if __name__ == "__main__":
    main()
