"""A recipe: every number of a training run, typed and checked, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from satseek.core.errors import UnknownName, UsageError, did_you_mean
from satseek.core.registry import Registry
from satseek.models.amfmn.network import AmfmnSettings
from satseek.models.backbones.catalogue import keepable_blocks


@dataclass(frozen=True)
class DataSettings:
    """What is learnt from and what is chosen on."""

    sets: str = "rsicd"  # joined by + for several
    choose_on: str = ""  # sets whose val split picks the best checkpoint; empty: the same
    image_size: int = 128  # pixels a side that the model sees
    store_size: int = 128  # pixels a side of the decoded pictures kept in memory
    memory_gb: float = 4.0  # bound of the decoded pictures
    batch: int = 128  # pictures
    choose_every: int = 1  # epochs between exams on the val splits
    captions_per_image: int = 1
    kept_variants: int = 0  # of each picture; what the frozen blocks make of them is kept and dealt again
    seen_at_least: int = 2  # times a word must be in the captions for a row of its own


@dataclass(frozen=True)
class AugmentSettings:
    """How pictures and captions are varied."""

    smallest_crop: float = 0.6  # share of the area
    stretch: float = 0.1
    flips: bool = True
    quarter_turns: bool = True
    brightness: float = 0.15
    contrast: float = 0.15
    saturation: float = 0.2
    word_dropout: float = 0.1
    keywords_for_caption: float = 0.0  # share of captions whose place is taken by some of the image's keywords


@dataclass(frozen=True)
class LossSettings:
    """What is minimised."""

    name: str = "info_nce"  # or sigmoid, triplet, dynamic_margin
    temperature: float = 0.07  # where InfoNCE starts; it is learnt
    margin: float = 0.2  # of triplets; the largest one (gamma) of the dynamic margin
    beta: float = 5.0  # how fast the dynamic margin shrinks as texts grow alike
    negatives: str = "all"  # or hardest: which of a pair's negatives a triplet counts
    reduction: str = "sum"  # or mean, over triplets
    label_smoothing: float = 0.1  # of the scene classes
    scene_class: float = 0.0  # weight of naming the scene class from the picture and from the sentence


@dataclass(frozen=True)
class OptimiserSettings:
    """How the weights move."""

    epochs: int = 30
    stop_after: int = 0  # epochs after which the run ends, though the schedule is longer; 0: it runs to its end
    learning_rate: float = 1e-3
    backbone_learning_rate: float = 2e-4
    weight_decay: float = 0.02
    warm_up: float = 0.05  # share of all steps
    schedule: str = "cosine"  # or "steps": times 0.7 every 20 epochs, as in the paper
    accumulate: int = 1  # batches a step
    clip_gradient: float = 5.0
    average: float = 0.99  # how much of the averaged weights stays at each step; 0: none are kept
    frozen_blocks: int = 0  # first blocks of the backbone that are not trained
    frozen_filters: bool = False  # keep the backbone's depthwise filters: several times as fast on a processor
    dropout: float = 0.1
    start_from: str = ""  # "imagenet", a file of a backbone's weights, a checkpoint folder, or nothing

    def __post_init__(self) -> None:
        require_within("optimiser.epochs", self.epochs, 1, 100_000)
        require_within("optimiser.stop_after", self.stop_after, 0, 100_000)
        require_within("optimiser.accumulate", self.accumulate, 1, 10_000)
        require_within("optimiser.average", self.average, 0, 0.99999)
        require_within("optimiser.warm_up", self.warm_up, 0, 1)
        require_within("optimiser.dropout", self.dropout, 0, 0.9)
        require_named("optimiser.schedule", self.schedule, ("cosine", "steps", "constant"))


@dataclass(frozen=True)
class Recipe:
    """One training run, whole."""

    name: str
    summary: str = ""
    learns: str = "captions"
    teaches: str = "all"  # or keywords: only their branch and the joint; pictures and sentences stay as they are
    seed: int = 7
    model: AmfmnSettings = field(default_factory=AmfmnSettings)
    data: DataSettings = field(default_factory=DataSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)

    def __post_init__(self) -> None:
        for check in _CHECKS:
            check(self)

    @property
    def choose_every(self) -> int:
        """Epochs between exams."""
        return self.data.choose_every

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        return asdict(self)


KINDS: Registry[Any] = Registry(
    "kind of lessons",
    {
        "adapter": "satseek.training.adapter.settings:AdapterRecipe",
        "captions": "satseek.training.settings:Recipe",
        "pairs": "satseek.training.across.settings:PairRecipe",
        "bridge": "satseek.training.bridge.settings:BridgeRecipe",
    },
)  # what a recipe's `learns` may be


def recipe_names() -> list[str]:
    """Return the recipes that come with SatSeek."""
    return sorted(each.name.removesuffix(".toml") for each in _recipes().iterdir() if each.name.endswith(".toml"))


def read_recipe(
    name_or_path: str, changes: Sequence[str] = (), *, seed: int | None = None, preset: str | None = None
) -> Any:
    """Return a recipe by name or file, with the changes of a preset of it, then `section.key=value` changes."""
    table = _table_of(name_or_path)
    _apply_preset(table, preset)
    for change in changes:
        _change(table, change)
    if seed is not None:
        table["seed"] = seed
    return recipe_of(table)


def recipe_of(table: Mapping[str, Any]) -> Any:
    """Return the recipe that a table of sections says; an unknown key is answered with the right one."""
    return _filled(_kind_of(table), table, "")


def _kind_of(table: Mapping[str, Any]) -> type:
    """Return the class of the table's recipe, by what it learns."""
    kind: type = KINDS.get(str(table.get("learns", "captions")))
    return kind


def _recipes() -> Any:
    return files("satseek.training") / "recipes"


