"""How sure is sure: answers where the thing is not there, true hits that survive the cut, and the calibration error.

With --fit the calibrations that come with the models are made, on painted worlds of the seeds 101, 102 and 103 (and,
for models that were trained on captions, on the pictures of RSICD's validation split where it is at hand). Measured is
on the seeds 201 (everything is there) and 202 (nothing people built for is there but towns), which no
weight was fitted on: the search's own scoring and judging of all chips, in memory, ten hits a question. What cannot be
left out of a land (a river, a forest) is asked of the scenes that happen to have none.

    python benchmarks/calibration.py --folder DIR --fit          # writes src/satseek/search/defaults/*.json
    python benchmarks/calibration.py --folder DIR                # measures, writes JSON and the diagram
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from calibration_real import real_questions
from machine import ROOT, facts, write_result

from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.model import Model
from satseek.core.result import Hit
from satseek.core.words import says
from satseek.evaluation.calibration import (
    Asked,
    Backgrounds,
    Shown,
    asked_of,
    expected_calibration_error,
    fitted,
    reliability,
)
from satseek.evaluation.calibration_said import told
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.search.calibrate import probabilities, said_share, shipped
from satseek.search.embed import Part
from satseek.search.fuse import fused
from satseek.synthetic.catalog import write_catalog
from satseek.synthetic.words import NOUNS

MODELS = ("colour", "amfmn")
FIT, WITH, WITHOUT = (101, 102, 103), 201, 202
THINGS = (
    "airport", "plane", "runway", "harbour", "ship", "solar farm", "storage tank", "sports ground", "bridge",
)  # fmt: skip
SCENES, SIZE = 24, 1024
K = 10
LEAST_CHIPS = 100
DEFAULTS = ROOT / "src" / "satseek" / "search" / "defaults"
DIAGRAMS = ROOT / "docs" / "img"
NAMES = {
    label: [phrase.removeprefix("an ").removeprefix("a ").removeprefix("the ") for phrase in (*n.one, *n.many, *n.land)]
    for label, n in NOUNS.items()
}
BACKGROUNDS: dict[str, Backgrounds] = {}
CONCEPTS: dict[str, Any] = {}
NONSENSE = ("a plate of spaghetti", "my grandmother's birthday", "quarterly revenue", "a violin concerto")


@dataclass(frozen=True)
class Answer:
    """What came back for one question."""

    words: str
    label: str
    hits: tuple[Hit, ...]
    dropped: tuple[Hit, ...]
    truth: frozenset[str]  # ids of the chips that are right

    def right(self, hits: Sequence[Hit]) -> int:
        """Return how many of some hits are right."""
        return sum(hit.chip.id in self.truth for hit in hits)


def main() -> None:
    """Fit or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the worlds are painted, once")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--models", nargs="+", default=MODELS)
    options = parser.parse_args()
    if options.fit:
        for name in options.models:
            fit(options.folder, load_model(name))
        return
    for name in options.models:
        measure_model(options.folder, load_model(name))


def measure_model(folder: Path, model: Model) -> None:
    """Write the figures and the diagram of one model."""
    figures, diagrams = {}, {}
    for captions in (False, True):
        title = f"{model.card.name}, {'captions' if captions else 'vectors only'}"
        figures[title], diagrams[title] = measured(folder, model, captions=captions)
        print(title, json.dumps(figures[title], indent=1), flush=True)
    draw(diagrams, DIAGRAMS / f"reliability-{model.card.name}.png")
    data = (
        f"satseek.synthetic: fitted on seeds {FIT}, measured on {WITH} and {WITHOUT}, {SCENES} scenes of {SIZE} px each"
    )
    measure = (
        f"empty answers with cut=auto where the thing is not there; share of the true hits of the top {K} that stay"
    )
    result = facts(data=data, seed=WITH, libraries=("numpy", "scipy")) | {"measure": measure, "figures": figures}
    print(write_result(f"calibration_{model.card.name}", result))


