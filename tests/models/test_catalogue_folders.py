"""Models that were trained here: found by their folder, and found again by the archives they filled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, ModelMismatch, UnknownName
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.catalogue import load_model, model_for
from satseek.models.checkpoint import save_checkpoint


def train(folder: Path, *, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    words = Vocabulary(("river",), buckets=16)
    settings = AmfmnSettings("mobilenetv2", 8, False, guidance="dual", embedding=4, hidden=4, buckets=16)
    card = ModelCard("mine", "1", "for tests", 8, {"rgb": ("red", "green", "blue")}, True, 32)
    state = Amfmn(settings, words.size).state_dict()
    save_checkpoint(folder, card, state, settings=settings.to_json(), vocabulary=words.to_json())
    return folder


def test_a_run_or_its_model_is_loaded_by_its_folder(tmp_path: Path) -> None:
    train(tmp_path / "run" / "best")
    by_run, by_model = load_model(str(tmp_path / "run")), load_model(str(tmp_path / "run" / "best"))
    np.testing.assert_array_equal(by_run.encode_texts(["river"]), by_model.encode_texts(["river"]))


def test_an_archive_finds_the_model_that_filled_it(tmp_path: Path) -> None:
    card = load_model(str(train(tmp_path / "m"))).card
    stored = ModelCard.from_json(card.to_json())
    assert model_for(stored).card.makes_same_vectors_as(card)


def test_a_model_trained_again_since_is_another(tmp_path: Path) -> None:
    card = load_model(str(train(tmp_path / "m"))).card
    train(tmp_path / "m", seed=1)
    with pytest.raises(ModelMismatch, match="trained again since"):
        model_for(card)


def test_a_model_that_has_gone_is_asked_for(tmp_path: Path) -> None:
    card = load_model(str(train(tmp_path / "m"))).card
    gone = replace(card, options={**card.options, "folder": str(tmp_path / "gone")})
    with pytest.raises(ModelError, match="Give the folder it was trained in with --model"):
        model_for(gone)


def test_a_folder_that_is_not_there_is_no_misspelt_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        load_model(str(tmp_path / "nowhere"))
    with pytest.raises(UnknownName, match="Did you mean 'colour'"):
        load_model("color")
