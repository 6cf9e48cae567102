"""The calibrations that come with the models, made anew: wherever other weights are shipped, and before each proof.

Learnt is from painted worlds, in some of which nothing people built for is there but towns, and, for models that were
trained on captions, from the pictures of RSICD's validation split where it is at hand; not from looks, for painted land
looks unlike any other, and probabilities of RSICD's pictures grew worse by them. What they are worth is measured
by benchmarks/calibration_proof.py, on seeds that nothing was fitted on.

    python benchmarks/calibration.py --folder DIR          # writes src/satseek/search/defaults/*.json
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from calibration_real import real_questions
from machine import ROOT

from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.model import Model
from satseek.core.words import says
from satseek.evaluation.calibration import fitted
from satseek.evaluation.calibration_said import told
from satseek.evaluation.calibration_shown import Asked, Shown, asked_of
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.synthetic.catalog import write_catalog
from satseek.synthetic.words import NOUNS

MODELS = ("colour", "amfmn")
FIT = {101: False, 102: False, 103: True}  # seed: without THINGS
THINGS = (
    "airport", "plane", "runway", "harbour", "ship", "solar farm", "storage tank", "sports ground", "bridge",
)  # fmt: skip
SCENES, SIZE = 24, 1024
LEAST_CHIPS = 100
DEFAULTS = ROOT / "src" / "satseek" / "search" / "defaults"
NAMES = {
    label: [phrase.removeprefix("an ").removeprefix("a ").removeprefix("the ") for phrase in (*n.one, *n.many, *n.land)]
    for label, n in NOUNS.items()
}
NONSENSE = ("a plate of spaghetti", "my grandmother's birthday", "quarterly revenue", "a violin concerto")


def main() -> None:
    """Fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the worlds are painted, once")
    parser.add_argument("--fit", action="store_true", help="said of old; there is nothing else to do")
    parser.add_argument("--models", nargs="+", default=MODELS)
    options = parser.parse_args()
    for name in options.models:
        fit(options.folder, load_model(name))


def fit(folder: Path, model: Model) -> None:
    """Write the calibration that comes with a model."""
    made_of = f"painted worlds of the seeds {', '.join(map(str, FIT))}"
    asked = questions(folder, model, captions=False)
    if model.card.training_data and not model.card.training_data.startswith("none"):  # it was trained on captions
        real = real_questions(model)
        made_of += " and RSICD's validation split" if real else ""
        asked += real
    calibration = fitted(asked, model, made_of, by_looks=False)
    calibration = told(questions(folder, model, captions=True), model, calibration)
    DEFAULTS.mkdir(exist_ok=True)
    path = DEFAULTS / f"{model.card.name}.json"
    path.write_text(json.dumps(calibration.to_json(), indent=1) + "\n")
    print(path.name, calibration.auto, calibration.auto_told, dict(calibration.error), calibration.said, flush=True)


def questions(folder: Path, model: Model, *, captions: bool) -> list[Asked]:
    """Return what is asked of the worlds that are learnt from."""
    found: list[Asked] = []
    for seed, without in FIT.items():
        shown = shown_of(world(folder, model, seed, without=without), captions=captions)
        labels = [label for label in shown.labels() if label in NOUNS]
        found += asked_of(shown, {label: phrases(label) for label in labels}, world=seed)
    return found


def world(folder: Path, model: Model, seed: int, *, without: bool) -> Archive:
    """Return the archive of a painted world, painted and ingested when it is first asked for."""
    home = folder / f"w{seed}{'x' if without else ''}"
    catalog = home / "world" / "catalog.json"
    if not catalog.exists():
        write_catalog(home / "world", scenes=SCENES, size=SIZE, seed=seed, without=THINGS if without else ())
    archive = Archive.open_or_create(str(home / model.card.name), model.card)
    if not len(archive):
        ingest(archive, [str(catalog)], model=model)
    return archive


def shown_of(archive: Archive, *, captions: bool = False) -> Shown:
    """Return an archive's chips with captions or without any text, and what they truly show."""
    batches = list(archive.scan())
    chips = [chip for batch in batches for chip in batch.chips]
    silent = [replace(c, caption=c.caption if captions else None, keywords=(), labels=()) for c in chips]
    vectors = np.concatenate([batch.vectors for batch in batches])
    return Shown(silent, vectors, [shows(chip) for chip in chips], frozenset(NOUNS))


def shows(chip: Chip) -> frozenset[str]:
    """Return the painter's labels, and what the caption names besides: little things, which are true as well."""
    named = {label for label, words in NAMES.items() if any(says(chip.caption or "", each) for each in words)}
    return frozenset(chip.labels) | named


def phrases(label: str) -> list[str]:
    """Return two ways of asking for a label."""
    nouns = NOUNS[label]
    return list(dict.fromkeys([*nouns.one[:1], *(nouns.many or nouns.land or nouns.one[1:])[:1]]))


def share(truths: Any) -> float:
    """Return the share of what is true."""
    given = list(truths)
    return round(sum(map(bool, given)) / max(len(given), 1), 3)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
