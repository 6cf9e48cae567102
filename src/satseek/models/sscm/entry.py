"""The shipped `sscm`: its card is read from the package, its weights when it is loaded."""

from __future__ import annotations

from pathlib import Path

from satseek.core.model import Model
from satseek.models.packaged import packaged


def _load(folder: Path) -> Model:
    from satseek.models.sscm.model import SscmModel

    return SscmModel.load(folder)


ENTRY = packaged("sscm", _load)