def fit(folder: Path, model: Model) -> None:
    """Write the calibration that comes with a model."""
    made_of = f"painted worlds of the seeds {', '.join(map(str, FIT))}"
    asked = questions(folder, model, captions=False)
    if model.card.training_data and not model.card.training_data.startswith("none"):  # it was trained on captions
        real = real_questions(model)
        made_of += " and RSICD's validation split" if real else ""
        asked += real
    calibration = fitted(asked, model, made_of)
    calibration = told(questions(folder, model, captions=True), model, calibration)
    DEFAULTS.mkdir(exist_ok=True)
    path = DEFAULTS / f"{model.card.name}.json"
    path.write_text(json.dumps(calibration.to_json(), indent=1) + "\n")
    print(path.name, calibration.auto, calibration.auto_told, dict(calibration.error), calibration.said, flush=True)


def questions(folder: Path, model: Model, *, captions: bool) -> list[Asked]:
    """Return what is asked of the worlds that are learnt from."""
    found: list[Asked] = []
    for seed in FIT:
        shown = shown_of(world(folder, model, seed, without=seed == FIT[-1]), captions=captions)
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
    return Shown(silent, np.concatenate([batch.vectors for batch in batches]), [shows(chip) for chip in chips])


def shows(chip: Chip) -> frozenset[str]:
    """Return the painter's labels, and what the caption names besides: little things, which are true as well."""
    named = {label for label, words in NAMES.items() if any(says(chip.caption or "", each) for each in words)}
    return frozenset(chip.labels) | named


def phrases(label: str) -> list[str]:
    """Return two ways of asking for a label."""
    nouns = NOUNS[label]
    return list(dict.fromkeys([*nouns.one[:1], *(nouns.many or nouns.land or nouns.one[1:])[:1]]))


def measured(folder: Path, model: Model, *, captions: bool) -> tuple[dict[str, Any], list[tuple[float, float, int]]]:
    """Ask with the thing there and without it, and count."""
    there = list(answers(folder, model, captions=captions, present=True))
    absent = list(answers(folder, model, captions=captions, present=False))
    hits = [(hit, answer) for answer in (*there, *absent) for hit in (*answer.hits, *answer.dropped)]
    chance = np.array([hit.probability for hit, _ in hits], dtype=float)
    right = np.array([hit.chip.id in answer.truth for hit, answer in hits])
    sensors = np.array([hit.chip.sensor for hit, _ in hits])
    true = sum(answer.right((*answer.hits, *answer.dropped)) for answer in there)
    nonsense = nonsense_answers(folder, model, captions=captions)
    found = {
        "questions_with": len(there),
        "questions_without": len(absent),
        "empty_where_absent": share(not answer.hits for answer in absent),
        "empty_of_nonsense": share(not hits for hits in nonsense),
        "true_hits_in_top_10": true,
        "true_hits_that_survive": round(sum(answer.right(answer.hits) for answer in there) / max(true, 1), 3),
        "precision_before": round(true / max(sum(len(a.hits) + len(a.dropped) for a in there), 1), 3),
        "precision_after": round(sum(a.right(a.hits) for a in there) / max(sum(len(a.hits) for a in there), 1), 3),
        "survivors_by_cut": curve(there, absent),
        "expected_calibration_error": {
            "all": round(expected_calibration_error(chance, right), 4),
            **{
                str(sensor): round(expected_calibration_error(chance[sensors == sensor], right[sensors == sensor]), 4)
                for sensor in np.unique(sensors)
            },
        },
        "not_empty": sorted(answer.words for answer in absent if answer.hits),
    }
    return found, reliability(chance, right)


def answers(folder: Path, model: Model, *, captions: bool, present: bool) -> Iterator[Answer]:
    """Ask for every label that is there, or for every one that is not."""
    full = shown_of(world(folder, model, WITH, without=False), captions=captions)
    labelled = [label for label in sorted(full.labels()) if label in NOUNS]
    if present:
        for label in labelled:
            yield from _asked(full, model, label)
        return
    bare = shown_of(world(folder, model, WITHOUT, without=True), captions=captions)
    for label in THINGS:
        yield from _asked(bare, model, label)
    for label in labelled:
        rest = full.without(label)
        if label not in THINGS and len(rest.chips) >= LEAST_CHIPS:
            yield from _asked(rest, model, label)


def nonsense_answers(folder: Path, model: Model, *, captions: bool) -> list[tuple[Hit, ...]]:
    """Ask for what is in no picture."""
    full = shown_of(world(folder, model, WITH, without=False), captions=captions)
    return [asked_in_memory(full, model, words)[0] for words in NONSENSE]


