"""What the environment of a process says: numbers within bounds, and the folder for what can be made again."""

from __future__ import annotations

import math
import os
from pathlib import Path

from satseek.core.errors import UsageError


def number(name: str, unless_set: float, *, wanted: str, zero: bool = True) -> float:
    """Return a variable's number, from 0 or above it; what is no such number is refused with what is wanted."""
    text = os.environ.get(name, "")
    try:
        value = float(text) if text else unless_set
    except ValueError:
        value = math.nan
    if not (0 <= value < math.inf) or (value == 0 and not zero):
        raise UsageError(f"{name} is '{text}'. Give {wanted}.")
    return value


def cache_folder() -> Path:
    """Return the folder in which this user's programs keep what they can make or fetch again."""
    told = os.environ.get("XDG_CACHE_HOME")
    return Path(told) if told else Path.home() / ".cache"
