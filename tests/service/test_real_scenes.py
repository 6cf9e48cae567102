"""Real scenes of 11,264 × 8,192 pixels, where they are at hand: what a map asks of them while somebody pans."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from fakes.pictures_seen import picture
from fakes.services import serving
from satseek.archive.archive import Archive
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model

SHARED = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
SCENES = SHARED / "scenes"
MOST_SECONDS = 0.3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SCENES.is_dir(), reason=f"the real scenes are not at {SCENES}"),
]


@pytest.fixture(scope="module")
def los_angeles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    place = tmp_path_factory.mktemp("los-angeles") / "archive"
    model = load_model("colour")
    scene = str(SCENES / "losangeles_s2_rgb.tif")
    report = ingest(Archive.create(str(place), model.card), [scene], model=model, plan=CutPlan(chip=224, scales=(4.0,)))
    assert report.added > 30
    with serving(place) as client:
        item = client.get("/scenes").json()["features"][0]["properties"]["item"]
        assert client.get(f"/items/{item}/thumbnail").status_code == 200  # everything is loaded
        yield client


@pytest.mark.parametrize("zoom", [0, 4, 7, 8, 9, 10, 11, 12, 13, 15])
def test_every_tile_of_a_large_scene_is_drawn_while_one_pans(los_angeles: TestClient, zoom: int):
    scene = los_angeles.get("/scenes").json()["features"][0]
    item = los_angeles.get(f"/items/{scene['properties']['item']}").json()
    west, south, east, north = item["bbox"]
    took, seen = [], 0
    for share in (0.2, 0.5, 0.8):  # of a chip that holds pixels
        z, x, y = _tile(west + share * (east - west), south + share * (north - south), zoom)
        began = time.process_time()  # what others do on this machine does not count
        answer = los_angeles.get(scene["properties"]["tiles"].format(z=z, x=x, y=y))
        took.append(time.process_time() - began)
        seen += int((picture(answer)[..., 3] > 0).sum())
    assert seen > 0
    assert np.median(took) < MOST_SECONDS


def test_a_preview_of_a_large_scene_is_drawn_as_quickly(los_angeles: TestClient):
    scene = los_angeles.get("/scenes").json()["features"][0]
    began = time.process_time()
    shown = picture(los_angeles.get(f"/items/{scene['properties']['item']}/preview"))
    assert time.process_time() - began < MOST_SECONDS
    assert shown.shape[:2] == (512, 512)


def _tile(longitude: float, latitude: float, zoom: int) -> tuple[int, int, int]:
    side, radians = 2**zoom, math.radians(latitude)
    return zoom, int((longitude + 180) / 360 * side), int((1 - math.asinh(math.tan(radians)) / math.pi) / 2 * side)
