"""Training on the CPU: images/s with augmentation and text, as a share of the bf16 matrix peak of the same run.

    python benchmarks/train_throughput.py --rounds 3

A hundred painted pictures with captions are enough: the work does not depend on what they show. Counted are the
convolutions and matrix products of the forward pass, three times (backward is twice forward where all is trained;
filters that are kept are 3 % of the weights); augmentation, the recurrent part and the optimiser only cost time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from machine import facts, write_result
from throughput import matrix_peak, operations, seconds_of

from satseek.datasets.image_store import ImageStore
from satseek.datasets.pairs import CaptionedImage, CaptionedSet
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.memory import keep_large_blocks
from satseek.training.batches import Batches
from satseek.training.lessons import Lessons
from satseek.training.objective import Objective
from satseek.training.schedule import optimiser_of
from satseek.training.settings import Recipe, read_recipe
from satseek.training.teach import starting_network

WORDS = (
    "many",
    "green",
    "trees",
    "are",
    "near",
    "a",
    "river",
    "with",
    "some",
    "white",
    "buildings",
    "and",
    "two",
    "roads",
)
WAYS = {
    "resnet18_224": ("model.backbone=resnet18", "image_size=224", "store_size=224", "frozen_filters=false"),
    "mobilenetv2_128": ("model.backbone=mobilenetv2", "image_size=128", "frozen_filters=false"),
    "mobilenetv2_128_kept_filters": ("model.backbone=mobilenetv2", "image_size=128", "frozen_filters=true"),
    "efficientnet_lite2_160": ("image_size=160", "store_size=160", "frozen_filters=false"),
    "efficientnet_lite2_160_kept_filters": ("image_size=160", "store_size=160", "frozen_filters=true"),
}
WANTED_SHARE = 0.35
LIBRARIES = ("torch", "timm", "lightning-fabric")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--batch", type=int, default=128)
    asked = options.parse_args()
    keep_large_blocks()  # as the command does
    figures: dict[str, Any] = {"bf16_matrix_peak_gflops": matrix_peak() / 1e9, "threads": torch.get_num_threads()}
    for name, changes in WAYS.items():
        common = ["optimiser.start_from=", "optimiser.frozen_blocks=0", "captions_per_image=1", f"batch={asked.batch}"]
        recipe = read_recipe("amfmn-middle", [*common, *changes])
        speed, gflops = _speed(recipe, asked.rounds)
        figures[f"{name}_images_per_second"] = speed
        figures[f"{name}_gflop_per_image"] = gflops
        figures[f"{name}_share_of_peak"] = speed * gflops / figures["bf16_matrix_peak_gflops"]
    for name, value in figures.items():
        print(f"{name:<45} {value:,.3f}")
    figures |= {"batch": asked.batch, "wanted_share_of_peak": WANTED_SHARE}
    write_result("train_throughput", facts(data="painted pictures", seed=0, libraries=LIBRARIES) | {"figures": figures})


def _speed(recipe: Recipe, rounds: int) -> tuple[float, float]:
    lessons = _painted(recipe)
    vocabulary = Vocabulary.of_sentences(lessons.told.captions)
    with TemporaryDirectory() as nowhere:
        objective = Objective(starting_network(recipe, vocabulary, Path(nowhere)), recipe.loss, 1)
    optimiser = optimiser_of(objective, recipe.optimiser)
    dealt = Batches(lessons, vocabulary, recipe)

    def step() -> None:
        batch = next(dealt.epoch(0))
        with torch.autocast("cpu", torch.bfloat16):
            loss = objective(batch)["loss"]
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()

    size = recipe.data.batch
    forward = operations(lambda: objective(next(dealt.epoch(0))))
    # backward is twice forward; torch's own count of it forgets that depthwise convolutions have groups
    return size / seconds_of(step, rounds=rounds), 3 * forward / size / 1e9


def _painted(recipe: Recipe) -> Lessons:
    random = np.random.default_rng(0)
    count, size = recipe.data.batch, recipe.data.store_size
    captions = [" ".join(random.choice(WORDS, 12)) for _ in range(count)]
    images = tuple(
        CaptionedImage(f"{number}", Path(f"{number}"), (caption,), "train") for number, caption in enumerate(captions)
    )
    pixels = random.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return Lessons(CaptionedSet("painted", "train", images), ImageStore(pixels, {}))


if __name__ == "__main__":
    main()
