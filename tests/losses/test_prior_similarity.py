"""The prior likeness of captions against the plain loop over pairs, runs and references."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import snowballstemmer

from satseek.core.errors import UnknownName
from satseek.losses.caption_stems import FUNCTION_WORDS
from satseek.losses.prior_similarity import PriorSimilarity

NOUNS = ("planes", "airport", "river", "forests", "building", "boats", "road", "beach", "tank", "storage")
KINDS = ("many green", "a large", "some", "two parked", "the", "several white", "a curved", "dense")
PLACES = ("near", "beside", "on the side of", "in", "surrounded by", "next to", "and")

stem = snowballstemmer.stemmer("porter").stemWord


def sentence(random: np.random.Generator) -> str:
    parts = [f"{random.choice(KINDS)} {random.choice(NOUNS)}" for _ in range(random.integers(1, 4))]
    return f" {random.choice(PLACES)} ".join(parts).capitalize() + random.choice([" .", ".", "", ", too ."])


@pytest.fixture(scope="module")
def captions() -> list[list[str]]:
    random = np.random.default_rng(11)
    images = [[sentence(random) for _ in range(5)] for _ in range(12)]
    images[3] = [*images[5][:2], "river ."]  # captions shared, and three in place of five
    images[7] = ["river"] * 5
    images[9] = ["!", "many a .", "'s", "the river the river the river", images[2][0]]
    return images


def stems_of(caption: str) -> list[str]:
    return [stem(word) or word for word in re.findall(r"\w+|[^\w\s]", caption.lower())]


def slow_bleu(caption: list[str], references: list[list[str]]) -> float:
    if caption in references:
        return 1.0
    product = 1.0
    for n in (1, 2, 3, 4):
        runs = Counter(tuple(caption[i : i + n]) for i in range(len(caption) - n + 1))
        clipped = 0
        for run, count in runs.items():
            held = max(
                Counter(tuple(reference[i : i + n]) for i in range(len(reference) - n + 1))[run]
                for reference in references
            )
            clipped += min(count, held)
        if clipped == 0:
            return 0.0
        product *= clipped / sum(runs.values())
    closest = min((abs(len(reference) - len(caption)), len(reference)) for reference in references)[1]
    brevity = 1.0 if len(caption) > closest else math.exp(1 - closest / len(caption))
    return brevity * product**0.25


LITTLE = {stem(word) or word for word in FUNCTION_WORDS.split()}


def things_of(stems: list[str]) -> list[str]:
    return [each for each in stems if each[0].isalnum() and each not in LITTLE]


def slow_overlap(caption: list[str], references: list[list[str]]) -> float:
    shares = [
        len(set(things_of(reference)) & set(things_of(caption))) / len(things_of(reference))
        for reference in references
        if things_of(reference)
    ]
    return sum(shares) / len(shares) if shares else 0.0


def slow_meteor(caption: list[str], references: list[list[str]]) -> float:
    best = 0.0
    words = [each for each in caption if each[0].isalnum()]
    for reference in references:
        other = [each for each in reference if each[0].isalnum()]
        matches = sum((Counter(words) & Counter(other)).values())
        if not matches:
            continue
        pairs = sum((Counter(pairwise(words)) & Counter(pairwise(other))).values())
        precision, recall = matches / len(words), matches / len(other)
        harmonic = 10 * precision * recall / (recall + 9 * precision)
        best = max(best, harmonic * (1 - 0.5 * (max(matches - pairs, 1) / matches) ** 3))
    return best


@pytest.mark.parametrize(("second", "slow_second"), [("overlap", slow_overlap), ("meteor", slow_meteor)])
@pytest.mark.parametrize("weight", [0.5, 0.8])
def test_the_sparse_products_equal_the_plain_loop(
    captions: list[list[str]], second: str, slow_second: Callable[..., float], weight: float
) -> None:
    quick = PriorSimilarity(captions, second=second, weight=weight)  # type: ignore[arg-type]
    whole = quick.matrix()
    stems = [[stems_of(caption) for caption in of_image] for of_image in captions]
    column = 0
    for of_image in stems:
        for mine in of_image:
            for image, references in enumerate(stems):
                expected = weight * slow_bleu(mine, references) + (1 - weight) * slow_second(mine, references)
                assert whole[image, column] == pytest.approx(expected, abs=1e-3), (mine, references)
            column += 1
    assert column == whole.shape[1]


@pytest.mark.parametrize("second", ["overlap", "meteor"])
def test_a_batch_is_a_part_of_the_whole(captions: list[list[str]], second: str) -> None:
    quick = PriorSimilarity(captions, second=second)  # type: ignore[arg-type]
    whole = quick.matrix().astype(np.float32)
    caption_ids, image_ids = [40, 3, 3, 17, 55], [7, 0, 11, 0]
    assert quick.of_batch(caption_ids, image_ids) == pytest.approx(whole[np.ix_(image_ids, caption_ids)], abs=1e-3)


def test_an_images_own_caption_is_wholly_alike_in_words() -> None:
    likeness = PriorSimilarity([["two boats"], ["a road"]], weight=1.0)
    assert likeness.of_batch([0, 1], [0, 1]).tolist() == [[1, 0], [0, 1]]


def test_the_papers_example_of_close_captions_lies_between_none_and_all() -> None:
    likeness = PriorSimilarity(
        [
            ["many planes are parked near a large building ."],
            ["a plane is parked near a large building ."],
            ["some beach"],
        ]
    )
    alike = likeness.of_batch([0], [0, 1, 2])[:, 0]
    assert alike[0] == 1
    # stems of the first caption found in the second: plane, park near a large build . (7 of 9),
    # then runs of park near a large build . (5 pairs of 8, 4 threes of 7, 3 fours of 6); the second has as many stems,
    # and all its four things are named
    bleu = (7 / 9 * 5 / 8 * 4 / 7 * 3 / 6) ** 0.25
    assert alike[1] == pytest.approx(0.5 * bleu + 0.5)
    assert alike[2] == 0


def test_a_misspelt_part_is_answered_with_the_right_one() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'meteor'"):
        PriorSimilarity([["a river"]], second="metor")  # type: ignore[arg-type]
