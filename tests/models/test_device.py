"""Where a model computes and how finely: told from outside, and never wrong in silence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from satseek.core.errors import UsageError
from satseek.core.sensor import Pixels
from satseek.models import device
from satseek.models.catalogue import load_model


def test_an_unknown_device_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no device called 'cudda'.*cuda"):
        device.device_of("cudda")


def test_a_device_that_is_not_there_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match=r"no device 'cuda'.*--device cpu"):
        device.device_of("cuda")


def test_the_best_device_there_is_is_taken_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.device_of("auto").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.device_of("auto").type == "cuda"


def test_a_model_without_weights_stays_where_it_is() -> None:
    device.place(load_model("colour"), "cpu")


def test_bf16_tells_the_same_chips_apart_as_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    model, chips = load_model("amfmn"), _painted(24)
    monkeypatch.setattr(device, "_has_bf16", lambda: False)
    fine = model.encode_images(chips)
    monkeypatch.setattr(device, "_has_bf16", lambda: True)
    fast = model.encode_images(chips)
    assert not np.array_equal(fine, fast)
    assert ((fine * fast).sum(axis=1) > 0.99).all()
    assert ((fine @ fast.T).argmax(axis=1) == np.arange(len(chips))).all()
    np.testing.assert_allclose(np.linalg.norm(fast, axis=1), 1, atol=1e-6)


def test_moving_changes_nothing_that_comes_out() -> None:
    model, chips = load_model("amfmn"), _painted(2)
    before = model.encode_images(chips), model.encode_texts(["a river", ""], [["water"], ["forest"]])
    device.place(model, "cpu")
    after = model.encode_images(chips), model.encode_texts(["a river", ""], [["water"], ["forest"]])
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def _painted(count: int) -> list[Pixels]:
    """Return chips of smooth coloured patches, each its own."""
    random = np.random.default_rng(3)
    coarse = random.integers(0, 256, (count, 3, 8, 8), dtype=np.uint8)
    return [
        Pixels("rgb", ("red", "green", "blue"), each.repeat(20, 1).repeat(20, 2), np.ones((160, 160), bool))
        for each in coarse
    ]
