"""A whole ingest beside encoding alone: chips/s of both in one run, and where the time of an ingest goes.

    python benchmarks/ingest_end_to_end.py --model amfmn --rounds 3

The scene is Los Angeles where it is at hand, else a painted one. Encoding alone is the model on the scene's own chips,
read before; wanted of the ingest, from COG to committed archive, is 0.85 of that. Rounds alternate, the best of each
counts, the median stands beside it. The share of processor seconds is told too: others who work on the machine stretch
both clocks, and that ratio least. Where the time goes is told by the threads' own clocks.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

from machine import facts, write_result

from ingest import painted_cog, real_scenes
from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.ingest.annotate import Annotator
from satseek.ingest.cut import CutPlan, cut
from satseek.ingest.encode import BATCH
from satseek.ingest.job import Job, Surveyed
from satseek.ingest.lanes import NamedWindow
from satseek.ingest.pipeline import default_workers, ingest
from satseek.ingest.read import JobReader
from satseek.models.catalogue import load_model
from satseek.models.memory import keep_large_blocks
from satseek.raster.read import SceneReader
from satseek.raster.recognise import scene_of_files

WANTED_SHARE = 0.85
SCENE = "losangeles_s2_rgb"


class Clocked:
    """A model that notes how long it encodes, and how much of that its own thread computes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.seconds = self.computing = 0.0
        self.batches: list[int] = []

    @property
    def card(self) -> ModelCard:
        """The model's."""
        return self._model.card

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Encode, by the clock."""
        began, computed = time.perf_counter(), time.thread_time()
        vectors = self._model.encode_images(chips)
        self.seconds += time.perf_counter() - began
        self.computing += time.thread_time() - computed
        self.batches.append(len(chips))
        return vectors

    def encode_texts(self, sentences: Sequence[str], keywords: Any = None) -> FloatArray:
        """Nobody asks."""
        raise NotImplementedError


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="amfmn")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--chip", type=int, help="side of a chip; larger ones are fewer, for a busy machine")
    options.add_argument("--workers", type=int, default=default_workers())
    options.add_argument("--profile", action="store_true", help="print where the encoding thread's time goes, too")
    given = options.parse_args()
    keep_large_blocks()  # as the command does
    model = load_model(given.model)
    plan = CutPlan(chip=given.chip or model.card.chip_size)
    with tempfile.TemporaryDirectory() as folder:
        name, scene = scene_at_hand(Path(folder))
        chips = chips_of(scene, plan)
        model.encode_images(chips[:BATCH])  # the first batch pays for what is made once
        alone, whole, inside, alone_computed = [], [], [], []
        for number in range(given.rounds):
            computed = time.process_time()
            alone.append(encoding_alone(model, chips))
            alone_computed.append(time.process_time() - computed)
            clocked = Clocked(model)
            archive = Archive.create(f"{folder}/archive-{number}", model.card)
            began, computed = time.perf_counter(), time.process_time()
            report = ingest(archive, [scene], model=clocked, plan=plan, workers=given.workers)
            spent = time.perf_counter() - began
            assert report.added == len(chips)
            whole.append(spent)
            inside.append(where(spent, time.process_time() - computed, clocked))
        if given.profile:
            profile(folder, scene, model, plan, given.workers)
    best = inside[whole.index(min(whole))]
    figures = {
        "chips": len(chips),
        "chip_pixels": plan.chip,
        "encoding_alone_chips_per_s": round(len(chips) / min(alone), 1),
        "ingest_chips_per_s": round(len(chips) / min(whole), 1),
        "share": round(min(alone) / min(whole), 3),
        "median_share": round(statistics.median(alone) / statistics.median(whole), 3),
        "share_of_processor_seconds": round(
            statistics.median(alone_computed)
            / statistics.median([each["processor_seconds_of_all_threads"] for each in inside]),
            3,
        ),
        "encoding_alone_chips_per_processor_s": round(len(chips) / statistics.median(alone_computed), 1),
        "wanted_share": WANTED_SHARE,
        "seconds": {"encoding_alone": [round(each, 2) for each in alone], "ingest": [round(each, 2) for each in whole]},
        "of_the_best_ingest": best,
    }
    for key, value in figures.items():
        print(f"{key:32} {value}")
    measured = facts(data=f"{name}, model '{given.model}'", seed=None, libraries=("torch", "rasterio", "lancedb"))
    write_result("ingest_end_to_end", measured | {"rounds": given.rounds, "workers": given.workers} | figures)


def scene_at_hand(folder: Path) -> tuple[str, Scene]:
    """Return the real scene, or a painted one of its size."""
    real = real_scenes()
    return (
        (SCENE, real[SCENE])
        if SCENE in real
        else ("painted", scene_of_files([str(painted_cog(folder / "c.tif", 6144))]))
    )


def chips_of(scene: Scene, plan: CutPlan) -> list[Pixels]:
    """Return the pixels that an ingest of the scene encodes."""
    reader = JobReader(
        max_nodata=plan.max_nodata, annotator=Annotator(warn=print), stop=Event(), open_reader=SceneReader
    )
    with SceneReader(scene) as header:
        cutting = cut(plan, width=header.width, height=header.height, has_place=True)
    windows = tuple(NamedWindow(str(number), window) for number, window in enumerate(cutting))
    read = reader.read(Job(Surveyed(0, scene, cutting, len(windows)), windows, 0, 0))
    reader.close_mine()
    return [pixels for _, pixels in read.chips]


def encoding_alone(model: Model, chips: Sequence[Pixels]) -> float:
    """Return the seconds that the model takes for the chips, in batches as an ingest gives them."""
    began = time.perf_counter()
    for start in range(0, len(chips), BATCH):
        model.encode_images(chips[start : start + BATCH])
    return time.perf_counter() - began


def where(spent: float, computed: float, clocked: Clocked) -> dict[str, Any]:
    """Return where an ingest's seconds went."""
    return {
        "seconds": round(spent, 2),
        "inside_the_model": round(clocked.seconds, 2),
        "beside_the_model": round(spent - clocked.seconds, 2),
        "processor_seconds_of_all_threads": round(computed, 2),
        "processor_seconds_of_the_encoding_thread_in_the_model": round(clocked.computing, 2),
        "cores": len(os.sched_getaffinity(0)),
        "batches": len(clocked.batches),
    }


def profile(folder: str, scene: Scene, model: Model, plan: CutPlan, workers: int) -> None:
    """Print what the thread that encodes does in an ingest."""
    watched = cProfile.Profile()
    archive = Archive.create(f"{folder}/archive-profiled", model.card)
    watched.runcall(ingest, archive, [scene], model=model, plan=plan, workers=workers)
    pstats.Stats(watched).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()
