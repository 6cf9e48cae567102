"""The paper's own setting, end to end through the commands: a BigEarthNet as it is delivered, taught and measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.bigearthnet import Patch, write_v1, write_v2
from fakes.command import satseek
from satseek.models.catalogue import load_model

LABELS = ("Pastures", "Arable land", "Mixed forest", "Marine waters")
MACHINE = ("--device", "cpu", "--precision", "32-true", "-q")
EVERY_BAND = 10

pytestmark = pytest.mark.slow


def patches() -> list[Patch]:
    """Places of four kinds, each with its shade and its backscatter; more to learn from than to be asked."""
    splits = ["train"] * 8 + ["val"] * 4 + ["test"] * 4
    return [
        Patch(column=number, split=split, labels=(LABELS[number % 4],), shade=500 + 600 * (number % 4),
              decibels=-20.0 + 4 * (number % 4))
        for number, split in enumerate(splits)
    ]  # fmt: skip


@pytest.mark.parametrize(("version", "preset"), [(1, ()), (2, ("--preset", "cpu"))])
def test_the_papers_recipe_runs_from_the_folders_to_the_figures(
    version: int, preset: tuple[str, ...], tmp_path: Path
) -> None:
    data = (write_v1 if version == 1 else write_v2)(tmp_path / "ben", patches())
    changes = [word for each in ("optimiser.epochs=1", "data.batch=4", "model.whole=32") for word in ("--set", each)]
    out = tmp_path / "run"
    taught = satseek("train", "sscm-bigearthnet", "--data", data, "--out", out, *preset, *MACHINE, *changes)
    assert taught.code == 0, taught.err
    card = load_model(str(out)).card
    assert "8 places seen by s1 and s2" in card.training_data
    assert card.units["s1"] == "dB"
    assert len(card.options["bands"]["s2"]) == EVERY_BAND
    assert 0 <= card.figures["bigearthnet_aligned_val_mean_recall"] <= 100
    found = satseek("evaluate", out, "pairs", "--data", data, "--split", "val", "--json", "-", "-q")
    assert found.code == 0, found.err
    ways = {f"{one}_{other}_f1_10" for one in ("s1", "s2") for other in ("s1", "s2")}
    labels = found.json["labels"]
    assert ways | {"random_f1_10"} <= set(labels)
    assert labels["queries"] == "val"
    assert labels["archive"] == "test"
