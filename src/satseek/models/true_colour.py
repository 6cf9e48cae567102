"""A chip as the eye sees it, red, green and blue from 0 to 255: what models of true colour take of any sensor."""

from __future__ import annotations

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.model import require_bands, require_readable, require_unit
from satseek.core.sensor import SENSORS, Pixels
from satseek.core.vectors import FloatArray


def true_colour(chip: Pixels, card: ModelCard) -> FloatArray:
    """Return (3, height, width) from 0 to 255; Sentinel-2 as it is drawn, invalid pixels at the mean of the others."""
    require_readable(card, chip.sensor)
    require_bands(card, chip)
    require_unit(chip)
    values = np.stack([chip.band(name) for name in card.sensors[chip.sensor]])
    if chip.sensor != "rgb":
        drawing = SENSORS.get(chip.sensor).drawings["natural"]
        black = np.array(drawing.black, dtype=np.float32)[:, None, None]
        white = np.array(drawing.white, dtype=np.float32)[:, None, None]
        values = np.clip((values - black) / (white - black), 0, 1) * np.float32(255)
    if not chip.valid.all():
        seen = values[:, chip.valid]
        mean = seen.mean(axis=1) if seen.size else np.full(3, 127.5)
        values = np.where(chip.valid, values, mean[:, None, None].astype(np.float32))
    picture: FloatArray = np.ascontiguousarray(values, dtype=np.float32)
    return picture
