"""Exact scores of one query with many images, from the vectors an archive stores; never from pixels.

Every scorer takes unit image vectors v and a text vector t and gives S = cos(v, t'), as `amfmn.guidance` defines t'.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UnknownName
from satseek.core.vectors import FloatArray, unit_rows

SMALLEST = np.float32(1e-12)


class Scorer(Protocol):
    """Scores a query against images; what depends on the images alone is prepared once and kept."""

    def prepare(self, images: FloatArray) -> Any:
        """Return what the scores need of unit image vectors."""  # (n, dim)
        ...

    def scores(self, text: FloatArray, prepared: Any) -> FloatArray:
        """Return the score of one text vector with every prepared image."""  # (dim,) -> (n,)
        ...


class Cosine:
    """S = ⟨v, t⟩: a plain dual encoder."""

    def prepare(self, images: FloatArray) -> FloatArray:
        """Return the vectors as they are."""
        return images

    def scores(self, text: FloatArray, prepared: FloatArray) -> FloatArray:
        """Return the cosines."""
        return np.asarray(prepared @ unit_rows(text)[0], dtype=np.float32)


class PreparedSoft(NamedTuple):
    """v⊙g and g⊙g, with g = σ(W v + b)."""

    gated: FloatArray
    squares: FloatArray


class Soft:
    """t' = g ⊙ t with g = σ(W v + b): S = ⟨v⊙g, t⟩ / √⟨g⊙g, t⊙t⟩, two matrix products for a whole archive."""

    def __init__(self, weight: FloatArray, bias: FloatArray) -> None:
        self.weight, self.bias = weight, bias

    def prepare(self, images: FloatArray) -> PreparedSoft:
        """Return both factors of every image, twice the size of the vectors."""
        gates = _sigmoid(images @ self.weight.T + self.bias)
        return PreparedSoft(images * gates, gates * gates)

    def scores(self, text: FloatArray, prepared: PreparedSoft) -> FloatArray:
        """Return the scores of all images."""
        unit = unit_rows(text)[0]
        lengths = prepared.squares @ (unit * unit)
        np.sqrt(np.maximum(lengths, SMALLEST, out=lengths), out=lengths)
        dots = prepared.gated @ unit
        return np.asarray(np.divide(dots, lengths, out=dots), dtype=np.float32)


class PreparedFusion(NamedTuple):
    """v, and the image's share of both projections, biases included."""

    images: FloatArray
    value: FloatArray
    gate: FloatArray


class Fusion:
    """t' = (W₁[v;t] + b₁) ⊙ σ(W₂[v;t] + b₂): truly pairwise, for reranking; the projections of v and t separate."""

    def __init__(
        self, value_weight: FloatArray, value_bias: FloatArray, gate_weight: FloatArray, gate_bias: FloatArray
    ) -> None:
        self.value_weight, self.value_bias = value_weight, value_bias  # (dim, 2·dim): v's columns, then t's
        self.gate_weight, self.gate_bias = gate_weight, gate_bias

    def prepare(self, images: FloatArray) -> PreparedFusion:
        """Return the projections of every image, to be cached beside it."""
        size = images.shape[1]
        value = images @ self.value_weight[:, :size].T + self.value_bias
        return PreparedFusion(images, value, images @ self.gate_weight[:, :size].T + self.gate_bias)

    def scores(self, text: FloatArray, prepared: PreparedFusion) -> FloatArray:
        """Return the scores of the prepared images, about ten operations a dimension each."""
        unit, size = unit_rows(text)[0], prepared.images.shape[1]
        bent = prepared.value + self.value_weight[:, size:] @ unit
        bent *= _sigmoid(prepared.gate + self.gate_weight[:, size:] @ unit)
        return _cosine_rows(prepared.images, bent)


class PreparedSim(NamedTuple):
    """v and f_v = W v + b."""

    images: FloatArray
    projected: FloatArray


class CodedSim:
    """t' = σ(f_v ⊙ f_t) ⊙ f_t, as the public code has it: pairwise, for reranking."""

    def __init__(
        self, image_weight: FloatArray, image_bias: FloatArray, text_weight: FloatArray, text_bias: FloatArray
    ) -> None:
        self.image_weight, self.image_bias = image_weight, image_bias
        self.text_weight, self.text_bias = text_weight, text_bias

    def prepare(self, images: FloatArray) -> PreparedSim:
        """Return the projection of every image, to be cached beside it."""
        return PreparedSim(images, images @ self.image_weight.T + self.image_bias)

    def scores(self, text: FloatArray, prepared: PreparedSim) -> FloatArray:
        """Return the scores of the prepared images."""
        projected = self.text_weight @ unit_rows(text)[0] + self.text_bias
        return _cosine_rows(prepared.images, _sigmoid(prepared.projected * projected) * projected)


def fold_sim(texts: FloatArray, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """Return text vectors whose plain cosine is the printed sim score: its gate is one positive number and cancels."""
    return unit_rows(unit_rows(texts) @ weight.T + bias)  # (n, dim)


def scorer_of(variant: str, weights: Mapping[str, NDArray[Any]]) -> Scorer:
    """Return the scorer of a guidance variant from its weights; `sim` is folded into the text vectors before."""
    of = {name: np.asarray(values, dtype=np.float32) for name, values in weights.items()}
    if variant in ("dual", "sim", "cosine"):
        return Cosine()
    if variant == "soft":
        return Soft(of["gate.weight"], of["gate.bias"])
    if variant == "fusion":
        return Fusion(of["value.weight"], of["value.bias"], of["gate.weight"], of["gate.bias"])
    if variant == "sim-coded":
        return CodedSim(of["of_image.weight"], of["of_image.bias"], of["of_text.weight"], of["of_text.bias"])
    raise UnknownName("scorer", variant, ("cosine", "dual", "soft", "fusion", "sim", "sim-coded"))


def _cosine_rows(images: FloatArray, bent: FloatArray) -> FloatArray:
    lengths = np.sqrt(np.maximum(np.einsum("nd,nd->n", bent, bent), SMALLEST))
    return np.asarray(np.einsum("nd,nd->n", images, bent) / lengths, dtype=np.float32)


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5, dtype=np.float32)  # never overflows
