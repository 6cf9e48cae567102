"""The recipe of an adapter: a bridge between any two encoders, or the shared head of SS-CM-RSIR on both."""

from __future__ import annotations

from dataclasses import dataclass, field

from satseek.core.errors import UnknownName, UsageError
from satseek.models.adapter import BRIDGE, HEADS
from satseek.training.bridge.settings import BridgeLoss, BridgeRecipe, BridgeSettings
from satseek.training.settings import require_within


@dataclass(frozen=True)
class AdapterSettings(BridgeSettings):
    """Which encoders are joined, and by what."""

    image: str = ""  # a name or a folder of a model that reads optical imagery
    radar: str = ""  # of one that reads radar
    head: str = BRIDGE
    joint: int = 512  # numbers of the space that a shared head makes


@dataclass(frozen=True)
class AdapterLoss(BridgeLoss):
    """InfoNCE and mean(1 − cos) for a bridge; the three losses of SS-CM-RSIR for a shared head."""

    neighbour: float = 0.0


@dataclass(frozen=True)
class AdapterRecipe(BridgeRecipe):
    """One training run of an adapter, whole."""

    learns: str = "adapter"
    model: AdapterSettings = field(default_factory=AdapterSettings)
    loss: AdapterLoss = field(default_factory=AdapterLoss)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model.head not in HEADS:
            raise UnknownName("head", self.model.head, HEADS)
        if self.data.painted:
            raise UsageError("An adapter learns from pairs alone; 'data.painted' is for 'satseek-one'. Leave it out.")
        require_within("model.joint", self.model.joint, 2, 100_000)
        require_within("loss.neighbour", self.loss.neighbour, 0, 1000)

    def require_eyes(self) -> None:
        """Raise `UsageError` where nobody has said which models are joined."""
        for option, name in (("--image", self.model.image), ("--radar", self.model.radar)):
            if not name:
                raise UsageError(
                    f"An adapter joins two models, and {option} is missing: satseek train adapter --image amfmn "
                    "--radar sscm --pairs DIR."
                )
