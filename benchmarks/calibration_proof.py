"""The proof of `--cut auto`: real archives without any text, filled and calibrated by command, of seeds never seen.

Painted land is ingested by `satseek ingest` from a catalog without its annotations, so that the archive knows vectors
and places only; what the chips show is read from the annotations that were left out. Asked is what a search with
`--cut auto` asks, of the whole archive where the thing is there, and where it is not: of the land that was painted
without it, or, for what no land lacks, of an archive of the scenes that happen to show none. Each archive is asked with
the calibration that came with the model, and again after `satseek archive calibrate ARCHIVE --from LABELLED`.

    python benchmarks/calibration_proof.py colour --folder DIR --labelled DIR/w101/colour …
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from calibration import LEAST_CHIPS, NONSENSE, SCENES, SIZE, THINGS, phrases, share, shows
from machine import ROOT, facts, write_result
from shapely.geometry import shape
from typer.testing import CliRunner

from satseek.archive.archive import Archive
from satseek.cli.app import app
from satseek.core.chip import Chip
from satseek.core.result import Hit
from satseek.evaluation.calibration import expected_calibration_error, reliability
from satseek.evaluation.calibration_shown import LEAST_RIGHT, place_of
from satseek.ingest.annotate import read_annotations
from satseek.search.calibrate import NOTE
from satseek.search.collection import Collection, open_archive
from satseek.synthetic.catalog import write_catalog
from satseek.synthetic.words import NOUNS

WITH, WITHOUT = (301, 303), (302, 304)  # worlds with everything, and without THINGS
K = 10
DIAGRAMS = ROOT / "docs" / "img"
WAYS = ("as it came", "calibrated")
JOINT = 1  # things that a thing is asked together with: those that are beside it most often
Truth = dict[str, frozenset[str]]  # chip -> what it shows


@dataclass(frozen=True)
class Answer:
    """What came back for one question."""

    words: str
    kind: str  # words, must or not
    hits: tuple[Hit, ...]
    dropped: tuple[Hit, ...]
    truth: frozenset[str]  # ids of the chips that are right

    @property
    def right(self) -> int:
        """How many hits are right."""
        return sum(hit.chip.id in self.truth for hit in self.hits)


def main() -> None:
    """Fill, calibrate, ask and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--folder", type=Path, required=True, help="where the worlds are painted and the archives kept")
    parser.add_argument("--labelled", nargs="*", default=[], help="archives of other seeds whose chips have labels")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[*WITH, *WITHOUT], help="those with, then those without"
    )
    parser.add_argument("--name", default="calibration_proof")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--captions", action="store_true", help="give the chips their captions")
    options = parser.parse_args()
    half = len(options.seeds) // 2
    lands = [(seed, False) for seed in options.seeds[:half]] + [(seed, True) for seed in options.seeds[half:]]
    worlds = [filled(options.folder, options.model, seed, without, told=options.captions) for seed, without in lands]
    figures = {}
    for way in options.ways:
        print(way, flush=True)
        figures[way] = measured(worlds, half, options.labelled if way == "calibrated" else [])
        print(json.dumps(figures[way], indent=1), flush=True)
    data = (
        f"satseek.synthetic: seeds {options.seeds}, {SCENES} scenes of {SIZE} px each, the last {half} without THINGS"
    )
    result = facts(data=data, seed=options.seeds[0], libraries=("numpy", "scipy", "lancedb"))
    if not options.captions:
        last = figures[way]["reliability"]
        titles = {"words": "words", "must": "words and must", "not": "words and not"}
        draw(
            {f"{options.model}, {titles[kind]}": last[kind] for kind in last},
            DIAGRAMS / f"reliability-{options.model}.png",
        )
    words = "captions" if options.captions else "vectors only"
    measure = f"{options.model}, {words}: cut=auto, best {K} places a question, through archives on disk"
    print(write_result(f"{options.name}_{options.model}", result | {"measure": measure, "figures": figures}))


