"""The card of a model that learnt across sensors: what it reads, from what it learnt, how good it is, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from satseek.core.card import ModelCard
from satseek.core.sensors.s1 import DISPLAY_RANGE_DB
from satseek.models.sscm.prepare import sensors_of
from satseek.training.across.exam import PairExam
from satseek.training.across.lessons import PairLessons
from satseek.training.across.settings import PairRecipe

_UNITS = {"rgb": "8-bit", "s2": "reflectance", "s1": "dB"}
LIMITS = (
    "Finds the same place or the same kind of structure across sensors: borders, roads, shores, blocks; it knows no "
    "words and no classes. Chips are read at the ground resolution it learnt ({resolution:g} m) where theirs is known; "
    "much finer or coarser ones are outside what was learnt. Radar may be VV, VH or both in dB, or an 8-bit stretch; "
    "each chip is set on its own mean and deviation, so absolute brightness means nothing to it. Very different "
    "seasons, flooded land and look directions other than those learnt were not seen."
)


def card_of_pair_run(
    recipe: PairRecipe, lessons: PairLessons, exam: PairExam, *, epoch: int, figures: Mapping[str, float]
) -> ModelCard:
    """Return the card of a run's best epoch."""
    bands = recipe.model.bands
    sensors = sensors_of(bands)
    before, after = exam.gap
    painted = f", {recipe.data.painted:,} of them painted" if recipe.data.painted else ""
    return ModelCard(
        name=recipe.name,
        version="1",
        summary=recipe.summary,
        dimensions=recipe.model.dimensions,
        sensors=sensors,
        reads_text=False,
        chip_size=round(recipe.data.window * lessons.resolution_m / lessons.native_m),
        units={sensor: _UNITS[sensor] for sensor in sensors},
        ground_resolution_m=dict.fromkeys(sensors, (lessons.native_m, lessons.resolution_m)),
        training_data=(
            f"{lessons.name}, train split: {len(lessons):,} places seen by {' and '.join(bands)}{painted}; recipe "
            f"'{recipe.name}', seed {recipe.seed}, {epoch + 1} of {recipe.optimiser.epochs} epochs, no labels"
        ),
        figures={f"{name}_val_mean_recall": round(value, 2) for name, value in figures.items()}
        | {"val_sensor_gap": round(before, 4), "val_sensor_gap_less_means": round(after, 4)},
        limits=LIMITS.format(resolution=lessons.resolution_m),
        options={
            "learns": "pairs",
            "resolution_m": lessons.resolution_m,
            "window": recipe.data.window,
            "bands": {sensor: list(names) for sensor, names in bands.items()},
            **({"radar": _radar(bands["s1"], recipe.model.normalise)} if "s1" in bands else {}),
            "recipe": recipe.to_json(),
        },
    )


def _radar(wanted: tuple[str, ...], normalise: str) -> dict[str, Any]:
    """Return what the radar encoder takes, and what becomes of it before the network sees it."""
    alone = (
        "of two polarisations the mean of both"
        if len(wanted) == 1
        else "a missing polarisation is the other one, 7 dB apart"
    )
    levels = "each chip less its mean, over its deviation" if normalise == "chip" else "by the levels of BigEarthNet"
    return {
        "takes": ["VV", "VH"],
        "unit": "dB",
        "display_range_db": list(DISPLAY_RANGE_DB),
        "stretch": f"{levels}; {alone}",
    }
