"""From a recipe, a file, a folder or a repository of the hub to a CLIP model; nothing is downloaded here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.models.brought import shelf
from satseek.models.brought.pickles import is_pickle
from satseek.models.brought.published import Published
from satseek.models.brought.ready import read_tensors, ready
from satseek.models.clip.model import ClipModel
from satseek.models.clip.network import activation_of, build, config_in, config_of, fill, preprocess_of
from satseek.models.clip.pictures import Look
from satseek.models.clip.recipes import LIMITS, RECIPES, SATELLITE, SENSORS, UNITS, Activation, Recipe
from satseek.models.clip.words import tokens_of

WEIGHTS = ("open_clip_model.safetensors", "model.safetensors")
SPEC = "spec"  # the option of a card that says how the model is named again


def load_recipe(recipe: Recipe) -> ClipModel:
    """Return a named model; its weights are here, checked and no pickle, or it is said what to do."""
    weights = ready(recipe.published)
    require_activation(recipe.published, recipe.activation)
    config = config_of(recipe.architecture)
    preprocess = {**preprocess_of(recipe.architecture), **recipe.preprocess}
    return _model(recipe.card(), config, recipe.activation, preprocess, weights.path, weights.path.parent)


def load_file(architecture: str, path: Path) -> ClipModel:
    """Return the model of a weights file of one's own; the architecture says its activation (…-quickgelu or not)."""
    config = config_of(architecture)
    _require_no_pickle(path)
    card = _own_card(architecture, config, shelf.sha256_of(path), f"clip:{architecture}:{path.resolve()}", str(path))
    return _model(card, config, activation_of(config), preprocess_of(architecture), path, path.parent)


def load_folder(folder: Path) -> ClipModel:
    """Return the model of a folder as open_clip saves it: its configuration, its weights, perhaps its tokenizer."""
    config, preprocess = config_in(folder)
    path = weights_in(folder)
    card = _own_card(folder.name, config, shelf.sha256_of(path), f"clip:{folder.resolve()}", str(folder))
    return _model(card, config, activation_of(config), preprocess, path, folder)


def load_published(published: Published, architecture: str | None, activation: Activation | None) -> ClipModel:
    """Return the model of a repository of the hub: one that open_clip knows as a tag, or any in its layout."""
    weights = ready(published)
    folder = weights.path.parent
    if architecture is None:
        config, preprocess = config_in(folder)
    else:
        config, preprocess = config_of(architecture), preprocess_of(architecture, published.name.rpartition(":")[2])
    chosen = activation or activation_of(config)
    require_activation(published, chosen)
    card = _own_card(
        architecture or str(published.repository), config, weights.sha256, published.name, published.page, chosen
    )
    return _model(card, config, chosen, preprocess, weights.path, folder)


def weights_in(folder: Path) -> Path:
    """Return the safetensors of a folder; pickles are refused."""
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    others = sorted(folder.glob("*.safetensors"))
    if len(others) == 1:
        return others[0]
    if others:
        names = ", ".join(path.name for path in others)
        raise ModelError(f"{folder} holds several weights ({names}). Call the one that is meant {WEIGHTS[0]}.")
    for path in sorted(folder.iterdir()):
        if path.is_file() and is_pickle(path):
            _require_no_pickle(path)
    raise ModelError(f"{folder} holds no weights: {WEIGHTS[0]} is looked for.")


def require_activation(published: Published, activation: Activation) -> None:
    """Record the activation that weights are used with beside them, and refuse another one later."""
    told = shelf.pinned(published).get("activation")
    if told is None:
        shelf.pin(published, activation=activation)
    elif told != activation:
        raise ModelError(
            f"The weights of '{published.name}' were used with {told} before, as {shelf.folder_of(published)} records, "
            f"and {activation} makes other vectors of them. Choose the architecture with the activation they were "
            "taught with; if that is the new one, delete the record and ingest again."
        )


def _model(
    card: ModelCard,
    config: Mapping[str, Any],
    activation: Activation,
    preprocess: Mapping[str, Any],
    path: Path,
    folder: Path,
) -> ClipModel:
    network = fill(build(config, activation), read_tensors(path), str(card.options["architecture"]), path)
    size = getattr(network.visual, "image_size", None) or config["vision_cfg"]["image_size"]
    return ClipModel(card, network, Look.of(size, preprocess), tokens_of(config, folder, card.name))


def _own_card(
    architecture: str,
    config: Mapping[str, Any],
    sha256: str,
    spec: str,
    source: str,
    activation: Activation | None = None,
) -> ModelCard:
    chosen = activation or activation_of(config)
    size = config["vision_cfg"].get("image_size", 224)
    return ModelCard(
        name=f"clip-{architecture.rpartition('/')[2]}".lower(),
        version=f"1-{chosen}",
        summary=f"CLIP {architecture}, weights of one's own",
        dimensions=int(config["embed_dim"]),
        sensors=dict(SENSORS),
        reads_text=True,
        chip_size=int(size if isinstance(size, int) else size[0]),
        units=dict(UNITS),
        weights_sha256=sha256,
        training_data=f"not stated: ask whoever made {source}",
        licence="that of the weights",
        limits=LIMITS,
        options={
            "architecture": architecture,
            "activation": chosen,
            "activation_known_from": "the architecture or the tag that was named",
            "prompts": list(SATELLITE),
            "sentence": "{}",
            SPEC: spec,
        },
    )


def _require_no_pickle(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"There is no file {path}.")
    if not is_pickle(path):
        return
    digest = shelf.sha256_of(path)
    for recipe in RECIPES.values():
        if recipe.published.sha256 == digest:
            raise ModelError(
                f"{path} is a pickle, which can run any program, and is not opened. It is the official file of "
                f"'{recipe.name}': put it into {shelf.folder_of(recipe.published)}, have it converted once with "
                f"'satseek models get {recipe.name} --trust-pickle', and say --model {recipe.name}."
            )
    raise ModelError(
        f"{path} is a pickle, which can run any program, and is not opened. Whoever made it can save it so: "
        "safetensors.torch.save_file(model.state_dict(), 'model.safetensors')."
    )