def filled(folder: Path, model: str, seed: int, without: bool, *, told: bool) -> tuple[Archive, Truth]:
    """Return the archive of a painted world, and what its chips truly show."""
    home = folder / f"w{seed}{'x' if without else ''}"
    if not (home / "world" / "catalog.json").exists():
        write_catalog(home / "world", scenes=SCENES, size=SIZE, seed=seed, without=THINGS if without else ())
    place = home / f"{model}-silent"
    if not place.exists():
        commanded("ingest", place, _silent(home) / "catalog.json", "--model", model, "--quiet")
    archive = Archive.open(str(place))
    chips = [chip for batch in archive.scan() for chip in batch.chips]
    assert not any(chip.text for chip in chips)
    spoken = {chip.id: said for chip, said in zip(chips, _annotated(home / "world", chips), strict=True)}
    truth = {chip_id: shows(said) for chip_id, said in spoken.items()}
    if told:
        captioned = [replace(said, labels=(), keywords=()) for said in spoken.values()]
        archive = copied(home / f"{model}-told", archive, captioned)
    return archive, truth


def copied(place: Path, archive: Archive, chips: Sequence[Chip]) -> Archive:
    """Return another archive of some chips of one."""
    shutil.rmtree(place, ignore_errors=True)
    made = Archive.create(str(place), archive.card)
    made.add(list(chips), archive.vectors([chip.id for chip in chips]))
    return made


def measured(worlds: Sequence[tuple[Archive, Truth]], half: int, labelled: Sequence[str]) -> dict[str, Any]:
    """Ask with the thing there and without it, and count."""
    there: list[Answer] = []
    absent: list[Answer] = []
    nonsense: list[tuple[Hit, ...]] = []
    for number, (archive, truth) in enumerate(worlds):
        if labelled and number:  # the same would be learnt again
            archive.write_note(NOTE, worlds[0][0].note(NOTE) or "")
        elif labelled:
            sources = [part for each in labelled for part in ("--from", each)]
            commanded("archive", "calibrate", archive.uri, *sources)
        elif archive.note(NOTE):
            commanded("archive", "calibrate", archive.uri, "--forget")
        collection = open_archive(archive.uri)
        if number < half:
            there += [*present(collection, truth), *joint(collection, truth)]
            absent += lacking(collection, truth, labelled)
            nonsense += [collection.search(words, cut="auto", k=K).hits for words in NONSENSE]
            _same_by_command(collection, there[-1])
        else:
            absent += [each for label in THINGS for each in asked(collection, label, frozenset())]
    plain = [each for each in there if each.kind == "words"]
    true = sum(replace(each, hits=(*each.hits, *each.dropped)).right for each in plain)
    return {
        "questions_with": len(plain),
        "questions_without": len(absent),
        "empty_where_absent": share(not each.hits for each in absent),
        "empty_of_nonsense": share(not hits for hits in nonsense),
        "true_hits_in_top_10": true,
        "true_hits_that_survive": round(sum(each.right for each in plain) / max(true, 1), 3),
        "precision_before": round(true / max(sum(len(a.hits) + len(a.dropped) for a in plain), 1), 3),
        "precision_after": round(sum(a.right for a in plain) / max(sum(len(a.hits) for a in plain), 1), 3),
        "survivors_by_cut": _curve(plain, absent),
        "expected_calibration_error": {
            kind: _error([each for each in (*there, *absent) if each.kind == kind]) for kind in ("words", "must", "not")
        },
        "reliability": {
            kind: _reliability([each for each in (*there, *absent) if each.kind == kind])
            for kind in ("words", "must", "not")
        },
        "not_empty": sorted(each.words for each in absent if each.hits),
    }


def present(collection: Collection, truth: Truth) -> Iterator[Answer]:
    """Ask for every thing that enough chips show."""
    for label in _labels(truth):
        yield from asked(collection, label, frozenset(each for each, seen in truth.items() if label in seen))


def lacking(collection: Collection, truth: Truth, labelled: Sequence[str]) -> Iterator[Answer]:
    """Ask for what cannot be left out of a land where the scenes that show it are left out of the archive."""
    chips = [chip for batch in collection.archive.scan() for chip in batch.chips]
    note = collection.archive.note(NOTE)
    for label in _labels(truth):
        gone = {place_of(chip) for chip in chips if label in truth[chip.id]}
        rest = [chip for chip in chips if place_of(chip) not in gone]
        if label not in THINGS and len(rest) >= LEAST_CHIPS:
            part = copied(Path(f"{collection.archive.uri}-rest"), collection.archive, rest)
            if labelled and note:
                part.write_note(NOTE, note)
            yield from asked(Collection(part, collection.model), label, frozenset())
            shutil.rmtree(part.uri)


