"""How a CLIP model without a name of its own is named.

clip:ViT-B-32:FILE.safetensors      an architecture of open_clip, and weights of one's own
clip:ViT-B-32:laion2b_s34b_b79k     … and weights that open_clip knows by this tag
clip:FOLDER                         a folder as open_clip saves it (open_clip_config.json beside the weights)
clip:hf-hub:ORG/NAME                such a folder on the Hugging Face hub, once 'satseek models get' has brought it
"""

from __future__ import annotations

import os
from pathlib import Path

from satseek.core.errors import UsageError
from satseek.core.model import Model
from satseek.models.brought.published import STATED_ON_THE_HUB, Published
from satseek.models.clip.recipes import Activation

PREFIX, HUB = "clip:", "hf-hub:"
_FILE = "open_clip_model.safetensors"
_COMPANIONS = ("open_clip_config.json", "tokenizer.json", "tokenizer_config.json")


def load_spec(spec: str) -> Model:
    """Return the model that a spec names; nothing is downloaded."""
    from satseek.models.clip import load

    published, architecture, activation = of_hub(spec)
    if published is not None:
        return load.load_published(published, architecture, activation)
    architecture, path = _own(spec)
    return load.load_folder(path) if architecture is None else load.load_file(architecture, path)


def of_hub(spec: str) -> tuple[Published | None, str | None, Activation | None]:
    """Return the file on the hub that a spec names, with the architecture and activation of a tag; None: one's own."""
    rest = spec.removeprefix(PREFIX)
    if rest.startswith(HUB):
        repository = rest.removeprefix(HUB).strip("/")
        if repository.count("/") != 1:
            raise UsageError(f"'{spec}' names no repository. Say it as clip:hf-hub:ORG/NAME.")
        return Published(spec, _FILE, STATED_ON_THE_HUB, repository, companions=_COMPANIONS), None, None
    architecture, _, source = rest.partition(":")
    if not source or _is_path(source):
        return None, None, None
    return _of_tag(spec, architecture, source)


def _of_tag(spec: str, architecture: str, tag: str) -> tuple[Published, str, Activation]:
    from satseek.models.clip.network import config_of, library

    config_of(architecture)
    table = library().pretrained
    told = table.get_pretrained_cfg(architecture, tag)
    if not told:
        tags = ", ".join(table.list_pretrained_tags_by_model(architecture)) or "none"
        raise UsageError(
            f"'{tag}' is neither a file here nor weights that open_clip knows for {architecture} (it knows {tags})."
        )
    organisation, name, file = (*str(told.get("hf_hub") or "").split("/", 2), "", "", "")[:3]
    if not name:
        raise UsageError(
            f"open_clip knows no hub repository of {architecture}:{tag}. Fetch the file and name its path."
        )
    published = Published(spec, _safe(file), STATED_ON_THE_HUB, f"{organisation}/{name}", companions=_COMPANIONS[1:])
    return published, architecture, "quickgelu" if told.get("quick_gelu") else "gelu"


def _safe(file: str) -> str:
    """Return the safetensors that stand beside what the table names."""
    if not file or file == "open_clip_pytorch_model.bin":
        return _FILE
    return file if file.endswith(".safetensors") else f"{file.rpartition('.')[0]}.safetensors"


def _own(spec: str) -> tuple[str | None, Path]:
    rest = spec.removeprefix(PREFIX)
    architecture, _, source = rest.partition(":")
    if source:
        return architecture, Path(source)
    if not rest or not _is_path(rest):
        raise UsageError(
            f"'{spec}' names no weights. Say clip:ARCHITECTURE:FILE, clip:ARCHITECTURE:TAG, clip:FOLDER or "
            "clip:hf-hub:ORG/NAME."
        )
    return None, Path(rest)


def _is_path(text: str) -> bool:
    return os.sep in text or Path(text).exists() or Path(text).suffix in (".safetensors", ".pt", ".pth", ".bin")
