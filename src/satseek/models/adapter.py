"""Any two frozen encoders joined by a small head that was taught on pairs: an image model, and one that reads radar.

`bridge` keeps the image model's space and leads radar into it, so the image model's words find radar:
r ↦ h(r), h an MLP. `shared` is the head of SS-CM-RSIR (doi 10.1109/ICIP46576.2022.9897475) on frozen features: a linear
stem for each encoder and one head g for both, y = g(W_k x); words do not fit a space that was bent. Each model's card
names both eyes and the weights they had, and other ones are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, UsageError
from satseek.core.model import Model, require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.checkpoint import load_checkpoint
from satseek.models.eyes import RADAR, identity, move_eyes, seen_by_two

BRIDGE, SHARED = "bridge", "shared"
HEADS = (BRIDGE, SHARED)
LEARNS = "adapter"  # what a card says of such a model
OPTICAL = "optical"
MEAN = "mean.optical"  # of the image model's vectors, among the tensors
FOLDER = "folder"  # the option of an eye's card that says where it lies
Load = Callable[[str], Model]


class Adapter(nn.Module):
    """The head: from vectors of both encoders to unit vectors of one space."""

    def __init__(self, head: str, *, radar: int, optical: int, hidden: int, joint: int, dropout: float = 0.0) -> None:
        super().__init__()
        if head == BRIDGE:
            layers = [nn.Linear(radar, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, optical)]
            self.radar: nn.Module = nn.Sequential(*layers)
            self.optical: nn.Module = nn.Identity()
            self.shared: nn.Module = nn.Identity()
        else:
            self.radar, self.optical = nn.Linear(radar, joint), nn.Linear(optical, joint)
            self.shared = nn.Sequential(nn.ReLU(), nn.Dropout(dropout), nn.Linear(joint, joint))

    def forward(self, radar: Tensor, optical: Tensor) -> tuple[Tensor, Tensor]:
        """Return what both become."""  # (batch, radar), (batch, optical) -> twice (batch, dim)
        return self.of_radar(radar), self.of_optical(optical)

    def of_radar(self, vectors: Tensor) -> Tensor:
        """Return unit vectors of radar vectors."""
        return functional.normalize(self.shared(self.radar(vectors)), dim=1)

    def of_optical(self, vectors: Tensor) -> Tensor:
        """Return unit vectors of the image model's vectors, whose mean has been taken off."""
        return functional.normalize(self.shared(self.optical(vectors)), dim=1)


class AdapterModel:
    """Encodes words, optical and radar chips into one space, each by the model that was made for it."""

    def __init__(self, card: ModelCard, head: Adapter, mean: Tensor, *, optical: Model, radar: Model) -> None:
        self.card = card
        self._head = head.eval().requires_grad_(False)
        self._mean = mean.float().numpy()
        self._optical, self._radar = optical, radar
        _require_taught_with(card, optical.card, radar.card)

    @staticmethod
    def load(folder: Path, load: Load) -> AdapterModel:
        """Return the model of a checkpoint folder; `load` finds both eyes by the names in its card."""
        checkpoint = load_checkpoint(folder)
        tensors = {name: tensor.float() for name, tensor in checkpoint.tensors.items()}
        settings: Mapping[str, Any] = checkpoint.settings
        try:
            sizes = {name: int(settings[name]) for name in ("radar", "optical", "hidden", "joint")}
            head = Adapter(str(settings["head"]), **sizes)
            mean = tensors.pop(MEAN)
            head.load_state_dict(tensors)
            eyes = {role: str(checkpoint.card.options["eyes"][role]["load"]) for role in (OPTICAL, "radar")}
        except (KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"The weights in {folder} do not fit their card: {error}") from error
        found = {role: _eye(name, checkpoint.card, load) for role, name in eyes.items()}
        return AdapterModel(checkpoint.card, head, mean, optical=found[OPTICAL], radar=found["radar"])

    def move_to(self, device: torch.device) -> None:
        """Let both eyes compute there from now on; the head between them is small."""
        move_eyes(device, self._optical, self._radar)

    @torch.inference_mode()
    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip, whichever sensor it comes from; zeros where nothing is known of it."""
        return seen_by_two(
            chips,
            self.card,
            radar=self._radar,
            of_radar=lambda seen: self._head.of_radar(torch.from_numpy(seen)).numpy(),
            optical=self._optical,
            of_optical=lambda seen: self._head.of_optical(torch.from_numpy(unit_rows(seen - self._mean))).numpy(),
        )

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text, as the image model does."""
        require_text(self.card)
        return self._optical.encode_texts(sentences, keywords)


def require_joinable(optical: ModelCard, radar: ModelCard) -> None:
    """Raise `UsageError` for two models that no head can join."""
    colour = [sensor for sensor in optical.sensors if sensor != RADAR]
    if not colour:
        raise UsageError(f"'{optical.name}' reads no optical imagery; --image wants a model that does.")
    if RADAR not in radar.sensors:
        raise UsageError(f"'{radar.name}' reads no radar ('{RADAR}'); --radar wants a model that does.")
    for card in (optical, radar):
        if card.scorer != "cosine":
            raise UsageError(
                f"'{card.name}' scores by '{card.scorer}', not by the cosine, so its vectors cannot be led anywhere. "
                "Choose another."
            )


def eyes_of(optical: ModelCard, radar: ModelCard, names: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
    """Return what a card keeps of the models that an adapter joins; `names` are what they are loaded by."""
    return {
        role: {**identity(card), "load": str(card.options.get(FOLDER, names[role]))}
        for role, card in ((OPTICAL, optical), ("radar", radar))
    }


def _eye(name: str, card: ModelCard, load: Load) -> Model:
    try:
        return load(name)
    except (ModelError, UsageError) as error:
        raise ModelError(f"'{card.name}' sees with '{name}', which cannot be loaded: {error}") from error


def _require_taught_with(card: ModelCard, optical: ModelCard, radar: ModelCard) -> None:
    for role, here in ((OPTICAL, optical), ("radar", radar)):
        told = dict(card.options["eyes"][role])
        if {key: told.get(key) for key in identity(here)} != identity(here):
            raise ModelError(
                f"'{card.name}' was taught with another '{told['name']}' (version {told['version']}, weights "
                f"{str(told['weights_sha256'])[:12]}) than the '{here.name}' that is here. Bring that one back, or "
                "train the adapter again: satseek train adapter --image … --radar … --pairs DIR."
            )
