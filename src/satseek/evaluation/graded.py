"""Figures for answers that fit more or less: label sets (F1), gains (nDCG), and whole rankings (mAP).

Equal scores stand in no order: nDCG and mAP are expectations under a random order of ties, in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.vectors import FloatArray
from satseek.evaluation.ranks import BoolArray, IntArray, Shares


@dataclass(frozen=True)
class LabelScores:
    """Precision and recall of the labels of the first k hits, and F1 in both conventions, which cannot be compared."""

    precision: float  # mean over queries and hits of |q ∩ r| / |r|
    recall: float  # mean over queries and hits of |q ∩ r| / |q|
    f1: float  # of the two averages
    item_f1: float  # mean over queries and hits of each pair's own F1


def label_scores(query_labels: BoolArray, archive_labels: BoolArray, rankings: IntArray) -> LabelScores:
    """Return how well the labels of ranked items (queries, k) agree with those of the queries."""
    hits = archive_labels[rankings]  # (queries, k, labels)
    both = (hits & query_labels[:, None, :]).sum(2).astype(np.float64)
    of_hit, of_query = hits.sum(2), query_labels.sum(1)[:, None]
    precision = float((both / np.maximum(of_hit, 1)).mean())
    found = float((both / np.maximum(of_query, 1)).mean())
    total = precision + found
    item = 2 * both / np.maximum(of_hit + of_query, 1)
    return LabelScores(precision, found, 2 * precision * found / total if total else 0.0, float(item.mean()))


def random_label_scores(query_labels: BoolArray, archive_labels: BoolArray) -> LabelScores:
    """Return what a random ranking comes to, exactly: every item is as likely as any other."""
    everything = np.broadcast_to(np.arange(len(archive_labels)), (1, len(archive_labels)))
    each = [label_scores(query[None], archive_labels, everything) for query in query_labels]
    precision, found = float(np.mean([row.precision for row in each])), float(np.mean([row.recall for row in each]))
    total = precision + found
    f1 = 2 * precision * found / total if total else 0.0
    return LabelScores(precision, found, f1, float(np.mean([row.item_f1 for row in each])))


def ndcg(scores: FloatArray, gains: NDArray[np.floating], k: int) -> Shares:
    """Return nDCG@k of each query; a query without any gain has none and counts 0."""  # both (queries, items)
    places = np.arange(scores.shape[1])
    discounts = np.where(places < k, 1 / np.log2(places + 2), 0.0)
    reached = np.array([expected_gains(*row) @ discounts for row in zip(scores, gains, strict=True)])
    best = -np.sort(-gains, axis=1) @ discounts
    shares: Shares = np.divide(reached, best, out=np.zeros(len(best)), where=best > 0)
    return shares


def average_precision(scores: FloatArray, relevant: BoolArray) -> Shares:
    """Return the average precision of each query over its whole ranking; a query without a right answer counts 0."""
    return np.array([_expected_precision(*row) for row in zip(scores, relevant, strict=True)])


def expected_gains(scores: FloatArray, gains: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the gain expected at each rank: tied items share theirs evenly."""
    order = np.argsort(-scores, kind="stable")
    starts = _group_starts(scores[order])
    sizes = np.diff([*starts, len(scores)])
    means = np.add.reduceat(gains[order].astype(np.float64), starts) / sizes
    return np.repeat(means, sizes)


def _expected_precision(scores: FloatArray, relevant: BoolArray) -> float:
    order = np.argsort(-scores, kind="stable")
    starts = _group_starts(scores[order])
    right = np.add.reduceat(relevant[order].astype(np.int64), starts)
    total, before, summed = int(right.sum()), 0, 0.0
    for start, size, here in zip(starts, np.diff([*starts, len(scores)]), right, strict=True):
        if here:  # the item at the group's place j is right with here/size; the others of the group stand around evenly
            place = np.arange(1, size + 1)
            beside = (place - 1) * (here - 1) / max(size - 1, 1)
            summed += here / size * float(((before + 1 + beside) / (start + place)).sum())
        before += int(here)
    return summed / total if total else 0.0


def _group_starts(ordered: FloatArray) -> IntArray:
    return np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]).astype(np.int64)
