"""The shipped bridge: words, optical and radar in one space, small, and made for the eyes that are shipped with it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from satseek.core.model import Model
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import read_pixels
from satseek.models import bridge
from satseek.models.catalogue import MODELS, load_model, model_for

SHARED = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_pairs = pytest.mark.skipif(not (SHARED / "s1s2").is_dir(), reason="the given pairs are not here")


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("satseek-one")


def test_it_is_small_and_made_for_the_shipped_eyes(model: Model) -> None:
    folder = Path(bridge.__file__).parent / "weights" / "satseek-one"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 40e6
    card = MODELS.get("satseek-one").card()
    assert card == model.card
    assert card.reads_text
    assert set(card.sensors) == {"rgb", "s2", "s1"}
    assert card.options["eyes"] == bridge.eyes_of(MODELS.get("amfmn").card(), MODELS.get("sscm").card())
    assert model_for(card).card.makes_same_vectors_as(card)


@pytest.mark.slow
@needs_pairs
def test_words_rank_radar_much_as_they_rank_the_optical_pictures_of_the_same_places(model: Model) -> None:
    pairs = load_pairs("s1s2", SHARED, split="val")
    places = range(0, len(pairs), 3)
    said = model.encode_texts(["farmland", "a dense residential area", "mountains", "bare land", "an industrial area"])
    ranks = {
        sensor: (said @ model.encode_images([read_pixels(pairs, i, sensor) for i in places]).T).argsort(1).argsort(1)
        for sensor in ("s1", "s2")
    }
    alike = [np.corrcoef(radar, optical)[0, 1] for radar, optical in zip(ranks["s1"], ranks["s2"], strict=True)]
    assert np.mean(alike) > 0.3  # 0 by chance
