"""One model on several devices, and on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from fakes.model import Paint, plain_picture
from satseek.core.errors import ModelError, UsageError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.models.many_devices import ManyDevices, on_devices

PICTURES = [plain_picture(10 * number, 255 - 10 * number, 40) for number in range(11)]


class Movable(Paint):
    """A model with somewhere to be, which notes how many pictures it was given; copies share the notes."""

    notes: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.notes = []

    def __deepcopy__(self, memo: dict[int, Any]) -> Movable:
        twin = Movable()
        twin.notes = self.notes
        return twin

    def move_to(self, device: torch.device) -> None:
        self.device = device

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        self.notes.append(len(chips))
        return super().encode_images(chips)


@pytest.mark.parametrize("devices", [2, 3, 11, 20])
def test_several_devices_make_the_vectors_of_one_in_the_same_order(devices: int) -> None:
    model = Movable()
    many = on_devices(model, "cpu", devices)
    assert isinstance(many, ManyDevices)
    assert len(many) == devices
    np.testing.assert_array_equal(many.encode_images(PICTURES), Paint().encode_images(PICTURES))
    assert sum(model.notes) == len(PICTURES)
    assert max(model.notes) == -(-len(PICTURES) // devices)
    np.testing.assert_array_equal(many.encode_texts(["red"]), Paint().encode_texts(["red"]))
    assert many.card == model.card


def test_a_batch_of_none_or_one_stays_on_the_first_device() -> None:
    many = on_devices(Movable(), "cpu", 2)
    assert many.encode_images([]).shape == (0, 4)
    assert many.encode_images(PICTURES[:1]).shape == (1, 4)


def test_what_one_device_refuses_is_refused() -> None:
    many = on_devices(Movable(), "cpu", 2)
    odd = Pixels("lidar", ("B02",), np.zeros((1, 8, 8), np.float32), np.ones((8, 8), bool))
    with pytest.raises(ModelError, match=r"cannot read .lidar."):
        many.encode_images([*PICTURES, odd])


def test_one_device_needs_no_copy() -> None:
    model = Movable()
    assert on_devices(model, "cpu", 1) is model
    assert on_devices(model, "cpu") is model


def test_devices_that_are_not_there_and_models_without_any_are_refused() -> None:
    with pytest.raises(UsageError, match="without PyTorch"):
        on_devices(Paint(), "cpu", 2)
    with pytest.raises(UsageError, match=r"no device .cuda.|devices .cuda., not 99"):
        on_devices(Movable(), "cuda", 99)
    assert on_devices(model := Paint(), "auto") is model