def joint(collection: Collection, truth: Truth) -> Iterator[Answer]:
    """Ask for a thing that must be together with another, and for one without another that is often beside it."""
    labels = _labels(truth)
    for label in labels:
        beside = {each: sum({label, each} <= seen for seen in truth.values()) for each in labels if each != label}
        for other in sorted(beside, key=lambda each: -beside[each])[:JOINT]:
            both = frozenset(each for each, seen in truth.items() if {label, other} <= seen)
            alone = frozenset(each for each, seen in truth.items() if label in seen and other not in seen)
            words = phrases(label)[0]
            yield _answer(collection, words, "must", both, must=other)
            yield _answer(collection, words, "not", alone, not_=other)


def asked(collection: Collection, label: str, truth: frozenset[str]) -> Iterator[Answer]:
    """Ask for a thing in each of its wordings."""
    for words in phrases(label):
        answer = _answer(collection, words, "words", truth)
        if answer.hits or answer.dropped:  # else the model knows no such word
            yield answer


def commanded(*arguments: object) -> str:
    """Run a command of SatSeek as it is typed, and return what it writes."""
    ran = CliRunner().invoke(app, [str(each) for each in arguments])
    if ran.exit_code not in (0, 1):  # 1: some scenes are of a sensor that the model does not read
        raise SystemExit(ran.output)
    return ran.stdout


def _answer(collection: Collection, words: str, kind: str, truth: frozenset[str], **more: str) -> Answer:
    result = collection.search(words, cut="auto", k=K, **more)  # type: ignore[arg-type]
    return Answer(words, kind, tuple(result.hits), tuple(result.dropped), truth)


def _same_by_command(collection: Collection, answer: Answer) -> None:
    """Make sure that the command answers as the library does."""
    words = answer.words
    written = json.loads(commanded("search", collection.archive.uri, words, "--cut", "auto", "-k", K, "--json"))
    here = collection.search(words, cut="auto", k=K)
    assert [each["id"] for each in written["hits"]] == here.ids, words


def _silent(home: Path) -> Path:
    """Return a copy of a catalog whose items do not tell where their labels and captions are."""
    place = home / "silent"
    if not place.exists():
        shutil.copytree(home / "world", place, copy_function=os.link, ignore=shutil.ignore_patterns("*.json"))
        for file in (home / "world").rglob("*.json"):
            item = json.loads(file.read_text())
            item.get("assets", {}).pop("annotations", None)
            (place / file.relative_to(home / "world")).write_text(json.dumps(item))
    return place


def _annotated(world: Path, chips: Sequence[Chip]) -> Iterator[Chip]:
    """Yield each chip with what the annotations say of it."""
    read = {file.stem: read_annotations(str(file)) for file in world.rglob("*.geojson")}
    for chip in chips:
        words = read[chip.scene.rpartition("/")[2]].words_in(shape(dict(chip.geometry or {})))
        yield replace(chip, caption=words.caption, keywords=words.keywords, labels=words.labels)


def _labels(truth: Truth) -> list[str]:
    counts = {label: sum(label in seen for seen in truth.values()) for label in NOUNS}
    return [label for label, count in sorted(counts.items()) if count >= LEAST_RIGHT]


def _chances(answers: Sequence[Answer]) -> tuple[Any, Any]:
    hits = [(hit, answer) for answer in answers for hit in (*answer.hits, *answer.dropped)]
    chance = np.array([hit.probability or 0.0 for hit, _ in hits], dtype=float)
    return chance, np.array([hit.chip.id in answer.truth for hit, answer in hits])


def _curve(there: Sequence[Answer], absent: Sequence[Answer]) -> dict[str, float]:
    """Return for shares of empty answers where the thing is absent how many true hits survive the cut that gives it."""
    best = [max((hit.probability or 0 for hit in (*a.hits, *a.dropped)), default=0.0) for a in absent]
    chance, right = _chances(there)
    return {f"{wanted:.0%} empty": share(chance[right] > np.quantile(best, wanted)) for wanted in (0.5, 0.8, 0.9, 0.95)}


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


def _error(answers: Sequence[Answer]) -> float:
    return round(expected_calibration_error(*_chances(answers)), 4)


def _reliability(answers: Sequence[Answer]) -> list[tuple[float, float, int]]:
    return [(round(said, 3), round(true, 3), count) for said, true, count in reliability(*_chances(answers))]


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
