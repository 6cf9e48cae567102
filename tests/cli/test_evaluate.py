"""`satseek evaluate` as people and scripts call it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from satseek.cli import evaluate

app = typer.Typer()
app.command("evaluate")(evaluate.run)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Green and blue squares of several shades, called what they are."""
    lines = []
    for shade in range(6):
        for name, colour in (("forest", (20, 90 + 10 * shade, 25)), ("water", (10, 30 + 2 * shade, 90 + 4 * shade))):
            Image.fromarray(np.full((32, 32, 3), colour, dtype=np.uint8)).save(tmp_path / f"{name}_{shade}.png")
            captions = [
                f"a dark green {name}" if name == "forest" else f"blue {name} of a lake",
                f"{name} number {shade}",
            ]
            lines.append({"file": f"{name}_{shade}.png", "captions": captions, "split": "val"})
    (tmp_path / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return tmp_path


def run(*arguments: object) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(each) for each in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


def test_a_catalogue_model_is_measured_and_better_than_chance(places: Path) -> None:
    file = places / "figures.json"
    code, shown, _ = run("colour", "folder", "--data", places, "--json", file)
    assert code == 0
    assert "colour on folder val: 12 images, 24 captions" in shown
    figures = json.loads(file.read_text())
    assert figures["model"] == "colour"
    assert figures["mean_recall"] > figures["chance"]
    assert figures["ceiling"] >= figures["mean_recall"] >= figures["strict_mean_recall"]


def test_json_to_stdout_is_nothing_but_json(places: Path) -> None:
    code, shown, _ = run("colour", "folder", "--data", places, "--json", "-", "--mode", "keywords")
    assert code == 0
    assert json.loads(shown)["mode"] == "keywords"


def test_several_models_stand_side_by_side(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from satseek.models import catalogue

    monkeypatch.setattr(catalogue, "MODELS", _WithAnother(catalogue.MODELS))
    code, shown, _ = run("colour, another", "folder", "--data", places, "--json", places / "both.json")
    assert code == 0
    assert "another" in shown
    assert "nothing is published on folder" in shown
    assert [each["model"] for each in json.loads((places / "both.json").read_text())["reports"]] == [
        "colour",
        "another",
    ]


class _WithAnother:
    """The catalogue with a second name for its first model."""

    def __init__(self, models: object) -> None:
        self._models = models

    def __contains__(self, name: object) -> bool:
        return name == "another" or name in self._models  # type: ignore[operator]

    def get(self, name: str) -> object:
        return self._models.get("colour" if name == "another" else name)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("color", "folder"), 2, "Did you mean 'colour'"),
        (("colour", "foldr"), 2, "Did you mean 'folder'"),
        (("colour", "folder", "--split", "test"), 2, "no split 'test'; it has val (12 images)"),
        (("colour", "folder", "--mode", "sentences"), 2, "Did you mean 'sentence'"),
        (("precomputed", "folder"), 1, "knows no words"),
        ((",", "folder"), 2, "Name a model"),
        (("colour", "folder", "--images", "a", "--images", "b"), 2, "Give --images once"),
        (("colour", "folder", "--json", "nowhere/deep/figures.json"), 2, "Cannot write the figures"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_what_to_do(
    places: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    given, _, said = run(*arguments, "--data", places)
    assert given == code
    assert says in said


@pytest.mark.slow  # loads torch
def test_a_folder_that_is_no_model_says_so(places: Path) -> None:
    code, _, said = run(places / "no-such", "folder", "--data", places)
    assert code == 1
    assert "There is no model folder" in said
