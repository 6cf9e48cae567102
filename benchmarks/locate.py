"""Locating: how well heat maps point at painted things, how faithful 'why' is, and how long a scene takes.

    python benchmarks/locate.py quality [--scenes 12 --size 2048 --seed 23]
    python benchmarks/locate.py why [--chips 40]
    python benchmarks/locate.py speed SCENE.tif [--model colour] [--rounds 5]

Quality: single things of the painted land are asked for by their plain name ("a lake"). Right are the pixels that the
painter gave to it; regions of Ras and Rda are the hulls of pieces less than a chip apart, as people outline a group.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from machine import facts, write_result
from rasterio.features import rasterize
from rasterio.warp import transform_geom
from shapely.geometry import shape

from satseek.archive.archive import Archive
from satseek.core.model import Model
from satseek.core.query import Query
from satseek.core.scene import Window
from satseek.evaluation.deletion import deletion
from satseek.evaluation.localisation import LocalisationFigures, localisation, mean_localisation
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.raster.read import SceneReader
from satseek.raster.recognise import scene_of_files
from satseek.search.calibrate import Judge
from satseek.search.collection import Collection
from satseek.search.embed import Part
from satseek.search.locate.fresh import _jobs, _worth_reading
from satseek.search.locate.gather import MOST_CHIPS, SCALES, wanted_windows
from satseek.search.locate.ground import ground_of
from satseek.search.locate.locating import Way, locate
from satseek.search.locate.report import Localisation
from satseek.search.why import why
from satseek.synthetic.catalog import write_catalog
from satseek.synthetic.words import NOUNS

THINGS = (
    "airport", "harbour", "lake", "runway", "sports ground", "storage tank", "solar farm", "village", "town", "bridge",
)  # fmt: skip
LEAST, MOST = 0.001, 0.35  # of a scene: what is smaller than that is no matter of chips, what is larger no thing in it
MODELS = ("amfmn", "colour")
SENTENCES = ("a harbour by the sea", "farmland with many fields", "an airport with a runway", "a river", "a dense town")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quality", "why", "speed"))
    parser.add_argument("scene", nargs="?")
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--chips", type=int, default=40)
    parser.add_argument("--model", default="colour")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--world", type=Path, help="A catalog that was painted before, to save time.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "speed":
            figures = speed(Path(asked.scene), asked.model, asked.rounds, Path(folder))
            name, data = f"locate-speed-{asked.model}", Path(asked.scene).name
        else:
            world = asked.world or painted(Path(folder), asked.scenes, asked.size, asked.seed)
            figures = quality(world) if asked.what == "quality" else faithful(world, asked.chips)
            name, data = f"locate-{asked.what}", f"satseek.synthetic: {asked.scenes} aerial scenes of {asked.size} px"
    seed = None if asked.what == "speed" else asked.seed
    print(write_result(name, facts(data=data, seed=seed, libraries=("torch", "lancedb")) | {"figures": figures}))


def painted(folder: Path, scenes: int, size: int, seed: int) -> Path:
    return write_catalog(folder / "world", scenes=scenes, size=size, seed=seed, sensors=("rgb",)).parent


def quality(world: Path) -> dict[str, Any]:
    """Return the mean figures of each model, over all things and by thing, and how honest it is about absent things."""
    found: dict[str, Any] = {}
    for name in MODELS:
        model, judge = load_model(name), Judge()
        held: dict[str, list[LocalisationFigures]] = {thing: [] for thing in THINGS}
        present, absent = [], []
        for tif in sorted(world.rglob("*-rgb.tif")):
            archive = _filled(tif, model)
            for thing in THINGS:
                result = _located(tif, thing, model, judge, archive)
                if result is None:
                    continue
                mask, regions = _truth(tif, thing, result)
                if mask.mean() == 0:
                    absent.append(result.found)
                elif LEAST <= mask.mean() <= MOST:
                    present.append(result.found)
                    pixels = result.region.width / result.heat.shape[1]
                    held[thing].append(localisation(result.heat, mask, regions, pixels=pixels))
            print(name, tif.name, flush=True)
        everything = [each for some in held.values() for each in some]
        found[name] = _row(everything) | {
            "things": {thing: _row(some) for thing, some in held.items() if some},
            "present_found": round(float(np.mean(present)), 3),
            "absent_not_found": round(1 - float(np.mean(absent)), 3),
            "absent_questions": len(absent),
        }
        print(json.dumps(found[name], indent=1), flush=True)
    return found


def faithful(world: Path, chips: int) -> dict[str, Any]:
    """Return how much sooner scores fall when what 'why' shows is taken away than when random parts are."""
    found = {}
    for name in MODELS:
        model = load_model(name)
        judged, seconds = [], []
        for pixels, part in _chips(world, model, chips):
            began = time.perf_counter()
            grid = why(pixels, [part], model).grid
            seconds.append(time.perf_counter() - began)
            judged.append(deletion(pixels, grid, [part], model))
        found[name] = {
            "chips": len(judged),
            "fall_as_told": round(float(np.mean([each.told for each in judged])), 3),
            "fall_by_chance": round(float(np.mean([np.mean(each.chance) for each in judged])), 3),
            "better_than_chance": round(float(np.mean([each.is_faithful for each in judged])), 3),
            "median_ms": round(1000 * float(np.median(seconds)), 1),
        }
        print(name, found[name], flush=True)
    return found


def speed(tif: Path, name: str, rounds: int, folder: Path) -> dict[str, Any]:
    """Return the seconds for a new sentence with stored chips, and the share of pure encoding without any."""
    model = load_model(name)
    scene = scene_of_files([str(tif)])
    fresh, pure = [], []
    for _ in range(2):
        began = time.perf_counter()
        result = locate(scene, Query(sentence=SENTENCES[0]), card=model.card, model=lambda: model)
        fresh.append(result.chips / (time.perf_counter() - began))
        pure.append(_pure_encoding(tif, model))
        print("encoded", result.chips, fresh[-1], "chips/s; pure encoding", pure[-1], flush=True)
    archive = Archive.create(str(folder / "archive"), model.card)
    ingest(archive, [scene], model=model, plan=CutPlan(chip=model.card.chip_size, overlap=0.5, scales=SCALES))
    archive.optimize(measure=False)
    world = Collection(archive, model)
    world.locate("grass")
    seconds, stages = [], []
    for number in range(rounds):
        began = time.perf_counter()
        result = world.locate(SENTENCES[number % len(SENTENCES)])
        spots, heat = len(result.spots), len(result.cog())
        seconds.append(time.perf_counter() - began)
        stages.append(dict(result.milliseconds))
        print(seconds[-1], result.stored, result.encoded, spots, heat, flush=True)
    commands = []
    for number in range(3):
        words = [SENTENCES[number], "-o", str(folder / "heat.tif"), "--polygons", str(folder / "spots.geojson")]
        began = time.perf_counter()
        subprocess.run([Path(sys.executable).parent / "satseek", "locate", folder / "archive", *words], check=True)
        commands.append(time.perf_counter() - began)
    return {
        "model": name,
        "chips": result.chips,
        "new_sentence_seconds": round(float(np.median(seconds)), 3),
        "new_sentence_worst": round(max(seconds), 3),
        "whole_command_seconds": round(float(np.median(commands)), 3),
        "stages_ms": {stage: round(float(np.median([each[stage] for each in stages])), 1) for stage in stages[0]},
        "nothing_stored_chips_per_second": round(max(fresh), 1),
        "pure_encoding_chips_per_second": round(max(pure), 1),
        "share_of_pure_encoding": round(max(fresh) / max(pure), 3),
    }


def _filled(tif: Path, model: Model) -> Archive:
    folder = Path(tempfile.mkdtemp(prefix="locate-"))
    archive = Archive.create(str(folder / "archive"), model.card)
    plan = CutPlan(chip=model.card.chip_size, overlap=0.5, scales=SCALES)
    ingest(archive, [scene_of_files([str(tif)])], model=model, plan=plan)
    return archive


def _located(tif: Path, thing: str, model: Model, judge: Judge, archive: Archive) -> Localisation | None:
    sentence = NOUNS[thing].one[0]
    if not model.encode_texts([sentence]).any():
        return None
    return locate(
        scene_of_files([str(tif)]), Query(sentence=sentence), card=model.card, model=lambda: model, archive=archive,
        judge=judge, way=Way(),
    )  # fmt: skip


def _truth(tif: Path, thing: str, result: Localisation) -> tuple[Any, list[Any]]:
    """Return the cells that are right, and rings around groups of them, in cells."""
    features = json.loads(tif.with_suffix(".geojson").read_text())["features"]
    shapes = [
        shape(transform_geom("EPSG:4326", result.crs, feature["geometry"]))
        for feature in features
        if feature["properties"].get("label") == thing
    ]
    if not shapes:
        return np.zeros(result.heat.shape, dtype=bool), []
    mask = rasterize([(each, 1) for each in shapes], out_shape=result.heat.shape, transform=result.transform) > 0
    to_cells = ~result.transform
    matrix = [to_cells.a, to_cells.b, to_cells.d, to_cells.e, to_cells.c, to_cells.f]
    cells = [shapely.affinity.affine_transform(each, matrix) for each in shapes]
    groups = shapely.get_parts(shapely.union_all([each.buffer(4) for each in cells]))  # a chip is eight cells wide
    hulls = [
        shapely.convex_hull(shapely.union_all([each for each in cells if each.intersects(group)])) for group in groups
    ]
    return mask, [np.array(hull.exterior.coords) for hull in hulls if hull.geom_type == "Polygon"]


def _row(figures: list[LocalisationFigures]) -> dict[str, Any]:
    mean = mean_localisation(figures)
    names = ("rsu", "ras", "rda", "rmi", "average_precision", "area_share", "gain")
    return {"questions": len(figures)} | {name: round(float(getattr(mean, name)), 3) for name in names}


def _chips(world: Path, model: Model, count: int) -> Iterator[tuple[Any, Part]]:
    """Yield chips of things that fill some of them, with the part that asks for the thing."""
    size, left = model.card.chip_size, count
    chance = np.random.default_rng(0)
    for tif in sorted(world.rglob("*-rgb.tif")):
        with SceneReader(scene_of_files([str(tif)])) as reader:
            inverse = ~reader.grid.transform
            features = json.loads(tif.with_suffix(".geojson").read_text())["features"]
            chosen = [each for each in features if each["properties"].get("label") in THINGS]
            for feature in chance.permutation(np.array(chosen, dtype=object))[: -(-count // 6)]:
                outline = shape(transform_geom("EPSG:4326", reader.grid.crs, feature["geometry"]))
                middle = outline.representative_point()
                column, row = inverse @ (middle.x, middle.y)
                at = [
                    int(np.clip(place - size * share, 0, length - size))
                    for place, share, length in (
                        (column, chance.uniform(0.3, 0.7), reader.width),
                        (row, chance.uniform(0.3, 0.7), reader.height),
                    )
                ]
                vector = model.encode_texts([NOUNS[feature["properties"]["label"]].one[0]])[0]
                if vector.any() and left > 0:
                    left -= 1
                    yield (
                        reader.read(Window(at[0], at[1], size, size), (size, size)),
                        Part("sentence", "sentence", 1.0, vector, scorer=getattr(model, "scorer", None)),
                    )


def _pure_encoding(tif: Path, model: Model) -> float:
    """Return chips per second of encoding alone: the same batches, read beforehand."""
    ground = ground_of(scene_of_files([str(tif)]))
    windows = wanted_windows(ground, ground.whole, chip=model.card.chip_size, scales=SCALES, most=MOST_CHIPS)
    worth = _worth_reading(ground.scene, windows, 0.5)
    seconds, chips = 0.0, 0
    with SceneReader(ground.scene) as reader:
        for job in _jobs(ground.scene, windows, worth)[::4]:  # a quarter of them is enough to know
            pixels = [reader.read(windows[each].window, windows[each].size) for each in job]
            pixels = [each for each in pixels if each.nodata_share <= 0.5]
            began = time.perf_counter()
            if pixels:
                model.encode_images(pixels)
            seconds += time.perf_counter() - began
            chips += len(pixels)
    return chips / seconds


if __name__ == "__main__":
    main()
