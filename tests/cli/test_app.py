"""What the program says before it is asked anything."""

import os
import subprocess
import sys

from fakes.command import satseek

PROGRAM = [sys.executable, "-c", "from satseek.cli.app import main; main()"]


def _said(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)


def test_without_a_verb_the_program_lists_its_verbs():
    alone, asked = _said(), _said("--help")
    assert alone.returncode == asked.returncode == 0
    assert alone.stdout == asked.stdout
    assert all(f"  {verb}  " in alone.stdout for verb in ("demo", "ingest", "search", "archive", "models", "synth"))


def test_a_wrong_verb_is_answered_with_the_right_one():
    answer = _said("serch")
    assert answer.returncode == 2
    assert "Did you mean 'search'" in answer.stderr


def test_the_version_is_told():
    from satseek import __version__

    assert _said("--version").stdout.split() == ["satseek", __version__]


def test_threads_that_wait_leave_the_processor_to_others_unless_told(monkeypatch):
    from satseek.cli.app import WAITING
    from satseek.models import catalogue

    seen = []
    monkeypatch.setattr(catalogue, "cards", lambda: seen.append(os.environ.get(WAITING)) or [])
    monkeypatch.delenv(WAITING, raising=False)
    satseek("models", "--json")
    assert WAITING not in os.environ  # of the command's own time
    monkeypatch.setenv(WAITING, "ACTIVE")
    satseek("models", "--json")
    assert seen == ["PASSIVE", "ACTIVE"]
