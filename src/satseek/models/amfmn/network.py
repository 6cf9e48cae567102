"""The whole AMFMN network: image branch, text branches, their joint, and the guidance that scores pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from satseek.core.errors import ModelError, UsageError, did_you_mean
from satseek.models.amfmn.guidance import VARIANTS, Guidance
from satseek.models.amfmn.image import ImageBranch
from satseek.models.amfmn.joint import Joint
from satseek.models.amfmn.text import KeywordBranch, SentenceBranch, TextTensors, WordEmbedding
from satseek.models.backbones.catalogue import build_backbone
from satseek.models.settings import settings_of

POOLINGS = ("mean", "mean+max")


@dataclass(frozen=True)
class AmfmnSettings:
    """What must be known to build the network again; the defaults are the paper's."""

    backbone: str = "resnet18"
    dimensions: int = 512
    salience: bool = True
    salience_as_printed: bool = True
    guidance: str = "soft"
    embedding: int = 300
    hidden: int = 512
    pooling: str = "mean"
    buckets: int = 4096
    keywords: bool = False

    def __post_init__(self) -> None:
        for name, value, known in (("guidance", self.guidance, VARIANTS), ("pooling", self.pooling, POOLINGS)):
            if value not in known:
                raise UsageError(f"There is no {name} called '{value}'. {did_you_mean(value, known)}")
        for name in ("dimensions", "embedding", "hidden", "buckets"):
            if not 1 <= getattr(self, name) <= 1_000_000:
                raise UsageError(f"The model's {name} is {getattr(self, name)}; it must be 1 or more.")

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> AmfmnSettings:
        """Read settings back from a card; ones of a newer version are refused, for they would change the network."""
        return settings_of(AmfmnSettings, value)


class Amfmn(nn.Module):
    """Images and sentences to vectors of one space, and scores of their pairs."""

    def __init__(self, settings: AmfmnSettings, words: int, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.settings = settings
        size, hidden = settings.embedding, settings.hidden
        self.image = ImageBranch(
            build_backbone(settings.backbone),
            settings.dimensions,
            salience=settings.salience,
            as_printed=settings.salience_as_printed,
            dropout=dropout,
        )
        self.embedding = WordEmbedding(words, settings.buckets, size, word_dropout=word_dropout)
        self.sentence = SentenceBranch(size, hidden, settings.dimensions, pooling=settings.pooling, dropout=dropout)
        self.guidance = Guidance(settings.guidance, settings.dimensions)
        if settings.keywords:
            self.keyword = KeywordBranch(size, hidden, settings.dimensions, dropout=dropout)
            self.joint = Joint(settings.dimensions)

    def forward(self, images: Tensor, texts: TextTensors, *, begun: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Return image vectors, text vectors and the score of every pair; `begun` blocks are already done."""
        seen = self.image.finish(images, begun).float() if begun else self.encode_images(images)
        said = self.encode_texts(texts)
        return seen, said, self.scores(seen, said)

    def scores(self, images: Tensor, texts: Tensor) -> Tensor:
        """Return the score of every pair of vectors, in full precision."""  # (images, dim), (texts, dim)
        with torch.autocast(images.device.type, enabled=False):
            pairs: Tensor = self.guidance(images, texts)
            return pairs

    def encode_images(self, images: Tensor) -> Tensor:
        """Return F_v of pictures with values from 0 to 255."""  # (batch, 3, h, w) -> (batch, dim)
        vectors: Tensor = self.image(images)
        return vectors.float()

    def encode_texts(self, texts: TextTensors) -> Tensor:
        """Return one vector for each sentence, in full precision: recurrent nets lose too much in bf16."""
        with torch.autocast(texts.tokens.device.type, enabled=False):
            vectors: Tensor = self.sentence(self.embedding(texts), texts.lengths)
            return vectors

    def encode_keywords(self, phrases: TextTensors, owners: Tensor, count: int) -> Tensor:
        """Return one vector for each list of phrases."""
        if not self.settings.keywords:
            raise ModelError("This model has no keyword branch; its mode is 'sentence'.")
        with torch.autocast(phrases.tokens.device.type, enabled=False):
            vectors: Tensor = self.keyword(self.embedding(phrases), phrases.lengths, owners, count)
            return vectors
