"""A small painted archive and a service over it, made once a session; those who change it make their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from satseek.archive.archive import Archive
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.service.app import create_app
from satseek.service.settings import Settings
from worlds import small_catalog


@pytest.fixture(scope="session")
def painted_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two places as three sensors see them, with labels and captions."""
    catalog = small_catalog(tmp_path_factory, scenes=2, size=512)
    place = tmp_path_factory.mktemp("service") / "archive"
    model = load_model("colour")
    report = ingest(Archive.create(str(place), model.card), [str(catalog)], model=model, plan=CutPlan(chip=224))
    assert report.added > 10
    assert not report.refused
    return place


@pytest.fixture(scope="session")
def client(painted_archive: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(str(painted_archive))), base_url="http://localhost") as asking:
        yield asking


@pytest.fixture
def own_archive(painted_archive: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    place = tmp_path / "spoiled"
    shutil.copytree(painted_archive, place)
    return place
