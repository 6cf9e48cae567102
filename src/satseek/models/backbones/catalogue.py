"""Which trunk a name means: `mobilenetv2`, an EfficientNet-Lite, or any timm network with maps at four strides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from torch import Tensor, nn

from satseek.core.errors import UnknownName, UsageError

STRIDES = (4, 8, 16, 32)
IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_DEVIATION = (58.395, 57.12, 57.375)


class Backbone(Protocol):
    """A trunk: pictures with values from 0 to 255 in, maps at strides 4, 8, 16 and 32 out."""

    channels: tuple[int, ...]

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the four maps."""
        ...

    def freeze_first(self, blocks: int) -> None:
        """Keep the first blocks as they are."""
        ...

    def begin(self, images: Tensor, blocks: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return what the first blocks make of pictures, and those of the four maps that are done by then."""
        ...

    def finish(self, x: Tensor, blocks: int) -> tuple[Tensor, ...]:
        """Return the other maps, from what `begin` made."""
        ...


def build_backbone(name: str) -> Backbone:
    """Return an untrained trunk of this name."""
    if name == "mobilenetv2":
        from satseek.models.backbones.mobilenet import MobileNetV2

        return cast(Backbone, MobileNetV2())
    from satseek.models.backbones.efficientnet import SCALES, EfficientNetLite

    if name in SCALES:
        return cast(Backbone, EfficientNetLite(name))
    return cast(Backbone, TimmBackbone(name))


def keepable_blocks(name: str) -> tuple[int, int] | None:
    """Return between how many first blocks a trunk's map has stride 16; None for one that keeps none in the middle."""
    from satseek.models.backbones.efficientnet import SCALES, stages_of
    from satseek.models.backbones.inverted import ends_of
    from satseek.models.backbones.mobilenet import STAGES

    if name != "mobilenetv2" and name not in SCALES:
        return None
    _, eighth, sixteenth = ends_of(STAGES if name == "mobilenetv2" else stages_of(name))
    return eighth + 2, sixteenth  # behind the first block at that stride


def freeze_filters(backbone: Any, name: str) -> None:
    """Keep a trunk's depthwise filters as they are."""
    if not hasattr(backbone, "freeze_filters"):
        raise UsageError(f"'{name}' has no depthwise filters to be kept; set optimiser.frozen_filters=false.")
    backbone.freeze_filters()


class TimmBackbone(nn.Module):
    """Any network of timm's that can return its stage maps, such as `resnet18`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        import timm

        known = timm.list_models()
        if name not in known:
            raise UnknownName("backbone", name, ["mobilenetv2", *known])
        try:
            network: Any = timm.create_model(name, pretrained=False, features_only=True)
            strides: Sequence[int] = network.feature_info.reduction()
            chosen = [strides.index(stride) for stride in STRIDES]
        except (RuntimeError, ValueError, AttributeError, NotImplementedError) as error:
            raise UsageError(
                f"Backbone '{name}' does not give maps at strides 4, 8, 16 and 32. "
                "Take a convolutional one such as resnet18, regnety_008 or convnext_tiny."
            ) from error
        self.network = network
        self._chosen = chosen
        self.channels = tuple(network.feature_info.channels()[index] for index in chosen)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the four maps of pictures with values from 0 to 255."""
        mean = images.new_tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
        maps = self.network((images - mean) / images.new_tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1))
        return tuple(maps[index] for index in self._chosen)

    def freeze_first(self, blocks: int) -> None:
        """Keep the first of the network's top-level parts as they are."""
        for part in list(self.network.children())[:blocks]:
            part.requires_grad_(False)

    def begin(self, images: Tensor, blocks: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Refuse: timm's networks cannot be gone on from in the middle."""
        raise UsageError("Only the mobilenetv2 backbone can keep what its first blocks make; set data.kept_variants=0.")

    def finish(self, x: Tensor, blocks: int) -> tuple[Tensor, ...]:
        """Refuse, as `begin` does."""
        return self.begin(x, blocks)[1]
