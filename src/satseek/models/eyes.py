"""What models share that see with two others: one eye reads radar, the other everything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from satseek.core.card import ModelCard
from satseek.core.model import Model, require_readable
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.device import Movable

RADAR = "s1"


def seen_by_two(
    chips: Sequence[Pixels],
    card: ModelCard,
    *,
    radar: Model,
    of_radar: Callable[[FloatArray], FloatArray],
    optical: Model,
    of_optical: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Return one unit row for each chip: what a head makes of what the eye for its sensor sees, zeros where nothing."""
    for chip in chips:
        require_readable(card, chip.sensor)
    rows = np.zeros((len(chips), card.dimensions), dtype=np.float32)
    for is_radar, eye, head in ((True, radar, of_radar), (False, optical, of_optical)):
        places = [place for place, chip in enumerate(chips) if (chip.sensor == RADAR) is is_radar]
        if places:
            seen = eye.encode_images([chips[place] for place in places])
            rows[places] = head(seen) * seen.any(axis=1, keepdims=True)  # without a valid pixel nothing is known
    return unit_rows(rows)


def move_eyes(device: torch.device, *eyes: Model) -> None:
    """Let eyes compute there from now on; the heads between them are small."""
    for eye in eyes:
        if isinstance(eye, Movable):
            eye.move_to(device)


def identity(card: ModelCard) -> dict[str, str | None]:
    """Return what tells an eye that a head was taught with from any other."""
    return {"name": card.name, "version": card.version, "weights_sha256": card.weights_sha256}
