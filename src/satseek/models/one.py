"""The shipped model of words, optical and radar in one space: its card is read without PyTorch."""

from __future__ import annotations

from pathlib import Path

from satseek.core.model import Model
from satseek.models.packaged import packaged


def _load(folder: Path) -> Model:
    from satseek.models.bridge import BridgeModel

    return BridgeModel.load(folder)


ENTRY = packaged("satseek-one", _load)
