"""Captions as stems, and how often each run of stems stands in them: what likeness of texts is counted with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_array

_TOKEN = re.compile(r"\w+|[^\w\s]")

# Words that are in every caption and name nothing; they count in the order of words, not among the things named.
FUNCTION_WORDS = """
    a an the this that these those it its they them their there here he she we you i who which what where when how
    is are was were be been being am has have had having do does did can could may might must shall should will
    would of in on at by to from with without into onto over under above below between among around along across
    through near next behind before after inside outside within against up down off out about like as than for per
    via upon and or but nor so if while though because then thus too not no only also just very some any many
    several few more most other others another each every both all such same own
    """


class Stems:
    """Different texts as sequences of stems; texts that agree stem for stem are one."""

    def __init__(self, captions: Sequence[str]) -> None:
        """Take all captions of a set; `number_of` tells which text each of them is."""
        stem = snowballstemmer.stemmer("porter")
        known: dict[str, str] = {}
        numbers: dict[tuple[str, ...], int] = {}
        self.number_of = np.empty(len(captions), dtype=np.int64)
        for place, caption in enumerate(captions):
            words = _TOKEN.findall(caption.casefold())
            for word in words:
                if word not in known:
                    known[word] = stem.stemWord(word) or word  # of a lone 's' nothing is left
            stems = tuple(known[word] for word in words)
            self.number_of[place] = numbers.setdefault(stems, len(numbers))
        self.texts: tuple[tuple[str, ...], ...] = tuple(numbers)
        self._function_stems = {stem.stemWord(word) or word for word in FUNCTION_WORDS.split()}

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """The number of stems of each text, points and commas included."""
        return np.array([len(text) for text in self.texts], dtype=np.float32)

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """Each text without points and commas."""
        return tuple(tuple(stem for stem in text if stem[0].isalnum()) for text in self.texts)

    @cached_property
    def things(self) -> tuple[tuple[str, ...], ...]:
        """Each text without its function words too."""
        return tuple(tuple(stem for stem in text if stem not in self._function_stems) for text in self.words)


def run_counts(texts: Sequence[Sequence[str]], length: int) -> Any:
    """Return a matrix (texts, features) of zeros and ones, a feature being 'this run of stems, for the k-th time'.

    Counted so, the product of two rows is the clipped count of BLEU: the sum over runs of the smaller count.
    """
    features: dict[tuple[tuple[str, ...], int], int] = {}
    columns: list[int] = []
    ends = [0]
    for text in texts:
        runs = Counter(tuple(text[start : start + length]) for start in range(len(text) - length + 1))
        for run, count in runs.items():
            columns += [features.setdefault((run, time), len(features)) for time in range(count)]
        ends.append(len(columns))
    ones = np.ones(len(columns), dtype=np.float32)
    return csr_array((ones, np.array(columns, dtype=np.int64), np.array(ends)), shape=(len(texts), len(features)))