def _table_of(name_or_path: str) -> dict[str, Any]:
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        place: Any = path
    elif name_or_path in recipe_names():
        place = _recipes() / f"{name_or_path}.toml"
    else:
        raise UnknownName("recipe", name_or_path, recipe_names())
    try:
        table = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Cannot read the recipe {name_or_path}: {error}.") from error
    return {"name": path.stem} | table


def _apply_preset(table: dict[str, Any], preset: str | None) -> None:
    """Take the presets out of the table; make the changes of the one that is wanted."""
    presets = table.pop("preset", {})
    if preset is None:
        return
    if preset not in presets:
        raise UnknownName(f"preset of '{table['name']}'", preset, presets)
    for section, changes in presets[preset].items():
        if isinstance(changes, Mapping):
            table[section] = {**table.get(section, {}), **changes}
        else:
            table[section] = changes


def _change(table: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise UsageError(f"'--set {change}' has no value. Write section.key=value, like optimiser.epochs=10.")
    *sections, last = key.strip().split(".")
    kind = _kind_of(table)
    if not sections and last not in get_type_hints(kind):
        sections = [_section_of(kind, last)]
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise UsageError(f"'{key}' is no key of a recipe: '{section}' has no parts.")
    table[last] = _value_of(text.strip())


def _section_of(recipe: Any, key: str) -> str:
    owners = {name: section for section, kind in _sections(recipe).items() for name in kind.__dataclass_fields__}
    if key not in owners:
        raise UsageError(f"A recipe has no key '{key}'. {did_you_mean(key, owners)}")
    return owners[key]


def _sections(recipe: Any) -> dict[str, Any]:
    kinds = get_type_hints(recipe)
    return {each.name: kinds[each.name] for each in fields(recipe) if hasattr(kinds[each.name], "__dataclass_fields__")}


def _value_of(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _filled(kind: Any, table: Mapping[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            everywhere = [*hints, *([] if where else _sections(kind))]
            raise UsageError(f"A recipe has no key '{where}{key}'. {did_you_mean(key, everywhere)}")
        values[key] = _typed(hints[key], value, f"{where}{key}")
    return kind(**values)


def _typed(kind: Any, value: Any, key: str) -> Any:
    if hasattr(kind, "__dataclass_fields__"):
        if not isinstance(value, Mapping):
            raise UsageError(
                f"'{key}' is a section of a recipe; set its parts, like {key}.{next(iter(get_type_hints(kind)))}."
            )
        return _filled(kind, value, f"{key}.")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise UsageError(f"'{key}' is {value!r}, but it must be {_NAMES[kind]}.")
    return value


_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def _check_sizes(recipe: Recipe) -> None:
    require_within("data.image_size", recipe.data.image_size, 32, 2048)
    require_within("data.store_size", recipe.data.store_size, 16, 4096)
    require_within("data.batch", recipe.data.batch, 2, 65536)
    require_within("data.captions_per_image", recipe.data.captions_per_image, 1, 100)
    if recipe.data.image_size % 32:
        lower = recipe.data.image_size // 32 * 32
        raise UsageError(
            f"'data.image_size' is {recipe.data.image_size}; "
            f"it must be a multiple of 32, such as {lower} or {lower + 32}."
        )


def _check_shares(recipe: Recipe) -> None:
    require_within("augment.smallest_crop", recipe.augment.smallest_crop, 0.01, 1)
    require_within("augment.keywords_for_caption", recipe.augment.keywords_for_caption, 0, 1)
    require_within("augment.word_dropout", recipe.augment.word_dropout, 0, 0.9)
    require_within("loss.temperature", recipe.loss.temperature, 1e-3, 10)


def _check_names(recipe: Recipe) -> None:
    require_named("teaches", recipe.teaches, ("all", "keywords"))
    require_named("loss.name", recipe.loss.name, ("info_nce", "sigmoid", "triplet", "dynamic_margin"))
    require_named("loss.negatives", recipe.loss.negatives, ("all", "hardest"))
    require_named("loss.reduction", recipe.loss.reduction, ("sum", "mean"))


def _check_kept(recipe: Recipe) -> None:
    if not recipe.data.kept_variants:
        return
    frozen = recipe.optimiser.frozen_blocks
    if not frozen:
        raise UsageError(
            "'data.kept_variants' keeps what frozen blocks make: set optimiser.frozen_blocks above 0, "
            "or data.kept_variants=0."
        )
    first, last = keepable_blocks(recipe.model.backbone) or (0, frozen)
    if recipe.model.salience and not first <= frozen <= last:
        raise UsageError(
            f"'optimiser.frozen_blocks' is {frozen}; with data.kept_variants and the salience mask it must lie between "
            f"{first} and {last}, where what is kept is as large as the mask's early part. Or set model.salience=false."
        )


def _check_taught(recipe: Recipe) -> None:
    if recipe.teaches == "keywords" and not (recipe.model.keywords and recipe.optimiser.start_from):
        raise UsageError(
            "'teaches' is 'keywords': it needs model.keywords=true, and as optimiser.start_from the model whose "
            "pictures and sentences they are fitted to."
        )


_CHECKS = (_check_sizes, _check_shares, _check_names, _check_kept, _check_taught)


def require_within(key: str, value: float, low: float, high: float) -> None:
    """Raise `UsageError` where a number of a recipe is out of its range."""
    if not low <= value <= high:
        raise UsageError(f"'{key}' is {value:g}; it must lie between {low:g} and {high:g}.")


def require_named(key: str, value: str, known: Sequence[str]) -> None:
    """Raise `UsageError` where a word of a recipe is none of those known."""
    if value not in known:
        raise UsageError(f"'{key}' is '{value}'. {did_you_mean(value, known)}")
