"""`/locate` and `/items/{id}/why`: answers that a map can draw, files behind them, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from rasterio.io import MemoryFile
from shapely.geometry import box, shape

from fakes.rasters import write_raster
from fakes.services import serving
from satseek.archive.archive import Archive
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.service.maps import HeatMap, Maps


@pytest.fixture(scope="module")
def scene(client: TestClient) -> dict[str, Any]:
    """One of the archive's aerial scenes."""
    found = client.get("/scenes", params={"sensor": "rgb"}).json()["features"]
    one: dict[str, Any] = found[0]
    return one


def located(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post("/locate", json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/geo+json")
    value: dict[str, Any] = answer.json()
    return value


def test_a_named_scene_is_answered_with_spots_and_two_pictures(client: TestClient, scene: dict[str, Any]) -> None:
    found = located(client, q="a forest", scene=scene["id"], cut=0.5)
    assert found["numberReturned"] == len(found["features"]) > 0
    assert found["satseek:scene"] == scene["properties"]["satseek:scene"]
    assert found["satseek:explanation"]["encoded"] == 0
    assert found["satseek:explanation"]["stored"] > 3
    around = box(*scene["bbox"]).buffer(1e-4)
    for rank, spot in enumerate(found["features"], start=1):
        assert around.contains(shape(spot["geometry"]))
        assert spot["properties"]["rank"] == rank
        assert 0.5 <= spot["properties"]["mean"] <= spot["properties"]["peak"] <= 1
    links = {link["type"].partition(";")[0]: link["href"] for link in found["links"] if link["rel"] == "heatmap"}
    heat = client.get(links["image/tiff"])
    assert heat.headers["content-type"].startswith("image/tiff; application=geotiff")
    with MemoryFile(heat.content) as memory, memory.open() as file:
        assert file.crs.is_projected
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert 0 <= np.nanmin(file.read(1)) <= np.nanmax(file.read(1)) == 1
    assert found["satseek:overlay"]["href"] == links["image/png"]
    west, south, east, north = found["satseek:overlay"]["bounds"]
    assert around.buffer(0.01).contains(box(west, south, east, north))
    picture = client.get(links["image/png"])
    assert Image.open(io.BytesIO(picture.content)).mode == "RGBA"
    assert client.get(links["image/png"], headers={"If-None-Match": picture.headers["etag"]}).status_code == 304


def test_a_box_and_a_sensor_choose_the_scene_with_the_best_hit(client: TestClient, scene: dict[str, Any]) -> None:
    west, south, east, north = scene["bbox"]
    part = [west, south, (west + east) / 2, north]
    found = located(client, q="a forest", bbox=part, sensor="rgb", cut=0.3)
    assert found["satseek:scene"] == scene["properties"]["satseek:scene"]
    assert found["satseek:explanation"]["region"][2] < 300
    inside = box(*part).buffer(1e-3)
    assert all(inside.contains(shape(spot["geometry"])) for spot in found["features"])


def test_asked_again_it_is_answered_from_memory(painted_archive: Path) -> None:
    with serving(painted_archive, limits={"maps": 2}) as client:
        scene = client.get("/scenes", params={"sensor": "s2"}).json()["features"][0]["id"]
        first = located(client, q="a lake", scene=scene)
        again = located(client, q="a lake", scene=scene)
        assert again == first  # the milliseconds too: nothing was done
        others = [located(client, q=words, scene=scene) for words in ("a town", "a river")]
        assert client.get(others[1]["satseek:overlay"]["href"]).status_code == 200
        gone = client.get(first["satseek:overlay"]["href"])
        assert gone.status_code == 404
        assert "not remembered any more" in gone.json()["detail"]


def test_what_is_not_stored_is_encoded_when_that_is_asked(client: TestClient, scene: dict[str, Any]) -> None:
    found = located(client, q="a forest", scene=scene["id"], scales=[1, 2], encode=True)
    assert found["satseek:explanation"]["encoded"] > 0
    assert found["satseek:explanation"]["scales"] == [1, 2]


def test_an_example_and_keywords_are_parts_as_in_a_search(client: TestClient, scene: dict[str, Any]) -> None:
    item = client.get("/search", params={"q": "a forest", "limit": 1, "sensors": "rgb"}).json()["features"][0]["id"]
    found = located(client, like=[item, {"chip": item, "weight": 0.5}], must=["trees"], scene=scene["id"])
    assert found["satseek:query"]["like"][0] == item


def test_no_path_is_told(client: TestClient, scene: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    answer = client.post("/locate", json={"q": "a forest", "scene": scene["id"]})
    heat = client.get(next(link["href"] for link in answer.json()["links"] if link["href"].endswith(".tif")))
    for content in (answer.content, heat.content):
        assert str(tmp_path_factory.getbasetemp()).encode() not in content


def test_a_scene_whose_file_is_gone_is_still_located_in(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    values = chance.integers(60, 90, (3, 500, 500), dtype=np.uint8)
    values[:, :250, 250:] = np.array([20, 60, 110], np.uint8)[:, None, None]
    path = write_raster(tmp_path / "secret.tif", values, photometric="rgb")
    model = load_model("colour")
    ingest(Archive.create(str(tmp_path / "archive"), model.card), [path], model=model, plan=CutPlan(overlap=0.5))
    Path(path).unlink()
    with serving(tmp_path / "archive") as client:
        scene = client.get("/scenes").json()["features"][0]["id"]
        found = located(client, q="a lake", scene=scene, cut=0.5)
        assert found["numberReturned"] >= 1
        assert "secret.tif" not in json.dumps(found)
        assert any("fitted to the outlines" in note for note in found["satseek:notes"])


def problem(client: TestClient, status: int, **asked: Any) -> str:
    answer = client.post("/locate", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: str = answer.json()["detail"]
    return said


def test_what_cannot_be_asked_is_answered_as_a_problem(client: TestClient, scene: dict[str, Any]) -> None:
    named = {"scene": scene["id"]}
    assert "no scene with this id" in problem(client, 404, q="a lake", scene="nowhere")
    assert "Nothing says what to look for" in problem(client, 400, **named)
    assert "Nothing says what to look for" in problem(client, 400, q="   ", **named)
    assert "knows none of 'zzzz'" in problem(client, 400, q="zzzz", **named, encode=True)
    assert "cut" in problem(client, 400, q="a lake", cut=1.5, **named)
    assert "scales" in problem(client, 400, q="a lake", scales=[], **named)
    assert "does not reach" in problem(client, 400, q="a lake", bbox=[0, 0, 1, 1], **named)
    assert "no scene to look at" in problem(client, 400, q="a lake", bbox=[0, 0, 1, 1])
    assert "upside down" in problem(client, 400, q="a lake", bbox=[0, 1, 1, 0])
    assert "no sensor called 's3'" in problem(client, 400, q="a lake", sensor="s3")
    assert "no chip with this id" in problem(client, 404, like=["00"], **named)
    assert "color" in problem(client, 400, q="a lake", color="red", **named)
    assert client.get("/locate/../../etc/passwd").status_code == 404
    assert client.get("/locate/xyz/heat.tif").status_code == 400


def test_more_than_the_limits_allow_is_refused(painted_archive: Path) -> None:
    with serving(painted_archive, limits={"map_chips": 3}) as client:
        scene = client.get("/scenes", params={"sensor": "rgb"}).json()["features"][0]["id"]
        assert "the limit is 3" in problem(client, 400, q="a lake", scene=scene)
    with serving(painted_archive, limits={"map_encoded": 2}) as client:
        assert "the limit is 2" in problem(client, 400, q="a lake", scene=scene, encode=True)


def test_a_scene_without_a_place_has_no_map(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(60, 90, (3, 600, 600), dtype=np.uint8)
    values[:, :300] = 20
    path = write_raster(tmp_path / "plain.tif", values, crs=None, photometric="rgb")
    model = load_model("colour")
    ingest(Archive.create(str(tmp_path / "archive"), model.card), [path], model=model)
    with serving(tmp_path / "archive") as client:
        assert "no place on the globe" in problem(client, 400, q="a lake")


def test_words_need_a_model_of_words(tmp_path: Path) -> None:
    model = load_model("structure")
    values = np.random.default_rng(0).integers(0, 255, (3, 400, 400), dtype=np.uint8)
    path = write_raster(tmp_path / "land.tif", values, photometric="rgb")
    archive = Archive.create(str(tmp_path / "archive"), model.card)
    ingest(archive, [path], model=model)
    with serving(tmp_path / "archive") as client:
        assert "knows no words" in problem(client, 400, q="a lake")
        chip = client.get("/search").json()["features"][0]["id"]
        assert located(client, like=[chip])["satseek:query"]["like"] == [chip]
        assert "knows no words" in client.get(f"/items/{chip}/why", params={"q": "a lake"}).json()["detail"]


@pytest.fixture(scope="module")
def item(client: TestClient) -> str:
    found = client.get("/search", params={"q": "a forest", "limit": 1, "sensors": "rgb"}).json()["features"]
    name: str = found[0]["id"]
    return name


def test_why_tells_how_much_each_part_gave(client: TestClient, item: str) -> None:
    found = client.get(f"/items/{item}/why", params={"q": "a forest"}).json()
    grid = np.array(found["grid"])
    assert grid.shape == (found["rows"], found["columns"]) == (8, 8)
    assert grid.min() >= 0
    assert grid.max() == 1
    assert found["method"] == "occlusion"
    assert found["most"] > 0
    coarse = client.get(f"/items/{item}/why", params={"q": "a forest", "cells": 4, "must": "trees"}).json()
    assert coarse["rows"] == 4


def test_why_as_a_picture_lies_on_the_preview(client: TestClient, item: str) -> None:
    layer = client.get(f"/items/{item}/why", params={"q": "a forest", "f": "png", "size": 300})
    preview = client.get(f"/items/{item}/preview", params={"size": 300})
    assert layer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(layer.content)).size == Image.open(io.BytesIO(preview.content)).size
    assert Image.open(io.BytesIO(layer.content)).mode == "RGBA"


@pytest.mark.parametrize(
    ("asked", "status", "why"),
    [
        ({}, 400, "Nothing says what to look for"),
        ({"q": "zzzz"}, 400, "knows none of 'zzzz'"),
        ({"q": "a lake", "cells": 99}, 400, "cells"),
        ({"q": "a lake", "f": "svg"}, 400, "f:"),
        ({"like": "upload-gone"}, 400, "not remembered"),
        ({"like": "00"}, 404, "no chip"),
    ],
)
def test_why_refuses_what_it_cannot_tell(
    client: TestClient, item: str, asked: dict[str, Any], status: int, why: str
) -> None:
    answer = client.get(f"/items/{item}/why", params=asked)
    assert answer.status_code == status
    assert why in answer.json()["detail"]


def test_why_of_an_unknown_chip_is_a_404(client: TestClient) -> None:
    assert client.get("/items/nowhere/why", params={"q": "a lake"}).status_code == 404


def test_maps_are_remembered_within_bounds() -> None:
    def heat(size: int) -> HeatMap:
        return HeatMap({}, (), b"x" * size, b"", (0, 0, 1, 1))

    maps = Maps(most=10, most_bytes=10_000)
    for number in range(5):
        maps.get_or_make(str(number), lambda: heat(3_000))
    assert len(maps) == 2
    assert maps.get("0") is None
    assert maps.get("4") is not None
    maps.get_or_make("huge", lambda: heat(1_000_000))
    assert len(maps) == 1  # the answer that was just given can be fetched
    made: list[int] = []
    maps.get_or_make("huge", lambda: made.append(1) or heat(1))  # type: ignore[func-returns-value]
    assert made == []
    few = Maps(most=2)
    for number in range(4):
        few.get_or_make(str(number), lambda: heat(1))
    assert len(few) == 2
