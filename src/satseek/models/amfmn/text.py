"""The text branches: sentences through a two-way GRU, keywords through one of their own."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from satseek.models.amfmn.vocabulary import PADDING, UNKNOWN, TextBatch


class TextTensors:
    """A `TextBatch` as tensors on one device."""

    def __init__(self, batch: TextBatch, device: torch.device | str = "cpu") -> None:
        self.tokens, self.lengths, self.words, self.groups, self.offsets = (torch.from_numpy(array) for array in batch)
        self.tokens, self.words, self.groups, self.offsets = (
            tensor.to(device) for tensor in (self.tokens, self.words, self.groups, self.offsets)
        )  # lengths stay on the CPU, where packing wants them


class WordEmbedding(nn.Module):
    """A vector for each word: its own row plus the mean of its letter groups' rows."""

    def __init__(self, words: int, buckets: int, size: int, *, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.words = nn.Embedding(words, size, padding_idx=PADDING)
        self.groups = nn.EmbeddingBag(buckets, size, mode="mean")
        self.word_dropout = word_dropout
        nn.init.normal_(self.words.weight, std=0.1)
        nn.init.normal_(self.groups.weight, std=0.1)

    def forward(self, texts: TextTensors) -> Tensor:
        """Return the vectors of all sentences' words."""  # (batch, length, size)
        words = texts.words
        if self.training and self.word_dropout:
            forgotten = torch.rand(words.shape, device=words.device) < self.word_dropout
            words = words.masked_fill(forgotten & (words != PADDING), UNKNOWN)
        rows = self.words(words) + self.groups(texts.groups, texts.offsets)
        rows = rows.clone()
        rows[0] = 0
        vectors: Tensor = rows[texts.tokens]
        if self.training and self.word_dropout:
            skipped = torch.rand(texts.tokens.shape, device=rows.device) < self.word_dropout
            return vectors * ~skipped[..., None]
        return vectors


class SentenceBranch(nn.Module):
    """Embedding, two-way GRU, h_t = (forward + backward) / 2, and the mean over t; or a wider reading of h."""

    def __init__(
        self, embedding_size: int, hidden: int, dimensions: int, *, pooling: str = "mean", dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.gru = nn.GRU(embedding_size, hidden, batch_first=True, bidirectional=True)
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        width = hidden if pooling == "mean" else 4 * hidden
        self.project = nn.Identity() if width == dimensions else nn.Linear(width, dimensions)

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """Return one vector for each sentence."""  # (batch, length, embedding) -> (batch, dim)
        packed = pack_padded_sequence(self.dropout(vectors), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        there = torch.arange(states.shape[1]).unsqueeze(0) < lengths.unsqueeze(1)
        there = there.to(states.device).unsqueeze(2)
        counts = lengths.to(states.device).unsqueeze(1)
        if self.pooling == "mean":
            forward, backward = states.chunk(2, dim=2)
            pooled = ((forward + backward) / 2 * there).sum(1) / counts
        else:
            mean = (states * there).sum(1) / counts
            largest = states.masked_fill(~there, -1.0).amax(1)  # a GRU's states lie within ±1
            pooled = torch.cat([mean, largest], dim=1)
        sentence: Tensor = self.project(self.dropout(pooled))
        return sentence


class KeywordBranch(nn.Module):
    """Each phrase through a GRU, the mean over an image's phrases, and a small perceptron."""

    def __init__(self, embedding_size: int, hidden: int, dimensions: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.gru = nn.GRU(embedding_size, hidden, batch_first=True)
        self.perceptron = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(hidden, dimensions), nn.ReLU(), nn.Linear(dimensions, dimensions)
        )

    def forward(self, vectors: Tensor, lengths: Tensor, owners: Tensor, count: int) -> Tensor:
        """Return one vector for each owner of phrases; `owners` says whose each phrase is."""
        packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        last = self.gru(packed)[1][0]  # (phrases, hidden)
        sums = last.new_zeros(count, last.shape[1]).index_add(0, owners, last)
        counts = torch.bincount(owners, minlength=count).clamp(min=1).unsqueeze(1)
        keywords: Tensor = self.perceptron(sums / counts)
        return keywords
