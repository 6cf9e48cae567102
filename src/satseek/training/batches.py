"""Batches of pictures and captions, the same ones for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from satseek.models.amfmn.text import TextTensors
from satseek.models.amfmn.vocabulary import Vocabulary, words_of
from satseek.training.augment import augment, dice_of
from satseek.training.settings import Recipe


@dataclass(frozen=True)
class Lessons:
    """What is learnt from: pictures in memory, each with its captions and scene class."""

    pictures: NDArray[np.uint8]  # (images, h, w, 3)
    captions: Sequence[Sequence[str]]
    classes: NDArray[np.int64]  # (images,), -1: none is known
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def all_captions(self) -> Iterator[str]:
        """Go through the captions of all images."""
        for captions in self.captions:
            yield from captions


class Batch(NamedTuple):
    """Pictures, captions, and which captions fit which picture."""

    images: Tensor  # (images, 3, size, size), or what the first blocks made of them
    texts: TextTensors
    positives: Tensor  # (images, captions) bool
    own: Tensor  # (captions,): the picture that each caption was drawn for
    classes: Tensor  # (images,)
    begun: int = 0  # blocks of the backbone that are already done


Begin = Callable[[Tensor], Tensor]


class KeptMaps:
    """What the frozen blocks made of each variant of each picture, filled as it is first asked for."""

    def __init__(self, pictures: int, variants: int) -> None:
        self._there = np.zeros((variants, pictures), dtype=bool)
        self._maps: Tensor | None = None

    def of(self, chosen: NDArray[np.int64], variant: int, make: Callable[[NDArray[np.int64]], Tensor]) -> Tensor:
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
    """Deals the lessons out, in another order and other crops each epoch."""

    def __init__(
        self, lessons: Lessons, vocabulary: Vocabulary, recipe: Recipe, *, rank: int = 0, world: int = 1
    ) -> None:
        self._lessons, self._vocabulary, self._recipe = lessons, vocabulary, recipe
        self._rank, self._world = rank, world
        self._kept = KeptMaps(len(lessons), recipe.data.kept_variants)
        texts: dict[str, int] = {}
        self._said = [
            [texts.setdefault(" ".join(words_of(caption)), len(texts)) for caption in captions]
            for captions in lessons.captions
        ]  # captions that are the same word for word have the same number

    def __len__(self) -> int:
        return max(len(self._lessons) // (self._recipe.data.batch * self._world), 1)

    def epoch(self, epoch: int, device: torch.device | str = "cpu", begin: Begin | None = None) -> Iterator[Batch]:
        """Go through the batches of one epoch; `begin` runs the frozen blocks where their maps are kept."""
        recipe = self._recipe
        order = np.random.default_rng([recipe.seed, epoch]).permutation(len(self._lessons))
        random = np.random.default_rng([recipe.seed, epoch, self._rank + 1])
        size = min(recipe.data.batch, len(order))
        kept = recipe.data.kept_variants
        variant = epoch if not kept or epoch < kept else int(random.integers(kept))
        dice = dice_of(recipe.seed, variant, len(order))
        for step in range(len(self)):
            start = (step * self._world + self._rank) * size
            chosen = order[start : start + size]
            if kept and begin is not None:
                images = self._kept.of(chosen, variant, lambda missing: begin(self._varied(missing, dice, device)))
            else:
                images = self._varied(chosen, dice, device)
            batch = self._batch(chosen, images, random, device)
            yield batch._replace(begun=recipe.optimiser.frozen_blocks) if kept and begin is not None else batch

    def _varied(self, chosen: NDArray[np.int64], dice: Tensor, device: torch.device | str) -> Tensor:
        pictures = torch.from_numpy(self._lessons.pictures[chosen]).to(device)
        return augment(pictures, self._recipe.data.image_size, self._recipe.augment, dice[chosen])

    def _batch(
        self, chosen: NDArray[np.int64], images: Tensor, random: np.random.Generator, device: torch.device | str
    ) -> Batch:
        captions: list[str] = []
        numbers: list[int] = []
        own: list[int] = []
        for row, image in enumerate(chosen):
            for place in self._drawn(image, random):
                captions.append(self._lessons.captions[image][place])
                numbers.append(self._said[image][place])
                own.append(row)
        drawn = np.array(numbers)
        positives = np.stack([np.isin(drawn, self._said[image]) for image in chosen])
        return Batch(
            images=images,
            texts=TextTensors(self._vocabulary.encode(captions), device),
            positives=torch.from_numpy(positives).to(device),
            own=torch.tensor(own, device=device),
            classes=torch.from_numpy(self._lessons.classes[chosen]).to(device),
        )

    def _drawn(self, image: int, random: np.random.Generator) -> list[int]:
        """Return places of captions, different ones first: a caption often stands five times with its image."""
        wanted = self._recipe.data.captions_per_image
        shuffled = random.permutation(len(self._said[image]))
        seen: set[int] = set()
        fresh, again = [], []
        for place in shuffled:
            number = self._said[image][place]
            (again if number in seen else fresh).append(int(place))
            seen.add(number)
        places = fresh + again
        return [places[index % len(places)] for index in range(wanted)]
