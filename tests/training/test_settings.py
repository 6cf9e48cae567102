"""Recipes: read, changed, checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from satseek.core.errors import UnknownName, UsageError
from satseek.training.settings import read_recipe, recipe_names, recipe_of


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_that_comes_along_can_be_read(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.name == name
    assert recipe.summary


def test_changes_are_made_with_or_without_the_section() -> None:
    recipe = read_recipe(
        "amfmn", ["optimiser.epochs=3", "batch=8", "model.salience=false", "loss.name=triplet"], seed=5
    )
    assert (recipe.optimiser.epochs, recipe.data.batch, recipe.model.salience) == (3, 8, False)
    assert (recipe.loss.name, recipe.seed) == ("triplet", 5)
    assert recipe_of(recipe.to_json()) == recipe


def test_kept_maps_and_the_mask_go_together_where_their_sizes_agree() -> None:
    kept = ["data.kept_variants=2", "optimiser.frozen_blocks"]
    assert read_recipe("amfmn", [kept[0], f"{kept[1]}=8"]).model.salience
    with pytest.raises(UsageError, match="between 8 and 14"):
        read_recipe("amfmn", [kept[0], f"{kept[1]}=15"])
    with pytest.raises(UsageError, match="between 7 and 12"):
        read_recipe("amfmn", [kept[0], f"{kept[1]}=13", "model.backbone=mobilenetv2"])
    with pytest.raises(UsageError, match=r"frozen_blocks above 0"):
        read_recipe("amfmn", [kept[0], f"{kept[1]}=0"])


def test_keywords_alone_are_taught_to_a_model_that_is_there() -> None:
    only = ["teaches=keywords", "optimiser.start_from=runs/other/best"]
    assert read_recipe("amfmn-middle", [*only, "model.keywords=true"]).teaches == "keywords"
    with pytest.raises(UsageError, match=r"needs model\.keywords=true"):
        read_recipe("amfmn-middle", only)
    with pytest.raises(UsageError, match=r"optimiser\.start_from"):
        read_recipe("amfmn-middle", [only[0], "model.keywords=true", "optimiser.start_from="])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("optimiser.epoch=3", "no key 'optimiser.epoch'. Did you mean 'epochs'"),
        ("epoks=3", "no key 'epoks'. Did you mean 'epochs'"),
        ("optimizer.epochs=3", "no key 'optimizer'. Did you mean 'optimiser'"),
        ("optimiser.epochs=many", "must be a whole number"),
        ("optimiser.epochs=true", "must be a whole number"),
        ("optimiser.epochs=0", "must lie between 1 and"),
        ("optimiser.epochs", "has no value"),
        ("model.salience=1", "must be true or false"),
        ("model=3", "is a section of a recipe"),
        ("name.x=3", "has no parts"),
        ("data.image_size=100", "multiple of 32, such as 96 or 128"),
        ("data.image_size=-32", "must lie between"),
        ("loss.name=infonce", "Did you mean 'info_nce'"),
        ("model.guidance=softer", "Did you mean 'soft'"),
        ("optimiser.frozen_blocks=3", "model.salience=false"),  # this recipe keeps maps
        ("optimiser.average=1.5", "must lie between"),
    ],
)
def test_a_change_that_cannot_be_is_answered_with_what_can(change: str, says: str) -> None:
    with pytest.raises(UsageError) as told:
        read_recipe("amfmn", [change])
    assert says in str(told.value)


def test_a_recipe_of_ones_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[data]\nsets = 'folder'\n[loss]\nmargin = 1\n")
    recipe = read_recipe(str(path))
    assert (recipe.name, recipe.data.sets, recipe.loss.margin) == ("mine", "folder", 1.0)


def test_a_file_that_is_no_recipe_says_where(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[data\nsets=")
    with pytest.raises(UsageError, match=r"Cannot read the recipe .*mine\.toml"):
        read_recipe(str(path))
    with pytest.raises(UsageError, match="Cannot read the recipe"):
        read_recipe(str(tmp_path / "none.toml"))
    with pytest.raises(UnknownName, match="Did you mean 'amfmn'"):
        read_recipe("amfm")


def test_a_preset_changes_a_recipe_before_what_is_set_does() -> None:
    usual, quick = read_recipe("amfmn-paper"), read_recipe("amfmn-paper", preset="cpu")
    assert quick.optimiser.epochs < usual.optimiser.epochs
    assert quick.model == usual.model
    assert read_recipe("amfmn-paper", ["optimiser.epochs=3"], preset="cpu").optimiser.epochs == 3


def test_every_recipe_can_be_run_on_a_processor() -> None:
    for name in recipe_names():
        assert read_recipe(name, preset="cpu").name == name


def test_a_preset_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="Did you mean 'cpu'"):
        read_recipe("sscm", preset="cqu")


def test_a_bridge_or_an_adapter_says_that_its_models_are_frozen_whole() -> None:
    for name in ("satseek-one", "adapter"):
        for change in ("optimiser.frozen_blocks=3", "optimiser.frozen_filters=true"):
            with pytest.raises(UsageError, match="frozen whole"):
                read_recipe(name, [change])
