"""MobileNetV2 with batch norms folded away and TensorFlow's padding, filled from the given ImageNet file.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from satseek.core.errors import ModelError

LAST_OF_STAGE = (2, 5, 12)  # the blocks whose maps have strides 4, 8 and 16
# (expansion, channels, blocks, stride) as in the paper's table 2
BLOCKS = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


class MobileNetV2(nn.Module):
    """Turns 8-bit-ranged pictures into maps at strides 4, 8, 16 and 32."""

    channels = (24, 32, 96, 1280)

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, 32, 3, stride=2, active=True)
        blocks: list[nn.Module] = []
        width = 32
        for expansion, channels, count, stride in BLOCKS:
            for index in range(count):
                blocks.append(InvertedResidual(width, channels, expansion, stride if index == 0 else 1))
                width = channels
        self.blocks = nn.ModuleList(blocks)
        self.last = SameConv(width, 1280, 1, active=True)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the four maps of pictures with values from 0 to 255."""  # (batch, 3, height, width)
        return self.finish(self.stem(images / 127.5 - 1), 0)

    def begin(self, images: Tensor, blocks: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return what the first blocks make of pictures, to be kept and gone on from, and the maps done by then."""
        return self._through(self.stem(images / 127.5 - 1), 0, blocks)

    def finish(self, x: Tensor, blocks: int) -> tuple[Tensor, ...]:
        """Return the other maps, from what `begin` made."""
        x, maps = self._through(x, blocks, len(self.blocks))
        return (*maps, self.last(x))

    def _through(self, x: Tensor, first: int, end: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return what some of the blocks make, and the maps among it."""
        maps = []
        for index in range(first, end):
            x = self.blocks[index](x)
            if index in LAST_OF_STAGE:
                maps.append(x)
        return x, tuple(maps)

    def freeze_first(self, blocks: int) -> None:
        """Keep the stem and this many blocks as they are; their gradients are then never computed."""
        for module in (self.stem, *self.blocks[:blocks]) if blocks else ():
            module.requires_grad_(False)

    def load_imagenet(self, path: str | Path) -> None:
        """Fill the weights from the given file of 53 convolutions."""
        convolutions = [module for module in self.modules() if isinstance(module, SameConv)]
        try:
            with np.load(path, allow_pickle=False) as file, torch.no_grad():
                by_number = {key[:2] + key[key.rindex(".") :]: key for key in file.files}
                for number, convolution in enumerate(convolutions):
                    for part in ("weight", "bias"):
                        values = file[by_number[f"{number:02d}.{part}"]].astype(np.float32)
                        getattr(convolution, part).copy_(torch.from_numpy(values))
        except (OSError, ValueError, KeyError, RuntimeError, BadZipFile, TypeError, AttributeError) as error:
            raise ModelError(
                f"Cannot read the ImageNet weights {path}: {error}. They are the file mobilenet_v2_imagenet_fp16.npz."
            ) from error


class InvertedResidual(nn.Module):
    """Widen, filter each channel for itself, narrow; added to its input where the shapes agree."""

    def __init__(self, inner: int, outer: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = inner * expansion
        layers = [SameConv(inner, wide, 1, active=True)] if expansion > 1 else []
        layers += [SameConv(wide, wide, 3, stride=stride, groups=wide, active=True), SameConv(wide, outer, 1)]
        self.layers = nn.Sequential(*layers)
        self.adds = inner == outer and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's map."""
        made: Tensor = self.layers(x)
        return x + made if self.adds else made


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding, which puts the odd pixel right and below, then ReLU6."""

    def __init__(
        self, inner: int, outer: int, kernel: int, *, stride: int = 1, groups: int = 1, active: bool = False
    ) -> None:
        super().__init__(inner, outer, kernel, stride=stride, groups=groups, padding=kernel // 2 if stride == 1 else 0)
        self.active = active
        # without norms the values must keep their size by themselves, or nothing is learnt from scratch
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu" if active else "linear")
        assert self.bias is not None
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map; at stride 1 the padding is even and the convolution does it itself."""
        if self.stride[0] > 1:
            x = functional.pad(x, _same_padding(x.shape[-1], self) + _same_padding(x.shape[-2], self))
        x = super().forward(x)
        return functional.relu6(x) if self.active else x


def _same_padding(size: int, convolution: nn.Conv2d) -> tuple[int, int]:
    stride, kernel = convolution.stride[0], convolution.kernel_size[0]
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
