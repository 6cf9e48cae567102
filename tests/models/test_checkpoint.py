"""A checkpoint folder is whole, the one its card names, and never a pickle; or it is refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.models.checkpoint import CARD, VOCABULARY, WEIGHTS, load_checkpoint, read_card, save_checkpoint

CARD_OF_A_MODEL = ModelCard("small", "1", "for tests", 4, {"rgb": ("red", "green", "blue")}, True, 32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tensors = {"a": torch.arange(1000.0), "count": torch.tensor(3)}
    words = {"words": ["river", "forêt"]}
    save_checkpoint(tmp_path / "m", CARD_OF_A_MODEL, tensors, settings={"hidden": 4}, vocabulary=words)
    return tmp_path / "m"


def test_what_was_saved_comes_back(folder: Path) -> None:
    checkpoint = load_checkpoint(folder)
    assert checkpoint.card.name == "small"
    assert checkpoint.settings == {"hidden": 4}
    assert checkpoint.vocabulary == {"words": ["river", "forêt"]}
    assert checkpoint.tensors["a"].dtype == torch.float16
    assert checkpoint.tensors["a"].tolist() == list(range(1000))
    assert checkpoint.tensors["count"].item() == 3


def test_another_training_of_the_same_model_is_another_model(folder: Path, tmp_path: Path) -> None:
    other = save_checkpoint(tmp_path / "n", CARD_OF_A_MODEL, {"a": torch.zeros(3)}, settings={})
    assert not other.makes_same_vectors_as(read_card(folder))


def test_weights_that_are_cut_off_are_refused(folder: Path) -> None:
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match="cut off or changed"):
        load_checkpoint(folder)


def test_one_changed_bit_is_refused(folder: Path) -> None:
    weights = folder / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="cut off or changed"):
        load_checkpoint(folder)


def test_other_words_are_refused(folder: Path) -> None:
    (folder / VOCABULARY).write_text('{"words": ["river", "wald"]}')
    with pytest.raises(ModelError, match="cut off or changed"):
        load_checkpoint(folder)
    (folder / VOCABULARY).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_checkpoint(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    card["options"]["checkpoint_format"] = 99
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(ModelError, match="newer SatSeek"):
        load_checkpoint(folder)


def test_pickles_are_refused_wherever_they_hide(folder: Path, tmp_path: Path) -> None:
    weights = folder / WEIGHTS
    torch.save({"a": torch.zeros(2)}, weights)  # a pickle under the right name
    with pytest.raises(ModelError, match="is a pickle"):
        load_checkpoint(folder)
    weights.rename(folder / "model.pt")
    with pytest.raises(ModelError, match=r"model\.pt, a pickle"):
        load_checkpoint(folder)
    (tmp_path / "model.pth").write_bytes(b"\x80\x02")
    with pytest.raises(ModelError, match="is a pickle"):
        load_checkpoint(tmp_path / "model.pth")


@pytest.mark.parametrize(
    ("text", "says"), [("{", "cannot be read"), ("[]", "cannot be read"), ('{"name": "x"}', "cannot be read")]
)
def test_a_card_that_is_no_card_is_refused(folder: Path, text: str, says: str) -> None:
    (folder / CARD).write_text(text)
    with pytest.raises(ModelError, match=says):
        load_checkpoint(folder)


def test_a_folder_without_a_model_says_so(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        load_checkpoint(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=f"no {CARD}"):
        load_checkpoint(tmp_path)
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match=f"no {WEIGHTS}"):
        load_checkpoint(folder)
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(ModelError, match="a model is a folder"):
        load_checkpoint(tmp_path / "file.txt")


def test_weights_that_are_no_numbers_are_never_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no numbers"):
        save_checkpoint(tmp_path / "m", CARD_OF_A_MODEL, {"a": torch.tensor([float("nan")])}, settings={})
    assert not (tmp_path / "m" / WEIGHTS).exists()


def test_weights_whose_header_is_as_long_as_a_pickle_begins_are_no_pickle(tmp_path: Path) -> None:
    for length in range(1, 400):
        save_checkpoint(tmp_path, CARD_OF_A_MODEL, {"a" * length: torch.zeros(2)}, settings={})
        if (tmp_path / WEIGHTS).read_bytes()[:1] == b"\x80":
            break
    else:
        pytest.fail("no header of such a length was made")
    assert list(load_checkpoint(tmp_path).tensors) == ["a" * length]
