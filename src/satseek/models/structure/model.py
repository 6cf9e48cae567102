"""The model `structure`: where edges run on a 16×16 grid, without training; finds the same ground in another sensor.

The dense oriented-gradient channels of template matching between sensors (CFOG: Ye et al., IEEE TGRS 2019), averaged on
a coarse grid. It knows places that lie pixel on pixel, no meanings, and breaks where the pictures are shifted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.model import require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.entry import ModelEntry
from satseek.models.structure.oriented import ORIENTATIONS, cell_means, oriented_edges
from satseek.models.structure.picture import READS, brightness

CELLS = 16
DIMENSIONS = ORIENTATIONS * CELLS * CELLS


class StructureModel:
    """Encodes rgb, s2 and s1 chips by their edges; needs no weights and knows no words."""

    def __init__(self) -> None:
        self.card = card()

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip; a chip without any edge is a row of zeros."""
        rows = np.zeros((len(chips), DIMENSIONS), dtype=np.float32)
        for row, chip in zip(rows, chips, strict=True):
            means = cell_means(oriented_edges(*brightness(chip)), CELLS)
            row[:] = (means - means.mean(axis=(1, 2), keepdims=True)).ravel()
        return unit_rows(rows)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Refuse: edges have no words."""
        require_text(self.card)
        raise AssertionError("the card says that there are no words")


def card() -> ModelCard:
    """Return what the model is."""
    return ModelCard(
        name="structure",
        version="1",
        summary="Where edges run on a 16×16 grid; no training. The same ground in another sensor, pixel on pixel",
        dimensions=DIMENSIONS,
        sensors=dict(READS),
        reads_text=False,
        chip_size=256,
        units={"rgb": "8-bit", "s2": "reflectance", "s1": "dB"},
        training_data="none",
        limits=(
            "Finds one place seen by another sensor where both chips lie on the same grid; a shift by a tenth of the "
            "chip breaks it (then ask with --same-place, which tries shifts and turns). Knows nothing of what is shown."
        ),
    )


ENTRY = ModelEntry(card=card, load=StructureModel)
