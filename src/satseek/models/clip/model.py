"""A CLIP model as the rest of the house sees it: chips and words in, unit vectors of one space out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.clip.pictures import Look, picture
from satseek.models.clip.words import Tokens
from satseek.models.device import fast_arithmetic

AT_ONCE = 32  # chips
TEXTS_AT_ONCE = 256
A_NAME = 2  # words that are still a name, as keywords are, and no sentence


class ClipModel:
    """Encodes true-colour chips, sentences, and names put into the card's prompts."""

    def __init__(self, card: ModelCard, network: nn.Module, look: Look, tokens: Tokens) -> None:
        self.card = card
        self._network: Any = network.eval().requires_grad_(False)
        self._look, self._tokens = look, tokens
        self._prompts = tuple(card.options.get("prompts") or ("{}",))
        self._sentence = str(card.options.get("sentence") or "{}")
        self._device = torch.device("cpu")

    def move_to(self, device: torch.device) -> None:
        """Compute there from now on; the seam stays numpy."""
        self._network = self._network.to(device)
        self._device = device

    @torch.inference_mode()
    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip; of one without a valid pixel a row of zeros."""
        rows = np.zeros((len(chips), self.card.dimensions), dtype=np.float32)
        for members in self._alike(chips):
            for start in range(0, len(members), AT_ONCE):
                some = members[start : start + AT_ONCE]
                rows[[place for place, _ in some]] = self._seen(torch.stack([image for _, image in some]))
        return unit_rows(rows)

    @torch.inference_mode()
    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text: of its sentence, of the mean of its keywords, or of both."""
        lists = [[word for word in words if word.strip()] for words in keywords] if keywords is not None else []
        texts = list(sentences) or [""] * len(lists)
        lists = lists or [[] for _ in texts]
        if len(lists) != len(texts):
            raise ModelError(f"There are {len(texts)} sentences but {len(lists)} lists of keywords; give one for each.")
        said = self._said([text for text in texts if len(text.split()) > A_NAME])
        names = dict.fromkeys(
            [text for text in texts if 0 < len(text.split()) <= A_NAME] + [word for words in lists for word in words]
        )
        named = self._named(list(names))
        rows = np.zeros((len(texts), self.card.dimensions), dtype=np.float32)
        for row, text, words in zip(rows, texts, lists, strict=True):
            if text.strip():
                row += said[text] if text in said else named[text]
            if words:
                row += unit_rows(np.mean([named[word] for word in words], axis=0))[0]
        return unit_rows(rows)

    def _alike(self, chips: Sequence[Pixels]) -> list[list[tuple[int, Tensor]]]:
        """Return places and pictures that can be encoded together; chips without a valid pixel are left out."""
        groups: dict[tuple[int, ...], list[tuple[int, Tensor]]] = defaultdict(list)
        for place, chip in enumerate(chips):
            image = picture(chip, self.card)
            if chip.valid.any():
                groups[tuple(image.shape)].append((place, image))
        return list(groups.values())

    def _seen(self, pictures: Tensor) -> FloatArray:
        images = self._look.normalised(self._look.sized(pictures.to(self._device)))
        with fast_arithmetic(self._device):
            vectors: Tensor = self._network.encode_image(images)
        seen: FloatArray = vectors.float().cpu().numpy()
        return seen

    def _said(self, sentences: Sequence[str]) -> dict[str, FloatArray]:
        different = list(dict.fromkeys(sentences))
        return dict(
            zip(different, self._read([self._sentence.replace("{}", text.strip()) for text in different]), strict=True)
        )

    def _named(self, names: Sequence[str]) -> dict[str, FloatArray]:
        """Return the mean of the unit vectors of each name in every prompt, as unit vectors."""
        prompts = [prompt.replace("{}", name.strip()) for name in names for prompt in self._prompts]
        vectors = self._read(prompts).reshape(len(names), len(self._prompts), self.card.dimensions)
        return dict(zip(names, unit_rows(vectors.mean(axis=1)) if names else vectors[:, 0], strict=True))

    def _read(self, texts: Sequence[str]) -> FloatArray:
        parts = [
            functional.normalize(self._network.encode_text(self._tokens(some).to(self._device)).float(), dim=1).cpu()
            for start in range(0, len(texts), TEXTS_AT_ONCE)
            if (some := texts[start : start + TEXTS_AT_ONCE])
        ]
        read: FloatArray = (torch.cat(parts) if parts else torch.zeros(0, self.card.dimensions)).numpy()
        return read
