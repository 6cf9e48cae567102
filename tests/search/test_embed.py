"""From a query to vectors: words, chips that are held, and files."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from fakes.model import Paint, painted
from fakes.paintings import gallery, numbers, painting
from satseek.core.errors import ModelError, SourceError
from satseek.core.query import Example, Keyword, Query
from satseek.core.scene import Window
from satseek.search.collection import Collection
from satseek.search.embed import Part, embed

RGB = ("red", "green", "blue")


@pytest.fixture
def world(tmp_path: Path) -> Collection:
    return gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"blue": 1}), painting(2, {"grey": 1})])


def parts_of(world: Collection, query: Query) -> list[Part]:
    return embed(query, world.archive, lambda: world.model)


def photograph(path: Path, red: int, green: int, blue: int, *, side: int = 60) -> Path:
    """A georeferenced picture of one colour."""
    values = np.empty((3, side, side), dtype=np.uint8)
    values[:] = np.array([red, green, blue], dtype=np.uint8)[:, None, None]
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", crs="EPSG:32632",
        transform=from_origin(500_000, 5_000_000, 1, 1), photometric="rgb",
    ) as file:  # fmt: skip
        file.write(values)
    return path


def test_each_part_becomes_a_vector_with_its_weight(world: Collection) -> None:
    query = Query(
        "red",
        sentence_weight=2.0,
        must=(Keyword("blue", 0.5),),
        must_not=(Keyword("green"),),
        like=(Example(chip="00000002"),),
    )
    parts = parts_of(world, query)
    assert [(part.kind, part.name, part.weight) for part in parts] == [
        ("sentence", "sentence", 2.0),
        ("must", "must: blue", 0.5),
        ("not", "not: green", 1.0),
        ("like", "like: 00000002", 1.0),
    ]
    expected = [painted(red=1), painted(blue=1), painted(green=1), painted(grey=1)]
    assert np.stack([part.vector for part in parts]) == pytest.approx(np.stack(expected))
    assert [part.attracts for part in parts] == [True, True, False, True]


def test_blank_words_and_parts_without_weight_are_left_out(world: Collection) -> None:
    query = Query("  ", must=(Keyword(""), Keyword("red", 0.0)), like=(Example(chip="no such", weight=0.0),))
    assert parts_of(world, query) == []


def test_a_file_is_read_and_encoded_like_a_chip(world: Collection, tmp_path: Path) -> None:
    file = photograph(tmp_path / "blue.tif", 0, 0, 200)
    (part,) = parts_of(world, Query(like=(Example(file=str(file)),)))
    assert part.vector == pytest.approx(painted(blue=1), abs=1e-6)
    assert numbers(world.search(like=file, k=1).ids) == [1]
    assert numbers(world.search(like=file, unlike=photograph(tmp_path / "red.tif", 200, 0, 0), k=3).ids)[0] == 1


def test_a_file_of_a_sensor_that_the_model_cannot_read_is_refused(world: Collection, tmp_path: Path) -> None:
    file = photograph(tmp_path / "x.tif", 9, 9, 9)
    model = world.model
    assert isinstance(model, Paint)
    model.card.sensors.pop("rgb")  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match="cannot read 'rgb' chips; it reads s1, s2"):
        world.search(like=file)


def test_a_file_that_is_no_picture_is_said(world: Collection, tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_text("hello")
    with pytest.raises(SourceError, match=re.escape("x.tif")):
        world.search(like=tmp_path / "x.tif")


def test_hits_show_the_pixels_of_their_chips(tmp_path: Path) -> None:
    file = photograph(tmp_path / "red.tif", 255, 0, 0, side=300)
    bands = [
        {"name": name, "href": str(file), "index": index} for index, name in enumerate(("red", "green", "blue"), 1)
    ]
    address = {"sensor": "rgb", "bands": bands}
    world = gallery(tmp_path, [painting(0, {"red": 1}, address=address, window=Window(10, 10, 200, 200))])
    page = world.search("red")._repr_html_()
    (picture,) = re.findall(r"data:image/png;base64,([^\"]+)", page)
    (tmp_path / "thumb.png").write_bytes(base64.b64decode(picture))
    with rasterio.open(tmp_path / "thumb.png") as thumbnail:
        assert (thumbnail.width, thumbnail.height) == (160, 160)
        assert thumbnail.read()[:, 80, 80].tolist() == [255, 0, 0]
