"""The sentence branch without PyTorch: a question of a few words is encoded before PyTorch would have been loaded.

h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, with r = σ(W_ir x + W_hr h), z = σ(W_iz x + W_hz h), n = tanh(W_in x + r ⊙ W_hn h),
once from each end, over the vectors that `text.WordEmbedding` makes of words and their letter groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.amfmn.vocabulary import TextBatch, Vocabulary


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
        batch = self._vocabulary.encode(sentences)
        vectors = self._embedded(batch)[batch.tokens]  # (batch, length, embedding)
        steps = np.arange(vectors.shape[1])
        there = steps < batch.lengths[:, None]
        from_end = np.where(there, batch.lengths[:, None] - 1 - steps, steps)  # its own inverse
        forward = self._states(vectors, there, "")
        turned = self._states(np.take_along_axis(vectors, from_end[..., None], axis=1), there, "_reverse")
        backward = np.take_along_axis(turned, from_end[..., None], axis=1)
        return unit_rows(self._projected(forward, backward, there[..., None], batch.lengths[:, None]))

    def _embedded(self, batch: TextBatch) -> FloatArray:
        """Return the vector of each different word; the first stands for none."""
        words, groups = self._weights["embedding.words.weight"], self._weights["embedding.groups.weight"]
        ends = [*batch.offsets[1:], len(batch.groups)]
        means = [groups[batch.groups[start:end]].mean(axis=0) for start, end in zip(batch.offsets, ends, strict=True)]
        return np.asarray(words[batch.words] + np.stack(means), dtype=np.float32)

    def _states(self, vectors: FloatArray, there: NDArray[np.bool_], way: str) -> FloatArray:
        """Return the states of one way through sentences, 0 beyond their ends."""  # -> (batch, length, hidden)
        inner, outer = (self._weights[f"sentence.gru.weight_{kind}_l0{way}"] for kind in ("hh", "ih"))
        inner_bias, outer_bias = (self._weights[f"sentence.gru.bias_{kind}_l0{way}"] for kind in ("hh", "ih"))
        seen, size = vectors @ outer.T + outer_bias, inner.shape[1]
        state = np.zeros((len(vectors), size), dtype=np.float32)
        states = np.zeros((*there.shape, size), dtype=np.float32)
        for step in range(there.shape[1]):
            x, h = seen[:, step], state @ inner.T + inner_bias
            reset = _sigmoid(x[:, :size] + h[:, :size])
            update = _sigmoid(x[:, size : 2 * size] + h[:, size : 2 * size])
            new = np.tanh(x[:, 2 * size :] + reset * h[:, 2 * size :])
            state = np.where(there[:, step, None], (1 - update) * new + update * state, state)
            states[:, step] = state
        return states

    def _projected(
        self, forward: FloatArray, backward: FloatArray, there: NDArray[np.bool_], lengths: NDArray[np.int64]
    ) -> FloatArray:
        """Return what is read of the states."""  # (batch, length, hidden) each -> (batch, dim)
        if self._pooling == "mean":
            pooled = ((forward + backward) / 2 * there).sum(axis=1) / lengths
        else:
            states = np.concatenate([forward, backward], axis=2)
            largest = np.where(there, states, np.float32(-1)).max(axis=1)
            pooled = np.concatenate([(states * there).sum(axis=1) / lengths, largest], axis=1)
        if "sentence.project.weight" not in self._weights:
            return np.asarray(pooled, dtype=np.float32)
        return np.asarray(pooled @ self._weights["sentence.project.weight"].T + self._weights["sentence.project.bias"])


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), dtype=np.float32)
