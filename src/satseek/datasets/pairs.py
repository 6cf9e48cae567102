"""Images with captions, and which captions belong to which images."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class CaptionedImage:
    """One image file, what is said of it, and what its set knows of it beside that."""

    id: str
    path: Path
    captions: tuple[str, ...]
    split: str
    keywords: tuple[str, ...] = ()
    scene_class: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaptionedSet:
    """One split of a data set: its images that are there and have a caption, and what was left out."""

    name: str
    split: str
    images: tuple[CaptionedImage, ...]
    blank_captions: int = 0
    cut_captions: int = 0  # longer than any caption is, cut to size
    without_captions: tuple[str, ...] = ()  # files that nothing is said of
    missing: tuple[str, ...] = ()  # files that are named but not there

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def captions(self) -> tuple[str, ...]:
        """All captions, image by image."""
        return tuple(caption for image in self.images for caption in image.captions)

    @cached_property
    def owners(self) -> IntArray:
        """The position of each caption's own image."""
        return np.repeat(np.arange(len(self.images)), [len(image.captions) for image in self.images]).astype(np.int64)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The scene classes in alphabetical order."""
        return tuple(sorted({image.scene_class for image in self.images if image.scene_class is not None}))

    @cached_property
    def same_words(self) -> IntArray:
        """A number for each caption, the same for captions that agree word for word."""
        numbers: dict[str, int] = {}
        folded = (folded_words(caption) for caption in self.captions)
        return np.array([numbers.setdefault(words, len(numbers)) for words in folded], dtype=np.int64)

    def positives(self, images: Sequence[int] | IntArray, captions: Sequence[int] | IntArray) -> BoolArray:
        """Return which of these captions say what is said of which of these images."""  # (images, captions)
        rows = np.asarray(images, dtype=np.int64)
        belongs = np.zeros(len(self.images), dtype=np.bool_)
        mask = np.zeros((len(rows), len(captions)), dtype=np.bool_)
        for column, number in enumerate(self.same_words[np.asarray(captions, dtype=np.int64)]):
            said_of = self._images_of_words[number]
            belongs[said_of] = True
            mask[:, column] = belongs[rows]
            belongs[said_of] = False
        return mask

    def without(self, ids: Collection[str]) -> CaptionedSet:
        """Return the set without the images of these ids."""
        gone = set(ids)
        return replace(self, images=tuple(image for image in self.images if image.id not in gone))

    def batches(self, size: int) -> Iterator[tuple[CaptionedImage, ...]]:
        """Go through the images, some at a time."""
        for start in range(0, len(self.images), size):
            yield self.images[start : start + size]

    @cached_property
    def _images_of_words(self) -> list[IntArray]:
        """For each number of `same_words` the images that have such a caption."""
        order = np.argsort(self.same_words, kind="stable")
        bounds = np.searchsorted(self.same_words[order], np.arange(1, self.same_words.max(initial=-1) + 1))
        return [np.unique(self.owners[group]) for group in np.split(order, bounds)]


def folded_words(caption: str) -> str:
    """Return the words of a caption without case, points and double spaces; other scripts keep their words."""
    words = _WORD.findall(caption.casefold())
    return " ".join(words) if words else caption.strip()
