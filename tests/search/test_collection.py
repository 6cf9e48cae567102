"""What `satseek.open` returns takes places, times and examples as Python people have them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from shapely.geometry import box as rectangle

import satseek
from fakes.chips import box
from fakes.model import Paint
from fakes.paintings import gallery, numbers, painting
from satseek.archive.archive import Archive
from satseek.core.area import Area
from satseek.core.errors import ModelError, ModelMismatch, UnknownName, UsageError
from satseek.core.period import Period
from satseek.core.query import Example
from satseek.models.catalogue import load_model
from satseek.search.collection import area_of, period_of


@pytest.mark.parametrize(
    "where",
    ["1,2,3,4", (1, 2, 3, 4), [1.0, 2.0, 3.0, 4.0], Area.from_bbox("1,2,3,4"), box(1, 2, 3, 4), rectangle(1, 2, 3, 4)],
)
def test_a_place_comes_in_many_shapes(where: object) -> None:
    assert area_of(where).bbox == (1.0, 2.0, 3.0, 4.0)


def test_a_shape_that_is_no_place_is_refused() -> None:
    with pytest.raises(UsageError, match="A place is"):
        area_of(42)


def test_a_time_comes_in_many_shapes() -> None:
    whole = Period.parse("2024-05-01T00:00:00Z/2024-05-02T00:00:00Z")
    assert period_of(whole) is whole
    assert period_of((datetime(2024, 5, 1), datetime(2024, 5, 2, tzinfo=UTC))) == whole
    assert period_of(("2024-05-01", None)) == Period.parse("2024-05-01/..")
    assert period_of((None, "2024-05")) == Period.parse("../2024-05")
    assert period_of("2024-05") == Period.parse("2024-05")
    assert period_of(datetime(2024, 5, 1)).start == datetime(2024, 5, 1, tzinfo=UTC)


def test_an_example_is_a_chip_a_hit_an_id_or_a_file(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"blue": 1})])
    picture = tmp_path / "x.png"
    picture.touch()
    hit = world.search("red")[0]
    assert world.example(hit) == world.example(hit.chip) == world.example("00000000") == Example(chip="00000000")
    assert world.example(picture) == world.example(str(picture)) == Example(file=str(picture))
    assert world.example((hit, 0.5)) == Example(chip="00000000", weight=0.5)
    assert world.weighted_example("00000000:0.5") == Example(chip="00000000", weight=0.5)
    assert world.weighted_example(f"{picture}:2") == Example(file=str(picture), weight=2.0)
    assert world.example("https://somewhere/x.tif").file == "https://somewhere/x.tif"
    assert numbers(world.search(like=hit, k=1).ids) == [0]
    assert numbers(world.search(like=[(hit, 0.1), ("00000001", 2.0)], k=1).ids) == [1]


def test_an_archive_is_opened_with_the_model_that_filled_it(tmp_path: Path) -> None:
    Archive.create(str(tmp_path / "archive"), load_model("colour").card)
    world = satseek.open(tmp_path / "archive")
    assert world.model.card.name == "colour"
    assert len(world) == 0
    assert repr(world).endswith("archive: 0 chips, model 'colour'>")
    assert satseek.open(tmp_path / "archive", "colour").model.card == world.model.card


def test_another_model_is_refused_with_the_remedy(tmp_path: Path) -> None:
    gallery(tmp_path, [painting(0, {"red": 1})])
    with pytest.raises(ModelMismatch, match="built with 'paint' and cannot be searched"):
        satseek.open(tmp_path / "archive", "colour")
    with pytest.raises(UnknownName, match="Did you mean 'colour'"):
        satseek.open(tmp_path / "archive", "color")
    assert satseek.open(tmp_path / "archive", Paint()).search("red", k=1)[0].score == pytest.approx(1)


def test_an_archive_of_an_unknown_model_is_still_searched_by_example(tmp_path: Path) -> None:
    gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"red": 1, "grey": 0.1}), painting(2, {"blue": 1})])
    world = satseek.open(tmp_path / "archive")
    with pytest.raises(ModelError, match="built with 'paint', which is not in"):
        world.search("red")
    assert numbers(world.search(like="00000000", k=2).ids) == [0, 1]
    elsewhere = satseek.open(tmp_path / "archive", "precomputed")
    with pytest.raises(ModelError, match="the model that made them is not here"):
        elsewhere.search("red")
    assert numbers(elsewhere.search(like="00000000", k=2).ids) == [0, 1]
