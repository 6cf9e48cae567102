"""Pictures as a client sees them, and where on the web's map they lie."""

from __future__ import annotations

import io
import math
from typing import Any

import httpx
import numpy as np
from fastapi.testclient import TestClient
from PIL import Image


def picture(answer: httpx.Response) -> np.ndarray:
    """The picture of an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def newest(client: TestClient, sensor: str) -> dict[str, Any]:
    """A sensor's newest item."""
    return client.get("/search", params={"limit": 1, "sensors": sensor}).json()["features"][0]


def tile_of(item: dict[str, Any], zoom: int) -> tuple[int, int, int]:
    """The tile that holds the middle of an item."""
    west, south, east, north = item["bbox"]
    longitude, latitude = (west + east) / 2, math.radians((south + north) / 2)
    side = 2**zoom
    return zoom, int((longitude + 180) / 360 * side), int((1 - math.asinh(math.tan(latitude)) / math.pi) / 2 * side)
