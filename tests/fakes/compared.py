"""Worlds to compare models on: painted pictures in memory, and models that know how red, green and blue they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from shapely.geometry import box

from fakes.model import plain_picture
from satseek.core.card import ModelCard
from satseek.core.errors import SourceError
from satseek.core.model import Model
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.evaluation.compare.encode import Contender
from satseek.evaluation.compare.sample import Item, Sample

SHADES = {"red": (220, 20, 20), "green": (20, 220, 20), "blue": (20, 20, 220)}


def picture_of(colour: str, number: int) -> Pixels:
    """A picture of a colour, a little different each time."""
    red, green, blue = (part + number % 35 for part in SHADES[colour])
    return plain_picture(red, green, blue, side=8)


def item(number: int, colour: str, *, sensor: str = "rgb", scene: str | None = None, labelled: bool = True) -> Item:
    """One picture on a row of squares that do not touch."""
    west = 2.0 * number
    return Item(
        id=f"{sensor}-{number:03d}",
        sensor=sensor,
        scene=scene or f"scene-{number}",
        read=lambda: picture_of(colour, number),
        source=f"{colour}-{number}.tif",
        window=Window(0, 0, 8, 8),
        place=box(west, 0, west + 1, 1),
        bbox=(west, 0, west + 1, 1),
        labels=(colour,) if labelled else (),
    )


def colours(count: int, **more: object) -> Sample:
    """Pictures of three colours in turn."""
    names = list(SHADES)
    items = tuple(item(number, names[number % 3], **more) for number in range(count))  # type: ignore[arg-type]
    return Sample("memory", items, count)


class Blind:
    """A model that sees nothing but chance; a picture gets the same vector each time."""

    def __init__(self, name: str = "blind", *, reads_text: bool = True, seed: int = 0) -> None:
        self.card = ModelCard(name, "1", "chance", 16, {"rgb": ()}, reads_text, 8, weights_sha256=f"{name}-{seed}")
        self._seed = seed
        self.seen = 0

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        self.seen += len(chips)
        return unit_rows([self._drawn(crc32(chip.values.tobytes())) for chip in chips])

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        return unit_rows([self._drawn(crc32(text.encode())) for text in sentences])

    def _drawn(self, number: int) -> FloatArray:
        return np.random.default_rng([self._seed, number]).standard_normal(16).astype(np.float32)


def contender(model: Model, name: str | None = None) -> Contender:
    """A model that is there already."""
    return Contender(name or model.card.name, model.card, lambda: model)


@dataclass
class Heard:
    """Who hears how far a comparison is."""

    titles: list[str] = field(default_factory=list)
    total: int | None = None
    done: int = 0

    def describe(self, text: str) -> None:
        self.titles.append(text)

    def expect(self, total: int | None) -> None:
        self.total = total

    def advance(self, count: int = 1) -> None:
        self.done += count


def unreadable() -> Pixels:
    """What a broken file answers."""
    raise SourceError("broken.tif is cut off.")
