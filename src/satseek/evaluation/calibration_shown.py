"""Chips of which it is known what they show, and questions about them whose answers are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.chip import Chip
from satseek.core.vectors import FloatArray

Bools = NDArray[np.bool_]

LEAST_RIGHT, LEAST_CHIPS = 10, 100
MOST_LABELS = 40


@dataclass(frozen=True)
class Shown:
    """Chips with their vectors, and what each truly shows."""

    chips: Sequence[Chip]
    vectors: FloatArray
    truth: Sequence[frozenset[str]]
    vocabulary: frozenset[str] | None = None  # what would be named if it were there; None: every thing

    def without(self, label: str) -> Shown:
        """Return what is left without the scenes, of any sensor, in which some chip shows a label."""
        gone = {place_of(chip) for chip, shows in zip(self.chips, self.truth, strict=True) if label in shows}
        return self.some([row for row, chip in enumerate(self.chips) if place_of(chip) not in gone])

    def some(self, rows: Sequence[int]) -> Shown:
        """Return some of the chips."""
        chips, truth = [self.chips[row] for row in rows], [self.truth[row] for row in rows]
        return Shown(chips, self.vectors[list(rows)], truth, self.vocabulary)

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


def asked_of(
    shown: Shown, phrases: Mapping[str, Sequence[str]], world: int = 0, *, complete: bool = True
) -> Iterator[Asked]:
    """Yield each question twice: of all chips, and of the scenes that do not show it, where enough are left.

    Once, where no chip shows it.
    """
    for label, sentences in phrases.items():
        rest = shown.without(label)
        for words in sentences:
            yield Asked(words, label, shown, world, complete)
            if LEAST_CHIPS <= len(rest.chips) < len(shown.chips):
                yield Asked(words, label, rest, world, complete)


def place_of(chip: Chip) -> str:
    """Return what the scenes of one place share, whatever their collections: the name before the sensor's."""
    return chip.scene.rpartition("/")[2].removesuffix(f"-{chip.sensor}")
