"""Rasters behind a network are read in place, piece by piece, and patiently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.rasters import write_raster
from fakes.servers import Troubles, file_server
from satseek.core.errors import SourceError
from satseek.core.scene import Window
from satseek.raster.read import SceneReader
from satseek.raster.recognise import scene_of_files

NOISE = np.random.default_rng(1).integers(1, 255, (3, 1024, 1024)).astype("uint8")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GDAL_HTTP_RETRY_DELAY", "0.01")  # what the person sets in the environment stays


def test_a_remote_cog_is_read_in_place_by_range_requests(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", NOISE, driver="COG", blocksize=256, compress="deflate")
    with file_server(tmp_path) as server:
        scene = scene_of_files([f"{server.url}/a.tif?signature=1"])
        with SceneReader(scene) as reader:
            found = reader.read(Window(300, 300, 100, 100), (100, 100)).values
        assert server.bytes_sent < Path(path).stat().st_size / 3
        assert all(request.path.startswith("/a.tif") for request in server.requests)  # no guessing at sidecars
    np.testing.assert_array_equal(found, NOISE[:, 300:400, 300:400])
    assert scene.id == f"{server.url}/a.tif"  # a signature changes from day to day


def test_a_server_that_stumbles_is_asked_again(tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif", NOISE[:, :64, :64])
    with file_server(tmp_path, troubles=Troubles(statuses=[503, 502])) as server:
        assert scene_of_files([f"{server.url}/a.tif"]).sensor == "rgb"


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "link is dead"), (403, "access is refused"), (410, "link is dead"), (500, "answered with HTTP 500")],
)
def test_a_server_that_refuses_is_said_with_what_to_do(tmp_path: Path, status: int, said: str) -> None:
    write_raster(tmp_path / "a.tif", NOISE[:, :64, :64])
    with (
        file_server(tmp_path, troubles=Troubles(always=status)) as server,
        pytest.raises(SourceError, match=said) as refused,
    ):
        scene_of_files([f"{server.url}/{status}.tif"])
    assert "vsicurl" not in str(refused.value)


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with file_server(tmp_path) as server:
        gone = server.url
    with pytest.raises(SourceError, match="Cannot reach"):
        scene_of_files([f"{gone}/a.tif"])


def test_a_page_instead_of_a_raster_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("<html>please log in</html>")
    with file_server(tmp_path) as server, pytest.raises(SourceError, match="is no raster"):
        scene_of_files([f"{server.url}/a.tif"])


def test_a_server_that_fails_midway_is_said(tmp_path: Path) -> None:
    write_raster(tmp_path / "mid.tif", NOISE, driver="COG", blocksize=256, compress="deflate")
    with file_server(tmp_path) as server, SceneReader(scene_of_files([f"{server.url}/mid.tif"])) as reader:
        server.troubles.always = 500
        with pytest.raises(SourceError):
            reader.read(Window(700, 700, 300, 300), (300, 300))
