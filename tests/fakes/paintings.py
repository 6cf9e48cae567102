"""Archives of painted chips: what each shows is given by colour, where it is by its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fakes.chips import chip
from fakes.model import Paint, painted
from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.scene import Window
from satseek.search.collection import Collection

Painting = tuple[Chip, Mapping[str, float]]


def painting(index: int, colours: Mapping[str, float], **facts: Any) -> Painting:
    """A chip that shows these colours, in a scene and at a place of its own unless told otherwise."""
    own = {"sensor": "rgb", "scene": f"scene-{index}", "source": f"scene-{index}.tif", "window": Window(0, 0, 224, 224)}
    return chip(index, **({"west": index * 0.02} | own | facts)), colours


def gallery(
    folder: Path, paintings: Sequence[tuple[Chip, Mapping[str, float]]], model: Paint | None = None
) -> Collection:
    """An archive with these paintings, ready to be asked."""
    model = model or Paint()
    archive = Archive.create(str(folder / "archive"), model.card)
    if paintings:
        archive.add([chip for chip, _ in paintings], np.stack([painted(**colours) for _, colours in paintings]))
    return Collection(archive, model)


def numbers(ids: Sequence[str]) -> list[int]:
    """The numbers of chips by their ids."""
    return [int(each, 16) for each in ids]
