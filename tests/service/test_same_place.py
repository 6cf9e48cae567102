"""The same place over HTTP: a chip of one sensor finds the very ground in another, and the answer says how it lies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fastapi.testclient import TestClient

from fakes.pairs import COVERS, fields
from fakes.rasters import write_raster
from fakes.services import serving
from satseek.archive.archive import Archive
from satseek.core.filters import Filters
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.raster.recognise import Override, scene_of_files

CHIP, ACROSS = 128, 2
pytestmark = pytest.mark.slow  # structure maps are made of every chip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Archive]]:
    """Four optical chips and the four radar chips of the same ground, and a service over them."""
    folder, rng = tmp_path_factory.mktemp("both"), np.random.default_rng(5)
    cover = np.block(
        [[fields(ACROSS * row + column, CHIP) % len(COVERS) for column in range(ACROSS)] for row in range(ACROSS)]
    )
    colours = np.array([colour for colour, _ in COVERS])[cover] + rng.normal(0, 3, (*cover.shape, 3))
    power = 10 ** (np.array([decibels for _, decibels in COVERS])[cover] / 10) * rng.gamma(4, 1 / 4, cover.shape)
    optical = np.clip(colours, 1, 255).transpose(2, 0, 1).astype(np.uint8)
    radar = (10 * np.log10(power))[None].astype(np.float32)
    paths = [
        write_raster(folder / "optical.tif", optical, names=("red", "green", "blue")),
        write_raster(folder / "radar.tif", radar, names=("VV",)),
    ]
    model = load_model("structure")
    archive = Archive.create(str(folder / "archive"), model.card)
    scenes = [scene_of_files([str(path)], Override()) for path in paths]
    ingest(archive, scenes, model=model, plan=CutPlan(chip=CHIP, overlap=0.0))
    with serving(folder / "archive", limits={"seconds": 600.0}) as client:
        yield client, archive


def test_a_radar_chip_finds_the_optical_chip_of_its_ground_and_how_it_lies_there(
    both: tuple[TestClient, Archive],
) -> None:
    client, archive = both
    radar = next(archive.scan(Filters(sensors=("s1",)), limit=1)).chips[0]
    asked = {"like": [radar.id], "sensors": ["rgb"], "same_place": True, "limit": 3}
    answer = client.post("/search", json=asked)
    assert answer.status_code == 200, answer.text
    features = answer.json()["features"]
    best = features[0]["properties"]
    assert archive.get([features[0]["id"]])[0].window == radar.window
    assert {feature["properties"]["satseek:sensor"] for feature in features} == {"rgb"}
    assert best["satseek:placement"]["turned_degrees"] == 0
    assert abs(best["satseek:placement"]["down_pixels"]) < 8
    assert abs(best["satseek:placement"]["right_pixels"]) < 8
    address = {"like": radar.id, "sensors": "rgb", "same_place": "true", "limit": 3}
    again = client.get("/search", params=address).json()["features"]
    assert [feature["id"] for feature in again] == [feature["id"] for feature in features]


@pytest.mark.parametrize(
    "asked", [{"q": "a field"}, {}, {"like": ["one", "two"]}], ids=["words", "nothing", "two examples"]
)
def test_the_same_place_is_asked_for_by_one_picture_alone(both: tuple[TestClient, Archive], asked: dict) -> None:
    answer = both[0].post("/search", json=asked | {"same_place": True})
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
