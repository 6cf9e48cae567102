"""The colour model sees what plain land looks like, in every sensor, and says what it cannot do."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from fakes.landscapes import LANDS, land, multispectral, radar
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.models.catalogue import load_model
from satseek.models.colour.concepts import CONCEPTS
from satseek.models.colour.model import DIMENSIONS

MODEL = load_model("colour")
WORDS = {"water": "a lake", "forest": "dense trees", "sand": "bare soil", "town": "many houses in a town"}


def pixels(sensor: str, bands: tuple[str, ...], values: np.ndarray) -> Pixels:  # type: ignore[type-arg]
    return Pixels(sensor, bands, values, np.ones(values.shape[1:], dtype=bool))


def with_bands(picture: Pixels, *bands: str) -> Pixels:
    """The same picture with some of its bands."""
    rows = [picture.bands.index(band) for band in bands]
    return replace(picture, bands=bands, values=picture.values[rows])


@pytest.mark.parametrize("draw", [land, multispectral, radar])
def test_words_find_their_land_whatever_the_sensor(draw: object) -> None:
    pictures = MODEL.encode_images([draw(kind, seed=3) for kind in LANDS])  # type: ignore[operator]
    words = MODEL.encode_texts([WORDS[kind] for kind in LANDS])
    assert [LANDS[best] for best in (words @ pictures.T).argmax(axis=1)] == list(LANDS)


@pytest.mark.parametrize("other", [land, multispectral])
def test_radar_finds_the_same_land_in_optical_pictures(other: object) -> None:
    echoes = MODEL.encode_images([radar(kind) for kind in LANDS])
    pictures = MODEL.encode_images([other(kind) for kind in LANDS])  # type: ignore[operator]
    assert [LANDS[best] for best in (echoes @ pictures.T).argmax(axis=1)] == list(LANDS)


def test_pictures_of_one_kind_are_nearer_to_each_other_than_to_others() -> None:
    pictures = MODEL.encode_images([land(kind, seed=seed) for kind in LANDS for seed in (0, 1, 2)])
    alike = pictures @ pictures.T
    kinds = np.repeat(np.arange(len(LANDS)), 3)
    same = kinds[:, None] == kinds[None, :]
    assert alike[same].min() > alike[~same].max()


def test_vectors_have_unit_length_and_do_not_depend_on_their_company() -> None:
    pictures = [land("town"), radar("water"), land("forest", side=128), multispectral("sand"), land("sand")]
    together = MODEL.encode_images(pictures)
    assert together.shape == (5, DIMENSIONS)
    assert DIMENSIONS % 8 == 0
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    for row, picture in zip(together, pictures, strict=True):
        assert MODEL.encode_images([picture])[0] == pytest.approx(row, abs=1e-6)
    assert MODEL.encode_images([]).shape == (0, DIMENSIONS)


@pytest.mark.parametrize(
    "bands", [("B04", "B03", "B02"), ("B03",), ("B02", "B08"), ("B04", "B03", "B02", "B8A", "B11")]
)
def test_any_visible_band_of_s2_will_do(bands: tuple[str, ...]) -> None:
    def picture(kind: str) -> Pixels:
        full = multispectral(kind)
        values = {name: full.values[full.bands.index(name)] for name in full.bands}
        values |= {"B8A": values["B08"], "B11": values["B08"]}
        return pixels("s2", bands, np.stack([values[name] for name in bands]))

    lake, sand = MODEL.encode_images([picture("water"), picture("sand")])
    assert lake @ MODEL.encode_texts(["bright"])[0] < sand @ MODEL.encode_texts(["bright"])[0]


def test_s2_without_a_visible_band_is_refused() -> None:
    with pytest.raises(ModelError, match="needs at least one visible band of B04, B03, B02; these chips have B08"):
        MODEL.encode_images([with_bands(multispectral("water"), "B08")])


@pytest.mark.parametrize("band", ["VV", "VH"])
def test_one_polarisation_is_enough_for_water(band: str) -> None:
    kinds = MODEL.encode_images([with_bands(radar(kind), band) for kind in LANDS])
    assert LANDS[(kinds @ MODEL.encode_texts(["water"])[0]).argmax()] == "water"


def test_values_that_are_not_in_the_unit_are_refused() -> None:
    stored = multispectral("forest")
    with pytest.raises(ModelError, match=r"not reflectance.*0\.0001"):
        MODEL.encode_images([replace(stored, values=stored.values * 10_000)])
    with pytest.raises(ModelError, match="not dB"):
        MODEL.encode_images([replace(radar("forest"), values=10 ** (radar("forest").values / 10))])


def test_unknown_sensors_and_bands_are_refused() -> None:
    with pytest.raises(ModelError, match=r"cannot read 'thermal'.*reads rgb, s2, s1"):
        MODEL.encode_images([pixels("thermal", ("t",), np.zeros((1, 32, 32)))])
    with pytest.raises(ModelError, match="this chip has red, swir"):
        MODEL.encode_images([pixels("rgb", ("red", "swir"), np.zeros((2, 32, 32), np.uint8))])


def test_what_was_not_measured_does_not_count() -> None:
    whole = land("forest", side=128)
    hidden = np.asarray(whole.values).copy()
    valid = whole.valid.copy()
    hidden[:, :, 64:], valid[:, 64:] = 255, False
    half = replace(whole, values=hidden, valid=valid)
    left = replace(whole, values=whole.values[:, :, :64], valid=whole.valid[:, :64])
    vectors = MODEL.encode_images([half, left, land("town")])
    assert vectors[0] @ vectors[1] > 0.9
    assert vectors[0] @ vectors[2] < 0.5


def test_a_chip_without_any_measurement_has_no_direction() -> None:
    empty = replace(land("town"), valid=np.zeros((96, 96), dtype=bool))
    assert not MODEL.encode_images([empty]).any()


@pytest.mark.parametrize("side", [1, 5, 16, 33, 500])
def test_chips_of_any_size_are_read(side: int) -> None:
    picture = land("water", side=side)
    vectors = MODEL.encode_images([picture, radar("water", side=side), multispectral("water", side=side)])
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_a_river_is_told_from_a_lake_of_the_same_water() -> None:
    def wet(mask: np.ndarray) -> Pixels:  # type: ignore[type-arg]
        meadow, water = np.array([105, 125, 75]), np.array([40, 60, 75])
        rng = np.random.default_rng(1)
        values = np.where(mask, water[:, None, None], meadow[:, None, None]) + rng.normal(0, 2, (1, 128, 128))
        return pixels("rgb", ("red", "green", "blue"), values.clip(0, 255).astype(np.uint8))

    rows, columns = np.mgrid[:128, :128]
    river = abs(columns - 64 - 14 * np.sin(rows / 18)) < 9
    lake = (rows - 64) ** 2 + (columns - 64) ** 2 < 27**2
    assert abs(int(river.sum()) - int(lake.sum())) < 200
    pictures = MODEL.encode_images([wet(river), wet(lake)])
    words = MODEL.encode_texts(["a winding river", "a lake"])
    assert (words @ pictures.T).argmax(axis=1).tolist() == [0, 1]


def test_concepts_alone_are_shared_between_words_and_sensors() -> None:
    size = len(CONCEPTS)
    words = MODEL.encode_texts(["a river through forest"])[0]
    colour, echo = MODEL.encode_images([land("forest"), radar("forest")])
    assert words[:size].any()
    assert not words[size:].any()
    assert not (colour[size:] * echo[size:]).any()


@pytest.mark.slow
@pytest.mark.flaky(reruns=2)  # a figure of the clock
def test_five_hundred_chips_a_second_are_encoded_on_one_core() -> None:
    pictures = [land("town", seed=seed, side=224) for seed in range(64)]
    MODEL.encode_images(pictures[:16])
    start = time.process_time()
    MODEL.encode_images(pictures)
    assert 64 / (time.process_time() - start) > 500
