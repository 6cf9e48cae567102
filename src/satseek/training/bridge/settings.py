"""The recipe of a bridge from radar to a text–optical space."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from satseek.core.errors import UsageError
from satseek.training.settings import OptimiserSettings, require_within


@dataclass(frozen=True)
class BridgeSettings:
    """The head."""

    hidden: int = 512


@dataclass(frozen=True)
class BridgeData:
    """What is learnt from; both frozen models see each window once, and their vectors are kept."""

    set: str = "s1s2"
    window_m: float = 1920.0  # the side of a window on the ground
    views: int = 6  # windows of each place, turned and placed at random
    batch: int = 256  # windows
    painted: int = 0  # places of the painted world, radar in dB with both polarisations, beside those of the set
    choose_every: int = 1


@dataclass(frozen=True)
class BridgeLoss:
    """InfoNCE between radar and optical, and mean(1 − cos)."""

    temperature: float = 0.07
    one_minus_cos: float = 1.0


@dataclass(frozen=True)
class BridgeRecipe:
    """One training run of a bridge, whole."""

    name: str
    summary: str = ""
    learns: str = "bridge"
    seed: int = 7
    model: BridgeSettings = field(default_factory=BridgeSettings)
    data: BridgeData = field(default_factory=BridgeData)
    loss: BridgeLoss = field(default_factory=BridgeLoss)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)

    def __post_init__(self) -> None:
        for key, value, low, high in (
            ("model.hidden", self.model.hidden, 1, 100_000),
            ("data.views", self.data.views, 1, 1000),
            ("data.batch", self.data.batch, 2, 65536),
            ("data.painted", self.data.painted, 0, 1_000_000),
            ("data.choose_every", self.data.choose_every, 1, 100_000),
            ("loss.temperature", self.loss.temperature, 1e-3, 10),
            ("loss.one_minus_cos", self.loss.one_minus_cos, 0, 1000),
        ):
            require_within(key, value, low, high)
        if self.data.window_m <= 0:
            raise UsageError(f"'data.window_m' is {self.data.window_m:g}; a window has a side, such as 1920.")
        if self.optimiser.frozen_blocks or self.optimiser.frozen_filters:
            raise UsageError(
                "The models under a bridge or an adapter are frozen whole; leave out optimiser.frozen_blocks and "
                "optimiser.frozen_filters."
            )

    @property
    def choose_every(self) -> int:
        """Epochs between exams."""
        return self.data.choose_every

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        return asdict(self)
