"""Batches of pictures and captions, the same ones for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from satseek.models.amfmn.text import TextTensors
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.augment import augment, dice_of
from satseek.training.lessons import Lessons
from satseek.training.settings import Recipe

T = TypeVar("T")
Begin = Callable[[Tensor], Tensor]
Chosen = NDArray[np.int64]


class Batch(NamedTuple):
    """Pictures, captions, and which captions fit which picture.

    With several devices the pictures and texts are this one's; what is said about them is of the pictures and captions
    of all devices, in the order of the devices.
    """

    images: Tensor  # (images, 3, size, size), or what the first blocks made of them
    texts: TextTensors
    positives: Tensor  # (images, captions) bool
    own: Tensor  # (captions,): the picture that each caption was drawn for
    classes: Tensor  # (images,)
    chosen: Chosen  # (images,): positions of the pictures among the lessons
    captions: Chosen  # (captions,): positions among all captions of the lessons
    phrases: TextTensors | None = None  # the pictures' keywords, where the model has a branch for them
    phrase_owners: Tensor | None = None
    begun: int = 0  # blocks of the backbone that are already done
    margin: Tensor | None = None  # (images, captions): L_ct's, of each pair

    @property
    def shown(self) -> int:
        """How many pictures it shows, on all devices together."""
        return len(self.chosen)


class KeptMaps:
    """What the frozen blocks made of each variant of each picture, filled as it is first asked for."""

    def __init__(self, pictures: int, variants: int) -> None:
        self._there = np.zeros((variants, pictures), dtype=bool)
        self._maps: Tensor | None = None

    def of(self, chosen: Chosen, variant: int, make: Callable[[Chosen], Tensor]) -> Tensor:
        """Return the maps of the chosen pictures; `make` makes those that are missing."""
        missing = chosen[~self._there[variant, chosen]]
        if len(missing):
            made = make(missing)
            if self._maps is None:
                self._maps = made.new_empty((*self._there.shape, *made.shape[1:]))
            self._maps[variant, torch.from_numpy(missing)] = made
            self._there[variant, missing] = True
        assert self._maps is not None
        return self._maps[variant, torch.from_numpy(chosen)].contiguous(memory_format=torch.channels_last)


class Batches:
    """Deals the lessons out, in another order and other crops each epoch.

    `begin` runs the frozen blocks where their maps are kept, `margin` tells the margin of each pair.
    """

    def __init__(
        self,
        lessons: Lessons,
        vocabulary: Vocabulary,
        recipe: Recipe,
        *,
        rank: int = 0,
        world: int = 1,
        begin: Begin | None = None,
        margin: Callable[[Batch], Tensor] | None = None,
    ) -> None:
        self.lessons = lessons
        self._begin, self._margin = begin, margin
        self._vocabulary, self._recipe = vocabulary, recipe
        self._rank, self._world = rank, world
        self._kept = KeptMaps(len(lessons), recipe.data.kept_variants)

    def __len__(self) -> int:
        return max(len(self.lessons) // (self._recipe.data.batch * self._world), 1)

    def epoch(self, epoch: int, device: torch.device | str = "cpu") -> Iterator[Batch]:
        """Go through the batches of one epoch."""
        recipe, begin = self._recipe, self._begin
        order = np.random.default_rng([recipe.seed, epoch]).permutation(len(self.lessons))
        random = np.random.default_rng([recipe.seed, epoch, 1])  # all devices draw the same, each uses its share
        size = min(recipe.data.batch, len(order) // self._world)
        kept = recipe.data.kept_variants if begin is not None else 0
        variant = epoch if not kept or epoch < kept else int(random.integers(kept))
        dice = dice_of(recipe.seed, variant, len(order))
        for step in range(len(self)):
            start = step * self._world * size
            batch = self._texts(order[start : start + self._world * size], random, device)
            chosen = order[start + self._rank * size : start + (self._rank + 1) * size]
            if self._margin is not None:
                batch = batch._replace(margin=self._margin(batch))
            if kept and begin is not None:
                maps = self._kept.of(chosen, variant, lambda missing: begin(self._varied(missing, dice, device)))
                yield batch._replace(images=maps, begun=recipe.optimiser.frozen_blocks)
            else:
                yield batch._replace(images=self._varied(chosen, dice, device))

    def _varied(self, chosen: Chosen, dice: Tensor, device: torch.device | str) -> Tensor:
        pictures = torch.from_numpy(self.lessons.store.read(chosen)).to(device)
        return augment(pictures, self._recipe.data.image_size, self._recipe.augment, dice[chosen])

    def _texts(self, chosen: Chosen, random: np.random.Generator, device: torch.device | str) -> Batch:
        wanted = self._recipe.data.captions_per_image
        captions = np.concatenate([self._drawn(image, wanted, random) for image in chosen])
        own = np.repeat(np.arange(len(chosen)), wanted)
        said = [self.lessons.told.captions[caption] for caption in captions]
        share = self._recipe.augment.keywords_for_caption
        if share:  # a caption that is only a list of things teaches how keywords are meant
            for place in np.flatnonzero(random.random(len(said)) < share):
                said[place] = " ".join(self._some_keywords(chosen[own[place]], random)) or said[place]
        batch = Batch(
            images=torch.empty(0),
            texts=TextTensors(self._vocabulary.encode(self._share(said)), device),
            positives=torch.from_numpy(self.lessons.told.positives(chosen, captions)).to(device),
            own=torch.from_numpy(own).to(device),
            classes=torch.from_numpy(self.lessons.class_numbers[chosen]).to(device),
            chosen=chosen,
            captions=captions,
        )
        return self._with_phrases(batch, chosen, random, device) if self._recipe.model.keywords else batch

    def _with_phrases(
        self, batch: Batch, chosen: Chosen, random: np.random.Generator, device: torch.device | str
    ) -> Batch:
        lists = self._share([self._some_keywords(image, random) or [""] for image in chosen])
        owners = torch.tensor([owner for owner, words in enumerate(lists) for _ in words], device=device)
        phrases = self._vocabulary.encode([phrase for words in lists for phrase in words])
        return batch._replace(phrases=TextTensors(phrases, device), phrase_owners=owners)

    def _share(self, of_all: list[T]) -> list[T]:
        """Return what falls to this device."""
        size = len(of_all) // self._world
        return of_all[self._rank * size : (self._rank + 1) * size]

    def _drawn(self, image: int, wanted: int, random: np.random.Generator) -> Chosen:
        """Return positions of captions, different ones first: a caption often stands five times with its image."""
        first, end = self.lessons.first_captions[image : image + 2]
        places = first + random.permutation(end - first)
        _, once = np.unique(self.lessons.told.same_words[places], return_index=True)
        once.sort()
        order = np.concatenate([places[once], np.delete(places, once)])
        return np.resize(order, wanted)

    def _some_keywords(self, image: int, random: np.random.Generator) -> list[str]:
        words = self.lessons.keywords[image]
        if not words:
            return []
        count = int(random.integers(1, len(words) + 1))
        return [words[place] for place in random.permutation(len(words))[:count]]
