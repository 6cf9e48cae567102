"""Ingest beside plain rasterio: MB/s and chips/s of both, on the same windows, in one run.

    python benchmarks/ingest.py --size 8192 --rounds 3

A large three-band COG is written with a seed; where the real scenes are at hand, they are measured too. Of each scene
the windows are read three times over: with plain `rasterio` (one thread, one open file, one `read` a window), by an
ingest whose model costs nothing, and by an ingest with `colour`. Rounds alternate; the best of each counts, for whoever
else works on the machine only adds to it, and the median stands beside it.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from machine import facts, write_result
from rasterio.transform import from_origin
from rasterio.windows import Window

from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.ingest.cut import CutPlan, cut
from satseek.ingest.pipeline import default_workers, ingest
from satseek.models.catalogue import load_model
from satseek.raster.recognise import scene_of_files

SEED = 7
WANTED_SHARE = 0.7


class CostsNothing:
    """A model whose vectors are made of thin air, so that reading and writing are what is measured."""

    card = ModelCard("costs-nothing", "1", "", 128, {"rgb": (), "s1": (), "s2": ()}, False, 224)

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return the same unit row for every chip."""
        return np.full((len(chips), 128), 128**-0.5, dtype=np.float32)

    def encode_texts(self, sentences: Sequence[str], keywords: Any = None) -> FloatArray:
        """Nobody asks."""
        raise NotImplementedError


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=8192, help="side of the synthetic scene in pixels")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=default_workers())
    options.add_argument("--folder", type=Path, help="where the synthetic scene is kept")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        scenes = {"synthetic": scene_of_files([str(painted_cog(folder / f"cog_{given.size}.tif", given.size))])}
        scenes |= real_scenes()
        figures = {name: measure(scene, given.rounds, given.workers, Path(temporary)) for name, scene in scenes.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, figure in figures.items():
        print(f"{name}: {figure['windows']} windows, {figure['megabytes']:.0f} MB")
        for kind in ("rasterio", "no model", "colour"):
            each = figure[kind]
            share = "" if kind == "rasterio" else f", {each['share']:.2f} of rasterio (wanted {WANTED_SHARE})"
            print(f"  {kind:9} {each['mb_per_s']:7.1f} MB/s {each['chips_per_s']:7.1f} chips/s{share}")
    print(f"peak memory {peak:.0f} MB")
    measured = facts(data=f"synthetic COG of {given.size} pixels a side", seed=SEED, libraries=("rasterio", "lancedb"))
    measured |= {"rounds": given.rounds, "workers": given.workers, "peak_mb": round(peak), "wanted_share": WANTED_SHARE}
    write_result("ingest", measured | {"scenes": figures})


def painted_cog(path: Path, size: int) -> Path:
    """Write a COG with structure at several sizes, so that it compresses about as imagery does."""
    if path.exists():
        return path
    chance = np.random.default_rng(SEED)
    coarse = [chance.normal(0, 1, (size // step + 2, size // step + 2)) for step in (512, 64, 8)]
    profile = {"driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8", "crs": "EPSG:32633"}
    profile |= {"transform": from_origin(400_000, 5_300_000, 1, 1), "tiled": True, "photometric": "rgb"}
    plain = path.with_suffix(".plain.tif")
    with rasterio.open(plain, "w", **profile) as file:
        for row in range(0, size, 512):
            rows = np.arange(row, min(row + 512, size))
            land = sum(
                weight * field[np.ix_(rows // step, np.arange(size) // step)]
                for weight, field, step in zip((30, 20, 12), coarse, (512, 64, 8), strict=True)
            )
            noise = chance.normal(0, 3, (3, len(rows), size))
            block = np.clip(120 + land + noise + np.array([0, 8, -10])[:, None, None], 1, 255).astype(np.uint8)
            file.write(block, window=Window(0, row, size, len(rows)))
    rasterio.shutil.copy(plain, path, driver="COG", compress="DEFLATE", blocksize=512)
    plain.unlink()
    return path


def real_scenes() -> dict[str, Scene]:
    """Return the real COGs, where they are at hand."""
    folder = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")) / "scenes"
    return {path.stem: scene_of_files([str(path)]) for path in sorted(folder.glob("*.tif"))}


def measure(scene: Scene, rounds: int, workers: int, folder: Path) -> dict[str, Any]:
    """Return seconds, MB/s and chips/s of the three ways to go through the windows of a scene."""
    with rasterio.open(scene.bands[0].href) as file:
        windows = [each.window for each in cut(CutPlan(), width=file.width, height=file.height)]
        megabytes = len(scene.bands) * sum(each.width * each.height for each in windows) / 1e6
        megabytes *= np.dtype(file.dtypes[0]).itemsize

    def plain() -> None:
        indexes = [band.index for band in scene.bands]
        with rasterio.open(scene.bands[0].href) as file:
            for window in windows:
                file.read(indexes, window=Window(*window))

    def with_model(model: Model) -> Callable[[], None]:
        made = iter(range(rounds))

        def fill() -> None:
            ingest(archives[model.card.name][next(made)], [scene], model=model, plan=CutPlan(), workers=workers)

        return fill

    models = (CostsNothing(), load_model("colour"))
    archives = {
        model.card.name: [Archive.create(tempfile.mkdtemp(dir=folder) + "/archive", model.card) for _ in range(rounds)]
        for model in models
    }
    ways = {"rasterio": plain, "no model": with_model(models[0]), "colour": with_model(models[1])}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    best = {name: min(each) for name, each in seconds.items()}
    figures: dict[str, Any] = {"windows": len(windows), "megabytes": round(megabytes, 1)}
    for name, spent in best.items():
        figures[name] = {
            "seconds": round(spent, 3),
            "mb_per_s": round(megabytes / spent, 1),
            "chips_per_s": round(len(windows) / spent, 1),
            "share": round(best["rasterio"] / spent, 3),
            "median_seconds": round(statistics.median(seconds[name]), 3),
        }
    return figures


if __name__ == "__main__":
    main()
