"""Small CLIP models with random weights, written in the real file formats of those who publish such models."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from fakes.under_contract import Registered
from satseek.core.model import Model
from satseek.models.brought import shelf
from satseek.models.brought.fetch import bring
from satseek.models.clip.recipes import RECIPES, Recipe

_TEXT = {"context_length": 20, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
_VIT = {"image_size": 32, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16}
CONFIGS: dict[str, dict[str, Any]] = {
    "tiny-ViT": {"embed_dim": 16, "vision_cfg": _VIT, "text_cfg": _TEXT},
    "tiny-ViT-quickgelu": {"embed_dim": 16, "quick_gelu": True, "vision_cfg": _VIT, "text_cfg": _TEXT},
    "tiny-ViT-deeper": {"embed_dim": 16, "vision_cfg": {**_VIT, "layers": 3}, "text_cfg": _TEXT},
    "tiny-ViT-wider": {"embed_dim": 16, "vision_cfg": {**_VIT, "width": 48}, "text_cfg": _TEXT},
    "tiny-ViT-larger": {"embed_dim": 16, "vision_cfg": {**_VIT, "image_size": 48}, "text_cfg": _TEXT},
    "tiny-RN": {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None},
        "text_cfg": _TEXT,
    },
    "tiny-SigLIP": {
        "embed_dim": 64,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {
            "image_size": 32, "timm_model_name": "test_vit", "timm_model_pretrained": False,
            "timm_pool": "avg", "timm_proj": "none",
        },
        "text_cfg": {
            "context_length": 12, "vocab_size": 40, "hf_tokenizer_name": "org/tiny", "width": 64, "heads": 2,
            "layers": 1, "tokenizer_kwargs": {"clean": "canonicalize"}, "no_causal_mask": True, "proj_bias": True,
            "pool_type": "last",
        },
    },
}  # fmt: skip


@cache
def tiny_architectures() -> None:
    """Let open_clip know the small architectures."""
    import open_clip

    folder = Path(mkdtemp(prefix="tiny-clip-"))
    for name, config in CONFIGS.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)


@cache
def tiny_weights(architecture: str, seed: int = 0) -> dict[str, torch.Tensor]:
    """The state of a network with random weights, larger than starting values so that towers see differences."""
    from satseek.models.clip.network import build

    tiny_architectures()
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = build(CONFIGS[architecture], "gelu", starting_values=True).state_dict()
    for name, value in sorted(state.items()):
        if value.is_floating_point() and value.ndim >= 2:
            state[name] = torch.randn(value.shape, generator=generator) * (1.5 / value[0].numel() ** 0.5)
        elif value.is_floating_point() and ("bias" in name or "running_mean" in name):
            state[name] = torch.randn(value.shape, generator=generator) * 0.2
    return {name: value.contiguous() for name, value in state.items()}


def pickled(value: Any) -> bytes:
    """The bytes of a PyTorch file."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def published_bytes(recipe: Recipe) -> bytes:
    """A weights file as the authors of a recipe publish it: a state dict, or a whole training state in a zip."""
    state = tiny_weights(recipe.architecture)
    if recipe.published.member is None:
        return pickled(state)
    whole = {
        "epoch": 20,
        "name": "a run",
        "state_dict": {f"module.{name}": value for name, value in state.items()},
        "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 1e-9}]},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{Path(recipe.published.file).stem}/epoch_20.pt", pickled(whole))
    return buffer.getvalue()


def tiny(name: str, architecture: str, **changes: Any) -> Recipe:
    """A named recipe with a small architecture in the place of its own, its digest not yet known."""
    tiny_architectures()
    recipe, config = RECIPES[name], CONFIGS[architecture]
    return replace(
        recipe,
        published=replace(recipe.published, sha256=None, size=None, **changes),
        architecture=architecture,
        dimensions=config["embed_dim"],
        chip_size=config["vision_cfg"]["image_size"],
    )


@contextmanager
def weights_in(folder: Path) -> Iterator[None]:
    """Let brought weights lie in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(shelf.WEIGHTS, str(folder))
        yield


def put(recipe: Recipe, content: bytes) -> Path:
    """Put a published file where it belongs."""
    path = shelf.folder_of(recipe.published) / recipe.published.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def write_tokenizer(folder: Path) -> None:
    """Write a `tokenizer.json` of whole words, padded as SigLIP pads."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    sentence = "a of photo satellite image harbour with many ships green fields beside river water forest the"
    words = sentence.split()
    known = {"<pad>": 0, "</s>": 1, "<unk>": 2, **{word: place for place, word in enumerate(words, 3)}}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "</s>"}))


def write_folder(folder: Path, architecture: str = "tiny-ViT") -> Path:
    """Write a model folder as open_clip saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tiny_weights(architecture), folder / "open_clip_model.safetensors")
    preprocess = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "resize_mode": "squash"}
    told = {"model_cfg": CONFIGS[architecture], "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(told))
    return folder


def recipe_under_contract(name: str, architecture: str, *covers: str) -> Registered:
    """A named model on small weights in its authors' file format: brought, converted, pinned, loaded."""

    def recipe() -> Recipe:
        return tiny(name, architecture)

    def make(folder: Path) -> None:
        with weights_in(folder):
            if recipe().published.file.endswith(".safetensors"):
                save_file(tiny_weights(architecture), put(recipe(), b""))
                write_tokenizer(shelf.folder_of(recipe().published))
            else:
                put(recipe(), published_bytes(recipe()))
            bring(recipe().published, accept_licence=True, trust_pickle=True)

    def load(folder: Path) -> Model:
        from satseek.models.clip.load import load_recipe

        with weights_in(folder):
            return load_recipe(recipe())

    file = RECIPES[name].published.file
    weights = f"{name}/{file if file.endswith('.safetensors') else shelf.CONVERTED}"
    return Registered(name, make, load, weights=weights, covers=covers, needs="open_clip")


def folder_under_contract() -> Registered:
    """A folder of open_clip's own, found by its path."""

    def load(folder: Path) -> Model:
        from satseek.models.catalogue import load_model

        return load_model(f"clip:{folder}")

    return Registered(
        "clip:FOLDER", lambda folder: _ignore(write_folder(folder)), load,
        weights="open_clip_model.safetensors", needs="open_clip", pinned=False,
    )  # fmt: skip


def _ignore(_: object) -> None:
    return None