def asked_in_memory(shown: Shown, model: Model, words: str) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """Return what the search's own scoring and judging keep and drop of the best ten of all chips."""
    calibration = shipped(model.card)
    assert calibration is not None
    vector, scorer = model.encode_texts([words])[0], getattr(model, "scorer", None)
    part = Part("sentence", "sentence", 1.0, vector, words=words, scorer=scorer)
    speaking = np.mean([bool(chip.text) for chip in shown.chips]) >= 0.5
    if not vector.any() and not any(said_share(words, chip, whole=False) for chip in shown.chips):
        return (), ()
    score = fused([part], shown.vectors, shown.chips, [True] * len(shown.chips)).total
    best = shown.some([int(row) for row in np.argsort(-score, kind="stable")[:K]])
    background = BACKGROUNDS.setdefault(model.card.name, Backgrounds(model)).of(shown)
    concepts = CONCEPTS.setdefault(model.card.name, model.encode_texts(list(calibration.concepts)))
    chances = probabilities([part], best.vectors, best.chips, background, calibration, concepts)
    cut = calibration.auto_told if speaking and vector.any() else calibration.auto
    hits = [
        Hit(chip, 0.0, rank, probability=float(p))
        for rank, (chip, p) in enumerate(zip(best.chips, chances, strict=True), 1)
    ]
    return tuple(h for h in hits if (h.probability or 0) >= cut), tuple(h for h in hits if (h.probability or 0) < cut)


def curve(there: Sequence[Answer], absent: Sequence[Answer]) -> dict[str, list[float]]:
    """Return for shares of empty answers where the thing is absent how many true hits survive the cut that gives it."""
    best = [max((hit.probability or 0 for hit in (*a.hits, *a.dropped)), default=0.0) for a in absent]
    true = [
        hit.probability or 0 for a in there for hit in (*a.hits, *a.dropped) if hit.chip.id in a.truth
    ]  # fmt: skip
    found = {}
    for wanted in (0.5, 0.7, 0.8, 0.9, 0.95):
        cut = float(np.quantile(best, wanted))
        found[f"{wanted:.0%} empty"] = [round(cut, 3), share(chance > cut for chance in true)]
    return found


def share(truths: Any) -> float:
    """Return the share of what is true."""
    given = list(truths)
    return round(sum(map(bool, given)) / max(len(given), 1), 3)


def draw(diagrams: dict[str, list[tuple[float, float, int]]], file: Path) -> None:
    """Draw how often hits are right against how probable they are said to be; dots are as large as they are many."""
    from PIL import Image, ImageDraw

    side, edge = 300, 46
    sheet = Image.new("RGB", (len(diagrams) * (side + edge) + edge, side + 2 * edge), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (title, bins) in enumerate(diagrams.items()):
        left, top = edge + number * (side + edge), edge
        pen.rectangle((left, top, left + side, top + side), outline="#999999")
        pen.line((left, top + side, left + side, top), fill="#bbbbbb")
        pen.text((left, top - 18), title, fill="black")
        for tick in (0.0, 0.5, 1.0):
            pen.text((left + tick * side - 6, top + side + 4), f"{tick:.0%}", fill="#555555")
            pen.text((left - 28, top + side - tick * side - 6), f"{tick:.0%}", fill="#555555")
        most = max(count for *_, count in bins)
        dots = [(left + said * side, top + side - true * side, count) for said, true, count in bins]
        pen.line([(x, y) for x, y, _ in dots], fill="#1f6fb2", width=2)
        for x, y, count in dots:
            radius = 3 + 7 * (count / most) ** 0.5
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#1f6fb2")
        pen.text((left + side - 130, top + side + 20), "said to be right", fill="#555555")
    pen.text((4, 8), "truly right (up) against said to be right (across)", fill="black")
    file.parent.mkdir(exist_ok=True)
    sheet.save(file, optimize=True)


def _asked(shown: Shown, model: Model, label: str) -> Iterator[Answer]:
    truth = frozenset(chip.id for chip, shows_it in zip(shown.chips, shown.shows(label), strict=True) if shows_it)
    for words in phrases(label):
        hits, dropped = asked_in_memory(shown, model, words)
        if hits or dropped or not truth:  # else the model knows no such word, and no text says it
            yield Answer(words, label, hits, dropped, truth)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
