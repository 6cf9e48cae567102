"""Two frozen encoders joined by a head: taught on a small world, loaded as a model folder, refused with other eyes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.brightness import write_brightness_pairs
from fakes.command import satseek
from fakes.eyes import Eye, optical_eye, radar_eye
from satseek.core.errors import ModelError, UnknownName, UsageError
from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.models import catalogue
from satseek.models.adapter import AdapterModel
from satseek.training.adapter import teach
from satseek.training.report import TrainingReport
from satseek.training.settings import read_recipe
from satseek.training.teach import train

CHANGES = (
    'model.image="amfmn"', 'model.radar="sscm"', "data.views=1", "data.batch=16", "model.hidden=24", "model.joint=16",
    "data.window_m=160", "optimiser.dropout=0", "optimiser.epochs=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_brightness_pairs(tmp_path_factory.mktemp("adapter"), places=30, side=16)


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Eye]:
    found = {"amfmn": optical_eye(), "sscm": radar_eye()}
    monkeypatch.setattr(teach, "load_model", found.__getitem__)
    return found


@pytest.fixture(scope="module")
def taught(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that others look at; nobody changes it."""
    out = tmp_path_factory.mktemp("taught")
    found = {"amfmn": optical_eye(), "sscm": radar_eye()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teach, "load_model", found.__getitem__)
        go(data, out)
    return out


def go(data: Path, out: Path, *changes: str, resume: bool = False) -> TrainingReport:
    recipe = read_recipe("adapter", [*CHANGES, *changes])
    return train(recipe, data, out, device="cpu", precision="32-true", resume=resume)


def loaded(out: Path, eyes: dict[str, Eye]) -> AdapterModel:
    return AdapterModel.load(out / "best", eyes.__getitem__)


def radar_chip(level: float) -> Pixels:
    return Pixels("s1", ("VH",), np.full((1, 8, 8), level / 255 * 30 - 30, np.float32), np.ones((8, 8), bool))


def optical_chip(level: float) -> Pixels:
    return Pixels("rgb", ("red", "green", "blue"), np.full((3, 8, 8), level, np.uint8), np.ones((8, 8), bool))


LEVELS = [40.0, 90, 140, 190]


