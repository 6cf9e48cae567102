"""Sensors know their bands by every name they go by."""

from __future__ import annotations

import numpy as np
import pytest

from satseek.core.errors import UnknownName, UsageError
from satseek.core.sensor import SENSORS, Pixels, sensor_of_bands


@pytest.mark.parametrize(
    ("sensor", "name", "canonical"),
    [
        ("s2", "B2", "B02"), ("s2", "nir", "B08"), ("s2", "b8a", "B8A"), ("s2", " Red ", "B04"), ("s1", "vv", "VV"),
        ("rgb", "R", "red"), ("s2", "B99", None), ("s1", "red", None),
    ],
)  # fmt: skip
def test_a_band_is_known_by_its_names(sensor: str, name: str, canonical: str | None) -> None:
    assert SENSORS.get(sensor).canonical_band(name) == canonical


def test_an_unknown_band_is_answered_with_what_is_known() -> None:
    assert SENSORS.get("s2").require_bands(["red", "B8"]) == ("B04", "B08")
    with pytest.raises(UsageError, match=r"no band called 'B122'.*B01, B02.*Did you mean 'B12'"):
        SENSORS.get("s2").require_bands(["B122"])


def test_bands_tell_their_sensor() -> None:
    cases = {("vv", "vh"): "s1", ("blue", "green", "red"): "s2", ("r", "g", "b"): "rgb", ("B02", "nir"): "s2"}
    for names, expected in cases.items():
        sensor = sensor_of_bands(names)
        assert sensor is not None
        assert sensor.name == expected
    assert sensor_of_bands(["vv", "red"]) is None
    assert sensor_of_bands([]) is None


def test_every_sensor_is_whole() -> None:
    for name in SENSORS:
        sensor = SENSORS.get(name)
        assert sensor.name == name
        assert sensor.valid_range[0] < sensor.valid_range[1]
        assert sensor.drawings
        for drawing in sensor.drawings.values():
            assert set(drawing.bands) <= set(sensor.band_names)
            assert all(black < white for black, white in zip(drawing.black, drawing.white, strict=True))


def test_an_unknown_sensor_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 's2'"):
        SENSORS.get("S2")


def test_pixels_tell_what_is_missing() -> None:
    valid = np.array([[True, False], [False, False]])
    pixels = Pixels("s1", ("VV", "VH"), np.arange(8, dtype=np.int16).reshape(2, 2, 2), valid)
    assert pixels.nodata_share == 0.75
    assert pixels.band("VH").tolist() == [[4.0, 5.0], [6.0, 7.0]]
    assert pixels.band("VH").dtype == np.float32
