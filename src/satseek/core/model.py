"""What a model is to the rest of the house: a card, and two ways of making unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import SENSORS, Pixels
from satseek.core.vectors import FloatArray


class Model(Protocol):
    """Encodes chips and words into one space; numpy at the seam, whatever lies behind it."""

    @property
    def card(self) -> ModelCard:
        """What the model reads and makes."""
        ...

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip; wrong bands or units are refused with `ModelError`."""
        ...

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each sentence (or each list of keywords, or both joined)."""
        ...


def require_readable(card: ModelCard, sensor: str) -> None:
    """Raise `ModelError` when the model cannot read this sensor."""
    if sensor not in card.sensors:
        raise ModelError(
            f"Model '{card.name}' cannot read '{sensor}' chips; it reads {', '.join(card.sensors)}. "
            "Choose another model with --model (see 'satseek models')."
        )


def require_comparable(card: ModelCard, sensors: Sequence[str]) -> None:
    """Raise `ModelError` when vectors of these sensors may not be compared with each other."""
    apart = [name for name in sensors if sensors[0] not in card.comparable_with(name)]
    if apart:
        raise ModelError(
            f"Model '{card.name}' keeps {' and '.join((sensors[0], *apart))} in spaces of their own: what it finds of "
            "one by the other is chance. Join them first (satseek train adapter), or take a model with one space "
            "(sscm, satseek-one, closp-rn)."
        )


def require_bands(card: ModelCard, chip: Pixels) -> None:
    """Raise `ModelError` when a chip lacks a band that the model names."""
    wanted = card.needs(chip.sensor)
    missing = [name for name in wanted if name not in chip.bands]
    if missing:
        raise ModelError(
            f"Model '{card.name}' needs the bands {', '.join(wanted)} of '{chip.sensor}', and this chip has no "
            f"{', '.join(missing)}. Ingest scenes that have them, or choose another model."
        )


def require_unit(chip: Pixels) -> None:
    """Raise `ModelError` when a chip's values cannot be in its sensor's unit: it would be seen as other ground."""
    sensor = SENSORS.get(chip.sensor)
    if sensor.unit == "8-bit" and chip.values.dtype == np.uint8:
        return
    some = chip.values[:, ::4, ::4][:, chip.valid[::4, ::4]]
    some = some[np.isfinite(some)]
    if not some.size:
        return
    low, high = float(some.min()), float(some.max())
    if sensor.unit == "8-bit" and (low < 0 or high > 255 or (some.dtype.kind == "f" and 0 < high <= 1)):
        raise ModelError(
            f"These {chip.sensor} values ({low:g} to {high:g}) are not 8-bit, which goes from 0 to 255. "
            "Stretch them to it, or say what they are when ingesting (--sensor)."
        )
    if sensor.unit == "reflectance" and high > sensor.valid_range[1]:
        middle = float(np.median(some))
        if middle > sensor.valid_range[1]:
            raise ModelError(
                f"These {chip.sensor} values (median {middle:g}) are not reflectance, which lies in 0…1. "
                "Read them with their scale and offset (--unit DN; 0.0001 for most products)."
            )
    if sensor.unit == "dB" and low >= 0 and high > 0:
        raise ModelError(
            f"These {chip.sensor} values are all positive, so they are linear backscatter and not dB. Say what they "
            "are when ingesting (--unit power or --unit amplitude): 10·log10 of power, 20·log10 of amplitude."
        )


def require_text(card: ModelCard, instead: Sequence[str] = ()) -> None:
    """Raise `ModelError` when the model has no words; `instead` are models that have."""
    if not card.reads_text:
        which = f": {', '.join(instead)}" if instead else " (see 'satseek models')"
        raise ModelError(
            f"Model '{card.name}' knows no words. Search by example instead (--like FILE or a chip id), "
            f"or ingest with a model that reads text{which}."
        )
