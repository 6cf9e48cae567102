"""Whether marking results helps: precision@20 over three rounds of feedback, on judgements that the painter makes.

A question names a thing; each round the first ten results that nobody has looked at are marked by the truth, the
question is refined, and asked again. Told are the precision of the best 20 of all, and of the best 20 that were never
marked: the first shows what a person sees, the second what was learnt. Chips hold vectors only; the search's own
fusion ranks them, in memory. The weights of `satseek.search.refine` were chosen on the seeds 101 and 102; this is 201.

    python benchmarks/feedback.py --folder DIR     # the folder of benchmarks/calibration.py
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from calibration import MODELS, phrases, shown_of, world
from machine import facts, write_result

from satseek.core.model import Model
from satseek.core.query import Query
from satseek.core.vectors import FloatArray
from satseek.evaluation.calibration_shown import Shown
from satseek.models.catalogue import load_model
from satseek.models.scorers import Scorer
from satseek.search.embed import Part
from satseek.search.fuse import fused
from satseek.search.recall import ANCHORS, direction
from satseek.search.refine import Method, refine
from satseek.synthetic.words import NOUNS

SEED = 201
K, ROUNDS, MARKED = 20, 3, 10
LEAST_RIGHT = 20
METHODS: tuple[Method, ...] = ("rocchio", "logistic")


def main() -> None:
    """Ask, mark, refine, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--models", nargs="+", default=MODELS)
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in options.models:
        model = load_model(name)
        shown = shown_of(world(options.folder, model, SEED, without=False))
        for method in METHODS:
            figures[f"{name}, {method}"] = measured(shown, model, method)
            print(f"{name}, {method}", json.dumps(figures[f"{name}, {method}"]), flush=True)
    data = f"satseek.synthetic seed {SEED}, vectors only, as benchmarks/calibration.py paints it"
    result = facts(data=data, seed=SEED, libraries=("numpy",)) | {
        "measure": f"precision@{K} before and after {ROUNDS} rounds of {MARKED} marked results, mean over questions",
        "figures": figures,
    }
    print(write_result("feedback", result))


def measured(shown: Shown, model: Model, method: Method) -> dict[str, Any]:
    """Return the mean precisions of all rounds over all things that are there often enough."""
    seen, unseen = [], []
    for label in shown.labels():
        right = {chip.id for chip, shows in zip(shown.chips, shown.shows(label), strict=True) if shows}
        words = phrases(label)[0] if label in NOUNS else ""
        vector = model.encode_texts([words])[0]
        if len(right) >= LEAST_RIGHT and vector.any():
            of_all, of_unseen = rounds(shown, Query(words), vector, getattr(model, "scorer", None), right, method)
            seen.append(of_all)
            unseen.append(of_unseen)
    return {
        "questions": len(seen),
        "precision_at_20": [round(float(each), 3) for each in np.mean(seen, axis=0)],
        "precision_at_20_of_unmarked": [round(float(each), 3) for each in np.mean(unseen, axis=0)],
    }


def rounds(
    shown: Shown, query: Query, vector: FloatArray, scorer: Scorer | None, right: set[str], method: Method
) -> tuple[list[float], list[float]]:
    """Return the precision before and after each round."""
    row_of = {chip.id: row for row, chip in enumerate(shown.chips)}
    yes: list[str] = []
    no: list[str] = []
    found = ranked(shown, query, vector, scorer, row_of)
    of_all, of_unseen = [precision(found, right)], [precision(found, right)]
    for _ in range(ROUNDS):
        new = [each for each in found if each not in yes and each not in no][:MARKED]
        yes += [each for each in new if each in right]
        no += [each for each in new if each not in right]
        refined = refine(query, yes, no, lambda ids: shown.vectors[[row_of[each] for each in ids]], method=method)
        found = ranked(shown, refined.query, vector, scorer, row_of)
        of_all.append(precision(found, right))
        of_unseen.append(precision([each for each in found if each not in yes and each not in no], right))
    return of_all, of_unseen


def ranked(
    shown: Shown, query: Query, vector: FloatArray, scorer: Scorer | None, row_of: Mapping[str, int]
) -> list[str]:
    """Return all chips in the order in which the search's own fusion puts them."""
    parts = [Part("sentence", "sentence", 1.0, vector, words=query.sentence, scorer=scorer)]
    for kind, examples in (("like", query.like), ("unlike", query.unlike)):
        for each in examples:
            of = shown.vectors[row_of[str(each.chip)]]
            parts.append(Part(kind, f"{kind}: {each.chip}", each.weight, of, chip=each.chip))  # type: ignore[arg-type]
    anchors = np.zeros(len(shown.chips), dtype=bool)
    towards = direction(parts)
    for one in (towards, *(part.vector for part in parts if part.attracts)):
        if one is not None:
            anchors[np.argsort(-(shown.vectors @ one), kind="stable")[:ANCHORS]] = True
    scores = fused(parts, shown.vectors, shown.chips, list(anchors))
    order = np.argsort(np.where(scores.refused, np.inf, -scores.total), kind="stable")
    return [shown.chips[int(row)].id for row in order if not scores.refused[row]]


def precision(found: list[str], right: set[str]) -> float:
    """Return the share of the best 20 that is right."""
    return float(np.mean([each in right for each in found[:K]])) if found else 0.0


if __name__ == "__main__":
    main()
