"""The prior likeness of all captions of a set with all its images: seconds, memory, and the plain loop beside it.

    python benchmarks/prior_similarity.py --data ../shared/data --set rsicd

The plain loop scores some pairs one by one; its time for all pairs is what a pair took, times all pairs. Every sampled
pair must agree.
"""

from __future__ import annotations

import argparse
import math
import re
import resource
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import snowballstemmer
import torch
from machine import facts, write_result

from satseek.datasets.catalogue import load_captioned
from satseek.losses.caption_stems import FUNCTION_WORDS
from satseek.losses.dynamic_margin import dynamic_margin
from satseek.losses.prior_similarity import PriorSimilarity

SEED = 7
WANTED_SECONDS = 180
BATCH = 256


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--set", default="rsicd")
    options.add_argument("--split", default="train")
    options.add_argument("--pairs", type=int, default=1500, help="pairs that the plain loop scores too")
    given = options.parse_args()
    captioned = load_captioned(given.set, given.data, split=given.split)
    captions = [image.captions for image in captioned.images]
    print(f"{given.set} {given.split}: {len(captions):,} images × {len(captioned.captions):,} captions")
    result: dict[str, Any] = facts(
        data=f"{given.set} {given.split}", seed=SEED, libraries=("scipy", "snowballstemmer", "torch")
    )
    result |= {"images": len(captions), "captions": len(captioned.captions), "wanted_seconds": WANTED_SECONDS}
    for second in ("overlap", "meteor"):
        result[second] = measure(captions, second)
        print(second, result[second])
    result["plain loop"] = plain(captions, given.pairs, result["overlap"]["seconds"])
    print("plain loop", result["plain loop"])
    result["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"peak memory {result['peak_memory_mb']} MB, torch and the captions included")
    write_result("prior_similarity", result)


def measure(captions: Sequence[Sequence[str]], second: str) -> dict[str, float]:
    """Return the time for all pairs and for a batch, and what the figures come to."""
    began, computed = time.perf_counter(), time.process_time()
    likeness = PriorSimilarity(captions, second=second)  # type: ignore[arg-type]
    ready = time.perf_counter()
    total, margins, pairs = 0.0, 0.0, 0
    spent = ready - began
    for _, block in likeness.blocks():
        spent = time.perf_counter() - began
        total += float(block.sum(dtype=np.float64))
        margins += float(dynamic_margin(torch.from_numpy(block)).sum(dtype=torch.float64))
        pairs += block.size
    processor = time.process_time() - computed
    random = np.random.default_rng(SEED)
    of_batches = []
    for _ in range(10):
        images = random.choice(len(captions), BATCH, replace=False)
        started = time.perf_counter()
        likeness.of_batch(images * 5 % sum(map(len, captions)), images)
        of_batches.append(time.perf_counter() - started)
    return {
        "seconds": round(spent, 2),
        "processor_seconds": round(processor, 2),
        "of_which_preparing": round(ready - began, 2),
        "batch_milliseconds": round(1000 * float(np.median(of_batches)), 2),
        "mean_likeness": round(total / pairs, 5),
        "mean_margin": round(margins / pairs, 5),
        "pairs": pairs,
    }


def plain(captions: Sequence[Sequence[str]], pairs: int, seconds: float) -> dict[str, float]:
    """Return how long the plain loop takes and how far both differ at most."""
    random = np.random.default_rng(SEED)
    images = random.integers(0, len(captions), pairs)
    others = np.where(random.random(pairs) < 0.3, np.minimum(images + 1, len(captions) - 1), images[::-1])
    first_caption = np.cumsum([0, *map(len, captions)])
    likeness = PriorSimilarity(captions)
    stem = snowballstemmer.stemmer("porter").stemWord
    little = {stem(word) or word for word in FUNCTION_WORDS.split()}
    apart, spent = 0.0, 0.0
    for image, other in zip(images.tolist(), others.tolist(), strict=True):
        started = time.perf_counter()
        expected = _one_pair(captions[other][0], captions[image], stem, little)
        spent += time.perf_counter() - started
        quick = likeness.of_batch([int(first_caption[other])], [image])[0, 0]
        apart = max(apart, abs(expected - float(quick)))
    everything = spent / pairs * len(captions) * int(first_caption[-1])
    return {
        "pairs": pairs,
        "most_apart": apart,
        "core_hours_for_all_pairs": round(everything / 3600, 1),
        "times_as_long": round(everything / seconds),
    }


def _one_pair(caption: str, references: Sequence[str], stem: Any, little: set[str]) -> float:
    def stems_of(text: str) -> list[str]:
        return [stem(word) or word for word in re.findall(r"\w+|[^\w\s]", text.casefold())]

    def things_of(stems: list[str]) -> list[str]:
        return [each for each in stems if each[0].isalnum() and each not in little]

    mine, theirs = stems_of(caption), [stems_of(reference) for reference in references]
    shares = [len(set(things) & set(things_of(mine))) / len(things) for things in map(things_of, theirs) if things]
    return 0.5 * _bleu(mine, theirs) + 0.5 * (sum(shares) / len(shares) if shares else 0.0)


def _bleu(caption: list[str], references: list[list[str]]) -> float:
    if caption in references:
        return 1.0
    product = 1.0
    for n in (1, 2, 3, 4):
        runs = Counter(tuple(caption[start : start + n]) for start in range(len(caption) - n + 1))
        held: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            held |= Counter(tuple(reference[start : start + n]) for start in range(len(reference) - n + 1))
        clipped = sum((runs & held).values())
        if not clipped:
            return 0.0
        product *= clipped / sum(runs.values())
    closest = min((abs(len(reference) - len(caption)), len(reference)) for reference in references)[1]
    return product**0.25 * min(1.0, math.exp(1 - closest / len(caption)))


if __name__ == "__main__":
    main()
