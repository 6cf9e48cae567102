"""Services in this process, with settings of a test's own."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from satseek.service.app import create_app
from satseek.service.settings import Limits, Settings


def serving(archive: Path, **settings: object) -> TestClient:
    """A service with other settings."""
    limits = settings.pop("limits", {})
    made = Settings(str(archive), limits=Limits(**limits), **settings)  # type: ignore[arg-type]
    return TestClient(create_app(made), base_url="http://localhost", raise_server_exceptions=False)
