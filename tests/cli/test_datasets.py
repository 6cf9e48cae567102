"""`satseek datasets` as people and scripts call it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from typer.testing import CliRunner

from fakes.captioned import write_grey_set
from satseek.cli.datasets import app


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """Two splits that share one picture, one broken image."""
    lines = []
    for place in range(4):
        noise = gaussian_filter(np.random.default_rng(place % 3).normal(size=(64, 64, 3)), (4, 4, 0))
        Image.fromarray(np.clip(120 + 400 * noise, 0, 255).astype(np.uint8)).save(tmp_path / f"{place}.png")
        lines.append({"file": f"{place}.png", "caption": f"place {place}", "split": "val" if place == 3 else "train"})
    (tmp_path / "4.png").write_bytes(b"rubbish")
    lines.append({"file": "4.png", "caption": "", "split": "train"})
    lines.append({"file": "4.png", "caption": "a broken picture", "split": "train"})
    (tmp_path / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return tmp_path


def test_the_check_names_leaks_and_broken_images_and_leaves_with_one(leaky: Path) -> None:
    answer = CliRunner().invoke(app, ["check", "folder", "--data", str(leaky)])
    assert answer.exit_code == 1
    assert "0.png (train) and 3.png (val), 1.00 alike" in answer.stdout
    assert "broken: 1" in answer.stdout
    assert "1 blank" in answer.stdout


def test_the_check_in_json(leaky: Path) -> None:
    answer = CliRunner().invoke(app, ["check", "folder", "--data", str(leaky), "--json"])
    found = json.loads(answer.stdout)
    assert found["sound"] is False
    assert [leak["splits"] for leak in found["leaks"]] == [["train", "val"]]
    assert found["splits"] == {"train": 4, "val": 1}


def test_a_sound_set_leaves_with_nought(tmp_path: Path) -> None:
    write_grey_set(tmp_path, [10, 100, 200])
    assert CliRunner().invoke(app, ["check", "folder", "--data", str(tmp_path)]).exit_code == 0


def test_the_list_names_every_set_and_its_files() -> None:
    shown = CliRunner().invoke(app, ["list"]).stdout
    assert "rsitmd" in shown
    assert "dataset_RSITMD.json" in shown
    assert json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)["ucm"]["images"][0] == "imgs"
