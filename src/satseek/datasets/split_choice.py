"""Choosing the rows of one split, and saying which splits there are where it is none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError
from satseek.datasets.described import canonical_split

ALL = "all"


def of_split(splits: Sequence[str], split: str, title: str) -> NDArray[np.int64]:
    """Return the rows whose split this is; `all` is every row."""
    wanted = canonical_split(split)
    if wanted == ALL:
        return np.arange(len(splits))
    rows = np.flatnonzero(np.array(splits, dtype=str) == wanted)
    if not len(rows):
        has = ", ".join(f"{name} ({count:,} pairs)" for name, count in Counter(splits).items()) or "no pairs"
        raise UsageError(f"{title} here has no split '{wanted}'; it has {has}. Or ask for 'all'.")
    return rows
