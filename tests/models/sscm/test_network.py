"""The network: one encoder a sensor or one trunk for all, any number of sensors, any bands, a vector that forgives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from satseek.core.errors import ModelError, UsageError
from satseek.models.sscm.network import Sscm
from satseek.models.sscm.pooling import Pooling
from satseek.models.sscm.settings import SscmSettings
from satseek.models.sscm.stem import Structure

SMALL = {"width": 8, "top": 8, "whole": 16, "cells": 2, "cell_channels": 4, "local": 8, "projection": 6}
THREE = "s1:VV,VH s2:B02,B03,B04,B08 rgb:red,green,blue"


def network(**settings: object) -> Sscm:
    torch.manual_seed(0)
    return Sscm(SscmSettings(**{**SMALL, **settings})).eval()  # type: ignore[arg-type]


def chips(settings: SscmSettings, count: int = 3, side: int = 48) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(1)
    return {
        name: torch.randn(count, len(bands), side, side, generator=random) for name, bands in settings.bands.items()
    }


@pytest.mark.parametrize("trunk", ["shared", "separate"])
@pytest.mark.parametrize("sensors", ["s1:VH s2:B04,B03,B02", THREE])
def test_each_sensor_has_a_stem_and_all_meet_in_one_space(trunk: str, sensors: str) -> None:
    sscm = network(trunk=trunk, sensors=sensors)
    seen = sscm(chips(sscm.settings))
    assert list(seen) == list(sscm.settings.bands)
    assert len(sscm.trunks) == (1 if trunk == "shared" else len(seen))
    for each in seen.values():
        assert each.y.shape == (3, 16 + 4 * 4)
        torch.testing.assert_close(each.y.norm(dim=1), torch.ones(3))
        assert each.z.shape == (3, 6)
        assert each.local.shape == (3, 8, 12, 12)


@pytest.mark.parametrize("trunk", ["shared", "separate"])
def test_a_chip_has_the_vector_it_has_alone(trunk: str) -> None:
    sscm = network(trunk=trunk, sensors=THREE)
    pixels = chips(sscm.settings)
    together = sscm(pixels)
    for name, values in pixels.items():
        alone = torch.cat([sscm.encode(chip[None], name).y for chip in values])
        torch.testing.assert_close(together[name].y, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("backbone", ["mobilenetv2", "resnet18"])
def test_a_backbone_of_the_registry_can_be_the_trunk(backbone: str) -> None:
    sscm = network(backbone=backbone, sensors="s1:VV,VH s2:B02,B03,B04,B08")
    seen = sscm(chips(sscm.settings, count=2, side=64))
    assert seen["s1"].y.shape == seen["s2"].y.shape == (2, 32)
    assert seen["s1"].local.shape == (2, 8, 16, 16)


def test_structure_sees_a_border_whichever_side_is_bright() -> None:
    step = torch.zeros(1, 1, 32, 32)
    step[..., 16:] = 1
    structure = Structure()
    torch.testing.assert_close(structure(step), structure(-step), atol=1e-5, rtol=0)
    strengths = structure(step)[0, :-1, 8, 7]  # at the border
    assert strengths.argmax() == 0  # the gradient runs along x
    turned = structure(step.transpose(2, 3))[0, :-1, 7, 8]
    assert turned.argmax() == 4  # a quarter turn is four of eight steps


def test_what_stands_out_counts_wherever_it_is() -> None:
    torch.manual_seed(3)
    pooling = Pooling(4, whole=12, cells=0, cell_channels=0).eval()
    maps = torch.randn(1, 4, 12, 12)
    torch.testing.assert_close(pooling(maps), pooling(maps.roll((5, 3), (2, 3))), atol=1e-5, rtol=0)
    grid = Pooling(4, whole=12, cells=3, cell_channels=6).eval()
    moved = functional.cosine_similarity(grid(maps), grid(maps.roll((5, 3), (2, 3)))).item()
    assert moved < 0.99  # the small grid tells them apart


def test_bands_are_named_and_checked() -> None:
    assert SscmSettings(sensors="s1:vh s2:red,green,blue").bands == {"s1": ("VH",), "s2": ("B04", "B03", "B02")}
    with pytest.raises(UsageError, match="no band called 'HH'"):
        SscmSettings(sensors="s1:HH s2:B04")
    with pytest.raises(UsageError, match="two sensors or more"):
        SscmSettings(sensors="s1:VH")
    with pytest.raises(UsageError, match="no sensor with bands"):
        SscmSettings(sensors="s1 s2:B04")
    with pytest.raises(UsageError, match="Did you mean 'shared'"):
        SscmSettings(trunk="share")
    with pytest.raises(ModelError, match="does not know: colours"):
        SscmSettings.from_json({"colours": 3})


def test_settings_survive_json() -> None:
    settings = SscmSettings(sensors=THREE, cells=0, normalise="levels")
    assert SscmSettings.from_json(settings.to_json()) == settings
    assert settings.dimensions == settings.whole


def test_weights_have_gradients_in_every_part() -> None:
    sscm = network().train()
    pixels = chips(sscm.settings, count=4)
    seen = sscm(pixels)
    aim = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 32))).float()
    total = sum((each.y * aim).sum() + each.z.square().sum() + each.local.square().sum() for each in seen.values())
    assert isinstance(total, Tensor)
    total.backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in sscm.parameters())
