"""The model whose words need no PyTorch: the vectors of the network, and nothing loaded that is not used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakes.model import plain_picture
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.models.amfmn.model import AmfmnModel
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.on_demand import MOST_SENTENCES, AmfmnOnDemand
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.checkpoint import WEIGHTS, save_checkpoint

SENTENCES = ("a river through forest", "Many planes stand beside a terminal.", "xqzzy", "two storage tanks near a road")


def model_folder(folder: Path, **settings: object) -> Path:
    """An untrained model of a few thousand weights."""
    torch.manual_seed(3)
    vocabulary = Vocabulary(("river", "forest", "planes"), 64, 3, 5)
    sizes: dict[str, Any] = {"dimensions": 16, "embedding": 8, "hidden": 8, "buckets": 64}
    chosen = AmfmnSettings(backbone="mobilenetv2", **(sizes | settings))
    network = Amfmn(chosen, vocabulary.size)
    card = ModelCard("small", "1", "", 16, {"rgb": ("red", "green", "blue")}, True, 32, scorer=chosen.guidance)
    save_checkpoint(folder, card, network.state_dict(), settings=chosen.to_json(), vocabulary=vocabulary.to_json())
    return folder


@pytest.mark.parametrize("settings", [
    {"guidance": "dual", "pooling": "mean+max"},
    {"guidance": "soft", "pooling": "mean", "hidden": 16},
    {"guidance": "sim", "pooling": "mean"},
    {"guidance": "dual", "pooling": "mean+max", "keywords": True},
])  # fmt: skip
def test_words_without_pytorch_are_encoded_as_with_it(settings: dict[str, object], tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model", **settings)
    whole, lazy = AmfmnModel.load(folder), AmfmnOnDemand(folder)
    for texts in (SENTENCES, SENTENCES[:1]):
        np.testing.assert_allclose(lazy.encode_texts(texts), whole.encode_texts(texts), atol=2e-6)
    image, text = whole.encode_images([plain_picture(200, 30, 10)]), whole.encode_texts(SENTENCES[:1])
    exact = whole.scorer.scores(text[0], whole.scorer.prepare(image))
    np.testing.assert_allclose(lazy.scorer.scores(text[0], lazy.scorer.prepare(image)), exact, atol=1e-5)
    keywords = [["river"], [], ["planes", "forest"], [""]]
    np.testing.assert_allclose(
        lazy.encode_texts(SENTENCES, keywords), whole.encode_texts(SENTENCES, keywords), atol=2e-6
    )
    many = SENTENCES * (MOST_SENTENCES // 4 + 1)
    np.testing.assert_allclose(lazy.encode_texts(many), whole.encode_texts(many), atol=2e-6)
    np.testing.assert_array_equal(
        lazy.encode_images([plain_picture(1, 2, 3)]), whole.encode_images([plain_picture(1, 2, 3)])
    )


def test_weights_that_are_not_the_cards_are_refused_before_a_word_is_read(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ModelError, match="cut off or changed"):
        AmfmnOnDemand(folder).encode_texts(["a river"])


@pytest.mark.slow
def test_a_question_in_words_loads_no_pytorch_and_a_picture_no_compiler() -> None:
    program = """
import sys, numpy
from satseek.core.sensor import Pixels
from satseek.models.catalogue import load_model
model = load_model("amfmn")
model.encode_texts(["a river through forest"])
assert "torch" not in sys.modules, "words"
chip = Pixels("rgb", ("red", "green", "blue"), numpy.zeros((3, 64, 64), numpy.uint8), numpy.ones((64, 64), bool))
model.encode_images([chip])
assert "torch" in sys.modules
compilers = {"sympy", "torch._dynamo", "torchvision", "timm"}
assert not compilers & set(sys.modules), "pictures"
"""
    subprocess.run([sys.executable, "-c", program], check=True)
