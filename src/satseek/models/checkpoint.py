"""A learnt model on disk: a folder with `model.safetensors`, `card.json` and `vocabulary.json`, pinned by digests."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
WEIGHTS, CARD, VOCABULARY = "model.safetensors", "card.json", "vocabulary.json"
PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle")


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds: the card, the settings of the network, its weights and its words."""

    card: ModelCard
    tensors: Mapping[str, Tensor]
    vocabulary: Mapping[str, Any] | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the network is built."""
        settings: Mapping[str, Any] = self.card.options["settings"]
        return settings


def save_checkpoint(
    folder: Path,
    card: ModelCard,
    tensors: Mapping[str, Tensor],
    *,
    settings: Mapping[str, Any],
    vocabulary: Mapping[str, Any] | None = None,
    half: bool = True,
) -> ModelCard:
    """Write the folder, weights in half precision unless told otherwise, and return the card with its digests."""
    import torch
    from safetensors.torch import save

    stored = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in tensors.items()
    }
    strange = [name for name, tensor in stored.items() if not torch.isfinite(tensor.float()).all()]
    if strange:
        raise ModelError(f"The weights hold values that are no numbers ({strange[0]}); the checkpoint is not written.")
    folder.mkdir(parents=True, exist_ok=True)
    weights = save(stored)
    options: dict[str, Any] = {**card.options, "checkpoint_format": FORMAT, "settings": dict(settings)}
    if vocabulary is not None:
        words = json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":")).encode()
        options["vocabulary_sha256"] = hashlib.sha256(words).hexdigest()
        _write(folder / VOCABULARY, words)
    pinned = replace(card, weights_sha256=hashlib.sha256(weights).hexdigest(), options=options)
    _write(folder / WEIGHTS, weights)
    _write(folder / CARD, (json.dumps(pinned.to_json(), indent=2, ensure_ascii=False) + "\n").encode())
    return pinned


def read_card(folder: Path) -> ModelCard:
    """Return the card alone: cheap, and enough to list a model."""
    _require_folder(folder)
    try:
        card = ModelCard.from_json(json.loads((folder / CARD).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ModelError(f"{folder} holds no {CARD}, so it is no model. {_AGAIN}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The card {folder / CARD} cannot be read: {error}. {_AGAIN}") from error
    written = card.options.get("checkpoint_format")
    if not isinstance(written, int):
        raise ModelError(f"The card {folder / CARD} does not say its checkpoint format. {_AGAIN}")
    if written > FORMAT:
        raise ModelError(
            f"The model in {folder} was written by a newer SatSeek (format {written}; this one reads up to {FORMAT}). "
            "Update SatSeek."
        )
    return card


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return all of a model, having checked that it is whole and the one that its card names."""
    card = read_card(folder)
    return Checkpoint(card, _tensors(_content(folder, card), folder / WEIGHTS), read_vocabulary(folder, card))


def load_arrays(folder: Path, card: ModelCard) -> Mapping[str, FloatArray]:
    """Return the weights of a model without PyTorch, having checked that they are whole and the ones of the card."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: dict[str, FloatArray] = load(_content(folder, card))
    except SafetensorError as error:
        raise ModelError(f"{folder / WEIGHTS} cannot be read: {error}. {_AGAIN}") from error
    return arrays


def read_vocabulary(folder: Path, card: ModelCard) -> Mapping[str, Any] | None:
    """Return the words that a model was trained with, having checked that they are the ones of the card."""
    wanted = card.options.get("vocabulary_sha256")
    if wanted is None:
        return None
    path = folder / VOCABULARY
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error}. {_AGAIN}") from error
    if hashlib.sha256(content).hexdigest() != wanted:
        raise ModelError(f"{path} is not the file that the card names: it was cut off or changed. {_AGAIN}")
    vocabulary: Mapping[str, Any] = json.loads(content)
    return vocabulary


_AGAIN = "Fetch or train the model again."
_ONLY = f"SatSeek reads {WEIGHTS} only."


def _content(folder: Path, card: ModelCard) -> bytes:
    """Return the file of weights, once it is known to be the one that the card names."""
    weights = folder / WEIGHTS
    if not weights.is_file():
        _refuse_pickles(folder)
        raise ModelError(f"{folder} holds no {WEIGHTS}. {_AGAIN}")
    content = weights.read_bytes()
    # safetensors begin with the length of their header, whose first byte may be anything, and then the header's brace
    if (content[:2] == b"PK" or content[:1] == b"\x80") and content[8:9] != b"{":
        raise ModelError(f"{weights} is a pickle, which can run any program, and is not opened. {_ONLY}")
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise ModelError(f"{weights} is not the file that its card names: it was cut off or changed. {_AGAIN}")
    return content


def _require_folder(folder: Path) -> None:
    if folder.is_file():
        if folder.suffix.lower() in PICKLES:
            raise ModelError(f"{folder} is a pickle, which can run any program, and is not opened. {_ONLY}")
        raise ModelError(f"{folder} is a file; a model is a folder with {WEIGHTS} and {CARD}. Give the folder.")
    if not folder.is_dir():
        raise ModelError(f"There is no model folder {folder}.")


def _refuse_pickles(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICKLES:
            raise ModelError(
                f"{folder} holds {path.name}, a pickle, which can run any program, and no {WEIGHTS}. {_ONLY}"
            )


def _tensors(content: bytes, path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(content)
    except SafetensorError as error:
        raise ModelError(f"{path} cannot be read: {error}. {_AGAIN}") from error


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    os.replace(fresh, path)  # whole or not at all
