"""How good the weights are after an epoch: recall between every two sensors, chips aligned and chips shifted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.core.vectors import unit_rows
from satseek.evaluation.metrics import recall
from satseek.models.sscm.network import Sscm
from satseek.models.sscm.prepare import normalised
from satseek.training.across.lessons import PairLessons
from satseek.training.across.settings import PairRecipe
from satseek.training.across.vary import windows

AT_ONCE = 64
FOR_MEANS = 512  # places of the train split that the sensors' mean vectors are taken over


class PairExam:
    """The val split, whole chips and windows moved by each sensor's own shift; means come from the train split."""

    def __init__(self, lessons: PairLessons, val: PairLessons, recipe: PairRecipe) -> None:
        self._val, self._recipe = val, recipe
        self._lessons = lessons
        self.means: dict[str, Tensor] = {}
        self.gap: tuple[float, float] = (0.0, 0.0)  # between the sensors' centres on val, as it is and less the means

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> dict[str, float]:
        """Return mean recall in percent of both protocols, over every two sensors."""
        sscm = cast(Sscm, network)
        self.means = self._means_of(sscm)
        whole = np.zeros((len(self._val), 2), dtype=np.int64)
        aligned = self._encoded(sscm, self._val, dict.fromkeys(self._recipe.model.bands, whole), self._val.side)
        self.gap = self._gaps(aligned)
        reach = int(self._recipe.data.exam_shift_m / self._val.resolution_m)
        side = self._val.side - 2 * reach
        figures = [self._recall(aligned)]
        if reach and side >= 32:
            shifted = []
            for seed in range(self._recipe.data.exam_seeds):
                random = np.random.default_rng(seed)
                corners = {
                    sensor: random.integers(0, 2 * reach + 1, (len(self._val), 2))
                    for sensor in self._recipe.model.bands
                }
                shifted.append(self._recall(self._encoded(sscm, self._val, corners, side)))
            figures.append(float(np.mean(shifted)))
        return dict(zip((f"{self._val.name}_aligned", f"{self._val.name}_shifted"), figures, strict=False))

    def _means_of(self, network: Sscm) -> dict[str, Tensor]:
        some = np.linspace(0, len(self._lessons) - 1, min(FOR_MEANS, len(self._lessons))).astype(np.int64)
        whole = np.zeros((len(some), 2), dtype=np.int64)
        corners = dict.fromkeys(self._recipe.model.bands, whole)
        seen = self._encoded(network, self._lessons, corners, self._lessons.side, chosen=some)
        return {sensor: vectors.mean(0) for sensor, vectors in seen.items()}

    def _encoded(
        self,
        network: Sscm,
        lessons: PairLessons,
        corners: Mapping[str, np.ndarray[tuple[int, int], np.dtype[np.int64]]],
        side: int,
        chosen: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None,
    ) -> dict[str, Tensor]:
        """Return y of windows of the chosen places, by sensor."""
        device = next(network.parameters()).device
        places = np.arange(len(lessons)) if chosen is None else chosen
        seen: dict[str, Tensor] = {}
        for sensor, bands in self._recipe.model.bands.items():
            parts = []
            for start in range(0, len(places), AT_ONCE):
                some = slice(start, start + AT_ONCE)
                chips = windows(lessons.read(sensor, places[some]), torch.from_numpy(corners[sensor][some]), side)
                pixels = normalised(chips, sensor, bands, self._recipe.model.normalise).to(device)
                parts.append(network.encode(pixels, sensor).y.float().cpu())
            seen[sensor] = torch.cat(parts)
        return seen

    def _recall(self, seen: Mapping[str, Tensor]) -> float:
        # in numpy: under a run's autocast torch would multiply in half precision, and near ties would be dealt out
        vectors = {sensor: unit_rows((y - self.means[sensor]).numpy()) for sensor, y in seen.items()}
        owners = np.arange(len(self._val))
        found = [
            recall(vectors[one] @ vectors[other].T, owners, resamples=1).mean for one, other in combinations(vectors, 2)
        ]
        return float(np.mean(found))

    def _gaps(self, seen: Mapping[str, Tensor]) -> tuple[float, float]:
        """Return the mean distance of every two sensors' centres of unit vectors, before and after the means go."""

        def between(vectors: Mapping[str, Tensor]) -> float:
            centres = [functional.normalize(each, dim=1).mean(0) for each in vectors.values()]
            return float(np.mean([(one - other).norm() for one, other in combinations(centres, 2)]))

        return between(seen), between({sensor: y - self.means[sensor] for sensor, y in seen.items()})
