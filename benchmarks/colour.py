"""What the model `colour` is worth: how well its words find labels, its radar finds optical, and how fast it is.

The synthetic world tells the truth for all sensors; with UC Merced captions at hand (SATSEEK_SHARED_DATA, or
../shared/data beside the project), its 17 hand-made labels tell it for real aerial pictures.

    python benchmarks/colour.py [--scenes 24] [--size 896] [--seed 23]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from machine import ROOT, facts, write_result
from numpy.typing import NDArray
from scipy.stats import rankdata

from satseek.core.model import Model
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.models.catalogue import load_model
from satseek.synthetic.catalog import AERIAL_METRES, EVERY, WIDER
from satseek.synthetic.land import Land
from satseek.synthetic.world import BANDS, World

SIDE, K, LEAST_RELEVANT = 224, 10, 5


class Shown(NamedTuple):
    """A picture and what is on it."""

    pixels: Pixels
    labels: frozenset[str]


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--size", type=int, default=896)
    parser.add_argument("--seed", type=int, default=23)
    options = parser.parse_args()
    model = load_model("colour")
    worlds: dict[str, list[Shown]] = {sensor: [] for sensor in BANDS}
    for sensor, shown in painted(options.scenes, options.size, options.seed):
        worlds[sensor].append(shown)
    found = {f"synthetic {sensor}": words_to_pictures(model, shown) for sensor, shown in worlds.items()}
    if (merced := uc_merced()) is not None:
        found["UC Merced rgb"] = words_to_pictures(model, merced)
    result = facts(data=f"satseek.synthetic: {options.scenes} scenes of {options.size} px", seed=options.seed) | {
        "words_to_pictures": found,
        "radar_to_optical": radar_to_optical(model, worlds["s1"], worlds["s2"]),
        "chips_per_second_one_core": {sensor: speed(model, shown) for sensor, shown in worlds.items()},
    }
    print(json.dumps({key: result[key] for key in list(result)[-3:]}, indent=2))
    print(write_result("colour", result))


def painted(scenes: int, size: int, seed: int) -> Iterator[tuple[str, Shown]]:
    """Yield chips of every sensor with their labels, as `satseek synth` paints them."""
    for number in range(scenes):
        land = Land.planned(seed, extent_m=WIDER * size * AERIAL_METRES, core_m=size * AERIAL_METRES, number=number)
        for sensors, metres, every in ((("rgb",), AERIAL_METRES, 1), (("s2", "s1"), WIDER * AERIAL_METRES, EVERY)):
            world = World.of(land, size, metres)
            for sensor in sensors:
                values = world.render(sensor, every=every)
                for window in _windows(size // every):
                    rows, columns = slice(window.row, window.row + SIDE), slice(window.column, window.column + SIDE)
                    pixels = Pixels(sensor, BANDS[sensor], values[:, rows, columns], np.ones((SIDE, SIDE), dtype=bool))
                    yield sensor, Shown(pixels, frozenset(world.describe(window, every=every).labels))


def words_to_pictures(model: Model, shown: Sequence[Shown]) -> dict[str, float]:
    """Ask for each label by its name."""
    pictures = model.encode_images([each.pixels for each in shown])
    gains, areas, chances = [], [], []
    for label in sorted({label for each in shown for label in each.labels}):
        right = np.array([label in each.labels for each in shown])
        if right.sum() >= LEAST_RELEVANT:
            scores = pictures @ model.encode_texts([label])[0]
            gains.append(_ndcg(scores, right))
            areas.append(_area_under_curve(scores, right))
            chances.append(float(right.mean()))
    means = {"ndcg_at_10": gains, "area_under_roc": areas, "chance": chances}
    return {name: round(float(np.mean(values)), 3) for name, values in means.items()} | {
        "labels": len(gains),
        "chips": len(shown),
    }


def radar_to_optical(model: Model, radar: Sequence[Shown], optical: Sequence[Shown]) -> dict[str, float]:
    """Ask with a radar chip for the optical chip of the same place."""
    echoes = model.encode_images([each.pixels for each in radar])
    pictures = model.encode_images([each.pixels for each in optical])
    scores = echoes @ pictures.T
    ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
    return {
        "recall_at_10": round(float((ranks <= K).mean()), 3),
        "median_rank": float(np.median(ranks)),
        "chance_recall_at_10": round(K / len(optical), 3),
        "chips": len(optical),
    }


def speed(model: Model, shown: Sequence[Shown]) -> float:
    """Return chips of 224 pixels a second of processor time."""
    chips = [each.pixels for each in shown[:192]]
    model.encode_images(chips[:16])
    start = time.process_time()
    model.encode_images(chips)
    return round(len(chips) / (time.process_time() - start), 0)


def uc_merced() -> list[Shown] | None:
    """Return the train split of UC Merced, or None where it is not at hand."""
    import rasterio

    folder = Path(os.environ.get("SATSEEK_SHARED_DATA", ROOT.parent / "shared" / "data")) / "ucm"
    if not (folder / "dataset.json").exists():
        return None
    images: list[dict[str, Any]] = json.loads((folder / "dataset.json").read_text())["images"]
    shown = []
    for image in images:
        if image["split"] == "train":
            with rasterio.open(folder / "imgs" / image["filename"]) as file:
                values = file.read([1, 2, 3])
            pixels = Pixels("rgb", BANDS["rgb"], values, np.ones(values.shape[1:], dtype=bool))
            shown.append(Shown(pixels, frozenset(label.replace("-", " ") for label in image["labels"])))
    return shown


def _windows(side: int) -> Iterator[Window]:
    step = SIDE * 3 // 4 if side > 3 * SIDE else SIDE // 2
    for row in range(0, side - SIDE + 1, step):
        for column in range(0, side - SIDE + 1, step):
            yield Window(column, row, SIDE, SIDE)


def _ndcg(scores: NDArray[Any], right: NDArray[np.bool_]) -> float:
    gains = 1 / np.log2(np.arange(2, K + 2))
    best = np.argsort(-scores, kind="stable")[:K]
    return float((gains * right[best]).sum() / gains[: min(K, int(right.sum()))].sum())


def _area_under_curve(scores: NDArray[Any], right: NDArray[np.bool_]) -> float:
    positives, negatives = int(right.sum()), int((~right).sum())
    ranks = rankdata(scores)[right].sum() - positives * (positives + 1) / 2
    return float(ranks / (positives * negatives)) if negatives else 1.0


if __name__ == "__main__":
    main()
