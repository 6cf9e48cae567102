"""What the program says before it is asked anything."""

import subprocess
import sys

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
