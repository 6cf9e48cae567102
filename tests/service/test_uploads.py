import io
import json
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from PIL import Image

from fakes.services import serving


def encoded(form: str, side: int = 64) -> bytes:
    pixels = np.zeros((side, side, 3), dtype=np.uint8)
    pixels[...] = (20, 60, 140)
    pixels[: side // 2] = (30, 90, 40)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form)
    return out.getvalue()


def png_that_claims(width: int, height: int, rows: bytes = b"") -> bytes:
    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows, 9)) + part(b"IEND", b"")


def bring(client: TestClient, content: bytes, name: str = "x.png", **more: object):
    return client.post("/search/image", files={"image": (name, content)}, **more)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", "JPEG2000"])
def test_a_picture_finds_chips_and_may_be_asked_for_again(client: TestClient, form: str):
    answer = bring(client, encoded(form), data={"query": json.dumps({"sensors": ["rgb"], "limit": 3})})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert len(found["features"]) == 3
    (name,) = found["satseek:query"]["like"]
    assert name.startswith("upload-")
    again = client.post("/search", json={"like": [name], "sensors": ["rgb"], "limit": 3}).json()
    assert [item["id"] for item in again["features"]] == [item["id"] for item in found["features"]]
    step = next(link for link in found["links"] if link["rel"] == "next")
    assert client.post(step["href"], json=step["body"]).json()["numberReturned"] == 3


def test_a_chips_own_preview_finds_the_chip(client: TestClient):
    chip = client.get("/search", params={"limit": 1, "sensors": "rgb"}).json()["features"][0]["id"]
    picture = client.get(f"/items/{chip}/preview", params={"size": 224}).content
    found = bring(client, picture, data={"query": '{"limit": 3, "sensors": ["rgb"]}'}).json()
    assert found["features"][0]["id"] == chip


def test_a_radar_raster_is_read_as_radar(client: TestClient, tmp_path: Path):
    path = tmp_path / "radar.tif"
    with rasterio.open(path, "w", driver="GTiff", width=64, height=64, count=2, dtype="float32") as out:
        out.write(np.random.default_rng(0).normal(-12, 2, (2, 64, 64)).astype("float32"))
    answer = bring(client, path.read_bytes(), "r.tif", data={"sensor": "s1", "query": '{"limit": 2}'})
    assert answer.status_code == 200, answer.text


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
VRT = (
    b'<VRTDataset rasterXSize="8" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
    b"<SourceFilename>/etc/hostname</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
)
HOSTILE = {
    "a bomb of nine billion pixels": (png_that_claims(95_000, 95_000, bytes(1_000_000)), {413, 400}),
    "a header of 100 k × 100 k": (png_that_claims(100_000, 100_000), {413, 400}),
    "cut short": (encoded("PNG")[:90], {400}),
    "a JPEG cut short": (encoded("JPEG", 512)[:900], {400}),
    "SVG": (SVG, {415}),
    "VRT": (VRT, {415}),
    "a VRT that begins like a JPEG": (b"\xff\xd8\xff\xfe\x02\x02" + VRT, {400}),
    "a PNG with a VRT in it": (encoded("PNG")[:33] + VRT, {400}),
    "HTML behind a JPEG's first bytes": (b"\xff\xd8\xff<html><script>alert(1)</script>", {400}),
    "ZIP": (b"PK\x03\x04" + bytes(100), {415}),
    "GDAL's own words": (b"GTI:/etc/passwd", {415}),
    "text": (b"hello", {415}),
    "nothing": (b"", {415}),
    "a TIFF that points outside itself": (b"II*\0" + struct.pack("<I", 0xFFFFFF00) + bytes(100), {400}),
    "a TIFF whose directories go in a circle": (b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0" + bytes(50), {400}),
    "noise behind a TIFF's first bytes": (b"MM\0*" + bytes(range(256)) * 8, {400}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_upload_is_refused_in_words_and_the_service_lives_on(client: TestClient, what: str):
    data, statuses = HOSTILE[what]
    answer = bring(client, data)
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/tmp" not in answer.text
    assert bring(client, encoded("PNG")).status_code == 200


@pytest.mark.slow
def test_a_tall_bomb_of_allowed_pixels_is_decoded_within_bounds(client: TestClient):
    began = time.monotonic()
    row = b"\0" + b"\x20\x40\x60" * 9_000
    answer = bring(client, png_that_claims(9_000, 9_000, row * 9_000))
    assert answer.status_code in (200, 400), answer.text
    assert time.monotonic() - began < 30


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(painted_archive: Path):
    with serving(painted_archive, limits={"upload_bytes": 50_000}) as client:
        answer = bring(client, bytes(60_000))
        assert answer.status_code == 413
        assert "50,000 bytes" in answer.json()["detail"]


def test_a_decoder_that_hangs_is_killed_and_the_next_picture_is_decoded(painted_archive: Path):
    with serving(painted_archive) as client:
        decoder = client.app.state.desk.decoder
        decoder._seconds = 0.0
        assert bring(client, encoded("PNG")).status_code == 400
        assert decoder._process is None
        decoder._seconds = 15.0
        assert bring(client, encoded("PNG")).status_code == 200


def test_a_picture_that_is_forgotten_is_asked_for_again_in_words(client: TestClient):
    answer = client.post("/search", json={"like": ["upload-000000"]})
    assert answer.status_code == 400
    assert "/search/image" in answer.json()["detail"]


def test_what_is_asked_beside_a_picture_is_checked(client: TestClient):
    for query in ("[]", "{", '{"limit": 0}', '{"like": [{"file": "/etc/passwd"}]}', "[" * 100_000):
        answer = bring(client, encoded("PNG"), data={"query": query})
        assert answer.status_code == 400, query[:50]
