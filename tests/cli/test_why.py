"""`satseek why` as it is typed: a chip, a question, and a grid, a picture or JSON of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import satseek
from fakes.command import satseek as run
from fakes.rasters import write_raster
from satseek.archive.archive import Archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One chip: grass with a lake in its north-east."""
    home = tmp_path_factory.mktemp("why")
    values = np.stack([np.full((224, 224), level, np.uint8) for level in (90, 130, 60)])
    values[:, 10:100, 120:214] = np.array([20, 60, 110], np.uint8)[:, None, None]
    scene = write_raster(home / "lake.tif", values, photometric="rgb")
    ran = run("ingest", home / "archive", scene, "--model", "colour", "--quiet")
    assert ran.code == 0, ran.err
    return home / "archive"


@pytest.fixture(scope="module")
def chip(archive: Path) -> str:
    return next(Archive.open(str(archive)).scan(limit=1)).chips[0].id


def test_the_part_that_matched_is_shaded_and_the_score_is_told(archive: Path, chip: str) -> None:
    ran = run("why", archive, chip, "a lake", "--cells", 4)
    assert ran.code == 0, ran.err
    rows = ran.out.splitlines()
    assert all(len(row) == 8 for row in rows[:4])
    assert "█" in rows[0][4:] + rows[1][4:]
    assert "█" not in rows[2] + rows[3]
    assert rows[4].startswith("score 0.")


def test_json_holds_the_grid_as_python_has_it(archive: Path, chip: str) -> None:
    said = run("why", archive, chip, "a lake", "--cells", 4, "--json").json
    assert said["chip"] == chip
    assert (said["rows"], said["columns"], said["method"]) == (4, 4, "occlusion")
    grid = np.array(said["grid"])
    assert grid[:2, 2:].mean() > grid[2:, :2].mean() + 0.3
    again = satseek.open(archive).why(chip, "a lake", cells=4)
    assert again.to_json()["grid"] == said["grid"]


def test_the_picture_is_the_chip_with_heat_over_it(tmp_path: Path, archive: Path, chip: str) -> None:
    over, layer = tmp_path / "why.png", tmp_path / "layer.png"
    ran = run("why", archive, chip, "a lake", "-o", over)
    assert f"the heat written to {over}" in ran.err
    assert run("why", archive, chip, "a lake", "-o", layer, "--layer").code == 0
    with Image.open(over) as picture, Image.open(layer) as heat:
        assert picture.size == heat.size == (224, 224)
        assert np.asarray(picture)[..., 3].min() == 255
        glow = np.asarray(heat)[..., 3]
    assert glow[:100, 120:].mean() > glow[120:, :100].mean() + 50


def test_what_cannot_be_told_is_one_line(tmp_path: Path, archive: Path, chip: str) -> None:
    for arguments, says in (
        ((chip,), "Nothing says what to look for"),
        ((chip, "a zzzyx"), "knows none of 'a zzzyx'"),
        (("nobody", "a lake"), "nobody"),
        ((chip, "a lake", "--cells", "99"), "2 to 16 cells"),
        ((chip, "a lake", "-o", str(tmp_path / "why.jpg")), ".png"),
    ):
        ran = run("why", archive, *arguments)
        assert ran.code != 0, arguments
        assert says in ran.err
        assert ran.err.count("\n") == 1
