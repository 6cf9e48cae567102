"""Archives to test with: small ones, and one that is searched through a vector index."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.chips import card, clustered, scattered
from satseek.archive.archive import Archive
from satseek.archive.tuning import Tuning
from satseek.core.chip import Chip
from satseek.core.vectors import FloatArray

SMALL_INDEX = Tuning(index_rows=2_000, exact_rows=60, partition_rows=256)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive."""
    return Archive.create(str(tmp_path / "archive"), card())


@pytest.fixture(scope="module")
def world() -> tuple[list[Chip], FloatArray]:
    """6,000 chips strewn over a third of the globe, with clustered vectors."""
    return scattered(6_000), clustered(6_000)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, world: tuple[list[Chip], FloatArray]) -> Archive:
    """The world in an archive with a vector index, 500 chips of it newer than the index."""
    chips, vectors = world
    archive = Archive.create(str(tmp_path_factory.mktemp("indexed") / "archive"), card(), tuning=SMALL_INDEX)
    archive.add(chips[:5_500], vectors[:5_500])
    archive.optimize(measure=False)
    archive.add(chips[5_500:], vectors[5_500:])
    return archive
