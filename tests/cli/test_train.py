"""`satseek train` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fakes.pictures import SMALL, write_pictures
from satseek.cli.train import run

app = typer.Typer()
app.command()(run)

CHANGES = [part for change in SMALL for part in ("--set", change)]


def satseek(*arguments: str) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [*arguments])
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.mark.slow
def test_a_run_reports_in_json_and_leaves_a_model(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "set")
    options = [
        "--data",
        str(data),
        "--out",
        str(tmp_path / "run"),
        "--device",
        "cpu",
        "--precision",
        "32-true",
        "--json",
    ]
    code, out, told = satseek("amfmn", *CHANGES, *options)
    assert code == 0
    report = json.loads(out)
    assert (report["images"], report["epochs"]) == (18, 2)
    assert 0 <= report["recalls"]["folder"] <= 100
    assert (tmp_path / "run" / "best" / "card.json").exists()
    assert "epoch 2/2" in told
    code, _, told = satseek("amfmn", *CHANGES, *options)
    assert code == 2
    assert "--resume" in told


def test_a_dry_run_shows_the_recipe_and_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = satseek("amfmn", "--set", "optimiser.epochs=3", "--seed", "11", "--dry-run")
    assert code == 0
    assert json.loads(out)["optimiser"]["epochs"] == 3
    assert json.loads(out)["seed"] == 11
    assert not list(tmp_path.iterdir())


def test_the_recipes_are_listed() -> None:
    code, out, _ = satseek("list")
    assert code == 0
    assert "amfmn-paper" in out
    assert set(json.loads(satseek("list", "--json")[1])) >= {"amfmn", "amfmn-paper"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["amfm"], "Did you mean 'amfmn'"),
        (["amfmn"], "point --data"),
        (["amfmn", "--set", "epoks=2"], "Did you mean 'epochs'"),
        (["amfmn", "--data", "/nowhere"], "There is no folder"),
        (["amfmn", "--data", ".", "--device", "tpuu"], "Cannot train with --device tpuu"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # runs go to ./runs unless told
    code, out, told = satseek(*arguments)
    assert code in (1, 2)
    assert says in told
    assert "Traceback" not in told
    assert not out
