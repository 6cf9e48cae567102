"""The sentence branch without PyTorch: a question of a few words is encoded before PyTorch would have been loaded.

h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, with r = σ(W_ir x + W_hr h), z = σ(W_iz x + W_hz h), n = tanh(W_in x + r ⊙ W_hn h),
once from each end, over the vectors that `text.WordEmbedding` makes of words and their letter groups. One sentence
after the other: thousands of them are quicker with PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.amfmn.vocabulary import Vocabulary


class SentenceReader:
    """Encodes sentences as the network of the same weights does."""

    def __init__(self, weights: Mapping[str, FloatArray], vocabulary: Vocabulary, *, pooling: str) -> None:
        """Take the network's own names of its weights; those of other branches are left alone."""
        self._weights = {
            name: np.asarray(values, dtype=np.float32)
            for name, values in weights.items()
            if name.startswith("sentence.") or name.startswith("embedding.")
        }
        self._vocabulary, self._pooling = vocabulary, pooling

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        """Return one unit row for each sentence."""
        return unit_rows(np.stack([self._sentence(vectors) for vectors in self._embedded(sentences)]))

    def _embedded(self, sentences: Sequence[str]) -> list[FloatArray]:
        batch = self._vocabulary.encode(sentences)
        words, groups = self._weights["embedding.words.weight"], self._weights["embedding.groups.weight"]
        ends = [*batch.offsets[1:], len(batch.groups)]
        rows = np.stack([
            words[word] + groups[batch.groups[start:end]].mean(axis=0)
            for word, start, end in zip(batch.words, batch.offsets, ends, strict=True)
        ])  # fmt: skip
        return [rows[tokens[:length]] for tokens, length in zip(batch.tokens, batch.lengths, strict=True)]

    def _sentence(self, vectors: FloatArray) -> FloatArray:
        forward, backward = self._states(vectors, ""), self._states(vectors[::-1], "_reverse")[::-1]
        if self._pooling == "mean":
            pooled = ((forward + backward) / 2).mean(axis=0)
        else:
            states = np.concatenate([forward, backward], axis=1)
            pooled = np.concatenate([states.mean(axis=0), states.max(axis=0)])
        if "sentence.project.weight" not in self._weights:
            return np.asarray(pooled, dtype=np.float32)
        return self._weights["sentence.project.weight"] @ pooled + self._weights["sentence.project.bias"]

    def _states(self, vectors: FloatArray, way: str) -> FloatArray:
        """Return the states of one way through a sentence."""  # (length, embedding) -> (length, hidden)
        inner, outer = (self._weights[f"sentence.gru.weight_{kind}_l0{way}"] for kind in ("hh", "ih"))
        inner_bias, outer_bias = (self._weights[f"sentence.gru.bias_{kind}_l0{way}"] for kind in ("hh", "ih"))
        seen = vectors @ outer.T + outer_bias
        size = inner.shape[1]
        state = np.zeros(size, dtype=np.float32)
        states = np.empty((len(vectors), size), dtype=np.float32)
        for step, x in enumerate(seen):
            h = inner @ state + inner_bias
            reset, update = _sigmoid(x[:size] + h[:size]), _sigmoid(x[size : 2 * size] + h[size : 2 * size])
            new = np.tanh(x[2 * size :] + reset * h[2 * size :])
            state = (1 - update) * new + update * state
            states[step] = state
        return states


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), dtype=np.float32)
