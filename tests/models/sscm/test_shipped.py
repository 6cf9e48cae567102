"""The model that comes with the package: small, whole, and as good across sensors as its card says."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from satseek.core.errors import ModelError
from satseek.core.model import Model
from satseek.core.vectors import FloatArray
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import as_pixels
from satseek.models.catalogue import MODELS, load_model, model_for
from satseek.models.sscm import entry

SHARED = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
WANTED = {"aligned": 85.0, "shifted": 60.0}
needs_pairs = pytest.mark.skipif(not (SHARED / "s1s2").is_dir(), reason="the given pairs are not here")


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("sscm")


def test_its_weights_are_small_enough_to_come_along() -> None:
    folder = Path(entry.__file__).parents[1] / "weights" / "sscm"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 40e6


def test_its_card_says_what_it_is_made_of_and_how_good_it_is(model: Model) -> None:
    card = MODELS.get("sscm").card()
    assert card == model.card
    assert not card.reads_text
    assert set(card.sensors) == {"rgb", "s2", "s1"}
    assert "no labels" in card.training_data
    assert card.limits
    assert all(card.figures[f"s1s2_{name}_val_mean_recall"] >= least for name, least in WANTED.items())
    assert card.options["radar"]["unit"] == "dB"
    assert model_for(card).card.makes_same_vectors_as(card)
    with pytest.raises(ModelError, match="knows no words"):
        model.encode_texts(["a harbour"])


@needs_pairs
def test_radar_windows_find_the_optical_window_of_their_place_though_both_were_moved(model: Model) -> None:
    pairs = load_pairs("s1s2", SHARED, split="val")
    random = np.random.default_rng(11)
    some = range(0, len(pairs), 4)

    def rows(sensor: str) -> FloatArray:
        corners = random.integers(0, 65, (len(pairs), 2))
        chips = [pairs.read(i, sensor)[:, y : y + 192, x : x + 192] for i, (y, x) in zip(some, corners, strict=False)]
        named = pairs.bands(sensor), pairs.unit(sensor), pairs.ground_resolution_m
        return model.encode_images([as_pixels(chip, sensor, *named) for chip in chips])

    scores = rows("s1") @ rows("s2").T
    own = np.diag(scores)[:, None]
    assert ((scores > own).sum(axis=1) < 5).mean() > 0.8  # one in eight by chance
