"""What is asked of every model: words for chips, chips for more like them, and chips for those of another sensor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from satseek.core.card import ModelCard
from satseek.core.sensor import BoolArray
from satseek.evaluation.compare.questions import CAPTIONS, LABELS, Asked
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.ranks import IntArray

WORDS, LIKE, ACROSS = "words", "like", "across"
LEAST_ALIKE = 0.5  # of the labels of two chips that both have: so much alike is right
MANY_SCENES = 20  # fewer would say nothing of how much chance decides
FEWEST_RIGHT = 2  # chips with a label, below which it asks nothing that chance does not decide


@dataclass(frozen=True)
class Task:
    """Queries of one kind to one gallery, and which answers are right."""

    kind: str  # WORDS, LIKE or ACROSS
    sensors: tuple[str, ...]  # that a model must read
    queries: IntArray  # positions among the texts (WORDS) or the pictures
    gallery: IntArray  # positions of pictures
    gains: NDArray[np.float32]  # (queries, gallery): how right an answer is, 0 for wrong
    hidden: BoolArray  # (queries, gallery): no answer at all: the picture itself, and others of the same ground
    groups: IntArray  # (queries,): drawn together where chance is judged
    told_by: str  # LABELS or CAPTIONS

    @property
    def name(self) -> str:
        """What the task is called, such as `words → rgb`."""
        if self.kind == WORDS:
            return f"{'caption' if self.told_by == CAPTIONS else 'words'} → {self.sensors[0]}"
        return f"like → {self.sensors[0]}" if self.kind == LIKE else " ↔ ".join(self.sensors)

    @property
    def title(self) -> str:
        """What a person is told that the task is."""
        sensor = self.sensors[0]
        if self.kind == WORDS and self.told_by == CAPTIONS:
            return f"a caption asks for its own picture among {sensor}"
        if self.kind == WORDS:
            return f"the words of a label ask for {sensor} chips"
        if self.kind == LIKE:
            return f"a chip of {sensor} asks for others that share half of their labels, from elsewhere"
        other = self.sensors[1]
        return f"chips of {sensor} and {other} ask for each other's that share half of their labels, from elsewhere"

    @property
    def is_telling(self) -> bool:
        """Whether some answers are right and some wrong for any query."""
        right = (self.gains > 0) | self.hidden
        return bool(len(self.queries) and len(self.gallery) > 1 and not right.all())

    def why_not(self, card: ModelCard) -> str | None:
        """Return why a model cannot take part, None where it can."""
        unread = [sensor for sensor in self.sensors if card.sensors and sensor not in card.sensors]
        if unread:
            return f"reads no {' and no '.join(unread)}"
        if self.kind == ACROSS and self.sensors[1] not in card.comparable_with(self.sensors[0]):
            return f"keeps {' and '.join(self.sensors)} in spaces of their own"
        return "reads no text" if self.kind == WORDS and not card.reads_text else None


def tasks_of(sample: Sample, asked: Asked) -> list[Task]:
    """Return all tasks that the labels or captions of a sample allow."""
    found = [*_words(sample, asked), *_examples(sample)]
    return [task for task in found if task.is_telling]


def _words(sample: Sample, asked: Asked) -> Iterator[Task]:
    for sensor in sample.sensors:
        gallery = sample.of_sensor(sensor)
        if asked.captions:
            yield _by_captions(sample, asked, sensor, gallery)
        if asked.labels:
            yield _by_labels(sample, asked, sensor, gallery)


def _by_captions(sample: Sample, asked: Asked, sensor: str, gallery: IntArray) -> Task:
    """Return a task of captions, each right for the pictures that it was written of."""
    column = {row: place for place, row in enumerate(gallery.tolist())}
    queries, owners = [], []
    for text, owner in asked.captions:
        if owner in column:
            queries.append(text)
            owners.append(column[owner])
    gains = np.zeros((len(queries), len(gallery)), dtype=np.float32)
    gains[np.arange(len(queries)), owners] = 1
    return _task(WORDS, (sensor,), queries, gallery, gains, np.zeros(gains.shape, np.bool_), owners, CAPTIONS)


def _by_labels(sample: Sample, asked: Asked, sensor: str, gallery: IntArray) -> Task:
    """Return a task of label words; those that all or hardly any chips have ask nothing."""
    own = [set(sample.items[row].labels) for row in gallery.tolist()]
    queries, rows = [], []
    for text, labels in asked.labels:
        right = np.array([bool(labels & each) for each in own])
        if FEWEST_RIGHT <= right.sum() < len(own):
            queries.append(text)
            rows.append(right)
    gains = np.array(rows, dtype=np.float32).reshape(len(queries), len(gallery))
    hidden = np.zeros(gains.shape, np.bool_)
    return _task(WORDS, (sensor,), queries, gallery, gains, hidden, list(range(len(queries))), LABELS)


def _examples(sample: Sample) -> Iterator[Task]:
    """Return tasks of chips that ask for chips: within each sensor, and between every two."""
    counts = Counter(label for item in sample.items for label in item.labels)
    names = {label: place for place, label in enumerate(sorted(counts)) if counts[label] < len(sample)}
    if not names:
        return
    marks = np.zeros((len(sample), len(names)), dtype=np.float32)
    for row, item in enumerate(sample.items):
        marks[row, [names[label] for label in item.labels if label in names]] = 1
    overlaps = sample.overlaps()
    for sensor in sample.sensors:
        own = sample.of_sensor(sensor)
        yield _shared(LIKE, (sensor,), [(own, own)], marks, overlaps, sample)
    for pair in combinations(sample.sensors, 2):
        one, other = (sample.of_sensor(sensor) for sensor in pair)
        yield _shared(ACROSS, pair, [(one, other), (other, one)], marks, overlaps, sample)


def _shared(
    kind: str,
    sensors: tuple[str, ...],
    ways: Sequence[tuple[IntArray, IntArray]],
    marks: NDArray[np.float32],
    overlaps: BoolArray,
    sample: Sample,
) -> Task:
    """Return a task whose gain is how far labels agree, from half of them on; what a way does not ask is hidden."""
    gallery = np.unique(np.concatenate([held for _, held in ways]))
    asking = np.concatenate([asks for asks, _ in ways])
    hidden = overlaps[np.ix_(asking, gallery)].copy()
    start = 0
    for asks, held in ways:
        hidden[start : start + len(asks)] |= ~np.isin(gallery, held)[None]
        start += len(asks)
    alike = _jaccard(marks[asking], marks[gallery])
    gains = np.where(hidden | (alike < LEAST_ALIKE), 0, alike).astype(np.float32)
    answerable = gains.any(axis=1)
    groups = _scenes(sample, asking[answerable])
    return _task(kind, sensors, asking[answerable], gallery, gains[answerable], hidden[answerable], groups, LABELS)


def _jaccard(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return labels shared of labels in all, (queries, gallery)."""
    both = one @ other.T
    either = one.sum(axis=1)[:, None] + other.sum(axis=1)[None] - both
    return np.asarray(both / np.maximum(either, 1), dtype=np.float32)


def _scenes(sample: Sample, rows: IntArray) -> Sequence[int]:
    """Return a number for each query's place: scenes where there are many, for their chips are alike; else chips."""
    numbers: dict[str, int] = {}
    of_rows = [numbers.setdefault(sample.items[row].scene, len(numbers)) for row in rows.tolist()]
    return of_rows if len(numbers) >= MANY_SCENES else list(range(len(of_rows)))


def _task(
    kind: str,
    sensors: tuple[str, ...],
    queries: Sequence[int] | IntArray,
    gallery: IntArray,
    gains: NDArray[np.float32],
    hidden: BoolArray,
    groups: Sequence[int],
    told_by: str,
) -> Task:
    asked, drawn = np.asarray(queries, dtype=np.int64), np.asarray(groups, dtype=np.int64)
    return Task(kind, sensors, asked, gallery, gains, hidden, drawn, told_by)
