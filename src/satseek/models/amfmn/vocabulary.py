"""From sentences to numbers: each word by itself and by its letter groups, so that a misspelt word says something."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import ModelError

IntArray = NDArray[np.int64]

PADDING, UNKNOWN = 0, 1  # rows of the word embedding that stand for no word of the list
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
LONGEST_SENTENCE = 64  # words read of one sentence; captions have 12
LONGEST_WORD = 32  # letters read of one word


class TextBatch(NamedTuple):
    """Sentences as numbers: the different words once, with their letter groups, and where each stands."""

    tokens: IntArray  # (batch, length): rows of `words`; row 0 is padding
    lengths: IntArray  # (batch,)
    words: IntArray  # (different,): word numbers, the first is padding
    groups: IntArray  # letter-group numbers of all different words, one after the other
    offsets: IntArray  # (different,): where each word's letter groups begin


@dataclass(frozen=True)
class Vocabulary:
    """The words a model was trained with, and how letters are grouped."""

    words: tuple[str, ...]
    buckets: int = 4096
    shortest_group: int = 3
    longest_group: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {word: number for number, word in enumerate(self.words, 2)})
        object.__setattr__(self, "_groups", {})

    @property
    def size(self) -> int:
        """Rows that a word embedding needs."""
        return len(self.words) + 2

    @staticmethod
    def of_sentences(sentences: Iterable[str], *, seen_at_least: int = 2, buckets: int = 4096) -> Vocabulary:
        """Take every word seen often enough, little words included, most frequent first."""
        counts = Counter(word for sentence in sentences for word in words_of(sentence))
        kept = [word for word, count in counts.items() if count >= seen_at_least]
        return Vocabulary(tuple(sorted(kept, key=lambda word: (-counts[word], word))), buckets)

    def knows(self, word: str) -> bool:
        """Return whether this word was in the training captions often enough to have a row of its own."""
        return word in self._word_numbers

    def encode(self, sentences: Sequence[str]) -> TextBatch:
        """Return the sentences as numbers; one without any word is read as one unknown word."""
        rows: dict[str, int] = {}
        spelt = [words_of(sentence)[:LONGEST_SENTENCE] or [""] for sentence in sentences]
        lengths = np.array([len(words) for words in spelt], dtype=np.int64)
        tokens = np.zeros((len(spelt), int(lengths.max(initial=1))), dtype=np.int64)
        for line, words in enumerate(spelt):
            tokens[line, : len(words)] = [rows.setdefault(word, len(rows) + 1) for word in words]
        groups = [np.zeros(1, dtype=np.int64), *(self._groups_of(word) for word in rows)]
        sizes = np.array([len(each) for each in groups], dtype=np.int64)
        numbers = [PADDING, *(self._word_numbers.get(word, UNKNOWN) for word in rows)]
        return TextBatch(
            tokens, lengths, np.array(numbers, dtype=np.int64), np.concatenate(groups), np.cumsum(sizes) - sizes
        )

    def to_json(self) -> dict[str, Any]:
        """Return the vocabulary as JSON values."""
        return {
            "format": 1,
            "words": list(self.words),
            "buckets": self.buckets,
            "shortest_group": self.shortest_group,
            "longest_group": self.longest_group,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Vocabulary:
        """Read a vocabulary back."""
        try:
            numbers = (int(value[key]) for key in ("buckets", "shortest_group", "longest_group"))
            return Vocabulary(tuple(str(word) for word in value["words"]), *numbers)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The vocabulary cannot be read: {error}. Fetch the model again.") from error

    @property
    def _word_numbers(self) -> dict[str, int]:
        numbers: dict[str, int] = self.__dict__["_numbers"]
        return numbers

    def _groups_of(self, word: str) -> IntArray:
        known: dict[str, IntArray] = self.__dict__["_groups"]
        if word not in known:
            if len(known) > 100_000:
                known.clear()
            known[word] = self._spell(word)
        return known[word]

    def _spell(self, word: str) -> IntArray:
        text = f"<{word[:LONGEST_WORD]}>"
        groups = {
            text[start : start + size]
            for size in range(self.shortest_group, self.longest_group + 1)
            for start in range(max(len(text) - size + 1, 1))
        }
        return np.array([crc32(group.encode()) % self.buckets for group in sorted(groups)], dtype=np.int64)


def words_of(sentence: str) -> list[str]:
    """Return the words of a sentence in small letters, without marks."""
    return WORD.findall(unicodedata.normalize("NFKC", sentence).lower())
