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
            if name.startswith(("sentence.project.", "embedding."))
        }
        self._outer, self._outer_bias = _both_ways(weights, "ih")  # (2, embedding, 3 hidden), (2, 1, 3 hidden)
        self._inner, self._inner_bias = _both_ways(weights, "hh")  # (2, hidden, 3 hidden)
        self._vocabulary, self._pooling = vocabulary, pooling

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        """Return one unit row for each sentence."""
        batch = self._vocabulary.encode(sentences)
        vectors = self._embedded(batch)[batch.tokens]  # (batch, length, embedding)
        steps = np.arange(vectors.shape[1])
        there = steps < batch.lengths[:, None]
        from_end = np.where(there, batch.lengths[:, None] - 1 - steps, steps)  # its own inverse
        turned = np.take_along_axis(vectors, from_end[..., None], axis=1)
        forward, backward = self._states(np.stack([vectors, turned]), there)
        backward = np.take_along_axis(backward, from_end[..., None], axis=1)
        return unit_rows(
            self._projected(forward, backward, there[..., None], batch.lengths[:, None].astype(np.float32))
        )

    def _embedded(self, batch: TextBatch) -> FloatArray:
        """Return the vector of each different word; the first stands for none."""
        words, groups = self._weights["embedding.words.weight"], self._weights["embedding.groups.weight"]
        ends = [*batch.offsets[1:], len(batch.groups)]
        means = [groups[batch.groups[start:end]].mean(axis=0) for start, end in zip(batch.offsets, ends, strict=True)]
        return np.asarray(words[batch.words] + np.stack(means), dtype=np.float32)

    def _states(self, vectors: FloatArray, there: NDArray[np.bool_]) -> FloatArray:
        """Return the states of both ways through sentences; beyond an end the last one stays."""
        both, batch, length, size = *vectors.shape[:3], self._inner.shape[1]
        seen = vectors.reshape(both, batch * length, -1) @ self._outer + self._outer_bias
        seen = seen.reshape(both, batch, length, 3 * size)
        state = np.zeros((both, batch, size), dtype=np.float32)
        states = np.empty((both, batch, length, size), dtype=np.float32)
        for step in range(length):
            x, h = seen[:, :, step], state @ self._inner + self._inner_bias
            gates = _sigmoid(x[..., : 2 * size] + h[..., : 2 * size])
            reset, update = gates[..., :size], gates[..., size:]
            new = np.tanh(x[..., 2 * size :] + reset * h[..., 2 * size :])
            state = np.where(there[:, step, None], new + update * (state - new), state)
            states[:, :, step] = state
        return states

    def _projected(
        self, forward: FloatArray, backward: FloatArray, there: NDArray[np.bool_], lengths: FloatArray
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


def _both_ways(weights: Mapping[str, FloatArray], kind: str) -> tuple[FloatArray, FloatArray]:
    """Return a matrix of the GRU and its bias, forward and backward, to be multiplied from the left."""
    begin = "sentence.gru."
    matrices = [weights[f"{begin}weight_{kind}_l0{way}"].astype(np.float32).T for way in ("", "_reverse")]
    biases = [weights[f"{begin}bias_{kind}_l0{way}"].astype(np.float32)[None] for way in ("", "_reverse")]
    return np.stack(matrices), np.stack(biases)


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), dtype=np.float32)
