"""Feedback: results marked yes and no become examples, so that the refined question is a question like any other.

Rocchio (1971): the marked results move the question towards the mean of the wanted and away from the mean of the
unwanted, q' = q + β·mean(yes) - γ·mean(no); as a query, each yes is a `like` of weight β/n and each no an `unlike` of
weight γ/m. The logistic head is w = q + Σ αᵢ·vᵢ, the dual form of a ridge regression that separates yes from no; as a
query, each example weighs |αᵢ|. Which is better is measured by benchmarks/feedback.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from satseek.core.chip import Chip
from satseek.core.errors import UnknownName, UsageError
from satseek.core.query import Example, Query
from satseek.core.result import Hit
from satseek.core.vectors import FloatArray
from satseek.search.calibrate_fit import probability
from satseek.search.formats import feature

Method = Literal["rocchio", "logistic"]
BETTER: Method = "rocchio"  # on synthetic judgements, see docs/how-sure.md
TOWARDS, AWAY = 2.0, 1.0  # the weights of all that is wanted and of all that is not, against a sentence's 1
MOST = 80  # marked results of either kind
RIDGE = 3.0  # what the logistic head may cost
ROUNDS, STEP = 200, 0.5


@dataclass(frozen=True)
class Refined:
    """A question that has learnt from marked results."""

    query: Query
    method: Method
    yes: tuple[str, ...]
    no: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the question, how it was refined, and by how many marked results."""
        return {
            "query": self.query.to_json(),
            "method": self.method,
            "judged": {"yes": len(self.yes), "no": len(self.no)},
        }


def refine(
    query: Query,
    yes: Sequence[str],
    no: Sequence[str],
    vectors_of: Callable[[Sequence[str]], FloatArray],
    *,
    method: Method = BETTER,
) -> Refined:
    """Return a question refined by the ids of results that are right and of some that are not.

    Examples that the question already has count as marked earlier; what is marked now has the last word. So a refined
    question can be refined again, round after round.
    """
    if method not in get_args(Method):
        raise UnknownName("way of refining", method, get_args(Method))
    yes, no = tuple(dict.fromkeys(yes)), tuple(dict.fromkeys(no))
    _check(yes, no)
    wanted = _with_earlier(query.like, yes, no)
    unwanted = _with_earlier(query.unlike, no, yes)
    vectors = vectors_of([*yes, *no])  # whoever is not there is named
    count = len(yes)
    shares = _even(wanted), _even(unwanted)
    if method == "logistic" and yes and no:
        alphas = _alphas(vectors, np.arange(len(vectors)) < count)
        marked = dict(zip((*yes, *no), alphas, strict=True))
        shares = _shares(wanted, marked), _shares(unwanted, marked)
    towards = TOWARDS * (query.sentence_weight if query.sentence else 1.0) or TOWARDS
    refined = replace(
        query,
        like=_weighted(wanted, shares[0], towards),
        unlike=_weighted(unwanted, shares[1], AWAY),
        offset=0,
    )
    return Refined(refined, method, yes, no)


def labels(refined: Refined, chips: Sequence[Chip]) -> dict[str, Any]:
    """Return the marked results as a FeatureCollection, to label or to train with: `label` is yes or no."""
    marks = dict.fromkeys(refined.yes, "yes") | dict.fromkeys(refined.no, "no")
    features = []
    for rank, chip in enumerate(chips, start=1):
        found = feature(Hit(chip, score=0.0, rank=rank))
        kept = {key: value for key, value in found["properties"].items() if key not in _OF_A_HIT}
        features.append(found | {"properties": {"label": marks[chip.id], **kept}})
    return {"type": "FeatureCollection", "features": features, "satseek:query": refined.query.to_json()}


_OF_A_HIT = ("rank", "score", "probability", "merged", "parts")


def _check(yes: Sequence[str], no: Sequence[str]) -> None:
    if not (yes or no):
        raise UsageError("Nothing is marked. Name at least one result that is right (yes) or that is not (no).")
    both = [each for each in yes if each in no]
    if both:
        raise UsageError(f"'{both[0]}' is marked yes and no. Decide for one of both.")
    if max(len(yes), len(no)) > MOST:
        raise UsageError(f"At most {MOST} results are marked yes and {MOST} no; leave the oldest out.")


def _with_earlier(examples: Sequence[Example], marked: Sequence[str], otherwise: Sequence[str]) -> list[Example]:
    """Return what is marked now and what was an example before, the newest of them, unless it is marked otherwise."""
    earlier = [each for each in examples if each.chip not in marked and each.chip not in otherwise]
    return [*(Example(chip=name) for name in marked), *earlier[: MOST - len(marked)]]


def _even(examples: Sequence[Example]) -> list[float]:
    return [1 / max(len(examples), 1)] * len(examples)


def _shares(examples: Sequence[Example], marked: dict[str, float]) -> list[float]:
    """Return weights that sum to 1: marked results by their say, those of earlier rounds by the mean of these."""
    usual = float(np.mean(list(marked.values())))
    says = [marked.get(each.chip or "", usual) + 1e-6 for each in examples]
    return [say / sum(says) for say in says]


def _weighted(examples: Sequence[Example], shares: Sequence[float], total: float) -> tuple[Example, ...]:
    return tuple(
        replace(each, weight=float(f"{total * share:.4g}")) for each, share in zip(examples, shares, strict=True)
    )


def _alphas(vectors: FloatArray, right: np.ndarray[Any, np.dtype[np.bool_]]) -> list[float]:
    """Return how much each marked result has to say in a logistic regression of yes against no, both counting alike."""
    weights = np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum()) * len(right)
    kernel = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    alphas = np.zeros(len(right))
    for _ in range(ROUNDS):  # the fixed point of α = C·w·(y - p), approached step by step
        target = RIDGE * weights * (right - probability(kernel @ alphas)) / len(right)
        alphas += STEP * (target - alphas)
    return [abs(float(each)) for each in alphas]
