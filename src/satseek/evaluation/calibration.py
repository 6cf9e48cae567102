"""How true probabilities are, and learning them: from chips of which it is known what they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from satseek.core.errors import ModelMismatch, UsageError
from satseek.core.model import Model
from satseek.core.vectors import FloatArray
from satseek.core.words import says
from satseek.evaluation.calibration_looks import Told, learn_looks
from satseek.evaluation.calibration_shown import LEAST_RIGHT, Asked, Bools, Shown, asked_of
from satseek.search.calibrate import shipped
from satseek.search.calibrate_background import CHIPS, SENTENCES, Background, scores
from satseek.search.calibrate_fit import (
    EXAMPLE,
    WORDS,
    Calibration,
    Floats,
    Lesson,
    Line,
    Said,
    fit_lines,
    nearness,
    probability,
)
from satseek.search.calibrate_looks import Looks

if TYPE_CHECKING:
    from satseek.archive.archive import Archive

BINS = 10
BEST, BEST_OF_SENSOR = 10, 10  # chips of a question that are learnt from: what people see
MOST_CHIPS = 8_192  # of an archive that are learnt from
EXAMPLES = 150
EMPTY = 0.9  # wanted share of empty answers where the thing is not there; `auto` is the cut that gives it,
CONFIDENCE = 1.28  # as many questions show with nine to one: so many standard errors of the share are added
LEAST_CONVINCING = 0.3  # whatever would do to keep answers empty
LEAST_QUESTIONS = 6
NO_LOOKS: tuple[Looks, Told | None] = Looks(), None


def expected_calibration_error(chances: Floats, right: Bools) -> float:
    """Return Σ share · |mean probability - share that is right| over ten bins of equal width."""
    return float(sum(count / len(right) * abs(said - true) for said, true, count in reliability(chances, right)))


def reliability(chances: Floats, right: Bools) -> list[tuple[float, float, int]]:
    """Return for each bin that holds something its mean probability, the share that is right, and how many."""
    bins = np.clip((chances * BINS).astype(int), 0, BINS - 1)
    found = ((chances[bins == each], right[bins == each]) for each in range(BINS))
    return [(float(said.mean()), float(true.mean()), len(said)) for said, true in found if len(said)]


def learn(archive: Archive, model: Model, labelled: Sequence[Archive] = ()) -> Calibration:
    """Fit a calibration for an archive on what chips are labelled with, its own or those of other archives.

    `UsageError` where that is too little.
    """
    sources = list(labelled) or [archive]
    for source in sources:
        if not source.card.makes_same_vectors_as(model.card):
            raise ModelMismatch(
                f"'{source.uri}' was built with '{source.card.name}' and says nothing about what "
                f"'{model.card.name}' sees. Ingest it with the model of '{archive.uri}' first."
            )
    worlds = [_shown_in(source) for source in sources]
    vocabulary = frozenset(label for shown in worlds for label in shown.labels())
    worlds = [replace(shown, vocabulary=vocabulary) for shown in worlds]
    questions = [
        each
        for number, shown in enumerate(worlds)
        for each in asked_of(shown, {label: _phrases(label) for label in _askable(shown)}, number)
    ]
    if len({each.label for each in questions if not each.has_answer}) < LEAST_QUESTIONS:
        names = "', '".join(source.uri for source in sources)
        raise UsageError(
            f"Too little is known of the chips of '{names}' to learn from: "
            f"labels or keywords of at least {LEAST_QUESTIONS} kinds, each on {LEAST_RIGHT} chips or more and missing "
            "in whole scenes, are needed. The calibration that came with the model goes on being used, where there is "
            "one. Labelled chips of other archives of the same model serve as well: --from ARCHIVE."
        )
    before = shipped(archive.card)
    chips = sum(len(shown.chips) for shown in worlds)
    of_what = f"of {', '.join(source.uri for source in labelled)}" if labelled else "of this archive"
    said, auto_told = (before.said, before.auto_told) if before else (Said(), None)
    return fitted(
        questions, model, f"the labels of {chips:,} chips {of_what}",
        rows=0 if labelled else len(archive), said=said, auto_told=auto_told,
    )  # fmt: skip


def _shown_in(archive: Archive) -> Shown:
    """Return up to 8,192 chips of an archive and what their labels, or else their keywords, and captions name."""
    some = archive.sample(MOST_CHIPS)
    chips = archive.get(some.ids)
    truth = [frozenset(chip.labels or chip.keywords) for chip in chips]
    often = list(Shown(chips, some.vectors, truth).labels())
    truth = [
        shows | {label for label in often if chip.caption and says(chip.caption, label)}
        for chip, shows in zip(chips, truth, strict=True)
    ]
    return Shown([replace(chip, caption=None, keywords=(), labels=()) for chip in chips], some.vectors, truth)


def _askable(shown: Shown) -> list[str]:
    """Return what enough chips show, and what would be named in this archive and is on none: it is asked in vain."""
    seen = frozenset().union(*shown.truth)
    return [*shown.labels(), *sorted((shown.vocabulary or frozenset()) - seen)]


def _phrases(label: str) -> tuple[str, str]:
    return f"{'an' if label[:1] in 'aeiou' else 'a'} {label}", label


def fitted(
    questions: Sequence[Asked],
    model: Model,
    made_of: str,
    *,
    rows: int = 0,
    said: Said | None = None,
    auto_told: float | None = None,
    by_looks: bool = True,
) -> Calibration:
    """Return the calibration that questions with known answers teach; their chips are taken without any text.

    Looks are those of the land that is learnt from: where it is to hold for any land, leave them out. The cut that
    `auto` stands for and the error are those of questions about worlds that were left out of the fit.
    """
    sentences = sorted({each.words for each in questions})
    vectors = model.encode_texts(sentences)
    known = {words: vector for words, vector in zip(sentences, vectors, strict=True) if vector.any()}
    backgrounds = Backgrounds(model)
    taught = [each for each in questions if each.words in known]
    shown = {each.world: each.of for each in taught if each.has_answer}
    looks, told = learn_looks(shown, {each.words: each.label for each in taught}) if by_looks else NO_LOOKS
    concept_vectors = np.stack(list(known.values()))
    lessons = []
    for each in taught:
        say = looks.say(nearness(known[each.words], concept_vectors), list(known))
        lessons.append(_Taught(each, _lesson(each, known[each.words], model, backgrounds, told, say)))
    lines, concepts = _fit(lessons, known)
    card = model.card
    found = Calibration(
        model=card.name, version=card.version, weights_sha256=card.weights_sha256, made_of=made_of, rows=rows,
        lines={WORDS: lines, EXAMPLE: _of_examples(questions, backgrounds)},
        concepts=concepts, said=said or Said(), looks=looks,
    )  # fmt: skip
    judged = list(_crosswise(lessons, known))
    auto = _auto(judged)
    return replace(found, auto=auto, auto_told=auto_told or auto, error=_errors(judged))


def best_rows(score: Floats, sensors: Sequence[str]) -> list[int]:
    """Return the best chips of all and the best of each sensor: what a question shows first."""
    order = np.argsort(-score, kind="stable")
    of = np.array(sensors, dtype=str)
    best = [order[:BEST], *(order[of[order] == sensor][:BEST_OF_SENSOR] for sensor in np.unique(of))]
    return [int(row) for row in np.unique(np.concatenate(best))]


class Backgrounds:
    """The background of each set of chips, made once."""

    def __init__(self, model: Model) -> None:
        self._sentences = model.encode_texts(list(SENTENCES)) if model.card.reads_text else np.zeros((0, 1), np.float32)
        self._made: dict[int, tuple[Shown, Background]] = {}

    def of(self, shown: Shown) -> Background:
        """Return the background of some chips."""
        if id(shown) not in self._made:
            count = len(shown.chips)
            rows = np.random.default_rng(count).choice(count, size=min(CHIPS, count), replace=False)
            sensors = [shown.chips[int(row)].sensor for row in rows]
            self._made[id(shown)] = shown, Background(shown.vectors[rows], sensors, self._sentences)
        return self._made[id(shown)][1]


def _lesson(
    asked: Asked, vector: FloatArray, model: Model, backgrounds: Backgrounds, told: Told | None, say: Floats
) -> Lesson:
    shown, scorer = asked.of, getattr(model, "scorer", None)
    rows = best_rows(scores(vector[None], shown.vectors, scorer)[:, 0], [chip.sensor for chip in shown.chips])
    some = shown.some(rows)
    sensors = [chip.sensor for chip in some.chips]
    features = backgrounds.of(shown).features(vector, some.vectors, sensors, scorer, words=True)
    if told is not None:
        looks = np.array([told[asked.world, chip.id] @ say for chip in some.chips])
        features = np.hstack([features, looks[:, None]])
    return Lesson(vector, np.array(sensors, dtype=str), features, some.shows(asked.label))


def _of_examples(questions: Sequence[Asked], backgrounds: Backgrounds) -> dict[str, Line]:
    """Fit how alike is alike: a chip is right where it shows what the example shows above all, its rarest label."""
    lessons = []
    for shown in {id(each.of): each.of for each in questions if each.has_answer}.values():
        common = Counter(label for shows in shown.truth for label in shows)
        rng = np.random.default_rng(len(shown.chips))
        labelled = [row for row, shows in enumerate(shown.truth) if shows]
        for row in rng.permutation(labelled)[:EXAMPLES]:
            label = min(shown.truth[row], key=lambda each: (common[each], each))
            vector = shown.vectors[row]
            others = shown.some([other for other in range(len(shown.chips)) if other != row])
            rows = best_rows(scores(vector[None], others.vectors, None)[:, 0], [chip.sensor for chip in others.chips])
            some = others.some(rows)
            sensors = [chip.sensor for chip in some.chips]
            features = backgrounds.of(shown).features(vector, some.vectors, sensors, None, words=False)
            lessons.append(Lesson(vector, np.array(sensors, dtype=str), features, some.shows(label)))
    return fit_lines(lessons, [], np.zeros((0, 1), np.float32))[0] if lessons else {}


@dataclass(frozen=True)
class _Taught:
    """A question and what is learnt from it."""

    asked: Asked
    lesson: Lesson
    chances: Floats | None = None  # as a fit on other worlds has them


def _fit(
    lessons: Sequence[_Taught], known: Mapping[str, FloatArray]
) -> tuple[dict[str, Line], dict[str, dict[str, float]]]:
    return fit_lines([each.lesson for each in lessons], list(known), np.stack(list(known.values())))


def _crosswise(lessons: Sequence[_Taught], known: Mapping[str, FloatArray]) -> Iterator[_Taught]:
    """Yield every question with the probabilities that the other worlds teach; of a single world with its own."""
    worlds = sorted({each.asked.world for each in lessons})
    concepts = np.stack(list(known.values()))
    for world in worlds:
        others = [each for each in lessons if each.asked.world != world or len(worlds) == 1]
        lines, offsets = _fit(others, known)
        for each in lessons:
            if each.asked.world == world:
                yield replace(each, chances=_chances(each.lesson, lines, offsets, list(known), concepts))


def _chances(
    lesson: Lesson, lines: Mapping[str, Line], offsets: Mapping[str, Mapping[str, float]], known: Sequence[str],
    concepts: FloatArray,
) -> Floats:  # fmt: skip
    say = nearness(lesson.question, concepts)
    chances = np.zeros(len(lesson.right))
    for sensor in np.unique(lesson.sensors):
        own, line = lesson.sensors == sensor, lines.get(str(sensor))
        if line is not None:
            offset = say @ np.array([offsets[text].get(str(sensor), 0.0) for text in known])
            chances[own] = probability(line.logits(lesson.features[own]) + offset)
    return chances


def least_cut(best: Sequence[float]) -> float:
    """Return the least cut that empties nine in ten answers where the thing is not there, from the best of each."""
    if not best:
        return 0.5
    share = min(EMPTY + CONFIDENCE * np.sqrt(EMPTY * (1 - EMPTY) / len(best)), 1.0)
    return float(np.clip(np.quantile(best, share) + 1e-3, LEAST_CONVINCING, 0.95))


def _auto(judged: Sequence[_Taught]) -> float:
    best = []
    for each in judged:
        if each.asked.complete and not each.asked.has_answer and each.chances is not None:
            shown = np.argsort(-each.lesson.features[:, 0], kind="stable")[:BEST]
            best.append(float(each.chances[shown].max()))
    return least_cut(best)


def _errors(judged: Sequence[_Taught]) -> dict[str, float]:
    """Return the expected calibration error of each sensor."""
    chances = np.concatenate([each.chances for each in judged if each.chances is not None])
    right = np.concatenate([each.lesson.right for each in judged if each.chances is not None])
    sensors = np.concatenate([each.lesson.sensors for each in judged if each.chances is not None])
    return {
        str(sensor): expected_calibration_error(chances[sensors == sensor], right[sensors == sensor])
        for sensor in np.unique(sensors)
    }
