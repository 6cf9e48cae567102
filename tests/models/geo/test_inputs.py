"""What a network is given: each publisher's own numbers for known ground, the bands in its order, gaps filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.geo import facts
from satseek.models.geo.entries import SOURCES
from satseek.models.geo.facts import THIRTEEN, TWELVE
from satseek.models.geo.inputs import prepared


def even(sensor: str, values: Mapping[str, float], side: int = 8) -> Pixels:
    """A chip whose bands are each of one value."""
    planes = np.ones((len(values), side, side), np.float32) * np.array([*values.values()], np.float32)[:, None, None]
    return Pixels(sensor, tuple(values), planes, np.ones((side, side), bool))


def given(model: str, chip: Pixels) -> FloatArray:
    """What the model's network is given of an even chip, one number a band."""
    source = SOURCES[model]
    image = prepared(chip, source.reads[chip.sensor], source.card())
    assert image is not None
    side = source.reads[chip.sensor].side
    assert image.shape[2:] == (side, side)
    numbers = image[0].numpy()
    np.testing.assert_allclose(numbers, numbers[:, :1, :1] * np.ones((1, side, side)), atol=1e-5)
    return np.asarray(numbers[:, 0, 0])


def ramp(bands: Sequence[str] = THIRTEEN) -> dict[str, float]:
    """Another reflectance for each band, so that a wrong order shows."""
    return {band: 0.02 * (THIRTEEN.index(band) + 1) for band in bands}


@pytest.mark.parametrize("model", ["ssl4eo-moco-s2", "ssl4eo-dino-s2", "decur-s2", "closp-rn", "closp-vs"])
def test_reflectance_goes_in_as_stored_numbers_over_ten_thousand(model: str) -> None:
    stored = np.array([200 * (number + 1) for number in range(13)])  # what a Level 1C file holds
    np.testing.assert_allclose(given(model, even("s2", ramp())), stored / 10_000, rtol=1e-5)


def test_bands_are_put_in_the_networks_order_whatever_order_a_file_has() -> None:
    backwards = dict(reversed(ramp().items()))
    np.testing.assert_allclose(given("ssl4eo-moco-s2", even("s2", backwards)), 0.02 * np.arange(1, 14), rtol=1e-5)


def test_reflectance_beyond_one_is_cut_off_where_the_authors_cut_it_off() -> None:
    bright = even("s2", dict.fromkeys(THIRTEEN, 1.4))
    assert (given("ssl4eo-moco-s2", bright) == 1).all()
    np.testing.assert_allclose(given("closp-rn", bright), 1.4, rtol=1e-5)


@pytest.mark.parametrize("model", ["ssl4eo-moco-s2", "softcon-s2", "closp-rn"])
def test_level_2a_has_no_cirrus_band_and_zeros_stand_for_it(model: str) -> None:
    whole = given(model, even("s2", ramp()))
    without = given(model, even("s2", ramp(TWELVE)))
    assert without[10] == 0
    np.testing.assert_allclose(np.delete(without, 10), np.delete(whole, 10), rtol=1e-5)


@pytest.mark.parametrize("model", ["ssl4eo-moco-s1", "decur-s1", "softcon-s1", "croma-base"])
def test_decibels_two_deviations_about_the_mean_become_zero_to_one(model: str) -> None:
    np.testing.assert_allclose(given(model, even("s1", {"VV": -12.54847, "VH": -20.19237})), 0.5, atol=1e-5)
    low = {"VV": -12.54847 - 2 * 5.25698, "VH": -40.0}
    np.testing.assert_allclose(given(model, even("s1", low)), 0, atol=1e-5)
    np.testing.assert_allclose(given(model, even("s1", {"VV": -2.03452, "VH": 10.0})), 1, atol=1e-5)
    np.testing.assert_allclose(
        given(model, even("s1", {"VH": -20.19237 + 5.91151, "VV": -12.54847 - 5.25698})), [0.25, 0.75], atol=1e-5
    )


