"""Trunks of inverted residuals, without norms and with TensorFlow's padding: MobileNetV2 and its kin.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

STEM, LAST = 32, 1280  # channels of the first and of the last convolution


class Stage(NamedTuple):
    """Some blocks of one width, the first of which may halve the map."""

    expansion: int
    channels: int
    blocks: int
    stride: int
    kernel: int = 3


def ends_of(stages: Sequence[Stage]) -> tuple[int, ...]:
    """Return the last blocks at strides 4, 8 and 16: those before a block that halves the map, but for the first."""
    strides = [stage.stride if index == 0 else 1 for stage in stages for index in range(stage.blocks)]
    return tuple([index - 1 for index, stride in enumerate(strides) if stride == 2][1:])


class InvertedTrunk(nn.Module):
    """Turns 8-bit-ranged pictures into maps at strides 4, 8, 16 and 32."""

    def __init__(self, stages: Sequence[Stage], *, centre: float, spread: float) -> None:
        super().__init__()
        self._centre, self._spread = centre, spread
        self.stem = SameConv(3, STEM, 3, stride=2, active=True)
        blocks: list[nn.Module] = []
        width = STEM
        for stage in stages:
            for index in range(stage.blocks):
                stride = stage.stride if index == 0 else 1
                blocks.append(InvertedResidual(width, stage.channels, stage.expansion, stride, stage.kernel))
                width = stage.channels
        self.blocks = nn.ModuleList(blocks)
        self.last = SameConv(width, LAST, 1, active=True)
        self.ends = ends_of(stages)
        self.channels = (*(_width_of(blocks[index]) for index in self.ends), LAST)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the four maps of pictures with values from 0 to 255."""  # (batch, 3, height, width)
        return self.finish(self._seen(images), 0)

    def begin(self, images: Tensor, blocks: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return what the first blocks make of pictures, to be kept and gone on from, and the maps done by then."""
        return self._through(self._seen(images), 0, blocks)

    def finish(self, x: Tensor, blocks: int) -> tuple[Tensor, ...]:
        """Return the other maps, from what `begin` made."""
        x, maps = self._through(x, blocks, len(self.blocks))
        return (*maps, self.last(x))

    def freeze_first(self, blocks: int) -> None:
        """Keep the stem and this many blocks as they are; their gradients are then never computed."""
        for module in (self.stem, *self.blocks[:blocks]) if blocks else ():
            module.requires_grad_(False)

    def freeze_filters(self) -> None:
        """Keep the filters that each channel has for itself, 3 % of the weights: most of a step's time goes there.

        Measured on a processor in bf16: the gradients of a 5×5 filter's weights, or of its bias alone, take 100 ms,
        that of its input 7 ms.
        """
        for convolution in self.convolutions():
            if convolution.groups > 1:
                convolution.requires_grad_(False)

    def convolutions(self) -> list[SameConv]:
        """Return all convolutions, in the order in which pictures go through them."""
        return [module for module in self.modules() if isinstance(module, SameConv)]

    def _seen(self, images: Tensor) -> Tensor:
        seen: Tensor = self.stem((images - self._centre) / self._spread)
        return seen

    def _through(self, x: Tensor, first: int, end: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return what some of the blocks make, and the maps among it."""
        maps = []
        for index in range(first, end):
            x = self.blocks[index](x)
            if index in self.ends:
                maps.append(x)
        return x, tuple(maps)


class InvertedResidual(nn.Module):
    """Widen, filter each channel for itself, narrow; added to its input where the shapes agree."""

    def __init__(self, inner: int, outer: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        wide = inner * expansion
        layers = [SameConv(inner, wide, 1, active=True)] if expansion > 1 else []
        layers += [SameConv(wide, wide, kernel, stride=stride, groups=wide, active=True), SameConv(wide, outer, 1)]
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
        kept = self.groups > 1 and self.stride[0] > 1 and not self.weight.requires_grad and x.requires_grad
        x = KeptFilter.apply(x, self.weight, self.bias, self.stride[0]) if kept else super().forward(x)
        return functional.relu6(x, inplace=True) if self.active else x


class KeptFilter(torch.autograd.Function):
    """A depthwise convolution whose weights are not trained; its input's gradient is an ordinary convolution, too.

    PyTorch's own takes 350 ms on a processor in bf16 where this takes 20, a third of a whole step.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
        """Return the map."""
        ctx.save_for_backward(weight)
        ctx.shape, ctx.stride = x.shape, stride
        return functional.conv2d(x, weight, bias, stride, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the input's gradient: the map's, with zeros between, filtered by the mirrored filter."""
        (gradient,), (weight,) = gradients, ctx.saved_tensors
        stride, kernel = ctx.stride, weight.shape[-1]
        batch, channels, high, wide = gradient.shape
        spread = gradient.new_zeros((batch, channels, (high - 1) * stride + 1, (wide - 1) * stride + 1))
        spread = spread.contiguous(memory_format=torch.channels_last)
        spread[:, :, ::stride, ::stride] = gradient
        mirrored = weight.flip(2, 3).to(gradient.dtype)
        made = functional.conv2d(spread, mirrored, padding=kernel - 1, groups=channels)
        beyond = (0, ctx.shape[3] - made.shape[3], 0, ctx.shape[2] - made.shape[2])  # pixels that no filter reached
        return functional.pad(made, beyond), None, None, None


def _width_of(block: nn.Module) -> int:
    """Return the channels of a block's map."""
    assert isinstance(block, InvertedResidual)
    last = block.layers[-1]
    assert isinstance(last, SameConv)
    return last.out_channels


def _same_padding(size: int, convolution: nn.Conv2d) -> tuple[int, int]:
    stride, kernel = convolution.stride[0], convolution.kernel_size[0]
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
