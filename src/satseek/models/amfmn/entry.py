"""The shipped `amfmn`: its card is read from the package, its weights when it is loaded."""

from __future__ import annotations

from pathlib import Path

from satseek.core.model import Model
from satseek.models.packaged import packaged


def _load(folder: Path) -> Model:
    from satseek.models.amfmn.on_demand import AmfmnOnDemand

    return AmfmnOnDemand(folder)


ENTRY = packaged("amfmn", _load)
