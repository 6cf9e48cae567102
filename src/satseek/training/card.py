"""The model card that a run writes: what was learnt from, how, how well, and what to beware of."""

from __future__ import annotations

from collections.abc import Mapping

from satseek.core.card import ModelCard
from satseek.training.lessons import Lessons
from satseek.training.settings import Recipe

SENSORS = {"rgb": ("red", "green", "blue"), "s2": ("B04", "B03", "B02")}
LIMITS = (
    "English captions of a dozen words about aerial and satellite pictures of 0.3 to 3 m; coarser pixels, night, "
    "radar and other languages were not learnt. Sentinel-2 is read as drawn (B04, B03, B02, reflectance 0 to 0.3) "
    "and at 10 m lies outside what was seen in training. Counts and left/right are not told apart reliably."
)


def card_of_run(recipe: Recipe, lessons: Lessons, *, epoch: int, recalls: Mapping[str, float]) -> ModelCard:
    """Return the card of a run's best epoch."""
    told = lessons.told
    return ModelCard(
        name=recipe.name,
        version="1",
        summary=recipe.summary,
        dimensions=recipe.model.dimensions,
        sensors=SENSORS,
        reads_text=True,
        chip_size=recipe.data.image_size,
        scorer="cosine" if recipe.model.guidance in ("dual", "sim") else recipe.model.guidance,
        units={"rgb": "8-bit", "s2": "reflectance"},
        ground_resolution_m={"rgb": (0.3, 3.0), "s2": (10.0, 10.0)},
        training_data=(
            f"{told.name}, train split: {len(told):,} images, {len(told.captions):,} captions; "
            f"recipe '{recipe.name}', seed {recipe.seed}, {epoch + 1} of {recipe.optimiser.epochs} epochs, "
            f"begun from {recipe.optimiser.start_from or 'nothing'}"
        ),
        figures={f"{name}_val_mean_recall": round(value, 2) for name, value in recalls.items()},
        limits=LIMITS,
        options={"recipe": recipe.to_json()},
    )
