"""Quality: the share of a chip that holds no measurement, and the share that shows clouds instead of the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.sensor import BoolArray

NO_DATA = 0
CLOUDS = (8, 9, 10)  # medium and high probability, thin cirrus: what STAC's eo:cloud_cover counts; 3 is only shadow


def nodata_share(valid: BoolArray) -> float:
    """Return the share of pixels without a measurement, 1 for an empty chip."""
    return float(1.0 - valid.mean()) if valid.size else 1.0


def cloud_share(classes: NDArray[Any]) -> float | None:
    """Return the share of clouds among the classified pixels of a Sentinel-2 scene classification (SCL)."""
    seen = int(np.count_nonzero(classes != NO_DATA))
    return float(np.isin(classes, CLOUDS).sum() / seen) if seen else None
