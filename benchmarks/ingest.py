"""Ingest beside plain rasterio: MB/s and chips/s of both, on the same windows, in one run.

    python benchmarks/ingest.py --sizes 4096 8192 --rounds 5

Three-band COGs are painted with a seed; where the real scenes are at hand, they are measured too. Of each scene all
windows are gone through in five ways: with plain `rasterio` (one thread, one open file, one `read` a window: the figure
that is wanted is a share of this one), with the validity read as well (`dataset_mask`), as an archive needs it, with
the validity read first and pixels only where there are any, by an ingest from open COG to committed archive whose model
costs nothing, and by an ingest with `colour`. An ingest uses all cores and leaves out what the mask calls empty, so the
last of the three plain ways is its nearest peer. Rounds alternate; the best of each counts, for whoever else works on
the machine only adds to it, and the median stands beside it.
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
PLAIN = ("rasterio", "rasterio and mask", "rasterio, mask first")
OURS = ("no model", "colour")


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
    options.add_argument("--sizes", type=int, nargs="*", default=[4096, 8192], help="sides of the painted scenes")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=default_workers())
    options.add_argument("--folder", type=Path, help="where the painted scenes are kept")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        painted = {size: painted_cog(folder / f"cog_{size}.tif", size) for size in given.sizes}
        scenes = {f"painted_{size}": scene_of_files([str(path)]) for size, path in painted.items()} | real_scenes()
        figures = {name: measure(scene, given.rounds, given.workers, Path(temporary)) for name, scene in scenes.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, figure in figures.items():
        print(f"{name}: {figure['windows']} windows ({figure['chips']} chips), {figure['megabytes']:.0f} MB")
        for kind in (*PLAIN, *OURS):
            each = figure[kind]
            shares = ", ".join(f"{each['share_of'][peer]:.2f} of {peer}" for peer in PLAIN) if kind in OURS else ""
            print(f"  {kind:20} {each['mb_per_s']:7.1f} MB/s {each['chips_per_s']:7.1f} chips/s  {shares}")
    print(f"wanted: no model at {WANTED_SHARE} of rasterio")
    print(f"peak memory {peak:.0f} MB")
    data = f"painted COGs of {given.sizes} pixels a side, and the real scenes at hand"
    measured = facts(data=data, seed=SEED, libraries=("rasterio", "lancedb"))
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
    """Return seconds, MB/s and chips/s of the ways to go through the windows of a scene."""
    with rasterio.open(scene.bands[0].href) as file:
        windows = [each.window for each in cut(CutPlan(), width=file.width, height=file.height)]
        megabytes = len(scene.bands) * sum(each.width * each.height for each in windows) / 1e6
        megabytes *= np.dtype(file.dtypes[0]).itemsize
    ways = plain_ways(scene, [Window(*window) for window in windows])
    chips: list[int] = []
    for name, model in zip(OURS, (CostsNothing(), load_model("colour")), strict=True):
        ways[name] = _filling(scene, model, rounds, workers, folder, chips)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    best = {name: min(each) for name, each in seconds.items()}
    figures: dict[str, Any] = {"windows": len(windows), "chips": chips[0], "megabytes": round(megabytes, 1)}
    for name, spent in best.items():
        figures[name] = {
            "seconds": round(spent, 3),
            "mb_per_s": round(megabytes / spent, 1),
            "chips_per_s": round(len(windows) / spent, 1),
            "share_of": {peer: round(best[peer] / spent, 3) for peer in PLAIN},
            "median_seconds": round(statistics.median(seconds[name]), 3),
        }
    return figures


def plain_ways(scene: Scene, windows: Sequence[Window]) -> dict[str, Callable[[], None]]:
    """Return the peers: pixels alone, pixels and validity, and validity first with pixels only where there are any."""
    indexes = [band.index for band in scene.bands]

    def pixels() -> None:
        with rasterio.open(scene.bands[0].href) as file:
            for window in windows:
                file.read(indexes, window=window)

    def pixels_and_mask() -> None:
        with rasterio.open(scene.bands[0].href) as file:
            for window in windows:
                file.read(indexes, window=window)
                file.dataset_mask(window=window)

    def mask_first() -> None:
        with rasterio.open(scene.bands[0].href) as file:
            for window in windows:
                if file.dataset_mask(window=window).any():
                    file.read(indexes, window=window)

    return dict(zip(PLAIN, (pixels, pixels_and_mask, mask_first), strict=True))


def _filling(
    scene: Scene, model: Model, rounds: int, workers: int, folder: Path, chips: list[int]
) -> Callable[[], None]:
    """Return an ingest into one new archive after the other, which are made here, and note how many chips it made."""
    places = [tempfile.mkdtemp(dir=folder) + "/archive" for _ in range(rounds)]
    archives = iter([Archive.create(place, model.card) for place in places])

    def fill() -> None:
        report = ingest(next(archives), [scene], model=model, plan=CutPlan(), workers=workers)
        chips.append(report.added)

    return fill


if __name__ == "__main__":
    main()
