"""The model at the seam: chips as archives hold them in, unit rows out; what it cannot read it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fakes.pair_world import colour_of, radar_of, scene
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.catalogue import load_model
from satseek.models.checkpoint import save_checkpoint
from satseek.models.sscm.model import MEANS, SscmModel
from satseek.models.sscm.network import Sscm
from satseek.models.sscm.prepare import bands_of, normalised, sensors_of, sized
from satseek.models.sscm.settings import SscmSettings

SETTINGS = SscmSettings(width=8, top=8, whole=16, cells=2, cell_channels=8, local=8, projection=6)
VALID = np.ones((64, 64), bool)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = Sscm(SETTINGS)
    means = {MEANS + sensor: torch.full((48,), 0.01) for sensor in SETTINGS.bands}
    sensors = sensors_of(SETTINGS.bands)
    options = {"learns": "pairs", "resolution_m": 20.0, "window": 48}
    card = ModelCard("small", "1", "Small", 48, sensors, False, 96, options=options)
    place = tmp_path_factory.mktemp("model")
    save_checkpoint(place, card, {**network.state_dict(), **means}, settings=SETTINGS.to_json(), half=False)
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> SscmModel:
    return SscmModel.load(folder)


def decibels(number: int = 0) -> FloatArray:
    shown = radar_of(scene(number), number).astype(np.float32)
    return np.asarray(20 * np.log10(shown / 255), dtype=np.float32)


def radar(number: int = 0, *, metres: float | None = None, **bands: FloatArray) -> Pixels:
    named = bands or {"VH": decibels(number)}
    return Pixels("s1", tuple(named), np.stack(list(named.values())), VALID, metres)


def colours(number: int = 0, valid: NDArray[np.bool_] = VALID) -> Pixels:
    return Pixels("rgb", ("red", "green", "blue"), colour_of(scene(number)).transpose(2, 0, 1), valid)


def test_a_folder_is_loaded_as_what_its_card_says(folder: Path, model: SscmModel) -> None:
    found = load_model(str(folder))
    assert isinstance(found, SscmModel)
    np.testing.assert_array_equal(found.encode_images([radar()]), model.encode_images([radar()]))
    assert dict(found.card.sensors) == {"rgb": ("red", "green", "blue"), "s2": ("B04", "B03", "B02"), "s1": ()}


def test_rows_are_unit_and_the_same_whatever_else_is_encoded(model: SscmModel) -> None:
    chips = [radar(0), colours(0), radar(1), colours(1), radar(2, metres=10.0)]
    rows = model.encode_images(chips)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for chip, row in zip(chips, rows, strict=True):
        np.testing.assert_allclose(model.encode_images([chip])[0], row, atol=2e-2)
    assert model.encode_images(chips, head="z").shape == (5, 6)
    assert model.encode_images([]).shape == (0, 48)


def test_the_sensors_mean_is_taken_off(folder: Path, model: SscmModel) -> None:
    shifted = SscmModel(model.card, Sscm(SETTINGS), dict.fromkeys(SETTINGS.bands, torch.ones(48)))
    rows = shifted.encode_images([radar(), colours()])
    assert (rows.sum(axis=1) < -5).all()  # all but opposite to the mean that was taken off
    assert abs(model.encode_images([radar()]).sum()) < 5


def test_true_colour_of_sentinel_2_is_drawn_as_rgb_is(model: SscmModel) -> None:
    shown = colour_of(scene(0)).transpose(2, 0, 1)
    reflectance = Pixels("s2", ("B04", "B03", "B02"), (shown / 255 * 0.3).astype(np.float32), VALID)
    both = model.encode_images([colours(0), reflectance])
    assert both[0] @ both[1] > 0.999


def test_bands_are_found_by_name_never_by_place(model: SscmModel) -> None:
    shown = (colour_of(scene(0)) / 255 * 0.3).astype(np.float32).transpose(2, 0, 1)
    as_taught = Pixels("s2", ("B04", "B03", "B02"), shown, VALID)
    otherwise = Pixels("s2", ("B02", "B08", "B03", "B04"), np.stack([shown[2], shown[0], shown[1], shown[0]]), VALID)
    one, other = model.encode_images([as_taught, otherwise])
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_straight_stretch_of_radar_changes_nothing(model: SscmModel) -> None:
    stretched = radar(VH=decibels() * 0.5 - 4)
    one, other = model.encode_images([radar(), stretched])
    assert one @ other > 0.98


def test_two_polarisations_count_as_one_and_quieten_the_speckle() -> None:
    ground = scene(4)
    plain = 20 * np.log10(0.2 + 0.8 * ground).astype(np.float32)
    noise = np.random.default_rng(0).standard_normal((2, 64, 64)).astype(np.float32) * 3
    vv, vh = plain + noise[0], plain - 7 + noise[1]
    both = bands_of(radar(VV=vv, VH=vh), "s1", ("VH",))[0]
    alone = bands_of(radar(VH=vh), "s1", ("VH",))[0]

    def agrees(values: FloatArray) -> float:
        return float(np.corrcoef(values.ravel(), plain.ravel())[0, 1])

    assert agrees(both) > agrees(alone) + 0.05
    np.testing.assert_array_equal(bands_of(radar(VV=vv), "s1", ("VH",))[0], vv)


def test_a_missing_polarisation_is_put_at_its_usual_distance() -> None:
    filled = bands_of(radar(VV=decibels()), "s1", ("VV", "VH"))
    np.testing.assert_allclose(filled[1], filled[0] - 7, atol=1e-5)


def test_pixels_without_a_measurement_are_filled_with_the_mean(model: SscmModel) -> None:
    valid = VALID.copy()
    valid[:, :20] = False
    values = bands_of(colours(0, valid), "s2", ("B04", "B03", "B02"))
    np.testing.assert_allclose(values[:, 0, 0], values[:, 5, 5])
    nothing = model.encode_images([colours(0, np.zeros_like(VALID)), colours(0)])
    assert not nothing[0].any()
    assert nothing[1].any()


def test_chips_are_brought_to_the_ground_resolution_that_was_learnt() -> None:
    values = np.zeros((1, 256, 192), dtype=np.float32)
    assert sized(values, 10.0, 20.0, 96).shape == (1, 1, 128, 96)
    assert sized(values, None, 20.0, 96).shape == (1, 1, 96, 72)
    assert sized(values, 0.5, 20.0, 96).shape[3] == 32  # no smaller, though it shows 96 m
    assert sized(values, 100.0, 20.0, 96).shape[3] == 256  # nor larger


def test_levels_of_bands_can_be_told_apart_where_a_chips_own_cannot() -> None:
    dark, bright = torch.full((1, 1, 8, 8), -20.0), torch.full((1, 1, 8, 8), -8.0)
    assert normalised(dark, "s1", ("VV",), "chip").abs().max() == 0
    assert normalised(bright, "s1", ("VV",), "levels").mean() - normalised(dark, "s1", ("VV",), "levels").mean() > 2


def test_what_cannot_be_read_is_refused_with_what_to_do(model: SscmModel) -> None:
    with pytest.raises(ModelError, match=r"not dB.*--unit power"):
        model.encode_images([radar(VH=np.full((64, 64), 0.2, np.float32))])
    with pytest.raises(ModelError, match="has no B04"):
        model.encode_images([Pixels("s2", ("B03", "B02"), np.zeros((2, 64, 64), np.float32), VALID)])
    with pytest.raises(ModelError, match="knows no words"):
        model.encode_texts(["a river"])


def test_weights_that_are_not_the_cards_are_refused(folder: Path, tmp_path: Path, model: SscmModel) -> None:
    tensors = {**Sscm(SETTINGS).state_dict(), MEANS + "s1": torch.zeros(48)}
    save_checkpoint(tmp_path / "one", model.card, tensors, settings=SETTINGS.to_json())
    with pytest.raises(ModelError, match="means of s2"):
        SscmModel.load(tmp_path / "one")
    wider = SscmSettings(**{**SETTINGS.to_json(), "width": 16})
    save_checkpoint(tmp_path / "other", model.card, Sscm(SETTINGS).state_dict(), settings=wider.to_json())
    with pytest.raises(ModelError, match="do not fit their card"):
        SscmModel.load(tmp_path / "other")
