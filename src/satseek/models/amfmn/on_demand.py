"""A model of which a search by words needs the words alone: PyTorch is loaded once there is a picture to encode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.amfmn.words import SentenceReader
from satseek.models.checkpoint import load_arrays, read_card, read_vocabulary
from satseek.models.scorers import Scorer, scorer_of

if TYPE_CHECKING:
    import torch

    from satseek.models.amfmn.model import AmfmnModel

MOST_SENTENCES = 512  # more at once are worth the second that PyTorch takes to load


class AmfmnOnDemand:
    """The same as `AmfmnModel`, in the order in which its parts are needed."""

    def __init__(self, folder: Path) -> None:
        """Read the card; weights are read, and checked against it, when they are first used."""
        self.card: ModelCard = read_card(folder)
        self._folder = folder
        self._move: Callable[[AmfmnModel], None] = lambda model: None

    def move_to(self, device: torch.device) -> None:
        """Compute there from now on."""
        self._move = lambda model: model.move_to(device)
        if "_whole" in vars(self):
            self._move(self._whole)

    @property
    def scorer(self) -> Scorer:
        """How a text vector is scored exactly with stored image vectors."""
        if "_whole" in vars(self):
            return self._whole.scorer
        begin = "guidance."
        weights = {
            name.removeprefix(begin): np.asarray(each, dtype=np.float32)
            for name, each in self._arrays.items()
            if name.startswith(begin)
        }
        return scorer_of(self._settings["guidance"], weights)

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip."""
        return self._whole.encode_images(chips)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text."""
        plain = not any(word.strip() for words in keywords or () for word in words)
        few = 0 < len(sentences) <= MOST_SENTENCES and all(sentence.strip() for sentence in sentences)
        if plain and few and self._reads_alone and "_whole" not in vars(self):
            return self._reader.encode(sentences)
        return self._whole.encode_texts(sentences, keywords)

    @property
    def _settings(self) -> Mapping[str, Any]:
        settings: Mapping[str, Any] = self.card.options["settings"]
        return settings

    @property
    def _reads_alone(self) -> bool:
        """Whether a sentence's vector depends on its words alone: `sim` bends it by what guides images."""
        return bool(self._settings["guidance"] != "sim")

    @cached_property
    def _reader(self) -> SentenceReader:
        vocabulary = read_vocabulary(self._folder, self.card)
        if vocabulary is None:
            raise ModelError(f"The model in {self._folder} has no vocabulary, so it cannot read text. Train it again.")
        return SentenceReader(self._arrays, Vocabulary.from_json(vocabulary), pooling=self._settings["pooling"])

    @cached_property
    def _arrays(self) -> Mapping[str, FloatArray]:
        return load_arrays(self._folder, self.card)

    @cached_property
    def _whole(self) -> AmfmnModel:
        from satseek.models.amfmn.model import AmfmnModel

        whole = AmfmnModel.load(self._folder)
        whole.card = self.card
        self._move(whole)
        return whole