@pytest.mark.slow
def test_a_bridge_lets_the_image_models_words_find_radar(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    report = go(data, tmp_path, "optimiser.epochs=60", "optimiser.learning_rate=0.01")
    assert report.recalls["s1s2_crossed"] > 90
    model = loaded(tmp_path, eyes)
    radar = model.encode_images([radar_chip(250 - level) for level in LEVELS])
    words = model.encode_texts([str(level / 255) for level in LEVELS])
    optical = model.encode_images([optical_chip(level) for level in LEVELS])
    assert (words @ radar.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert (optical @ radar.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_shared_head_joins_both_in_a_new_space_without_words(
    data: Path, tmp_path: Path, eyes: dict[str, Eye]
) -> None:
    report = go(
        data, tmp_path, 'model.head="shared"', "loss.neighbour=0.1", "optimiser.epochs=60",
        "optimiser.learning_rate=0.01",
    )  # fmt: skip
    assert report.recalls["s1s2_crossed"] > 90
    model = loaded(tmp_path, eyes)
    assert (model.card.dimensions, model.card.reads_text) == (16, False)
    with pytest.raises(ModelError, match="knows no words"):
        model.encode_texts(["0.5"])
    radar = model.encode_images([radar_chip(250 - level) for level in LEVELS])
    optical = model.encode_images([optical_chip(level) for level in LEVELS])
    assert (optical @ radar.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_its_card_names_both_eyes_and_their_weights(taught: Path, eyes: dict[str, Eye]) -> None:
    card = loaded(taught, eyes).card
    told = card.options["eyes"]
    assert told["optical"] == {"name": "amfmn", "version": "1", "weights_sha256": "amfmn-1", "load": "amfmn"}
    assert told["radar"]["weights_sha256"] == "sscm-5"
    assert set(card.sensors) == {"rgb", "s2", "s1"}
    assert "amfmn" in card.name
    assert "sscm" in card.name


def test_changed_eyes_are_refused(taught: Path, eyes: dict[str, Eye]) -> None:
    with pytest.raises(ModelError, match=r"another 'sscm'.*train the adapter again"):
        loaded(taught, {**eyes, "sscm": radar_eye(seed=6)})

    def lost(name: str) -> Model:
        raise UsageError("There is no model called that.")

    with pytest.raises(ModelError, match="sees with 'amfmn', which cannot be loaded"):
        AdapterModel.load(taught / "best", lost)


def test_chips_of_several_sensors_come_back_in_their_order(taught: Path, eyes: dict[str, Eye]) -> None:
    model = loaded(taught, eyes)
    blind = Pixels("s1", ("VH",), np.zeros((1, 8, 8), np.float32), np.zeros((8, 8), bool))
    chips = [radar_chip(30), optical_chip(60), blind, optical_chip(90), radar_chip(120)]
    rows = model.encode_images(chips)
    for chip, row in zip(chips, rows, strict=True):
        np.testing.assert_allclose(model.encode_images([chip])[0], row, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0, 1, 1], atol=1e-5)


def test_frozen_eyes_look_once_and_a_run_goes_on(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    go(data, tmp_path, "optimiser.stop_after=1")
    looked = eyes["sscm"].seen
    report = go(data, tmp_path, "optimiser.stop_after=1", resume=True)
    assert eyes["sscm"].seen == looked
    assert report.epochs == 1


def test_a_folder_is_a_model_everywhere(taught: Path, eyes: dict[str, Eye], monkeypatch: pytest.MonkeyPatch) -> None:
    real = catalogue.MODELS.get
    monkeypatch.setattr(
        catalogue.MODELS,
        "get",
        lambda name: replace(real("colour"), load=lambda: eyes[name]) if name in eyes else real(name),
    )  # fmt: skip
    model = catalogue.load_model(str(taught))
    assert model.card.options["folder"] == str((taught / "best").resolve())
    assert catalogue.card_of(str(taught)).name == model.card.name
    assert catalogue.model_for(model.card).card.weights_sha256 == model.card.weights_sha256


def test_models_that_no_head_can_join_are_refused(data: Path, tmp_path: Path, eyes: dict[str, Eye]) -> None:
    with pytest.raises(UsageError, match="reads no radar"):
        go(data, tmp_path, 'model.radar="amfmn"')
    eyes["sscm"].card = replace(eyes["sscm"].card, sensors={"s1": ()})
    with pytest.raises(UsageError, match="reads no optical imagery"):
        go(data, tmp_path, 'model.image="sscm"')
    eyes["amfmn"].card = replace(eyes["amfmn"].card, scorer="fusion")
    with pytest.raises(UsageError, match="scores by 'fusion'"):
        go(data, tmp_path)


def test_a_recipe_of_an_adapter_is_checked() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'bridge'"):
        read_recipe("adapter", ["model.head=brige"])
    with pytest.raises(UsageError, match=r"model\.joint"):
        read_recipe("adapter", ["model.joint=0"])


def test_the_command_says_which_eye_is_missing(tmp_path: Path) -> None:
    asked = satseek("train", "adapter", "--image", "amfmn", "--pairs", tmp_path, "--out", tmp_path / "run")
    assert asked.code == 2
    assert "--radar is missing" in asked.why
    wrong = satseek("train", "sscm", "--image", "amfmn", "--data", tmp_path)
    assert "'sscm' is none" in wrong.why
    shown = satseek("train", "adapter", "--image", "colour", "--radar", "sscm", "--dry-run")
    assert (shown.json["model"]["image"], shown.json["model"]["radar"]) == ("colour", "sscm")
