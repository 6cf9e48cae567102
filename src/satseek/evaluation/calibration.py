"""How true probabilities are, and learning them: from chips of which it is known what they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.model import Model
from satseek.core.vectors import FloatArray
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

if TYPE_CHECKING:
    from satseek.archive.archive import Archive

Bools = NDArray[np.bool_]

BINS = 10
BEST, BEST_OF_SENSOR = 10, 10  # chips of a question that are learnt from: what people see
LEAST_RIGHT, LEAST_CHIPS = 10, 100
MOST_LABELS = 40
MOST_CHIPS = 8_192  # of an archive that are learnt from
EXAMPLES = 150
EMPTY = 0.9  # wanted share of empty answers where the thing is not there; `auto` is the cut that gives it,
CONFIDENCE = 1.28  # as many questions show with nine to one: so many standard errors of the share are added
LEAST_CONVINCING = 0.3  # whatever would do to keep answers empty
LEAST_QUESTIONS = 6


@dataclass(frozen=True)
class Shown:
    """Chips with their vectors, and what each truly shows."""

    chips: Sequence[Chip]
    vectors: FloatArray
    truth: Sequence[frozenset[str]]

    def without(self, label: str) -> Shown:
        """Return what is left without the scenes, of any sensor, in which some chip shows a label."""
        gone = {_place(chip) for chip, shows in zip(self.chips, self.truth, strict=True) if label in shows}
        return self.some([row for row, chip in enumerate(self.chips) if _place(chip) not in gone])

    def some(self, rows: Sequence[int]) -> Shown:
        """Return some of the chips."""
        return Shown([self.chips[row] for row in rows], self.vectors[list(rows)], [self.truth[row] for row in rows])

    def shows(self, label: str) -> Bools:
        """Return which chips show a label."""
        return np.array([label in shows for shows in self.truth], dtype=bool)

    def labels(self) -> dict[str, int]:
        """Return the labels that enough chips show, the most frequent first."""
        counts = Counter(label for shows in self.truth for label in shows)
        often = [(label, count) for label, count in counts.most_common() if count >= LEAST_RIGHT]
        return dict(often[:MOST_LABELS])


@dataclass(frozen=True)
class Asked:
    """A question in words about a label, where it is to be found or where it is not."""

    words: str
    label: str
    of: Shown
    world: int = 0  # what is fitted on one world is judged on the others
    complete: bool = True  # what is not known to be there is not there

    @property
    def has_answer(self) -> bool:
        """Whether any chip is right."""
        return bool(self.of.shows(self.label).any())


def expected_calibration_error(chances: Floats, right: Bools) -> float:
    """Return Σ share · |mean probability - share that is right| over ten bins of equal width."""
    return float(sum(count / len(right) * abs(said - true) for said, true, count in reliability(chances, right)))


def reliability(chances: Floats, right: Bools) -> list[tuple[float, float, int]]:
    """Return for each bin that holds something its mean probability, the share that is right, and how many."""
    bins = np.clip((chances * BINS).astype(int), 0, BINS - 1)
    found = ((chances[bins == each], right[bins == each]) for each in range(BINS))
    return [(float(said.mean()), float(true.mean()), len(said)) for said, true in found if len(said)]


def learn(archive: Archive, model: Model) -> Calibration:
    """Fit an archive's own calibration on what its chips are labelled with; `UsageError` where that is too little."""
    some = archive.sample(MOST_CHIPS)
    chips = archive.get(some.ids)
    truth = [frozenset(chip.labels or chip.keywords) for chip in chips]
    shown = Shown([replace(chip, caption=None, keywords=(), labels=()) for chip in chips], some.vectors, truth)
    questions = list(asked_of(shown, {label: (f"a {label}", label) for label in shown.labels()}))
    if len({each.label for each in questions if not each.has_answer}) < LEAST_QUESTIONS:
        raise UsageError(
            f"Too little is known of the chips of '{archive.uri}' to learn from: labels or keywords of at least "
            f"{LEAST_QUESTIONS} kinds, each on {LEAST_RIGHT} chips or more and missing in whole scenes, are needed. "
            "The calibration that came with the model goes on being used, where there is one."
        )
    before = shipped(archive.card)
    made_of = f"the labels of {len(chips):,} chips of this archive"
    said, auto_told = (before.said, before.auto_told) if before else (Said(), None)
    return fitted(questions, model, made_of, rows=len(archive), said=said, auto_told=auto_told)


def asked_of(
    shown: Shown, phrases: Mapping[str, Sequence[str]], world: int = 0, *, complete: bool = True
) -> Iterator[Asked]:
    """Yield each question twice: of all chips, and of the scenes that do not show it, where enough are left."""
    for label, sentences in phrases.items():
        rest = shown.without(label)
        for words in sentences:
            yield Asked(words, label, shown, world, complete)
            if len(rest.chips) >= LEAST_CHIPS:
                yield Asked(words, label, rest, world, complete)


def fitted(
    questions: Sequence[Asked],
    model: Model,
    made_of: str,
    *,
    rows: int = 0,
    said: Said | None = None,
    auto_told: float | None = None,
) -> Calibration:
    """Return the calibration that questions with known answers teach; their chips are taken without any text.

    The cut that `auto` stands for and the error are those of questions about worlds that were left out of the fit.
    """
    sentences = sorted({each.words for each in questions})
    vectors = model.encode_texts(sentences)
    known = {words: vector for words, vector in zip(sentences, vectors, strict=True) if vector.any()}
    backgrounds = Backgrounds(model)
    lessons = [
        _Taught(each, _lesson(each, known[each.words], model, backgrounds)) for each in questions if each.words in known
    ]
    lines, concepts = _fit(lessons, known)
    card = model.card
    found = Calibration(
        model=card.name, version=card.version, weights_sha256=card.weights_sha256, made_of=made_of, rows=rows,
        lines={WORDS: lines, EXAMPLE: _of_examples(questions, backgrounds)},
        concepts=concepts, said=said or Said(),
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


def _lesson(asked: Asked, vector: FloatArray, model: Model, backgrounds: Backgrounds) -> Lesson:
    shown, scorer = asked.of, getattr(model, "scorer", None)
    rows = best_rows(scores(vector[None], shown.vectors, scorer)[:, 0], [chip.sensor for chip in shown.chips])
    some = shown.some(rows)
    sensors = [chip.sensor for chip in some.chips]
    features = backgrounds.of(shown).features(vector, some.vectors, sensors, scorer, words=True)
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


def _place(chip: Chip) -> str:
    """Return what the scenes of one place share: the name before the sensor's."""
    return chip.scene.removesuffix(f"-{chip.sensor}")
