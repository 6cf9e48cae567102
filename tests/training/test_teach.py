"""A whole run on a small set: it learns, keeps the best, goes on where it stopped, and stops at a bad loss."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor, equal

from fakes.pictures import COLOURS, SMALL, write_pictures
from satseek.core.errors import ModelError, UsageError
from satseek.core.sensor import Pixels
from satseek.models.amfmn.model import AmfmnModel
from satseek.models.checkpoint import load_checkpoint
from satseek.training.loop import TrainingBroke
from satseek.training.objective import Objective
from satseek.training.report import Silent, TrainingReport
from satseek.training.settings import Recipe, read_recipe
from satseek.training.teach import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data") / "set")


def small(*changes: str, name: str = "amfmn") -> Recipe:
    return read_recipe(name, [*SMALL, *changes])


def go(recipe: Recipe, data: Path, out: Path, *, resume: bool = False, watcher: Silent | None = None) -> TrainingReport:
    return train(recipe, data, out, device="cpu", precision="32-true", resume=resume, watcher=watcher)


def losses_of(out: Path) -> list[str]:
    with open(out / "curve.csv", encoding="utf-8") as file:
        return [row["loss"] for row in csv.DictReader(file)]


class StopsAt(Silent):
    """Breaks off in the middle of an epoch, as a pulled plug would."""

    def __init__(self, step: int) -> None:
        self.steps, self.stop = 0, step

    def step(self, images: int, losses: dict[str, float]) -> None:
        self.steps += 1
        if self.steps == self.stop:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_learns_colours_and_leaves_a_model_that_finds_them(data: Path, tmp_path: Path) -> None:
    changes = (
        "optimiser.epochs=12",
        "optimiser.stop_after=0",
        "optimiser.learning_rate=0.01",
        "optimiser.dropout=0",
        "optimiser.average=0.5",
    )
    report = go(small(*changes, "augment.word_dropout=0"), data, tmp_path / "run")
    losses = [float(loss) for loss in losses_of(tmp_path / "run")]
    assert losses[-1] < 0.8 * losses[0]
    model = AmfmnModel.load(tmp_path / "run" / "best")
    values = [np.broadcast_to(np.uint8(colour)[:, None, None], (3, 32, 32)) for colour in COLOURS.values()]
    chips = [Pixels("rgb", ("red", "green", "blue"), value, np.ones((32, 32), bool)) for value in values]
    scores = model.encode_texts(["red roofs", "green meadows", "blue water"]) @ model.encode_images(chips).T
    assert scores.argmax(1).tolist() == [0, 1, 2]
    assert report.recalls["folder"] == max(report.recalls.values())
    assert model.card.figures["folder_val_mean_recall"] == round(report.recalls["folder"], 2)
    assert "18 images, 36 captions" in model.card.training_data
    assert Image.open(tmp_path / "run" / "curve.png").size == (900, 420)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        ("loss.name=triplet", "model.guidance=fusion"),
        ("loss.name=dynamic_margin", "model.guidance=soft"),
        ("loss.name=sigmoid", "model.guidance=sim-coded"),
        ("model.keywords=true", "optimiser.accumulate=2"),
        ("model.salience=false", "optimiser.frozen_blocks=3", "data.kept_variants=1", "data.choose_every=2"),
        ("optimiser.frozen_blocks=7", "data.kept_variants=2"),
        (
            "model.backbone=efficientnet_lite0",
            "optimiser.frozen_blocks=6",
            "data.kept_variants=2",
            "optimiser.frozen_filters=true",
        ),
    ],
)
def test_every_way_to_train_makes_its_loss_smaller(changes: tuple[str, ...], data: Path, tmp_path: Path) -> None:
    epochs = ("optimiser.epochs=4", "optimiser.learning_rate=0.01", "optimiser.dropout=0", "augment.word_dropout=0")
    go(small(*changes, *epochs), data, tmp_path / "run")
    losses = [float(loss) for loss in losses_of(tmp_path / "run")]
    assert losses[-1] < losses[0]


def test_a_process_computes_as_before_when_a_run_has_ended(data: Path, tmp_path: Path) -> None:
    go(small("optimiser.epochs=1"), data, tmp_path / "run")
    assert np.float32(1e-40) * np.float32(0.5) > 0  # a run itself takes numbers this small for zero


@pytest.mark.slow
def test_a_run_that_was_broken_off_ends_with_the_losses_of_one_that_was_not(data: Path, tmp_path: Path) -> None:
    recipe = small("optimiser.epochs=4", "optimiser.stop_after=0")
    go(recipe, data, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        go(recipe, data, tmp_path / "broken", watcher=StopsAt(8))  # in the third epoch
    assert losses_of(tmp_path / "broken") == losses_of(tmp_path / "whole")[:2]
    go(recipe, data, tmp_path / "broken", resume=True)
    assert losses_of(tmp_path / "broken") == losses_of(tmp_path / "whole")


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_losses(data: Path, tmp_path: Path) -> None:
    recipe = small("optimiser.epochs=6", "optimiser.stop_after=0")
    go(recipe, data, tmp_path / "whole")
    changes = [
        part for change in (*SMALL, "optimiser.epochs=6", "optimiser.stop_after=0") for part in ("--set", change)
    ]
    machine = ["--device", "cpu", "--precision", "32-true", "--quiet"]
    program = "import typer; from satseek.cli.train import run; app = typer.Typer(); app.command()(run); app()"
    command = [sys.executable, "-c", program, "amfmn", "--data", str(data), *changes, *machine]
    out = tmp_path / "killed"
    process = subprocess.Popen([*command, "--out", str(out)])
    while not (out / "curve.csv").exists() and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(losses_of(out)) < 6
    subprocess.run([*command, "--out", str(out), "--resume"], check=True)
    assert losses_of(out) == losses_of(tmp_path / "whole")


@pytest.mark.slow
def test_a_run_can_end_before_its_schedule_and_a_shorter_schedule_ends_it_too(data: Path, tmp_path: Path) -> None:
    assert go(small("optimiser.epochs=4", "optimiser.stop_after=1"), data, tmp_path / "early").epochs == 1
    assert go(small("optimiser.epochs=1", "optimiser.stop_after=3"), data, tmp_path / "short").epochs == 1


def test_a_run_is_not_written_over(data: Path, tmp_path: Path) -> None:
    go(small(), data, tmp_path / "run")
    with pytest.raises(UsageError, match="--resume"):
        go(small(), data, tmp_path / "run")


def test_going_on_with_other_settings_is_refused(data: Path, tmp_path: Path) -> None:
    go(small(), data, tmp_path / "run")
    with pytest.raises(ModelError, match="other settings"):
        go(small("optimiser.learning_rate=0.5"), data, tmp_path / "run", resume=True)
    (tmp_path / "run" / "last.ckpt").write_bytes(b"PK no checkpoint")
    with pytest.raises(ModelError, match="Remove it to begin anew"):
        go(small(), data, tmp_path / "run", resume=True)


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_with_the_step_and_keeps_the_last_good_model(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, calls = Objective.forward, []

    def poisoned(self: Objective, *parts: Any, **named: Any) -> dict[str, Tensor]:
        calls.append(1)
        losses = honest(self, *parts, **named)
        return {name: loss * float("nan") if len(calls) == 8 else loss for name, loss in losses.items()}

    monkeypatch.setattr(Objective, "forward", poisoned)
    recipe = small("optimiser.epochs=4", "optimiser.stop_after=0")
    with pytest.raises(TrainingBroke, match=r"The loss became nan at step 8 \(epoch 3\)"):
        go(recipe, data, tmp_path / "run")
    tensors = load_checkpoint(tmp_path / "run" / "best").tensors
    assert all(tensor.isfinite().all() for tensor in tensors.values())
    monkeypatch.undo()
    assert go(recipe, data, tmp_path / "run", resume=True).epochs == 4


@pytest.mark.slow
def test_a_run_can_begin_from_another_ones_model(data: Path, tmp_path: Path) -> None:
    go(small("model.salience=false"), data, tmp_path / "first")
    begun = f"optimiser.start_from={tmp_path / 'first' / 'best'}"
    changes = ("optimiser.learning_rate=1e-9", "optimiser.backbone_learning_rate=1e-9")
    go(small(begun, *changes, "optimiser.average=0.0"), data, tmp_path / "second")
    first, second = (load_checkpoint(tmp_path / name / "best") for name in ("first", "second"))
    assert "image.salience.mask.weight" not in first.tensors
    assert "image.salience.mask.weight" in second.tensors
    for name, tensor in first.tensors.items():
        np.testing.assert_allclose(tensor.float(), second.tensors[name].float(), atol=1e-3)
    assert second.vocabulary == first.vocabulary
    with pytest.raises(ModelError, match="another shape"):
        go(small(begun, "model.hidden=9"), data, tmp_path / "third")


@pytest.mark.slow
def test_keywords_are_taught_to_a_model_whose_pictures_and_sentences_stay_to_the_bit(
    data: Path, tmp_path: Path
) -> None:
    go(small("model.salience=true", "optimiser.epochs=1"), data, tmp_path / "first")
    changes = (
        "teaches=keywords",
        "model.keywords=true",
        f"optimiser.start_from={tmp_path / 'first' / 'best'}",
        "optimiser.frozen_blocks=7",
        "data.kept_variants=1",
        "optimiser.epochs=8",
        "optimiser.learning_rate=0.02",
        "optimiser.dropout=0",
        "augment.word_dropout=0",
    )
    go(small(*changes), data, tmp_path / "second")
    first, second = (load_checkpoint(tmp_path / name / "best").tensors for name in ("first", "second"))
    assert all(equal(second[name], tensor) for name, tensor in first.items())
    assert {name.partition(".")[0] for name in set(second) - set(first)} == {"keyword", "joint"}
    losses = [float(loss) for loss in losses_of(tmp_path / "second")]
    assert losses[-1] < losses[0]


def test_the_recipe_that_ran_is_kept_beside_the_run(data: Path, tmp_path: Path) -> None:
    go(small(), data, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "recipe.json").read_text()) == small().to_json()
