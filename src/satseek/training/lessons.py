"""What is learnt from and what is examined: data sets read, images decoded, broken ones left out and counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError
from satseek.datasets.catalogue import load_captioned
from satseek.datasets.image_store import ImageStore
from satseek.datasets.keywords import keywords_of_image
from satseek.datasets.pairs import CaptionedSet
from satseek.training.settings import DataSettings

log = logging.getLogger(__name__)

NO_CLASS = -1


@dataclass(frozen=True)
class Lessons:
    """The images of one split with their captions, classes and keywords, decoded at one size."""

    told: CaptionedSet
    store: ImageStore

    def __len__(self) -> int:
        return len(self.told)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The scene classes, whatever capitals the sets write them with."""
        return tuple(sorted({name.casefold() for name in self.told.classes}))

    @cached_property
    def class_numbers(self) -> NDArray[np.int64]:
        """The number of each image's class; -1 where none is known."""
        numbers = {name: number for number, name in enumerate(self.classes)}
        names = [(image.scene_class or "").casefold() for image in self.told.images]
        return np.array([numbers.get(name, NO_CLASS) for name in names], dtype=np.int64)

    @cached_property
    def first_captions(self) -> NDArray[np.int64]:
        """The position of each image's first caption among all, and the end."""
        counts = [len(image.captions) for image in self.told.images]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def keywords(self) -> list[tuple[str, ...]]:
        """The keywords of each image, its set's own or noun phrases of its captions."""
        return [keywords_of_image(image) for image in self.told.images]


def load_lessons(
    settings: DataSettings,
    data: Path,
    images: Path | None,
    *,
    split: str,
    cache: Path,
    sets: str | None = None,
    on_image: Callable[[], None] = lambda: None,
) -> Lessons:
    """Return one split of the recipe's sets; images beyond the memory bound are packed in a file under `cache`."""
    told = load_captioned(sets or settings.sets, data, images=images, split=split)
    paths = [image.path for image in told.images]
    gigabytes = len(paths) * settings.store_size**2 * 3 / 1e9
    if gigabytes <= settings.memory_gb:
        store = ImageStore.decode(paths, settings.store_size, on_image=on_image)
    else:
        store = ImageStore.open(paths, settings.store_size, cache, on_image=on_image)
    if len(store.broken) == len(paths):
        raise SourceError(f"None of the {len(paths):,} images of {told.name} can be read: {store.broken[0]}")
    if store.broken:
        log.warning("%s %s: %d broken images are left out", told.name, split, len(store.broken))
        return _without_broken(told, store)
    return Lessons(told, store)


def load_exams(
    settings: DataSettings, data: Path, images: Path | None, *, cache: Path, split: str = "val"
) -> list[Lessons]:
    """Return the split of each set that picks the best checkpoint."""
    names: Sequence[str] = (settings.choose_on or settings.sets).split("+")
    return [load_lessons(settings, data, images, split=split, cache=cache, sets=name.strip()) for name in names]


def _without_broken(told: CaptionedSet, store: ImageStore) -> Lessons:
    gone = {told.images[position].id for position in store.broken}
    return Lessons(told.without(gone), ImageStore(store.read(store.good), {}))
