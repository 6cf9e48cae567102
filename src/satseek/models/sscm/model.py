"""The model as the rest of the house sees it: chips of any of its sensors in, unit vectors of one space out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.checkpoint import load_checkpoint
from satseek.models.device import fast_arithmetic
from satseek.models.sscm.network import Sscm
from satseek.models.sscm.prepare import bands_of, encoder_of, normalised, sized
from satseek.models.sscm.settings import SscmSettings

AT_ONCE = 32
MEANS = "means."  # before a sensor's name: its mean vector, among the tensors of a checkpoint


class SscmModel:
    """Encodes chips of several sensors; search goes by y, z is there for whoever asks."""

    def __init__(self, card: ModelCard, network: Sscm, means: Mapping[str, Tensor]) -> None:
        self.card = card
        self._network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self._means = {name: mean.float() for name, mean in means.items()}
        self._bands = network.settings.bands
        self._resolution_m = float(card.options["resolution_m"])
        self._window = int(card.options["window"])
        self._device = torch.device("cpu")

    @staticmethod
    def load(folder: Path) -> SscmModel:
        """Return the model of a checkpoint folder."""
        checkpoint = load_checkpoint(folder)
        network = Sscm(SscmSettings.from_json(checkpoint.settings))
        tensors = {name: tensor.float() for name, tensor in checkpoint.tensors.items()}
        means = {name.removeprefix(MEANS): tensors.pop(name) for name in list(tensors) if name.startswith(MEANS)}
        strange = set(means) ^ set(network.settings.bands)
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise ModelError(f"The weights in {folder} do not fit their card: {error}") from error
        if strange:
            raise ModelError(f"The weights in {folder} do not fit their card: means of {', '.join(sorted(strange))}.")
        return SscmModel(checkpoint.card, network, means)

    def move_to(self, device: torch.device) -> None:
        """Compute there from now on; the seam stays numpy."""
        self._network = self._network.to(device)
        self._means = {name: mean.to(device) for name, mean in self._means.items()}
        self._device = device

    @torch.inference_mode()
    def encode_images(self, chips: Sequence[Pixels], *, head: Literal["y", "z"] = "y") -> FloatArray:
        """Return one unit row for each chip: y less its sensor's mean, or z of the projection head."""
        size = self.card.dimensions if head == "y" else self._network.settings.projection
        rows = np.zeros((len(chips), size), dtype=np.float32)
        for (sensor, _), members in self._alike(chips).items():
            for start in range(0, len(members), AT_ONCE):
                some = members[start : start + AT_ONCE]
                rows[[place for place, _ in some]] = self._encode(sensor, torch.cat([image for _, image in some]), head)
        return unit_rows(rows)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Refuse: it has no words."""
        require_text(self.card)
        return np.zeros((len(sentences) or len(keywords or ()), self.card.dimensions), dtype=np.float32)

    def _alike(self, chips: Sequence[Pixels]) -> dict[tuple[str, tuple[int, ...]], list[tuple[int, Tensor]]]:
        """Return places and images that can be encoded together; chips without a valid pixel are left out."""
        groups: dict[tuple[str, tuple[int, ...]], list[tuple[int, Tensor]]] = defaultdict(list)
        for place, chip in enumerate(chips):
            sensor = encoder_of(chip, self._bands, self.card)
            values = bands_of(chip, sensor, self._bands[sensor])
            if chip.valid.any():
                image = sized(values, chip.ground_resolution_m, self._resolution_m, self._window)
                groups[sensor, tuple(image.shape)].append((place, image))
        return groups

    def _encode(self, sensor: str, images: Tensor, head: str) -> FloatArray:
        pixels = normalised(images.to(self._device), sensor, self._bands[sensor], self._network.settings.normalise)
        with fast_arithmetic(self._device):
            seen = self._network.encode(pixels, sensor)
        vectors = seen.y - self._means[sensor] if head == "y" else seen.z
        return unit_rows(vectors.float().cpu().numpy())
