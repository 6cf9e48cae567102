"""An ingest in a process of its own that can be killed at any moment: its output goes to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

PRELOADED = ["rasterio", "shapely", "pyproj", "lancedb", "satseek.cli.app", "satseek.ingest.pipeline", "fakes.killable"]


def run(words: Sequence[str], output: str) -> None:
    """Run `satseek WORDS` with stdout and stderr in a file."""
    with open(output, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    from satseek.cli.app import app

    app(list(words))
