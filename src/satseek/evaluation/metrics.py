"""Recall of images and captions, both ways: the papers' six figures, their mean, its interval, floor and ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from satseek.core.vectors import FloatArray
from satseek.evaluation.ranks import (
    IntArray,
    Places,
    Shares,
    chance_of_hit,
    places_of_captions_for_images,
    places_of_images_for_captions,
)

AT = (1, 5, 10)


@dataclass(frozen=True)
class Recall:
    """The figures of one model on one gallery, in percent."""

    i2t: tuple[float, float, float]  # an image asks for one of its captions: R@1, R@5, R@10
    t2i: tuple[float, float, float]  # a caption asks for its image
    strict: float  # mean recall with every tie against the model
    i2t_median_rank: float
    t2i_median_rank: float
    ci95: tuple[float, float]

    @property
    def mean(self) -> float:
        """The mean of the six, mR."""
        return float(np.mean([*self.i2t, *self.t2i]))


def recall(
    scores: FloatArray, owners: IntArray, *, texts: IntArray | None = None, seed: int = 0, resamples: int = 1000
) -> Recall:
    """Return the recall of scores (images, captions), each caption owned by one image.

    With `texts` the scores are (images, different texts), and it says which of them each caption is.
    """
    images = places_of_captions_for_images(scores, owners, texts)
    captions = places_of_images_for_captions(scores, owners, texts)
    i2t, t2i = _hits(images), _hits(captions)
    strict = [np.mean(places.strict_hits(k)) for places in (images, captions) for k in AT]
    return Recall(
        i2t=_percent(i2t),
        t2i=_percent(t2i),
        strict=float(100 * np.mean(strict)),
        i2t_median_rank=float(np.median(images.ranks)),
        t2i_median_rank=float(np.median(captions.ranks)),
        ci95=bootstrap_interval(i2t, t2i, owners, seed=seed, resamples=resamples),
    )


def bootstrap_interval(
    i2t: Shares, t2i: Shares, owners: IntArray, *, seed: int = 0, resamples: int = 1000, share: float = 0.95
) -> tuple[float, float]:
    """Return the interval of mean recall, in percent, over draws of images with their captions."""
    images = len(i2t)
    of_captions = np.stack([np.bincount(owners, weights=column, minlength=images) for column in t2i.T], axis=1)
    captions = np.bincount(owners, minlength=images).astype(np.float64)
    draws = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=resamples)
    asked = np.maximum(draws @ captions, 1)  # a draw of a tiny set may hold no caption at all
    both = (draws @ i2t / images).mean(1) + (draws @ of_captions / asked[:, None]).mean(1)
    low, high = np.quantile(100 * both / 2, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def chance(owners: IntArray, images: int) -> float:
    """Return the mean recall, in percent, of a model that orders everything at random."""
    captions = np.bincount(owners, minlength=images)
    everything = np.full(images, len(owners))
    i2t = [chance_of_hit(everything, captions, np.full(images, k)).mean() for k in AT]
    return float(100 * np.mean([*i2t, *(min(k / images, 1.0) for k in AT)]))


def ceiling(texts: Sequence[Hashable], owners: IntArray) -> float:
    """Return the best mean recall, in percent, that captions shared between images leave to any model.

    A caption shared by images asks for one of them as often as for the other, so no order of images serves both. An
    image whose captions all stand with other images too cannot tell its own copies from theirs.
    """
    said: dict[Hashable, Counter[int]] = {}
    for text, owner in zip(texts, owners.tolist(), strict=True):
        said.setdefault(text, Counter())[owner] += 1
    t2i = [sum(sum(n for _, n in by.most_common(k)) for by in said.values()) / len(texts) for k in AT]
    pairs = [(owner, sum(by.values()), n) for by in said.values() for owner, n in by.items()]
    own, tied, right = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    i2t = []
    for k in AT:
        best = np.zeros(int(own.max()) + 1)
        np.maximum.at(best, own, chance_of_hit(tied, right, np.full(len(own), k)))
        i2t.append(best[np.unique(own)].mean())
    return float(100 * np.mean([*i2t, *t2i]))


def _hits(places: Places) -> Shares:
    return np.stack([places.hits(k) for k in AT], axis=1)


def _percent(hits: Shares) -> tuple[float, float, float]:
    first, fifth, tenth = (100 * hits.mean(0)).tolist()
    return first, fifth, tenth
