"""Painted pairs: places of the painted world that are taught beside real ones, in the same form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.pair_world import SMALL_PAIRS, PairsInMemory, write_pair_world
from satseek.core.errors import UsageError
from satseek.datasets.co_registered import DECIBEL, DISPLAY, REFLECTANCE, TRUE_COLOUR
from satseek.datasets.joined_pairs import JoinedPairs
from satseek.datasets.s1s2 import load
from satseek.models.catalogue import load_model
from satseek.training import painted
from satseek.training.painted import PaintedPairs, painted_like, painted_pairs
from satseek.training.settings import read_recipe
from satseek.training.teach import train

BANDS = {"s1": ("VV", "VH"), "s2": ("B08", *TRUE_COLOUR)}
UNITS = {"s1": DECIBEL, "s2": REFLECTANCE}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("painted")


@pytest.fixture(scope="module")
def places(cache: Path) -> PaintedPairs:
    return painted_pairs(5, cache, bands=BANDS, units=UNITS, size=64, metres=10.0)


def test_both_sensors_see_the_same_land(places: PaintedPairs) -> None:
    assert len(places) == 5
    for place in range(5):
        radar, optical = places.read(place, "s1"), places.read(place, "s2")
        assert radar.shape == (2, 64, 64)
        assert optical.shape == (4, 64, 64)
        assert radar[0].mean() > radar[1].mean() + 2  # VV above VH, in dB
        assert 0 < optical.mean() < 0.6
        water = optical[0] < 0.05
        if 0.05 < water.mean() < 0.95:
            assert radar[0][water].mean() < radar[0][~water].mean()
    assert not np.array_equal(places.read(0, "s1"), places.read(4, "s1"))


def test_they_are_painted_once(places: PaintedPairs, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painted, "_paint", lambda *_: pytest.fail("painted again"))
    again = painted_pairs(5, cache, bands=BANDS, units=UNITS, size=64, metres=10.0)
    np.testing.assert_array_equal(again.read(3, "s2"), places.read(3, "s2"))


def test_they_take_the_form_of_the_set_they_are_taught_beside(tmp_path: Path) -> None:
    given = load(write_pair_world(tmp_path / "pairs"), "train")
    joined = JoinedPairs([given, painted_like(given, 3, tmp_path)])
    assert len(joined) == 19
    assert len(set(joined.ids)) == 19
    assert joined.unit("s1") == DISPLAY
    np.testing.assert_array_equal(joined.read(15, "s2"), given.read(15, "s2"))
    picture = joined.read(16, "s1")
    assert picture.dtype == np.uint8
    assert picture.shape == (1, 64, 64)
    assert picture.std() > 5
    assert joined.dates("s1") is None


def test_sets_of_other_pictures_are_not_joined(places: PaintedPairs, tmp_path: Path) -> None:
    other = PairsInMemory(
        {"s1": np.zeros((2, 2, 32, 32), np.float32), "s2": np.zeros((2, 4, 32, 32), np.float32)}, BANDS, UNITS
    )
    with pytest.raises(UsageError, match=r"'painted' holds 64×64.*'memory' 32×32 .* cannot be joined"):
        JoinedPairs([places, other])


def test_a_run_learns_from_both(tmp_path: Path) -> None:
    data = write_pair_world(tmp_path / "pairs")
    recipe = read_recipe("sscm", [*SMALL_PAIRS, "optimiser.epochs=1", "data.painted=4"])
    report = train(recipe, data, tmp_path / "run", device="cpu", precision="32-true")
    assert report.images == 20
    assert "20 places seen by s1 and s2, 4 of them painted" in load_model(str(tmp_path / "run")).card.training_data