def test_closp_takes_decibels_as_they_are() -> None:
    np.testing.assert_allclose(given("closp-rn", even("s1", {"VH": -20.5, "VV": -13.25})), [-13.25, -20.5])


def test_croma_and_softcon_take_each_bands_own_stretch() -> None:
    means = even("s2", {band: mean / 10_000 for band, mean in zip(THIRTEEN, facts.S2_L1C_MEAN, strict=True)})
    np.testing.assert_allclose(given("softcon-s2", means), np.full(13, 0.5), atol=1e-5)
    np.testing.assert_allclose(given("croma-base", means), np.full(12, 0.5), atol=1e-5)  # B10 is not asked for
    half = {
        band: (mean + deviation) / 10_000
        for band, mean, deviation in zip(THIRTEEN, facts.S2_L1C_MEAN, facts.S2_L1C_DEVIATION, strict=True)
    }
    np.testing.assert_allclose(given("croma-base", even("s2", half)), np.full(12, 0.75), atol=1e-5)


def test_dofa_takes_what_satlas_would_have_stored_in_eight_bits() -> None:
    red, edge = 114.1099739, 84.33539309  # of its authors' list, in steps of 3558/255 and of 32
    chip = even("s2", {"B05": edge * 32 / 10_000, "B04": red * 3558 / 255 / 10_000})
    np.testing.assert_allclose(given("dofa-base", chip), [0, 0], atol=1e-5)  # the sensor's order: B04, B05
    brighter = even("s2", {"B04": (red + 77.84352553) * 3558 / 255 / 10_000, "B05": (edge - 64.57022983) * 32 / 10_000})
    np.testing.assert_allclose(given("dofa-base", brighter), [1, -1], atol=1e-5)
    np.testing.assert_allclose(
        given("dofa-base", even("rgb", {"red": 123.675, "green": 116.28 + 57.12, "blue": 103.53})), [0, 1, 0], atol=1e-5
    )
    np.testing.assert_allclose(given("dofa-base", even("s1", {"VV": -12.54847})), [0], atol=1e-5)


def test_pixels_without_a_value_take_the_mean_of_their_band() -> None:
    chip = even("s2", ramp(), side=224)
    values, valid = chip.values.copy(), chip.valid.copy()
    values[:, :60], valid[:60] = np.nan, False
    values[3, 100:110] = np.inf  # said to be valid, and cannot be
    seen = given("ssl4eo-moco-s2", replace(chip, values=values, valid=valid))
    np.testing.assert_allclose(seen, 0.02 * np.arange(1, 14), rtol=1e-4)


def test_a_chip_without_a_valid_pixel_is_nothing() -> None:
    chip = even("s1", {"VV": -10.0, "VH": -15.0})
    source = SOURCES["softcon-s1"]
    assert prepared(replace(chip, valid=~chip.valid), source.reads["s1"], source.card()) is None


def test_the_whole_chip_is_seen_not_its_middle() -> None:
    chip = even("s1", {"VV": -12.54847, "VH": -20.19237}, side=448)
    values = chip.values.copy()
    values[:, :20] = 0.0
    source = SOURCES["softcon-s1"]
    image = prepared(replace(chip, values=values), source.reads["s1"], source.card())
    assert image is not None
    assert image[0, 0, 2].min() > 0.9
    assert image[0, 0, -1].max() == pytest.approx(0.5, abs=1e-4)


def test_stored_numbers_linear_power_and_missing_bands_are_refused_with_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"not reflectance.*--unit DN"):
        given("ssl4eo-moco-s2", even("s2", {band: 10_000 * value for band, value in ramp().items()}))
    with pytest.raises(ModelError, match=r"not dB.*--unit power"):
        given("croma-base", even("s1", {"VV": 0.05, "VH": 0.01}))
    with pytest.raises(ModelError, match=r"needs the bands.*has no B01, B09.*dofa-base"):
        given("croma-base", even("s2", ramp([band for band in TWELVE if band not in ("B01", "B09")])))
    with pytest.raises(ModelError, match=r"has no VH"):
        given("decur-s1", even("s1", {"VV": -10.0}))
