from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import shape

from fakes.pictures_seen import newest, picture, tile_of
from fakes.services import serving
from satseek.service.tile_cache import OVERHEAD, TileCache


def test_every_chip_belongs_to_a_scene_that_is_listed(client: TestClient):
    page = client.get("/scenes").json()
    assert page["numberMatched"] == page["numberReturned"] == 6
    assert sum(scene["properties"]["chips"] for scene in page["features"]) == client.get("/archive").json()["chips"]
    by_id = {scene["id"]: scene for scene in page["features"]}
    for item in client.get("/search", params={"limit": 100}).json()["features"]:
        scene = by_id[item["properties"]["satseek:scene"]]
        assert scene["properties"]["sensor"] == item["collection"]
        assert shape(scene["geometry"]).buffer(1e-9).covers(shape(item["geometry"]))


def test_scenes_are_chosen_by_place_and_sensor_and_paged(client: TestClient):
    radar = client.get("/scenes", params={"sensor": "s1"}).json()
    assert {scene["properties"]["sensor"] for scene in radar["features"]} == {"s1"}
    one = radar["features"][0]
    west, south, east, north = one["bbox"]
    middle = ((west + east) / 2, (south + north) / 2)
    box = ",".join(str(side) for side in (*middle, *middle))
    there = client.get("/scenes", params={"bbox": box}).json()
    assert one["id"] in [scene["id"] for scene in there["features"]]
    assert there["numberMatched"] == 3  # the same place by three sensors
    assert client.get("/scenes", params={"bbox": "0,-80,1,-79"}).json()["features"] == []

    seen, address = [], "/scenes?limit=4"
    while address:
        page = client.get(address).json()
        seen += [scene["id"] for scene in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("wrong", [{"bbox": "x"}, {"bbox": "1,2,3"}, {"limit": 0}, {"limit": 501}, {"token": "x"}])
def test_a_wrong_question_about_scenes_is_refused(client: TestClient, wrong: dict):
    refused = client.get("/scenes", params=wrong)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("sensor", ["rgb", "s1", "s2"])
def test_a_scenes_tiles_are_drawn_by_its_id(client: TestClient, sensor: str):
    scene = client.get("/scenes", params={"sensor": sensor}).json()["features"][0]
    z, x, y = tile_of(scene, 14)
    address = scene["properties"]["tiles"].format(z=z, x=x, y=y)
    by_scene = picture(client.get(address))
    assert (by_scene[..., 3] > 0).any()
    by_item = picture(client.get(f"/tiles/{z}/{x}/{y}", params={"item": scene["properties"]["item"]}))
    assert np.array_equal(by_scene, by_item)
    assert client.get(f"/tiles/{z}/{x}/{y}", params={"scene": "no-such"}).status_code == 404
    assert client.get(f"/tiles/{z}/{x}/{y}").status_code == 400
    both = {"scene": scene["id"], "item": scene["properties"]["item"]}
    assert client.get(f"/tiles/{z}/{x}/{y}", params=both).status_code == 400
    for zoom in (0, 5, 9):  # of a small scene hardly a pixel is left, and that is found at once
        z, x, y = tile_of(scene, zoom)
        far = picture(client.get(scene["properties"]["tiles"].format(z=z, x=x, y=y)))
        assert 1 <= (far[..., 3] > 0).sum() < 256


def test_no_path_is_told_of_a_scene(client: TestClient, painted_archive: Path):
    assert str(painted_archive.parent.parent) not in client.get("/scenes").text


def test_an_archive_without_places_has_scenes_without_outlines(tmp_path: Path):
    from fakes.chips import card, chip, clustered
    from satseek.archive.archive import Archive

    archive = Archive.create(str(tmp_path / "archive"), card())
    archive.add([chip(0), chip(1, scene="other")], clustered(2))
    with serving(tmp_path / "archive") as client:
        scenes = client.get("/scenes").json()["features"]
        assert [scene["geometry"] for scene in scenes] == [None, None]
        assert all("tiles" not in scene["properties"] and "bbox" not in scene for scene in scenes)
        assert client.get(f"/items/{0:08x}/twins").json()["features"] == []


def test_a_name_that_two_sensors_share_is_two_ids(tmp_path: Path):
    from fakes.chips import card, chip, clustered
    from satseek.archive.archive import Archive

    archive = Archive.create(str(tmp_path / "archive"), card())
    archive.add([chip(1, 0.0, scene="T32", sensor="s1"), chip(2, 0.0, scene="T32", sensor="s2")], clustered(2))
    with serving(tmp_path / "archive") as client:
        assert sorted(scene["id"] for scene in client.get("/scenes").json()["features"]) == ["T32@s1", "T32@s2"]


def test_the_twins_of_a_chip_are_of_other_sensors_and_lie_there(client: TestClient):
    item = newest(client, "rgb")
    found = client.get(f"/items/{item['id']}/twins", params={"limit": 2}).json()
    sensors = [twin["collection"] for twin in found["features"]]
    assert set(sensors) == {"s1", "s2"}
    assert len(sensors) <= 4
    for twin in found["features"]:
        covered = shape(twin["geometry"]).intersection(shape(item["geometry"])).area / shape(item["geometry"]).area
        assert twin["properties"]["satseek:overlap"] == pytest.approx(covered, abs=2e-4)
    best = found["features"][0]["properties"]["satseek:overlap"]
    assert best == max(twin["properties"]["satseek:overlap"] for twin in found["features"])
    only = client.get(f"/items/{item['id']}/twins", params={"sensor": "s1"}).json()["features"]
    assert {twin["collection"] for twin in only} == {"s1"}
    assert client.get(f"/items/{item['id']}/twins", params={"sensor": "s9"}).status_code == 400
    assert client.get("/items/no-such/twins").status_code == 404


@pytest.mark.parametrize(("sensor", "other"), [("rgb", "s2"), ("s2", "rgb"), ("s1", "rgb")])
def test_a_twin_in_place_shows_the_same_ground(client: TestClient, sensor: str, other: str):
    item, twin = _pair(client, sensor, other)
    own = picture(client.get(f"/items/{item['id']}/preview", params={"size": 128}))
    laid = picture(client.get(twin["assets"]["in_place"]["href"] + "&size=128"))
    assert laid.shape[:2] == own.shape[:2]
    shown = laid[..., 3] > 0
    assert shown.mean() > twin["properties"]["satseek:overlap"] - 0.02  # more of its scene than the twin may be shown
    if "s1" not in (sensor, other):  # colours of the same ground agree; laid elsewhere they would not
        assert np.corrcoef(own[shown][:, :3].mean(axis=1), laid[shown][:, :3].mean(axis=1))[0, 1] > 0.6
        moved = np.roll(own, 40, axis=1)
        aligned = np.abs(_plain(own, shown) - _plain(laid, shown)).mean()
        assert aligned < np.abs(_plain(moved, shown) - _plain(laid, shown)).mean()


def _pair(client: TestClient, sensor: str, other: str) -> tuple[dict, dict]:
    for item in client.get("/search", params={"limit": 100, "sensors": sensor}).json()["features"]:
        found = client.get(f"/items/{item['id']}/twins", params={"sensor": other}).json()["features"]
        if found and found[0]["properties"]["satseek:overlap"] > 0.005:
            return item, found[0]
    raise AssertionError(f"no {sensor} chip has a twin of {other}")


def _plain(seen: np.ndarray, shown: np.ndarray) -> np.ndarray:
    grey = seen[..., :3].mean(axis=2)[shown]
    return (grey - grey.mean()) / max(grey.std(), 1e-6)


def test_bands_ranges_and_stretches_are_chosen_for_a_preview(client: TestClient):
    item = newest(client, "s2")["id"]

    def seen(**asked) -> np.ndarray:
        return picture(client.get(f"/items/{item}/preview", params={"size": 96} | asked))

    assert not np.array_equal(seen(), seen(bands="B08,B04,B03"))
    assert np.array_equal(seen(bands="B08,B04,B03"), seen(bidx=["nir", "red", "green"]))
    one = seen(bands="B08", rescale="0,0.5")
    assert np.array_equal(one[..., 0], one[..., 2])
    stretched = seen(stretch="minmax")
    assert (stretched[..., :3].min(), stretched[..., :3].max()) == (0, 255)
    assert not np.array_equal(stretched, seen(stretch="percentile"))
    assert not np.array_equal(seen(bands="B08", colormap_name="viridis")[..., 0], one[..., 0])
    for wrong in ({"bands": "B99"}, {"bands": "B02,B03"}, {"stretch": "x"}, {"bands": "B02", "bidx": "B03"}):
        assert client.get(f"/items/{item}/preview", params=wrong).status_code == 400, wrong


def test_the_radars_own_drawing_can_be_rescaled(client: TestClient):
    item = newest(client, "s1")["id"]
    usual = picture(client.get(f"/items/{item}/preview"))
    brighter = picture(client.get(f"/items/{item}/preview", params={"rescale": "-25,-10"}))
    assert brighter[..., :3].mean() > usual[..., :3].mean()
    assert client.get(f"/items/{item}/preview", params={"place": "no-such"}).status_code == 404


def test_tiles_of_one_scene_are_stretched_alike(client: TestClient):
    scene = client.get("/scenes", params={"sensor": "s2"}).json()["features"][0]
    z, x, y = tile_of(scene, 13)
    finer = [(z + 1, 2 * x + i, 2 * y + j) for j in (0, 1) for i in (0, 1)]
    asked = "&stretch=percentile&resampling=nearest&tilesize="
    whole = picture(client.get(scene["properties"]["tiles"].format(z=z, x=x, y=y) + asked + "512"))
    rows = []
    for pair in (finer[:2], finer[2:]):
        answers = [client.get(scene["properties"]["tiles"].format(z=z, x=x, y=y) + asked + "256") for z, x, y in pair]
        rows.append(np.concatenate([_or_nothing(answer) for answer in answers], axis=1))
    parts = np.concatenate(rows)
    shown = (whole[..., 3] > 0) & (parts[..., 3] > 0)
    assert shown.any()
    assert np.abs(whole[shown][:, :3].astype(int) - parts[shown][:, :3]).mean() < 6


def _or_nothing(answer) -> np.ndarray:
    return np.zeros((256, 256, 4), np.uint8) if answer.status_code == 204 else picture(answer)


def test_held_tiles_stay_within_bytes_and_age():
    now = [0.0]
    cache = TileCache(most=3 * OVERHEAD + 30, seconds=10, clock=lambda: now[0])
    drawn: list[str] = []

    def tile(name: str) -> bytes | None:
        return cache.get(name, lambda: drawn.append(name) or b"0123456789")  # type: ignore[func-returns-value]

    for name in "abca":
        assert tile(name) == b"0123456789"
    assert drawn == ["a", "b", "c"]
    tile("d")  # b was used longest ago
    tile("a")
    assert drawn == ["a", "b", "c", "d"]
    tile("b")
    assert drawn[-1] == "b"
    assert cache.bytes <= 3 * OVERHEAD + 30
    now[0] = 11
    tile("b")
    assert drawn[-2:] == ["b", "b"]
    cache.get("too large", lambda: bytes(10_000))
    assert cache.bytes <= 3 * OVERHEAD + 30
