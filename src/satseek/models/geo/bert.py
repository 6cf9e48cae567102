"""BERT's encoder (Devlin et al., 2019), as MiniLM uses it, with the names that its published weights have."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn
from torch.nn import functional

_EPSILON = 1e-12
_PLACES, _KINDS = 512, 2


class Bert(nn.Module):
    """Word pieces to one vector each; the first, of the text's start, stands for the text."""

    def __init__(self, words: int, dimensions: int = 384, layers: int = 6, heads: int = 12, inside: int = 1536) -> None:
        super().__init__()
        self.embeddings = _Embeddings(words, dimensions)
        self.encoder = _Encoder(_Layer(dimensions, heads, inside) for _ in range(layers))

    def forward(self, pieces: Tensor, is_text: Tensor) -> Tensor:
        """Return the vector of each text."""  # pieces, is_text (batch, length) -> (batch, dim)
        seen: Tensor = self.embeddings(pieces)
        for layer in self.encoder.layer:
            seen = layer(seen, is_text)
        return seen[:, 0]


class _Embeddings(nn.Module):
    def __init__(self, words: int, dimensions: int) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(words, dimensions)
        self.position_embeddings = nn.Embedding(_PLACES, dimensions)
        self.token_type_embeddings = nn.Embedding(_KINDS, dimensions)
        self.LayerNorm = nn.LayerNorm(dimensions, eps=_EPSILON)

    def forward(self, pieces: Tensor) -> Tensor:
        length = pieces.shape[1]
        summed = self.word_embeddings(pieces) + self.position_embeddings.weight[:length]
        normed: Tensor = self.LayerNorm(summed + self.token_type_embeddings.weight[0])
        return normed


class _Encoder(nn.Module):
    def __init__(self, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layer = nn.ModuleList(layers)


class _Layer(nn.Module):
    """Attention, then two linear layers; each adds to what came in, and is normed after."""

    def __init__(self, dimensions: int, heads: int, inside: int) -> None:
        super().__init__()
        self.attention = _Attention(dimensions, heads)
        self.intermediate = _Dense(dimensions, inside)
        self.output = _Added(inside, dimensions)

    def forward(self, seen: Tensor, is_text: Tensor) -> Tensor:
        seen = self.attention(seen, is_text)
        added: Tensor = self.output(functional.gelu(self.intermediate.dense(seen)), seen)
        return added


class _Attention(nn.Module):
    def __init__(self, dimensions: int, heads: int) -> None:
        super().__init__()
        self.self = _Asked(dimensions, heads)
        self.output = _Added(dimensions, dimensions)

    def forward(self, seen: Tensor, is_text: Tensor) -> Tensor:
        added: Tensor = self.output(self.self(seen, is_text), seen)
        return added


class _Asked(nn.Module):
    def __init__(self, dimensions: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(dimensions, dimensions) for _ in range(3))

    def forward(self, seen: Tensor, is_text: Tensor) -> Tensor:
        query, key, value = (self._parted(layer(seen)) for layer in (self.query, self.key, self.value))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=is_text[:, None, None, :])
        return mixed.transpose(1, 2).flatten(2)

    def _parted(self, values: Tensor) -> Tensor:
        """(batch, length, dim) -> (batch, heads, length, dim / heads)."""
        batch, length, dimensions = values.shape
        return values.view(batch, length, self.heads, dimensions // self.heads).transpose(1, 2)


class _Dense(nn.Module):
    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inside, outside)


class _Added(nn.Module):
    """A linear layer whose outcome is added to what was seen before, and normed."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inside, outside)
        self.LayerNorm = nn.LayerNorm(outside, eps=_EPSILON)

    def forward(self, values: Tensor, seen: Tensor) -> Tensor:
        normed: Tensor = self.LayerNorm(self.dense(values) + seen)
        return normed
