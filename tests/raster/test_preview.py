"""Chips as pictures."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from satseek.core.errors import UnknownName
from satseek.core.sensor import Pixels
from satseek.raster.preview import picture, png
from satseek.raster.quality import cloud_share, nodata_share


def pixels(sensor: str, bands: tuple[str, ...], *levels: float, dtype: str = "float32") -> Pixels:
    values = np.stack([np.full((2, 3), level, dtype=dtype) for level in levels])
    return Pixels(sensor, bands, values, np.ones((2, 3), dtype=bool))


def decoded(picture: bytes) -> Any:
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        MemoryFile(picture) as memory,
        memory.open() as file,
    ):
        return file.read()


def test_colours_are_drawn_as_they_are() -> None:
    drawn = picture(pixels("rgb", ("red", "green", "blue"), 1, 2, 3, dtype="uint8"))
    assert drawn.shape == (2, 3, 3)
    assert drawn[0, 0].tolist() == [1, 2, 3]


def test_reflectance_is_drawn_between_black_and_white() -> None:
    drawn = picture(pixels("s2", ("B02", "B03", "B04"), 0.0, 0.15, 0.9))
    assert drawn[0, 0].tolist() == [255, 128, 0]


def test_another_drawing_can_be_asked_for_and_an_unknown_one_is_refused() -> None:
    chip = pixels("s2", ("B03", "B04", "B08"), 0.0, 0.0, 0.5)
    assert picture(chip, "infrared")[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(UnknownName, match="infrared"):
        picture(chip, "infrarot")


def test_missing_bands_are_drawn_another_way() -> None:
    assert picture(pixels("s1", ("VH",), -7.0))[0, 0].tolist() == [255, 255, 255]
    chip = pixels("s2", ("B11",), 0.0)
    chip.values[0, 0] = [0.1, 0.2, 0.3]
    drawn = picture(chip)
    assert drawn[0, 2].tolist() == [255, 255, 255]
    assert drawn[1, 0].tolist() == [0, 0, 0]


def test_a_png_shows_the_picture_and_is_transparent_where_nothing_was_measured() -> None:
    chip = pixels("rgb", ("red", "green", "blue"), 10, 20, 30, dtype="uint8")
    chip.valid[0, 0] = False
    read = decoded(png(chip))
    assert read[:, 1, 2].tolist() == [10, 20, 30, 255]
    assert read[3].tolist() == [[0, 255, 255], [255, 255, 255]]
    chip.valid[:] = True
    assert len(decoded(png(chip))) == 3


def test_nothing_but_void_can_be_drawn() -> None:
    chip = pixels("s2", ("B11",), 0.2)
    chip.valid[:] = False
    assert picture(chip).max() == 0


def test_clouds_are_counted_among_what_was_classified() -> None:
    assert cloud_share(np.array([0, 0, 8, 9, 10, 4, 3, 6])) == 0.5
    assert cloud_share(np.array([4, 5])) == 0.0
    assert cloud_share(np.array([0, 0])) is None


def test_the_nodata_share_is_what_is_not_valid() -> None:
    assert nodata_share(np.array([[True, False], [True, True]])) == 0.25
    assert nodata_share(np.zeros((0, 4), dtype=bool)) == 1.0
