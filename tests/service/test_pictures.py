import numpy as np
import pytest
from fastapi.testclient import TestClient

from fakes.pictures_seen import newest, picture, tile_of


@pytest.mark.parametrize("sensor", ["rgb", "s1", "s2"])
def test_a_chip_is_drawn_small_and_large(client: TestClient, sensor: str):
    item = newest(client, sensor)["id"]
    assert picture(client.get(f"/items/{item}/thumbnail")).shape[:2] == (160, 160)
    large = picture(client.get(f"/items/{item}/preview", params={"size": 300}))
    assert large.shape[:2] == (300, 300)
    assert large[..., :3].std() > 3


def test_a_drawing_may_be_chosen_and_an_unknown_one_is_refused(client: TestClient):
    item = newest(client, "s1")["id"]
    usual = picture(client.get(f"/items/{item}/preview"))
    grey = picture(client.get(f"/items/{item}/preview", params={"drawing": "VV"}))
    assert not np.array_equal(usual, grey)
    assert np.array_equal(grey[..., 0], grey[..., 2])
    refused = client.get(f"/items/{item}/preview", params={"drawing": "../x"})
    assert refused.status_code == 400
    assert "backscatter" in refused.json()["detail"]
    assert client.get(f"/items/{item}/preview", params={"size": 100000}).status_code == 400


def test_a_picture_that_is_known_is_not_sent_again(client: TestClient):
    item = newest(client, "rgb")["id"]
    first = client.get(f"/items/{item}/thumbnail")
    again = client.get(f"/items/{item}/thumbnail", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


@pytest.mark.parametrize("sensor", ["rgb", "s1", "s2"])
def test_a_tile_shows_the_scene_and_other_tiles_are_empty(client: TestClient, sensor: str):
    item = newest(client, sensor)
    z, x, y = tile_of(item, 15 if sensor == "rgb" else 13)
    shown = picture(client.get(f"/tiles/{z}/{x}/{y}", params={"item": item["id"]}))
    assert shown.shape == (256, 256, 4)
    assert (shown[..., 3] > 0).mean() > 0.01
    assert shown[..., :3][shown[..., 3] > 0].std() > 3
    assert client.get("/tiles/8/0/0", params={"item": item["id"]}).status_code == 204


def test_titilers_parameters_choose_bands_and_ranges(client: TestClient):
    item = newest(client, "s2")
    z, x, y = tile_of(item, 13)
    asked = {"item": item["id"], "bidx": "B08", "rescale": "0,0.5", "colormap_name": "viridis", "tilesize": 128}
    assert picture(client.get(f"/tiles/{z}/{x}/{y}", params=asked)).shape[:2] == (128, 128)
    three = client.get(f"/tiles/{z}/{x}/{y}", params={"item": item["id"], "bidx": ["nir", "red", "green"]})
    assert picture(three).shape == (256, 256, 4)
    for wrong in (
        {"bidx": "B99"},
        {"rescale": "x"},
        {"rescale": "5,1"},
        {"colormap_name": "../../x"},
        {"drawing": "no"},
    ):
        assert client.get(f"/tiles/{z}/{x}/{y}", params={"item": item["id"]} | wrong).status_code == 400, wrong
    assert client.get("/tiles/3/99/0", params={"item": item["id"]}).status_code == 400
    assert client.get(f"/tiles/{z}/{x}/{y}", params={"url": "/etc/passwd"}).status_code == 400
    assert client.get(f"/tiles/{z}/{x}/{y}", params={"item": "/etc/passwd"}).status_code == 404


def test_a_map_is_told_how_to_show_a_scene(client: TestClient):
    item = newest(client, "rgb")
    told = client.get("/tilejson.json", params={"item": item["id"]}).json()
    z, x, y = tile_of(item, 15)
    assert client.get(told["tiles"][0].format(z=z, x=x, y=y)).status_code == 200
