"""Encoding: chips that wait together become vectors, and a scene that the model refuses spoils none of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from satseek.core.chip import Chip
from satseek.core.errors import ModelError
from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray

BATCH = 64
BYTES_A_BATCH = 64e6  # of pixels


@dataclass
class Batch:
    """Chips of one sensor that wait for being encoded together."""

    chips: list[Chip] = field(default_factory=list)
    pixels: list[Pixels] = field(default_factory=list)
    byte_count: int = 0

    def append(self, chip: Chip, pixels: Pixels) -> None:
        """Let one more chip wait."""
        self.chips.append(chip)
        self.pixels.append(pixels)
        self.byte_count += pixels.values.nbytes

    def is_full(self, most: int) -> bool:
        """Return whether it is time to encode."""
        return len(self.chips) >= most or self.byte_count >= BYTES_A_BATCH

    def by_scene(self) -> list[Batch]:
        """Return the batch in parts, one for each scene."""
        parts: dict[tuple[str, str], Batch] = {}
        for chip, pixels in zip(self.chips, self.pixels, strict=True):
            parts.setdefault((chip.scene, chip.source), Batch()).append(chip, pixels)
        return list(parts.values())


def encode(model: Model, batch: Batch, refuse: Callable[[str, str], None]) -> tuple[list[Chip], FloatArray]:
    """Return the chips that the model takes, with their vectors; a scene that it does not take is refused."""
    try:
        return batch.chips, model.encode_images(batch.pixels)
    except ModelError as error:
        by_scene = batch.by_scene()
        if len(by_scene) == 1:
            refuse(batch.chips[0].source, str(error))
            return [], np.empty((0, model.card.dimensions), np.float32)
    parts = [encode(model, part, refuse) for part in by_scene]
    return [chip for chips, _ in parts for chip in chips], np.concatenate([vectors for _, vectors in parts])
