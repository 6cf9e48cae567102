"""The model that comes with the package: small, whole, and as good as its card says."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from satseek.core.model import Model
from satseek.datasets.catalogue import load_captioned
from satseek.evaluation.captions import evaluate
from satseek.models.amfmn import entry
from satseek.models.catalogue import MODELS, load_model, model_for

SHARED = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
PAPER = {"rsicd": 16.42, "ucm": 46.08}


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("amfmn")


def test_its_weights_are_small_enough_to_come_along() -> None:
    folder = Path(entry.__file__).parents[1] / "weights" / "amfmn"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 40e6


def test_its_card_says_what_it_is_made_of_and_how_good_it_is(model: Model) -> None:
    card = MODELS.get("amfmn").card()
    assert card == model.card
    assert card.reads_text
    assert set(card.sensors) == {"rgb", "s2"}
    assert "rsicd+rsitmd+ucm" in card.training_data
    assert card.limits
    assert all(card.figures[f"{name}_val_mean_recall"] > figure for name, figure in PAPER.items())
    assert model_for(card).card.makes_same_vectors_as(card)
    assert card.options["settings"]["keywords"]
    for name in ("rsicd", "rsitmd", "ucm"):  # whoever says more is answered better
        sentence, *more = (card.figures[f"{name}_val_mean_recall{mode}"] for mode in ("", "_keywords", "_joint"))
        assert min(more) > sentence


def test_keywords_and_the_joint_lie_where_sentences_of_their_meaning_lie(model: Model) -> None:
    sentence = "many planes are parked next to a terminal in an airport"
    river = model.encode_texts(["a river goes through the dense green forest"])[0]
    said = model.encode_texts([sentence])[0]
    asked = model.encode_texts(["", sentence], [["airport", "planes"], ["airport", "planes"]])
    assert min(asked @ said) > 0.4
    assert max(asked @ river) < min(asked @ said) - 0.2


@pytest.mark.parametrize(
    ("written", "meant", "other"),
    [("airpotr", "airport", "forest"), ("parkinglot", "parking lot", "a river"), ("bridgess", "bridges", "a desert")],
)
def test_a_slip_of_the_pen_still_says_what_was_meant(model: Model, written: str, meant: str, other: str) -> None:
    slip, right, wrong = model.encode_texts([written, meant, other])
    assert slip @ right > slip @ wrong + 0.1


def test_sentences_of_one_meaning_lie_closer_than_others(model: Model) -> None:
    rows = model.encode_texts(
        [
            "many planes are parked next to a terminal in an airport",
            "several airplanes near the terminal",
            "a river goes through the dense green forest",
            "trees on both sides of a winding river",
        ]
    )
    likeness = rows @ rows.T
    assert min(likeness[0, 1], likeness[2, 3]) > likeness[:2, 2:].max() + 0.1


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
def test_it_is_as_good_as_its_card_says_when_it_is_measured(model: Model) -> None:
    told = evaluate(model, load_captioned("ucm", SHARED, split="val"))
    assert told.recall.mean > PAPER["ucm"]
    np.testing.assert_allclose(told.recall.mean, model.card.figures["ucm_val_mean_recall"], atol=1.0)
