"""Whether marking results helps: precision@20 over three rounds of feedback, on judgements that the painter makes.

A question names a thing; each round the first ten results that nobody has looked at are marked by the truth, the
question is refined, and asked again. Told are the precision of the best 20 of all, and of the best 20 that were never
marked: the first shows what a person sees, the second what was learnt. Archives hold vectors only. The weights of
`satseek.search.refine` were chosen on the seeds 101 and 102; this is seed 201.

    python benchmarks/feedback.py --folder DIR     # the folder of benchmarks/calibration.py
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from calibration import MODELS, NOUNS, WITH, archive_told, phrases, truth_of, world
from machine import facts, write_result

from satseek.core.query import Query
from satseek.models.catalogue import load_model
from satseek.search.collection import Collection
from satseek.search.refine import Method, refine

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
        full = world(options.folder, model, WITH, without=False)
        truths = truth_of(full)
        silent = Collection(archive_told(options.folder, model, full, captions=False, name="with"), model)
        for method in METHODS:
            figures[f"{name}, {method}"] = measured(silent, truths, method)
            print(f"{name}, {method}", json.dumps(figures[f"{name}, {method}"]), flush=True)
    data = f"satseek.synthetic seed {WITH}, vectors only, as benchmarks/calibration.py paints it"
    result = facts(data=data, seed=WITH, libraries=("numpy",)) | {
        "measure": f"precision@{K} before and after {ROUNDS} rounds of {MARKED} marked results, mean over questions",
        "figures": figures,
    }
    print(write_result("feedback", result))


def measured(archive: Collection, truths: dict[str, frozenset[str]], method: Method) -> dict[str, Any]:
    """Return the mean precisions of all rounds over all things that are there often enough."""
    seen, unseen = [], []
    for label in sorted(NOUNS):
        right = {chip for chip, shows in truths.items() if label in shows}
        if len(right) < LEAST_RIGHT:
            continue
        of_all, of_unseen = rounds(archive, Query(phrases(label)[0], k=4 * K, merge=False), right, method)
        if of_all:
            seen.append(of_all)
            unseen.append(of_unseen)
    return {
        "questions": len(seen),
        "precision_at_20": [round(float(each), 3) for each in np.mean(seen, axis=0)],
        "precision_at_20_of_unmarked": [round(float(each), 3) for each in np.mean(unseen, axis=0)],
    }


def rounds(archive: Collection, query: Query, right: set[str], method: Method) -> tuple[list[float], list[float]]:
    """Return the precision before and after each round; nothing for words that the model does not know."""
    yes: list[str] = []
    no: list[str] = []
    found = archive.ask(query).ids
    if not found:
        return [], []
    of_all, of_unseen = [precision(found, right)], [precision(found, right)]
    for _ in range(ROUNDS):
        new = [each for each in found if each not in yes and each not in no][:MARKED]
        yes += [each for each in new if each in right]
        no += [each for each in new if each not in right]
        found = archive.ask(refine(query, yes, no, archive.archive.vectors, method=method).query).ids
        of_all.append(precision(found, right))
        of_unseen.append(precision([each for each in found if each not in yes and each not in no], right))
    return of_all, of_unseen


def precision(found: list[str], right: set[str]) -> float:
    """Return the share of the best 20 that is right."""
    return float(np.mean([each in right for each in found[:K]])) if found else 0.0


if __name__ == "__main__":
    main()
