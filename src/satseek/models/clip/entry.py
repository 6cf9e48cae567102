"""The named CLIP models on the shelf: their cards are cheap; open_clip and weights are read when one is loaded."""

from __future__ import annotations

from satseek.core.model import Model
from satseek.models.clip.recipes import RECIPES, Recipe
from satseek.models.entry import ModelEntry


def _entry(name: str) -> ModelEntry:
    recipe = RECIPES[name]
    return ModelEntry(card=recipe.card, load=lambda: _load(recipe), published=(recipe.published,))


def _load(recipe: Recipe) -> Model:
    from satseek.models.clip.load import load_recipe

    return load_recipe(recipe)


REMOTECLIP_RN50 = _entry("remoteclip-rn50")
REMOTECLIP_B32 = _entry("remoteclip-b32")
REMOTECLIP_L14 = _entry("remoteclip-l14")
GEORSCLIP_B32 = _entry("georsclip-b32")
GEORSCLIP_H14 = _entry("georsclip-h14")
SKYCLIP_B32 = _entry("skyclip-b32")
SKYCLIP_L14 = _entry("skyclip-l14")
SIGLIP_B16 = _entry("siglip-b16")
