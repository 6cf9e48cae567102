"""The program as a person runs it, in this process: exit code, stdout, stderr."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from fakes.rasters import write_raster
from satseek.archive.archive import Archive
from satseek.core.chip import Chip


@dataclass(frozen=True)
class Ran:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What was written to stdout, read as one JSON document."""
        value: dict[str, Any] = json.loads(self.out)
        return value

    @property
    def why(self) -> str:
        """The one line on stderr that says why nothing more happened."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, f"not one line for a person: {self.err}"
        return lines[0]


def satseek(*words: object, stdin: str | None = None) -> Ran:
    """Run `satseek WORDS`; a fault of ours fails the test with its traceback."""
    from satseek.cli.app import app

    result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError("".join(traceback.format_exception(result.exception)))
    return Ran(result.exit_code, result.stdout, result.stderr)


def land(path: Path, *, size: int = 100, seed: int = 1, **more: Any) -> str:
    """Write a georeferenced true-colour picture of some land, 10 m a pixel."""
    chance = np.random.default_rng(seed)
    colours = np.kron(chance.integers(20, 220, (3, size // 10, size // 10)), np.ones((10, 10)))
    grain = chance.integers(0, 20, (3, size, size))
    return write_raster(path, (colours + grain).astype(np.uint8), photometric="rgb", **more)


def chips_of(archive: object) -> list[Chip]:
    """All chips of an archive, by id."""
    found = [chip for part in Archive.open(str(archive)).scan() for chip in part.chips]
    return sorted(found, key=lambda chip: chip.id)
