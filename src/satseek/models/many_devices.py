"""One model on several devices: each encodes its share of a batch, and the vectors come back in order."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from satseek.core.card import ModelCard
from satseek.core.errors import UsageError
from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.device import Movable, device_of, place


def on_devices(model: Model, name: str = "auto", count: int | None = None) -> Model:
    """Return the model on the devices of a kind: so many of them, or all unless told; a processor is one device."""
    device = device_of(name)
    is_one = device.type != "cuda" or ":" in name
    wanted = count if count is not None else 1 if is_one else torch.cuda.device_count()
    if wanted == 1 or (count is None and not isinstance(model, Movable)):
        place(model, name)
        return model
    if not isinstance(model, Movable):
        raise UsageError(f"Model '{model.card.name}' computes without PyTorch, on one processor. Leave --devices out.")
    return ManyDevices(model, _devices(name, device, wanted))


class ManyDevices:
    """A model whose copies encode images side by side, a thread for each; texts are encoded by the first."""

    def __init__(self, model: Model, devices: Sequence[torch.device]) -> None:
        self._copies = [model, *(copy.deepcopy(model) for _ in devices[1:])]
        for each, device in zip(self._copies, devices, strict=True):
            if isinstance(each, Movable):
                each.move_to(device)
        self._pool = ThreadPoolExecutor(len(devices), thread_name_prefix="satseek-encode")

    @property
    def card(self) -> ModelCard:
        """What the model reads and makes."""
        return self._copies[0].card

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip, in order."""
        size = max(1, -(-len(chips) // len(self._copies)))
        shares = [chips[start : start + size] for start in range(0, len(chips), size)]
        if len(shares) < 2:
            return self._copies[0].encode_images(chips)
        rows = self._pool.map(lambda each, share: each.encode_images(share), self._copies, shares)
        return np.concatenate(list(rows))

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text."""
        return self._copies[0].encode_texts(sentences, keywords)

    def __len__(self) -> int:
        return len(self._copies)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._copies[0], name)


def _devices(name: str, device: torch.device, count: int) -> list[torch.device]:
    if ":" in name:
        raise UsageError(f"'{name}' is one device, and --devices {count} asks for more. Say --device {device.type}.")
    there = torch.cuda.device_count() if device.type == "cuda" else count if device.type == "cpu" else 1
    if count > there:
        raise UsageError(f"This machine has {there} devices '{device.type}', not {count}. Ask for fewer --devices.")
    return [torch.device(device.type, number) if device.type == "cuda" else device for number in range(count)]
