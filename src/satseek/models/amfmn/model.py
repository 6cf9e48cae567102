"""The model as the rest of the house sees it: chips and words in, unit vectors out, numpy at the seam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.text import TextTensors
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.checkpoint import load_checkpoint
from satseek.models.device import fast_arithmetic
from satseek.models.hollow import hollow
from satseek.models.scorers import Scorer, scorer_of
from satseek.models.true_colour import true_colour

AT_ONCE = 32  # chips; more fill the processor's cache without being faster
SENTENCES_AT_ONCE = 256


class AmfmnModel:
    """Encodes true-colour and Sentinel-2 chips, sentences and keywords."""

    def __init__(self, card: ModelCard, network: Amfmn, vocabulary: Vocabulary) -> None:
        self.card = card
        self.vocabulary = vocabulary
        self._network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self._views = int(card.options.get("views", 1))
        self._device = torch.device("cpu")

    @staticmethod
    def load(folder: Path) -> AmfmnModel:
        """Return the model of a checkpoint folder."""
        checkpoint = load_checkpoint(folder)
        if checkpoint.vocabulary is None:
            raise ModelError(f"The model in {folder} has no vocabulary, so it cannot read text. Train it again.")
        vocabulary = Vocabulary.from_json(checkpoint.vocabulary)
        with hollow():
            network = Amfmn(AmfmnSettings.from_json(checkpoint.settings), vocabulary.size)
        state = {name: tensor.float() for name, tensor in checkpoint.tensors.items()}
        try:
            network.load_state_dict(state, assign=True)
        except RuntimeError as error:
            raise ModelError(f"The weights in {folder} do not fit their card: {error}") from error
        return AmfmnModel(checkpoint.card, network, vocabulary)

    def move_to(self, device: torch.device) -> None:
        """Compute there from now on; the seam stays numpy."""
        self._network = self._network.to(device)
        self._device = device

    @property
    def scorer(self) -> Scorer:
        """How a text vector is scored exactly with stored image vectors."""
        weights = {name: value.cpu().numpy() for name, value in self._network.guidance.state_dict().items()}
        return scorer_of(self._network.settings.guidance, weights)

    @torch.inference_mode()
    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip; bands or sensors that cannot be read are refused."""
        rows = np.zeros((len(chips), self.card.dimensions), dtype=np.float32)
        pictures = [torch.from_numpy(true_colour(chip, self.card)) for chip in chips]
        for start in range(0, len(chips), AT_ONCE):
            images = torch.cat([_sized(each, self.card.chip_size) for each in pictures[start : start + AT_ONCE]])
            images = images.to(self._device, memory_format=torch.channels_last)
            vectors = self._seen(images)
            if self._views > 1:
                vectors = vectors + self._seen(images.flip(3))
            rows[start : start + AT_ONCE] = vectors.cpu().numpy()
        return unit_rows(rows)

    def _seen(self, images: Tensor) -> Tensor:
        with fast_arithmetic(self._device):
            return functional.normalize(self._network.encode_images(images), dim=1)

    @torch.inference_mode()
    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text: of its sentence, of its keywords, or of both joined."""
        lists = [list(filter(str.strip, words)) for words in keywords] if keywords is not None else []
        texts = list(sentences) or [""] * len(lists)
        lists = lists or [[] for _ in texts]
        if len(lists) != len(texts):
            raise ModelError(f"There are {len(texts)} sentences but {len(lists)} lists of keywords; give one for each.")
        said = [index for index, text in enumerate(texts) if text.strip()]
        worded = [index for index, words in enumerate(lists) if words]
        rows = torch.zeros(len(texts), self.card.dimensions, device=self._device)
        rows[said] = self._sentences([texts[index] for index in said])
        if worded:
            rows[worded] = self._with_keywords(rows[worded], [lists[index] for index in worded])
        if self._network.settings.guidance == "sim":  # folded: its exact score is then a plain cosine
            rows = self._network.guidance.of_text(functional.normalize(rows, dim=1)) * (rows != 0).any(1, keepdim=True)
        return unit_rows(rows.cpu().numpy())

    def _sentences(self, sentences: Sequence[str]) -> Tensor:
        parts = [
            functional.normalize(self._network.encode_texts(self._tensors(some)), dim=1)
            for start in range(0, len(sentences), SENTENCES_AT_ONCE)
            if (some := sentences[start : start + SENTENCES_AT_ONCE])
        ]
        return torch.cat(parts) if parts else torch.zeros(0, self.card.dimensions, device=self._device)

    def _tensors(self, texts: Sequence[str]) -> TextTensors:
        return TextTensors(self.vocabulary.encode(texts), self._device)

    def _with_keywords(self, sentences: Tensor, lists: Sequence[Sequence[str]]) -> Tensor:
        """Return the joint of unit sentences (or rows of zeros) and their keywords."""
        owners = torch.tensor([owner for owner, words in enumerate(lists) for _ in words], device=self._device)
        phrases = [phrase for words in lists for phrase in words]
        spoken = torch.zeros_like(sentences).index_add(0, owners, self._sentences(phrases))
        network = self._network
        if not network.settings.keywords:  # each keyword is then a short sentence, and all count alike
            return sentences + spoken
        keys = functional.normalize(network.encode_keywords(self._tensors(phrases), owners, len(lists)), dim=1)
        alone = ~sentences.any(1, keepdim=True)
        both_ways = keys + functional.normalize(spoken, dim=1)  # better than either, docs/results.md
        return torch.where(alone, both_ways, network.joint(sentences, keys))


def _sized(picture: Tensor, size: int) -> Tensor:
    if picture.shape[1:] == (size, size):
        return picture[None]
    return functional.interpolate(picture[None], size=(size, size), mode="bilinear", antialias=True)
