"""From words to what a text tower reads: tokens of open_clip's own vocabulary, or of a `tokenizer.json` beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from satseek.core.errors import ModelError

Tokens = Callable[[Sequence[str]], Tensor]
TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"


def tokens_of(config: Mapping[str, Any], folder: Path, name: str) -> Tokens:
    """Return what turns texts into tokens for the text tower of a configuration; nothing is downloaded."""
    text = config["text_cfg"]
    length = int(text.get("context_length", 77))
    settings = dict(text.get("tokenizer_kwargs") or {})
    if text.get("hf_tokenizer_name"):
        return _of_file(folder, length, settings, name)
    from open_clip.tokenizer import SimpleTokenizer, tokenize

    plain = SimpleTokenizer(**settings) if settings else tokenize  # that one is read already
    return lambda texts: torch.as_tensor(plain(list(texts), context_length=length))


def _of_file(folder: Path, length: int, settings: Mapping[str, Any], name: str) -> Tokens:
    from open_clip.tokenizer import get_clean_fn

    path = folder / TOKENIZER
    if not path.is_file():
        raise ModelError(
            f"The text tower of '{name}' needs {TOKENIZER} and {TOKENIZER_CONFIG} of its repository beside its "
            f"weights, in {folder}. With internet: satseek models get {name}."
        )
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ModelError(f"'{name}' needs an extra: pip install \"satseek[clip]\".") from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
        padding = _padding(folder / TOKENIZER_CONFIG)
    except Exception as error:  # the library raises bare exceptions
        raise ModelError(f"{path} cannot be read: {error}. Fetch it again: satseek models get {name}.") from error
    pad = tokenizer.token_to_id(padding)
    if pad is None:
        raise ModelError(f"{path} has no token '{padding}', which {TOKENIZER_CONFIG} pads with. Fetch both again.")
    tokenizer.enable_truncation(max_length=length)
    tokenizer.enable_padding(length=length, pad_id=pad, pad_token=padding)
    clean = get_clean_fn(settings.get("clean", "whitespace"))

    def tokens(texts: Sequence[str]) -> Tensor:
        return torch.tensor([each.ids for each in tokenizer.encode_batch([clean(text) for text in texts])])

    return tokens


def _padding(path: Path) -> str:
    if not path.is_file():
        return "<pad>"
    told = json.loads(path.read_text(encoding="utf-8")).get("pad_token") or "<pad>"
    return str(told["content"]) if isinstance(told, dict) else str(told)
