"""CLOSP (Rege Cambrin et al., 2025): words, Sentinel-1 and Sentinel-2 in one space, joined by contrast with text.

An encoder a sensor, a linear layer after each, and MiniLM for words, whose first vector is taken as it is. The names of
the weights are those of the authors' class: `s1_encoder.…`, `s2_encoder.…`, `s1_projection.…`, `s2_projection.…`,
`text_model.…`. How wide the encoders' ends are (1,000 where the classifier was left on) is read from the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.geo.bert import Bert
from satseek.models.geo.encoder import GeoModel
from satseek.models.geo.networks import take
from satseek.models.geo.reads import Reads
from satseek.models.geo.wordpiece import WordPiece

LONGEST = 64  # pieces of a text
_TEXTS_AT_ONCE = 64
_NOT_USED = ("text_model.pooler.", "text_model.embeddings.position_ids", "location_encoder.", "location_projection.")
_BANDS = {"s1": 2, "s2": 13}
_WRAPPERS = ("model.", "module.", "closp.")

Encoder = Callable[[int, int], nn.Module]  # bands, width of the classifier (0: none) -> the encoder of a sensor


class Closp(nn.Module):
    """The three encoders of one space."""

    def __init__(self, s1_encoder: nn.Module, s2_encoder: nn.Module, widths: tuple[int, int], text_model: Bert) -> None:
        super().__init__()
        self.s1_encoder, self.s2_encoder, self.text_model = s1_encoder, s2_encoder, text_model
        outside = text_model.embeddings.word_embeddings.embedding_dim
        self.s1_projection, self.s2_projection = (nn.Linear(width, outside) for width in widths)

    def see(self, sensor: str, bands: Sequence[str], images: Tensor) -> Tensor:
        """Return the vector of each image."""
        encoder, projection = getattr(self, f"{sensor}_encoder"), getattr(self, f"{sensor}_projection")
        vectors: Tensor = projection(encoder(images))
        return vectors


class ClospModel(GeoModel):
    """Encodes words beside the images."""

    def __init__(self, card: ModelCard, network: Closp, reads: Mapping[str, Reads], words: WordPiece) -> None:
        super().__init__(card, network, reads)
        self._closp, self._words = network, words

    @torch.inference_mode()
    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each sentence, with its keywords behind it; of nothing said a row of zeros.

        The model was taught with keywords parted by full stops, in lower case.
        """
        texts = _joined(sentences, keywords)
        rows = np.zeros((len(texts), self.card.dimensions), dtype=np.float32)
        said = [place for place, text in enumerate(texts) if text]
        for start in range(0, len(said), _TEXTS_AT_ONCE):
            places = said[start : start + _TEXTS_AT_ONCE]
            numbers = [self._words.numbers(texts[place], at_most=LONGEST) for place in places]
            longest = max(map(len, numbers))
            pieces = torch.tensor([each + [self._words.padding] * (longest - len(each)) for each in numbers])
            is_text = torch.tensor([[place < len(each) for place in range(longest)] for each in numbers])
            seen = self._closp.text_model(pieces.to(self._device), is_text.to(self._device))
            rows[places] = seen.float().cpu().numpy()
        return unit_rows(rows)


def closp_of(tensors: Mapping[str, Tensor], words: int, encoder: Encoder) -> Closp:
    """Return the network with published weights in it, its widths as the weights have them."""
    named = _unwrapped(tensors)
    kept = {name: tensor for name, tensor in named.items() if not name.startswith(_NOT_USED)}
    vocabulary = kept.get("text_model.embeddings.word_embeddings.weight")
    if vocabulary is None or not all(f"{sensor}_projection.weight" in kept for sensor in ("s1", "s2")):
        raise ModelError(
            "These weights are not those of CLOSP as a whole: they have no words or no projection. torchgeo has only "
            "the eyes; take model.safetensors of the hub repository that 'satseek models NAME' names."
        )
    if vocabulary.shape[0] != words:
        raise ModelError(f"The weights know {vocabulary.shape[0]} pieces of words and vocab.txt lists {words}.")
    network = Closp(
        encoder(_BANDS["s1"], _classes(kept, "s1")),
        encoder(_BANDS["s2"], _classes(kept, "s2")),
        (kept["s1_projection.weight"].shape[1], kept["s2_projection.weight"].shape[1]),
        _bert_of(kept, words),
    )
    take(network, kept)
    return network


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights without the one name that saving tools put before all of them."""
    for wrapper in _WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            return {name.removeprefix(wrapper): tensor for name, tensor in tensors.items()}
    return dict(tensors)


def _classes(tensors: Mapping[str, Tensor], sensor: str) -> int:
    """Return how wide the classifier is that the authors left on an encoder, or 0."""
    for name in (f"{sensor}_encoder.fc.weight", f"{sensor}_encoder.head.weight"):
        if name in tensors:
            return int(tensors[name].shape[0])
    return 0


def _bert_of(tensors: Mapping[str, Tensor], words: int) -> Bert:
    dimensions = tensors["text_model.embeddings.word_embeddings.weight"].shape[1]
    layers = {name.split(".")[3] for name in tensors if name.startswith("text_model.encoder.layer.")}
    inside = tensors.get("text_model.encoder.layer.0.intermediate.dense.weight")
    width = 4 * dimensions if inside is None else int(inside.shape[0])
    return Bert(words, dimensions, len(layers), heads=12, inside=width)


def _joined(sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None) -> list[str]:
    spoken = list(sentences) or [""] * len(keywords or ())
    more = list(keywords or [()] * len(spoken))
    return [
        ". ".join(part.strip().lower() for part in (text, *words) if part.strip())
        for text, words in zip(spoken, more, strict=True)
    ]
