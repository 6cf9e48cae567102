"""Comparisons in tests do not tidy the memory of the whole process before each model: nobody reads the figure."""

from __future__ import annotations

import pytest

from satseek.evaluation.compare import watch


@pytest.fixture(autouse=True)
def no_tidying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "let_go", lambda: None)
