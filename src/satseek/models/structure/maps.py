"""Structure maps: small pictures of what the ground is built of, alike for optical and radar, to register chips by."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.checkpoint import load_checkpoint, read_card
from satseek.models.packaged import weights_folder
from satseek.models.structure.picture import brightness

if TYPE_CHECKING:
    from satseek.models.structure.network import StructureNetwork

OWN_MAPS = "SATSEEK_STRUCTURE_MAPS"  # environment variable: a folder that 'satseek pairs teach' wrote
CELL_PIXELS = 4  # pixels of the chip that a cell of its map is wide
_TRUE_COLOURS = (("red", "green", "blue"), ("B04", "B03", "B02"))
_AT_ONCE = 16


@dataclass(frozen=True)
class StructureMaps:
    """Makes maps with a learnt network; radar and optical chips of one place get maps that correlate."""

    network: StructureNetwork
    card: ModelCard

    def of(self, chips: Sequence[Pixels]) -> list[FloatArray]:
        """Return a map (channels, height/4, width/4) of unit length for each chip."""
        maps: list[FloatArray | None] = [None] * len(chips)
        groups: dict[tuple[bool, tuple[int, ...]], list[int]] = {}
        planes = [planes_of(chip) for chip in chips]
        for position, (chip, picture) in enumerate(zip(chips, planes, strict=True)):
            groups.setdefault((chip.sensor == "s1", picture.shape), []).append(position)
        for (radar, _), members in groups.items():
            for start in range(0, len(members), _AT_ONCE):
                some = members[start : start + _AT_ONCE]
                for position, made in zip(some, self._maps([planes[each] for each in some], radar), strict=True):
                    maps[position] = made
        return [made for made in maps if made is not None]

    def turned(self, chip: Pixels) -> list[FloatArray]:
        """Return the maps of a chip as it is, and turned counter-clockwise by one, two and three quarters."""
        return self.of([quarter_turned(chip, turn) for turn in range(4)])

    def _maps(self, planes: Sequence[FloatArray], radar: bool) -> FloatArray:
        import torch

        with torch.inference_mode():
            made = self.network.maps(torch.from_numpy(np.stack(planes)), radar=radar)
        return np.asarray(made.numpy(), dtype=np.float32)


def quarter_turned(chip: Pixels, turn: int) -> Pixels:
    """Return a chip turned counter-clockwise by quarters."""
    values = np.ascontiguousarray(np.rot90(chip.values, turn, (1, 2)))
    valid = np.ascontiguousarray(np.rot90(chip.valid, turn))
    return Pixels(chip.sensor, chip.bands, values, valid, chip.ground_resolution_m)


def load_maps(folder: Path | None = None) -> StructureMaps:
    """Return maps that were taught here, told or named by SATSEEK_STRUCTURE_MAPS, or those of the package."""
    return _loaded(folder or _maps_folder())


def maps_card() -> ModelCard:
    """Return the card of the maps that are used unless told otherwise, without loading them."""
    return read_card(_maps_folder())


def _maps_folder() -> Path:
    own = os.environ.get(OWN_MAPS)
    return Path(own).expanduser() if own else weights_folder("structure")


@cache
def _loaded(folder: Path) -> StructureMaps:
    from satseek.models.structure.network import StructureNetwork

    checkpoint = load_checkpoint(folder)
    network = StructureNetwork()
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in checkpoint.tensors.items()})
    except RuntimeError as error:
        raise ModelError(f"The weights in {folder} are none of structure maps: {error}") from None
    return StructureMaps(network.eval(), checkpoint.card)


def planes_of(chip: Pixels) -> FloatArray:
    """Return one plane of radar, or three of colour; grey three times where there is no true colour."""
    grey, valid = brightness(chip)
    if chip.sensor == "s1":
        return grey[None]
    names = next((names for names in _TRUE_COLOURS if set(names) <= set(chip.bands)), None)
    if names is None:
        return np.repeat(grey[None], 3, axis=0)
    planes = np.stack([chip.band(name) for name in names])
    if not valid.all():
        means = planes[:, valid].mean(axis=1) if valid.any() else np.zeros(3, dtype=np.float32)
        planes = np.where(valid, planes, means[:, None, None])
    return np.ascontiguousarray(planes, dtype=np.float32)
