"""What the environment says, and what it must not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from satseek.core.environment import cache_folder, number
from satseek.core.errors import UsageError


@pytest.mark.parametrize(("text", "value"), [("", 7.0), ("0", 0.0), ("2.5", 2.5), (" 3 ", 3.0)])
def test_a_number_is_taken_or_the_usual_one(monkeypatch: pytest.MonkeyPatch, text: str, value: float) -> None:
    monkeypatch.setenv("HOW_MANY", text)
    assert number("HOW_MANY", 7, wanted="some") == value


@pytest.mark.parametrize("text", ["much", "-1", "inf", "nan", "1e999", "1,5"])
def test_what_is_no_number_is_refused_with_what_is_wanted(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HOW_MANY", text)
    with pytest.raises(UsageError, match=f"HOW_MANY is '{text}'. Give some."):
        number("HOW_MANY", 7, wanted="some")


def test_zero_is_refused_where_it_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOW_MANY", "0")
    with pytest.raises(UsageError, match="HOW_MANY is '0'"):
        number("HOW_MANY", 7, wanted="some", zero=False)


def test_the_cache_is_where_the_environment_says_or_in_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache"
