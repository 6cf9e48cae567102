"""The model `colour`: what colour, texture and backscatter show, in one space with a small lexicon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import require_bands, require_readable, require_unit
from satseek.core.sensor import SENSORS, Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.colour import lexicon, optical, radar
from satseek.models.colour.calibration import activations, unusual_look
from satseek.models.colour.cells import thinned
from satseek.models.colour.concepts import CONCEPTS
from satseek.models.entry import ModelEntry

DIMENSIONS = -(-(len(CONCEPTS) + optical.LOOK + radar.LOOK) // 8) * 8  # the archive's index wants whole eights
LOOK_LENGTH = 2.5  # against concept activations of about one each: how much a picture's finer look counts
_AT_ONCE = 16  # chips whose statistics still fit the processor's cache


class ColourModel:
    """Encodes rgb, s2 and s1 chips by statistics and words by a lexicon; needs no weights."""

    def __init__(self) -> None:
        self.card = card()

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip: concepts that all sensors share, then the look within its kind."""
        rows = np.zeros((len(chips), DIMENSIONS), dtype=np.float32)
        for members in _alike(chips):
            for start in range(0, len(members), _AT_ONCE):
                some = members[start : start + _AT_ONCE]
                rows[some] = _encode_alike([chips[index] for index in some])
        return unit_rows(rows)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text; a row of zeros where the lexicon knows none of its words."""
        texts = list(sentences) if sentences else [""] * len(keywords or ())
        if keywords is not None:
            texts = [" ".join([text, *words]) for text, words in zip(texts, keywords, strict=True)]
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[: len(CONCEPTS)] = lexicon.encode_words(text)
        return rows


def card() -> ModelCard:
    """Return what the model is and, as plainly, what it is not."""
    return ModelCard(
        name="colour",
        version="1",
        summary="Colour, texture and backscatter statistics with a small lexicon; no learnt weights",
        dimensions=DIMENSIONS,
        sensors={"rgb": ("red", "green", "blue"), "s2": (), "s1": ()},
        reads_text=True,
        chip_size=224,
        units={"rgb": "8-bit", "s2": "reflectance", "s1": "dB"},
        training_data="none: thresholds set by hand from what water, plants, soil and roofs reflect",
        limits=(
            "Knows about 20 concepts by colour, texture and backscatter, not objects: 'plane' means small bright "
            "things on an even grey ground. Radar has no colours. Order of words and negation mean nothing to it "
            "(use --not). For demos, tests and archives without a learnt model."
        ),
        options={"words": lexicon.known_words()},
    )


def _encode_alike(chips: Sequence[Pixels]) -> FloatArray:
    """Encode chips of one sensor, with the same bands and the same size, at once."""
    sensor, bands = chips[0].sensor, chips[0].bands
    values, valid = thinned(chips)
    start = len(CONCEPTS)
    if sensor == "s1":
        evidence, look = radar.observe(bands, values, valid)
        start += optical.LOOK
    else:
        evidence, look = optical.observe(sensor, bands, values, valid)
    rows = np.zeros((len(chips), DIMENSIONS), dtype=np.float32)
    kind = "rgb" if sensor == "s2" and not optical.sees_infrared(bands) else sensor
    rows[:, : len(CONCEPTS)] = activations(kind, evidence)
    rows[:, start : start + look.shape[1]] = LOOK_LENGTH * unit_rows(unusual_look(kind, look))
    rows[~valid.any(axis=(1, 2))] = 0
    return rows


def _alike(chips: Sequence[Pixels]) -> list[list[int]]:
    """Return the positions of chips that can be encoded together; what cannot be read is refused."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, chip in enumerate(chips):
        _require_readable(chip)
        groups.setdefault((chip.sensor, chip.bands, chip.values.shape), []).append(position)
    return list(groups.values())


def _require_readable(chip: Pixels) -> None:
    require_readable(card(), chip.sensor)
    sensor = SENSORS.get(chip.sensor)
    unknown = [band for band in chip.bands if band not in sensor.band_names]
    if unknown or not chip.bands:
        raise ModelError(
            f"Model 'colour' reads {chip.sensor} bands {', '.join(sensor.band_names)}; this chip has "
            f"{', '.join(chip.bands) or 'none'}."
        )
    require_bands(card(), chip)
    require_unit(chip)


ENTRY = ModelEntry(card=card, load=ColourModel)
