"""Words find radar: a head that puts radar where a frozen text–optical model puts the optical picture of its ground.

h(s1) ≈ the optical vector of the co-registered patch, taught by InfoNCE and mean(1 − cos) without one radar caption;
words then reach radar because they reach optical. Each sensor's mean vector, fitted on the train split, is taken off
before anything is compared. The eyes are the shipped models: `amfmn` for words and optical, `sscm` for radar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.amfmn.entry import ENTRY as WORDS_AND_OPTICAL
from satseek.models.checkpoint import load_checkpoint
from satseek.models.eyes import identity, move_eyes, seen_by_two
from satseek.models.sscm.entry import ENTRY as RADAR

OPTICAL = "optical"  # the mean of optical vectors, among the tensors of a checkpoint
MEANS = "means."


class Bridge(nn.Module):
    """From a radar vector to the text–optical space."""

    def __init__(self, inside: int, hidden: int, outside: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inside, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, outside)
        )

    def forward(self, radar: Tensor) -> Tensor:
        """Return unit vectors."""  # (batch, inside) -> (batch, outside)
        return functional.normalize(self.layers(radar), dim=1)


class BridgeModel:
    """Encodes words, optical and radar chips into the space of the text–optical model."""

    def __init__(self, card: ModelCard, bridge: Bridge, optical_mean: Tensor, *, optical: Model, radar: Model) -> None:
        self.card = card
        self._bridge = bridge.eval().requires_grad_(False)
        self._optical_mean = optical_mean.float().numpy()
        self._optical, self._radar = optical, radar
        _require_taught_with(card, optical.card, radar.card)

    @staticmethod
    def load(folder: Path, *, optical: Model | None = None, radar: Model | None = None) -> BridgeModel:
        """Return the model of a checkpoint folder, with the shipped eyes unless told otherwise."""
        checkpoint = load_checkpoint(folder)
        tensors = {name: tensor.float() for name, tensor in checkpoint.tensors.items()}
        settings: Mapping[str, int] = checkpoint.settings
        bridge = Bridge(settings["inside"], settings["hidden"], settings["outside"])
        try:
            mean = tensors.pop(MEANS + OPTICAL)
            bridge.load_state_dict(tensors)
        except (KeyError, RuntimeError) as error:
            raise ModelError(f"The weights in {folder} do not fit their card: {error}") from error
        return BridgeModel(
            checkpoint.card, bridge, mean, optical=optical or WORDS_AND_OPTICAL.load(), radar=radar or RADAR.load()
        )

    def move_to(self, device: torch.device) -> None:
        """Let both eyes compute there from now on; the head between them is small."""
        move_eyes(device, self._optical, self._radar)

    @torch.inference_mode()
    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip, whichever sensor it comes from."""
        return seen_by_two(
            chips,
            self.card,
            radar=self._radar,
            of_radar=lambda seen: self._bridge(torch.from_numpy(seen)).numpy(),
            optical=self._optical,
            of_optical=lambda seen: seen - self._optical_mean,
        )

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text, as the text–optical model does."""
        return self._optical.encode_texts(sentences, keywords)


def eyes_of(optical: ModelCard, radar: ModelCard) -> dict[str, dict[str, str | None]]:
    """Return what a card must keep of the models that a bridge was taught with."""
    return {"optical": identity(optical), "radar": identity(radar)}


def _require_taught_with(card: ModelCard, optical: ModelCard, radar: ModelCard) -> None:
    told, here = card.options["eyes"], eyes_of(optical, radar)
    for role, facts in here.items():
        if dict(told[role]) != facts:
            raise ModelError(
                f"'{card.name}' was taught with another '{told[role]['name']}' (version {told[role]['version']}) than "
                "this SatSeek has. Train it again: satseek train satseek-one --data DIR."
            )
