"""A bridge from radar to the space of words: taught on a small world with frozen eyes, and what it makes of chips."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from fakes.brightness import write_brightness_pairs
from fakes.eyes import Eye, optical_eye, radar_eye
from satseek.core.errors import ModelError, UsageError
from satseek.core.sensor import Pixels
from satseek.models.bridge import BridgeModel
from satseek.models.device import place
from satseek.training.bridge import teach
from satseek.training.bridge.windows import Windows, together
from satseek.training.report import TrainingReport
from satseek.training.settings import read_recipe
from satseek.training.teach import train

CHANGES = (
    "data.painted=0",
    "data.views=2",
    "data.batch=16",
    "model.hidden=32",
    "data.window_m=160",
    "optimiser.dropout=0",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_brightness_pairs(tmp_path_factory.mktemp("bridge"), places=40, side=32)


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Eye]:
    found = {"amfmn": optical_eye(), "sscm": radar_eye()}
    monkeypatch.setattr(teach, "load_model", lambda name: found[name])
    return found


def go(data: Path, out: Path, *changes: str, resume: bool = False) -> TrainingReport:
    recipe = read_recipe("satseek-one", [*CHANGES, *changes])
    return train(recipe, data, out, device="cpu", precision="32-true", resume=resume)


def radar_chip(level: float) -> Pixels:
    return Pixels("s1", ("VH",), np.full((1, 8, 8), level / 255 * 30 - 30, np.float32), np.ones((8, 8), bool))


def optical_chip(level: float) -> Pixels:
    return Pixels("rgb", ("red", "green", "blue"), np.full((3, 8, 8), level, np.uint8), np.ones((8, 8), bool))


@pytest.mark.slow
def test_words_find_radar_that_nobody_described(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    report = go(data, tmp_path / "run", "optimiser.epochs=60", "optimiser.learning_rate=0.01")
    assert report.recalls["s1s2_crossed"] > 85  # by chance it is 64
    model = BridgeModel.load(tmp_path / "run" / "best", optical=eyes["amfmn"], radar=eyes["sscm"])
    levels = [40.0, 90, 140, 190]
    words = model.encode_texts([str(level / 255) for level in levels])
    radar = model.encode_images([radar_chip(250 - level) for level in levels])
    assert (words @ radar.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    optical = model.encode_images([optical_chip(level) for level in levels])
    assert (optical @ radar.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert model.card.reads_text
    assert set(model.card.sensors) == {"rgb", "s2", "s1"}


def test_chips_of_several_sensors_come_back_in_their_order(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    go(data, tmp_path / "run", "optimiser.epochs=1")
    model = BridgeModel.load(tmp_path / "run" / "best", optical=eyes["amfmn"], radar=eyes["sscm"])
    blind = Pixels("s1", ("VH",), np.zeros((1, 8, 8), np.float32), np.zeros((8, 8), bool))
    chips = [radar_chip(30), optical_chip(60), blind, optical_chip(90), radar_chip(120)]
    rows = model.encode_images(chips)
    for chip, row in zip(chips, rows, strict=True):
        np.testing.assert_allclose(model.encode_images([chip])[0], row, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0, 1, 1], atol=1e-5)


def test_both_eyes_are_moved_to_a_device(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    go(data, tmp_path / "run", "optimiser.epochs=1")
    model = BridgeModel.load(tmp_path / "run" / "best", optical=eyes["amfmn"], radar=eyes["sscm"])
    place(model, "cpu")
    assert [eye.device for eye in eyes.values()] == [torch.device("cpu")] * 2


def test_the_frozen_eyes_look_once(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    go(data, tmp_path / "run", "optimiser.epochs=2")
    looked = eyes["sscm"].seen
    assert looked == 32 * 2 + 8  # two windows of each train place, and val whole
    go(data, tmp_path / "run", "optimiser.epochs=2", resume=True)
    assert eyes["sscm"].seen == looked


def test_painted_places_are_taught_beside_the_given_ones(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    report = go(data, tmp_path / "run", "optimiser.epochs=1", "data.painted=6", "data.window_m=320")
    assert report.images == 32 + 6
    assert eyes["sscm"].seen == (32 + 6) * 2 + 8
    model = BridgeModel.load(tmp_path / "run" / "best", optical=eyes["amfmn"], radar=eyes["sscm"])
    assert "38 places without words, 6 of them painted" in model.card.training_data


def test_windows_of_several_sets_keep_their_views_and_partners() -> None:
    def windows(places: int, first: int) -> Windows:
        radar = np.arange(first, first + 2 * places, dtype=np.float32)[:, None]  # two views of all places
        return Windows(radar, -radar, places)

    both = together([windows(3, 0), windows(2, 100)])
    assert both.places == 5
    assert both.radar[:, 0].tolist() == [0, 1, 2, 100, 101, 3, 4, 5, 102, 103]
    np.testing.assert_array_equal(both.optical, -both.radar)


def test_half_precision_is_as_good(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    recipe = read_recipe("satseek-one", [*CHANGES, "optimiser.epochs=2"])
    losses = []
    for precision in ("32-true", "bf16-mixed"):
        train(recipe, data, tmp_path / precision, device="cpu", precision=precision)
        with open(tmp_path / precision / "curve.csv", encoding="utf-8") as file:
            losses.append([float(row["loss"]) for row in csv.DictReader(file)])
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_eyes_that_were_changed_since_are_refused(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    go(data, tmp_path / "run", "optimiser.epochs=1")
    with pytest.raises(ModelError, match=r"another 'sscm'.*Train it again"):
        BridgeModel.load(tmp_path / "run" / "best", optical=eyes["amfmn"], radar=radar_eye(seed=6))


def test_a_recipe_of_a_bridge_is_checked() -> None:
    with pytest.raises(UsageError, match=r"data\.views"):
        read_recipe("satseek-one", ["data.views=0"])
    with pytest.raises(UsageError, match="a window has a side"):
        read_recipe("satseek-one", ["data.window_m=-1.0"])
    with pytest.raises(UsageError, match="no key"):
        read_recipe("satseek-one", ["loss.neighbour=1"])
