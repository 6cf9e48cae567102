"""A small captioned set on disk, and a model that knows it: grey squares, and how bright a caption says they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from satseek.core.card import ModelCard
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows


def card(**more: object) -> ModelCard:
    facts: dict[str, object] = {"sensors": {"rgb": ("red", "green", "blue")}, "reads_text": True}
    return ModelCard("grey", "1", "Knows grey", 2, chip_size=16, **(facts | more))  # type: ignore[arg-type]


class Grey:
    """Sets a picture and a text with a number of 0…255 at the same angle; counts what it encodes."""

    def __init__(self, own_card: ModelCard | None = None) -> None:
        self.card = own_card or card()
        self.images_seen = 0
        self.texts_seen: list[str] = []

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        self.images_seen += len(chips)
        return _angles([float(chip.values.mean()) for chip in chips])

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        texts = list(sentences) or [""] * len(keywords or ())
        self.texts_seen += texts
        for row, words in enumerate(keywords or ()):
            texts[row] = f"{texts[row]} {' '.join(words)}"
        levels = [[float(word) for word in text.split() if word.isdigit()] for text in texts]
        return _angles([float(np.mean(each)) if each else 0.0 for each in levels])


def write_grey_set(folder: Path, levels: Sequence[int], *, split: str = "val") -> None:
    """Write a `folder` data set of grey squares, each with a caption that says its level and one that says nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for place, level in enumerate(levels):
        Image.fromarray(np.full((16, 16, 3), level, dtype=np.uint8)).save(folder / f"{place}.png")
        captions = [f"a field of grey {level} .", "a field ."]
        lines.append({"file": f"{place}.png", "captions": captions, "split": split, "keywords": [f"grey {level}"]})
    (folder / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))


def _angles(levels: Sequence[float]) -> FloatArray:
    turned = np.array(levels) / 255 * np.pi / 2
    return unit_rows(np.stack([np.cos(turned), np.sin(turned)], axis=1))
