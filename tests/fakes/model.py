"""A tiny honest model: it knows four colours by name and by sight, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.model import require_readable, require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows

COLOURS = ("red", "green", "blue", "grey")


class Paint:
    """Encodes a picture by how red, green and blue it is, and a text by the colours that it names."""

    def __init__(self, *, reads_text: bool = True, name: str = "paint") -> None:
        self.card = ModelCard(
            name=name,
            version="1",
            summary="the colours red, green, blue and grey",
            dimensions=len(COLOURS),
            sensors={"rgb": ("red", "green", "blue"), "s1": (), "s2": ()},
            reads_text=reads_text,
            chip_size=32,
            options={"words": list(COLOURS)},
        )
        self.encoded_texts: list[str] = []

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        rows = np.zeros((len(chips), len(COLOURS)), dtype=np.float32)
        for row, chip in zip(rows, chips, strict=True):
            require_readable(self.card, chip.sensor)
            means = chip.values[:3].reshape(len(chip.values[:3]), -1).mean(axis=1)
            row[: len(means)] = means - means.min()
            row[3] = means.min()
        return unit_rows(rows)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        require_text(self.card)
        texts = [
            " ".join([text, *more]) for text, more in zip(sentences, keywords or [()] * len(sentences), strict=True)
        ]
        self.encoded_texts += texts
        return unit_rows([[text.split().count(colour) for colour in COLOURS] for text in texts])


def painted(**amounts: float) -> FloatArray:
    """The unit vector of a picture with so much of each colour."""
    return unit_rows([[amounts.get(colour, 0.0) for colour in COLOURS]])[0]


def plain_picture(red: int, green: int, blue: int, *, side: int = 32) -> Pixels:
    """A picture of one colour."""
    values = np.empty((3, side, side), dtype=np.uint8)
    values[:] = np.array([red, green, blue], dtype=np.uint8)[:, None, None]
    return Pixels("rgb", ("red", "green", "blue"), values, np.ones((side, side), dtype=bool))
