"""CROMA sees a place with both sensors at once: the vector of the joined encoder, in a space of its own."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from fakes import geo_weights
from fakes.sensed import sensed
from satseek.core.errors import UsageError
from satseek.core.vectors import unit_rows
from satseek.models.geo.facts import TWELVE, VV_VH
from satseek.models.geo.inputs import prepared
from satseek.models.geo.together import CromaModel

pytestmark = pytest.mark.skipif(find_spec("torchgeo") is None, reason="needs the extra geo")
RADAR = [sensed("s1", VV_VH, seed, height=geo_weights.SIDE) for seed in range(3)]
OPTICAL = [sensed("s2", TWELVE, seed, height=geo_weights.SIDE) for seed in range(3)]


@pytest.fixture(scope="module")
def croma(tmp_path_factory: pytest.TempPathFactory) -> CromaModel:
    home = tmp_path_factory.mktemp("weights")
    geo_weights.write("croma-base", home)
    model = geo_weights.load("croma-base", home)
    assert isinstance(model, CromaModel)
    return model


@torch.inference_mode()
def test_a_pair_gets_the_vector_of_the_joined_encoder(croma: CromaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("satseek.models.device._has_bf16", lambda: False)
    rows = croma.encode_together(RADAR, OPTICAL)
    images = [
        torch.cat([prepared(chip, croma._reads[sensor], croma.card) for chip in chips])  # type: ignore[misc]
        for sensor, chips in (("s1", RADAR), ("s2", OPTICAL))
    ]
    theirs = croma._croma.croma(x_sar=images[0], x_optical=images[1])["joint_GAP"]
    np.testing.assert_allclose(rows, unit_rows(theirs.numpy()), atol=1e-5)
    np.testing.assert_allclose(rows[1:2], croma.encode_together(RADAR[1:2], OPTICAL[1:2]), atol=1e-5)


def test_a_place_that_one_of_both_does_not_show_is_a_row_of_zeros(croma: CromaModel) -> None:
    dark = replace(RADAR[0], valid=np.zeros_like(RADAR[0].valid))
    rows = croma.encode_together([dark, RADAR[1]], OPTICAL[:2])
    assert not rows[0].any()
    assert np.linalg.norm(rows[1]) == pytest.approx(1, abs=1e-5)
    assert croma.encode_together([], []).shape == (0, croma.card.dimensions)


def test_what_is_no_pair_is_refused(croma: CromaModel) -> None:
    with pytest.raises(UsageError, match="2 radar chips and 1 optical"):
        croma.encode_together(RADAR[:2], OPTICAL[:1])
    with pytest.raises(UsageError, match="in this order; here stands one of s2"):
        croma.encode_together(OPTICAL[:1], RADAR[:1])
