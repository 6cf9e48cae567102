"""Questions to begin with: they find something, cost the same for every archive, and are made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.chips import chip
from fakes.model import Paint
from satseek.archive.archive import Archive
from satseek.core.filters import Filters
from satseek.core.vectors import unit_rows
from satseek.service import suggest
from satseek.service.library import Library
from satseek.service.suggest import LOOKED_AT, MOST, MOST_ASKED, Suggestions


def held(folder: Path, chips: int) -> Library:
    archive = Archive.create(str(folder / "archive"), Paint().card)
    return Library(filled(archive, 0, chips).uri, model=Paint())


def filled(archive: Archive, first: int, count: int) -> Archive:
    named = [chip(first + index, labels=(f"thing {index % 40}", "ground")) for index in range(count)]
    archive.add(named, unit_rows(np.random.default_rng(first).random((count, 4))))
    return archive


def shown_by(suggestions: Suggestions) -> set[str]:
    """The chips that are examples."""
    return {str(each.chip) for showing in suggestions.now() for each in showing.query.like}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the archive, as it is asked."""
    seen: list[str] = []
    search: Callable = suggest.ask

    def ask(archive: object, query: object, model: object) -> object:
        seen.append(str(query))
        return search(archive, query, model)

    monkeypatch.setattr(suggest, "ask", ask)
    return seen


def test_making_them_costs_the_same_for_every_archive(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, read = held(tmp_path, LOOKED_AT + 500), []
    monkeypatch.setattr(suggest, "showcase", lambda chips: read.append(len(chips)) or [])
    monkeypatch.setattr(suggest, "_finds", lambda *_: asked.append("") or False)
    assert Suggestions(library).now() == ()  # nothing finds anything: the dearest case
    assert read == [LOOKED_AT]
    assert len(asked) == MOST_ASKED


def test_they_are_made_once_and_again_when_much_has_changed(tmp_path: Path, asked: list[str]) -> None:
    library = held(tmp_path, 60)
    suggestions = Suggestions(library)
    first = suggestions.now()
    assert 0 < len(first) <= MOST
    assert len(asked) >= len(first)
    asked.clear()
    assert suggestions.now() is first
    filled(library.archive, 1000, 5)
    assert suggestions.now() is first
    assert asked == []
    filled(library.archive, 2000, 20)
    assert suggestions.now() is not first
    assert asked


def test_a_chip_that_is_gone_is_suggested_no_more(tmp_path: Path) -> None:
    library = held(tmp_path, 60)
    suggestions = Suggestions(library)
    shown = sorted(shown_by(suggestions))[0]
    library.archive.remove(Filters(ids=(shown,)))
    assert shown not in shown_by(suggestions)


def test_what_a_service_prepares_when_it_starts_is_not_made_again(tmp_path: Path, asked: list[str]) -> None:
    suggestions = Suggestions(held(tmp_path, 60))
    suggestions.prepare().join()
    assert asked
    asked.clear()
    assert suggestions.now()
    assert asked == []


def test_an_archive_that_is_not_there_stops_nothing(tmp_path: Path) -> None:
    Suggestions(Library(str(tmp_path / "nowhere"), model=Paint())).prepare().join()


def test_an_empty_archive_has_none_and_one_that_fills_has(tmp_path: Path) -> None:
    library = Library(Archive.create(str(tmp_path / "a"), Paint().card).uri, model=Paint())
    suggestions = Suggestions(library)
    assert suggestions.now() == ()
    filled(library.archive, 0, 30)
    found = suggestions.now()
    assert found
    assert all(len(library.ask(replace(showing.query, k=1))) for showing in found)
