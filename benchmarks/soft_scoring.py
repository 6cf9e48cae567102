"""Exact soft scoring of an archive's vectors, beside a plain dot-product scan of them, in turns in one run.

    python benchmarks/soft_scoring.py --rows 200000

The gate is made up: what a score costs does not depend on the weights.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import RESULTS, facts, write_result

import worlds
from satseek.core.vectors import FloatArray
from satseek.models.scorers import Soft

WANTED = 2.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    result: dict[str, Any] = facts(
        data=f"{asked.rows} vectors of {asked.dimensions} numbers, {asked.questions} questions", seed=asked.seed
    )
    result |= measure(asked.rows, asked.dimensions, asked.questions, asked.seed)
    result["wanted"] = {f"soft at most {WANTED} times the plain scan": result["ratio"] <= WANTED}
    print(
        f"plain scan {result['plain_p50_ms']} ms, soft {result['soft_p50_ms']} ms: {result['ratio']} times; prepared "
        f"once in {result['prepare_seconds']} s, {result['prepared_megabytes']} MB"
    )
    print(f"written to {write_result('soft_scoring', result, asked.results)}")


def measure(rows: int, dimensions: int, questions: int, seed: int) -> dict[str, float]:
    """Score all vectors for each question, both ways in turns, and compare some with the formula."""
    images = np.concatenate([part for _, part in worlds.batches(rows, dimensions, seed=seed)])
    texts = worlds.vectors(questions, dimensions, seed=seed, part=10**6)
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((dimensions, dimensions), dtype=np.float32)
    scorer = Soft(weight, rng.standard_normal(dimensions, dtype=np.float32))
    started = time.perf_counter()
    prepared = scorer.prepare(images)
    prepare_seconds = time.perf_counter() - started
    _compare(scorer, images[:1000], texts[0])
    plain: list[float] = []
    soft: list[float] = []
    for text in texts:  # in turns, so that a busy moment of the machine meets both
        plain.append(_milliseconds(lambda text=text: images @ text))
        soft.append(_milliseconds(lambda text=text: scorer.scores(text, prepared)))
    p50_plain, p50_soft = float(np.median(plain)), float(np.median(soft))
    return {
        "plain_p50_ms": round(p50_plain, 2),
        "soft_p50_ms": round(p50_soft, 2),
        "ratio": round(p50_soft / p50_plain, 3),
        "ratio_of_each_turn_p50": round(float(np.median(np.array(soft) / np.array(plain))), 3),
        "prepare_seconds": round(prepare_seconds, 2),
        "prepared_megabytes": round(sum(each.nbytes for each in prepared) / 1e6),
    }


def _compare(scorer: Soft, images: FloatArray, text: FloatArray) -> None:
    """Score pair by pair as the paper has it: t' = σ(W v + b) ⊙ t, S = cos(v, t')."""
    quick = scorer.scores(text, scorer.prepare(images))
    for image, score in zip(images.astype(np.float64), quick, strict=True):
        bent = text / (1 + np.exp(-(scorer.weight @ image + scorer.bias)))
        slow = image @ bent / np.linalg.norm(image) / np.linalg.norm(bent)
        assert abs(slow - score) < 1e-5, (slow, score)


def _milliseconds(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - before)


if __name__ == "__main__":
    main()
