"""The recipe of a run that learns across sensors: every number of it, typed and checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from satseek.core.errors import UsageError
from satseek.losses.discrepancy import FORMS
from satseek.losses.neighbour import FEWEST
from satseek.models.sscm.settings import SscmSettings
from satseek.training.settings import OptimiserSettings, require_named, require_within


@dataclass(frozen=True)
class PairData:
    """What is learnt from and what is chosen on."""

    set: str = "s1s2"
    resolution_m: float = 20.0  # of the pixels that the network sees; 0: the set's own
    window: int = 96  # pixels a side that the network sees in training
    batch: int = 64  # places
    choose_every: int = 1  # epochs between exams on the val split
    exam_shift_m: float = 320.0  # by which the windows of the shifted exam are moved at most, each sensor's by itself
    exam_seeds: int = 2  # draws of those shifts, averaged
    painted: int = 0  # places of the painted world that are taught beside the set's own
    memory_gb: float = 4.0  # bound of the decoded pictures; beyond it they are packed on disk


@dataclass(frozen=True)
class PairVariation:
    """How the chips of a place are varied: turns and flips the same for all sensors, the rest for each by itself."""

    flips: bool = True
    quarter_turns: bool = True
    apart: float = 1.0  # share of the room in a chip by which its sensors' windows are placed independently
    scale: float = 0.0  # by which share windows are cut larger or smaller, the same for all sensors of a place
    speckle: float = 0.25  # deviation of the multiplicative noise on radar, at most
    looks: float = 0.2  # share of radar chips that are averaged over 2×2 pixels, as a product of more looks is
    radar_stretch: float = 1.0  # 0: radar stays as it is; 1: any form between the stored numbers and their logarithm
    brightness: float = 0.15  # of each optical band
    grey: float = 0.6  # how much of the colour may go


@dataclass(frozen=True)
class PairLoss:
    """What is minimised; a weight of 0 switches a loss off."""

    mutual_information: float = 1.0
    on: str = "y"  # the vectors it is measured on: y, which is searched, or z of the projection head (the paper)
    temperature: float = 0.07
    learn_temperature: bool = True
    discrepancy: float = 0.0  # beta
    discrepancy_form: str = "one_minus_cos"
    neighbour: float = 0.0  # alpha
    ramp: bool = True  # from a ten-thousandth of alpha and beta to all of them
    places: float = 1.0  # weight of InfoNCE between descriptors of places that both windows show
    places_per_chip: int = 32
    places_temperature: float = 0.1


@dataclass(frozen=True)
class PairRecipe:
    """One training run across sensors, whole."""

    name: str
    summary: str = ""
    learns: str = "pairs"
    seed: int = 7
    model: SscmSettings = field(default_factory=SscmSettings)
    data: PairData = field(default_factory=PairData)
    augment: PairVariation = field(default_factory=PairVariation)
    loss: PairLoss = field(default_factory=PairLoss)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)

    def __post_init__(self) -> None:
        _check_numbers(self)
        _check_names(self)

    @property
    def choose_every(self) -> int:
        """Epochs between exams."""
        return self.data.choose_every

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        return asdict(self)


def _check_numbers(recipe: PairRecipe) -> None:
    fewest = FEWEST if recipe.loss.neighbour else 2
    for key, low, high in (
        ("data.window", 32, 2048),
        ("data.batch", fewest, 65536),
        ("data.choose_every", 1, 100_000),
        ("data.exam_seeds", 1, 100),
        ("data.resolution_m", 0, 10_000),
        ("data.painted", 0, 1_000_000),
        ("augment.apart", 0, 1),
        ("augment.scale", 0, 0.5),
        ("augment.speckle", 0, 2),
        ("augment.looks", 0, 1),
        ("augment.radar_stretch", 0, 1),
        ("augment.grey", 0, 1),
        ("loss.temperature", 1e-3, 10),
        ("loss.places_temperature", 1e-3, 10),
        ("loss.places_per_chip", 1, 10_000),
    ):
        section, _, name = key.partition(".")
        require_within(key, getattr(getattr(recipe, section), name), low, high)
    if recipe.data.window % 8:
        lower = recipe.data.window // 8 * 8
        raise UsageError(f"'data.window' is {recipe.data.window}; it must be a multiple of 8, such as {lower}.")
    loss = recipe.loss
    if not any((loss.mutual_information, loss.discrepancy, loss.neighbour, loss.places)):
        raise UsageError("All losses are switched off: give one of the [loss] weights a number above 0.")


def _check_names(recipe: PairRecipe) -> None:
    require_named("loss.on", recipe.loss.on, ("y", "z"))
    require_named("loss.discrepancy_form", recipe.loss.discrepancy_form, FORMS)
    if recipe.optimiser.frozen_blocks and recipe.model.backbone == "structure":
        raise UsageError("The own trunk has no frozen blocks; set optimiser.frozen_blocks=0, or take another backbone.")
