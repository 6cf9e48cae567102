"""Two small models that stand for the frozen ones of a bridge: each sees how bright a chip is, in its own space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from satseek.core.card import ModelCard
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows

SIZE = 12


class Eye:
    """Unit rows that turn with brightness; words are numbers that say how bright."""

    def __init__(self, name: str, seed: int, sensors: dict[str, tuple[str, ...]], *, reads_text: bool) -> None:
        self.card = ModelCard(name, "1", name, SIZE, sensors, reads_text, 32, weights_sha256=f"{name}-{seed}")
        self.seen = 0
        self.device: torch.device | None = None
        self._waves = (
            np.random.default_rng(seed).uniform(1, 6, SIZE),
            np.random.default_rng(seed + 1).uniform(0, 6, SIZE),
        )

    def move_to(self, device: torch.device) -> None:
        self.device = device

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        self.seen += len(chips)
        rows = self._at([_brightness(chip) for chip in chips])
        return rows * np.array([[chip.valid.any()] for chip in chips], dtype=np.float32).reshape(-1, 1)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        return self._at([float(sentence) for sentence in sentences])

    def _at(self, levels: Sequence[float]) -> FloatArray:
        speeds, phases = self._waves
        return unit_rows(np.cos(np.array(levels)[:, None] * speeds + phases) + 0.5) if len(levels) else unit_rows([])


def _brightness(chip: Pixels) -> float:
    mean = float(chip.values[:, chip.valid].mean()) if chip.valid.any() else 0.0
    return (mean + 30) / 30 if chip.sensor == "s1" else mean / 255


def optical_eye(seed: int = 1) -> Eye:
    sensors = {"rgb": ("red", "green", "blue"), "s2": ("B04", "B03", "B02")}
    return Eye("amfmn", seed, sensors, reads_text=True)


def radar_eye(seed: int = 5) -> Eye:
    sensors: dict[str, tuple[str, ...]] = {"rgb": ("red", "green", "blue"), "s1": ()}
    return Eye("sscm", seed, sensors, reads_text=False)
