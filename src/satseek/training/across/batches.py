"""Batches of places, each seen by all sensors, the same ones for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from satseek.models.sscm.prepare import normalised
from satseek.training.across.lessons import PairLessons
from satseek.training.across.settings import PairRecipe
from satseek.training.across.vary import optical_varied, radar_varied, turned, windows
from satseek.training.schedule import ramp


class PairBatch(NamedTuple):
    """Chips of some places by sensor, row i the same place for all."""

    pixels: Mapping[str, Tensor]  # sensor -> (places, bands, window, window), normalised
    corners: Mapping[str, Tensor]  # sensor -> (places, 2): where its window begins in the turned picture, in its pixels
    weight: float  # of the losses that begin small

    @property
    def shown(self) -> int:
        """How many places it shows."""
        return len(next(iter(self.pixels.values())))


class PairBatches:
    """Deals the places out, in another order and with other windows each epoch."""

    def __init__(self, lessons: PairLessons, recipe: PairRecipe, *, rank: int = 0, world: int = 1) -> None:
        self.lessons, self._recipe = lessons, recipe
        self._rank, self._world = rank, world

    def __len__(self) -> int:
        return max(len(self.lessons) // (self._recipe.data.batch * self._world), 1)

    def epoch(self, epoch: int, device: torch.device | str = "cpu") -> Iterator[PairBatch]:
        """Go through the batches of one epoch."""
        recipe = self._recipe
        order = np.random.default_rng([recipe.seed, epoch]).permutation(len(self.lessons))
        seed = (recipe.seed * 100_003 + epoch) * 1009
        common = torch.Generator().manual_seed(seed)  # where windows lie: all devices draw the same and use their share
        own = common if self._world == 1 else torch.Generator().manual_seed(seed + 1 + self._rank)
        size = min(recipe.data.batch, len(order) // self._world)
        weight = ramp(epoch, recipe.optimiser.epochs) if recipe.loss.ramp else 1.0
        for step in range(len(self)):
            start = step * self._world * size
            share = slice(self._rank * size, (self._rank + 1) * size)
            pixels, corners = self._seen(order[start : start + self._world * size], share, common, own)
            yield PairBatch(
                {sensor: values.to(device) for sensor, values in pixels.items()},
                {sensor: values.to(device) for sensor, values in corners.items()},
                weight,
            )

    def _seen(
        self,
        chosen: np.ndarray[tuple[int], np.dtype[np.int64]],
        share: slice,
        random: torch.Generator,
        own_random: torch.Generator,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return a share of the chosen places, as windows that are drawn for all of them."""
        varied, count = self._recipe.augment, len(chosen)
        turns = torch.randint(4 if varied.quarter_turns else 1, (count,), generator=random)
        mirrored = torch.rand(count, generator=random) < (0.5 if varied.flips else 0.0)
        window = self._recipe.data.window
        side = min(round(window * self._scale(random)), self.lessons.side)
        room = self.lessons.side - side
        common = torch.rand(count, 2, generator=random)
        pixels, corners = {}, {}
        for sensor, bands in self._recipe.model.bands.items():
            own = torch.rand(count, 2, generator=random)
            place = common * (1 - varied.apart) + own * varied.apart
            corner = (place * (room + 1)).long().clamp(max=room)[share]
            read = self.lessons.read(sensor, chosen[share])
            chips = windows(turned(read, turns[share], mirrored[share]), corner, side)
            if side != window:
                chips = functional.interpolate(chips, size=(window, window), mode="bilinear", antialias=True)
            chips = self._varied(chips, sensor, own_random)
            pixels[sensor] = normalised(chips, sensor, bands, self._recipe.model.normalise).contiguous(
                memory_format=torch.channels_last
            )
            corners[sensor] = corner * (window / side)
        return pixels, corners

    def _varied(self, chips: Tensor, sensor: str, random: torch.Generator) -> Tensor:
        if sensor == "s1":
            return radar_varied(chips, self._recipe.augment, random, display=self.lessons.display_radar)
        return optical_varied(chips, self._recipe.augment, random)

    def _scale(self, random: torch.Generator) -> float:
        """Return how much larger than the network's window a window is cut, one number for a batch."""
        return 1 + self._recipe.augment.scale * (2 * float(torch.rand((), generator=random)) - 1)
