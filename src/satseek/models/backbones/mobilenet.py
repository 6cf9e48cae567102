"""MobileNetV2, filled from the given ImageNet file, whose batch norms are folded away."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from satseek.core.errors import ModelError
from satseek.models.backbones.inverted import InvertedTrunk, Stage

STAGES = (  # as in the paper's table 2
    Stage(1, 16, 1, 1), Stage(6, 24, 2, 2), Stage(6, 32, 3, 2), Stage(6, 64, 4, 2),
    Stage(6, 96, 3, 1), Stage(6, 160, 3, 2), Stage(6, 320, 1, 1),
)  # fmt: skip


class MobileNetV2(InvertedTrunk):
    """17 blocks of 3×3 filters."""

    def __init__(self) -> None:
        super().__init__(STAGES, centre=127.5, spread=127.5)

    def load_imagenet(self, path: str | Path) -> None:
        """Fill the weights from the given file of 53 convolutions."""
        try:
            with np.load(path, allow_pickle=False) as file, torch.no_grad():
                by_number = {key[:2] + key[key.rindex(".") :]: key for key in file.files}
                for number, convolution in enumerate(self.convolutions()):
                    for part in ("weight", "bias"):
                        values = file[by_number[f"{number:02d}.{part}"]].astype(np.float32)
                        getattr(convolution, part).copy_(torch.from_numpy(values))
        except (OSError, ValueError, KeyError, RuntimeError, BadZipFile, TypeError, AttributeError) as error:
            raise ModelError(
                f"Cannot read the ImageNet weights {path}: {error}. They are the file mobilenet_v2_imagenet_fp16.npz."
            ) from error
