import json
import time
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from rasterio.transform import from_origin

from fakes.services import serving
from satseek.archive.archive import Archive
from satseek.core.errors import UsageError
from satseek.models.catalogue import load_model
from satseek.service.places import Places


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    folder = tmp_path / "scenes"
    (folder / "2024").mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(4):
        path = folder / "2024" / f"scene{number}.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=512, height=512, count=3, dtype="uint8", crs="EPSG:32631",
            transform=from_origin(500_000 + 1000 * number, 5_000_000, 1, 1),
        ) as out:  # fmt: skip
            out.write(rng.integers(0, 255, (3, 512, 512), dtype=np.uint8))
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    Archive.create(str(tmp_path / "archive"), load_model("colour").card)
    return tmp_path / "archive"


def over(client: TestClient, job: dict) -> dict:
    for _ in range(300):
        job = client.get(job["links"][0]["href"]).json()
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_without_leave_there_is_no_ingest(client: TestClient):
    assert client.post("/ingest", json={"sources": ["scenes"]}).status_code == 404
    assert client.get("/archive").json()["ingest_from"] == []


def test_a_folder_that_the_operator_named_is_ingested_and_at_once_searchable(empty: Path, scenes: Path):
    with serving(empty, ingest_from=(str(scenes),)) as client:
        assert client.get("/archive").json()["ingest_from"] == ["scenes"]
        assert client.get("/search").json()["numberMatched"] == 0
        started = client.post("/ingest", json={"sources": ["scenes/2024/scene0.tif"]})
        assert started.status_code == 202
        job = over(client, started.json())
        assert job["state"] == "done", job
        assert job["report"]["added"] == client.get("/search").json()["numberMatched"] == 9
        again = over(client, client.post(f"/ingest/{job['id']}/resume").json())
        assert (again["report"]["added"], again["report"]["already_there"]) == (0, 9)
        assert str(scenes) not in json.dumps(client.get("/ingest").json())


def test_progress_is_told_as_events_until_the_end(empty: Path, scenes: Path):
    with serving(empty, ingest_from=(str(scenes),)) as client:
        job = client.post("/ingest", json={"sources": ["scenes"]}).json()
        with client.stream("GET", job["links"][1]["href"]) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = [line for line in stream.iter_lines() if line]
        kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        assert kinds[-1] == "end"
        told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
        assert told[-1]["state"] == "done"
        assert told[-1]["report"]["added"] == 36
        assert client.app.state.desk.streams == 0


def test_a_cancelled_ingest_keeps_what_it_added_and_goes_on_when_asked_again(
    empty: Path, scenes: Path, monkeypatch: pytest.MonkeyPatch
):
    with serving(empty, ingest_from=(str(scenes),)) as client:
        jobs = client.app.state.desk.jobs
        held_up, go_on = Event(), Event()
        allowed = jobs._allowed

        def slowly(found, job, tally):
            for number, scene in enumerate(allowed(found, job, tally)):
                if number == 2:
                    held_up.set()
                    go_on.wait(5)
                yield scene

        monkeypatch.setattr(jobs, "_allowed", slowly)
        job = client.post("/ingest", json={"sources": ["scenes"]}).json()
        assert held_up.wait(10)
        assert client.delete(f"/ingest/{job['id']}").status_code == 200
        go_on.set()
        job = over(client, job)
        assert job["state"] == "cancelled"
        kept = client.get("/search").json()["numberMatched"]
        assert kept < 36
        monkeypatch.setattr(jobs, "_allowed", allowed)
        again = over(client, client.post(f"/ingest/{job['id']}/resume").json())
        assert again["report"]["already_there"] == kept
        assert client.get("/search").json()["numberMatched"] == 36


def test_sources_outside_the_places_are_refused_in_the_same_words(empty: Path, scenes: Path, tmp_path: Path):
    (scenes / "link").symlink_to(tmp_path)
    with serving(empty, ingest_from=(str(scenes), "https://stac.example.org/v1")) as client:
        for source in (
            "/etc", str(scenes), "scenes/../archive", "scenes/link/archive", "other", "", ".", "..", "scenes/*.tif",
            "file:///etc", "https://evil.example/v1", "https://stac.example.org.evil.example/v1",
            "https://stac.example.org/v1/../admin", "https://stac.example.org@evil.example/v1", "http://stac.example.org/v1",
            "/vsicurl/http://127.0.0.1/x", "s3://bucket/x", "GTI:scenes", "scenes\0/x", "https://stac.example.org/v12",
        ):  # fmt: skip
            answer = client.post("/ingest", json={"sources": [source]})
            assert answer.status_code == 400, source
            assert "does not ingest from there" in answer.json()["detail"]
            assert str(tmp_path) not in answer.text
        assert client.get("/ingest").json() == {"jobs": []}


def test_a_catalog_that_names_files_outside_the_places_is_refused(empty: Path, scenes: Path, tmp_path: Path):
    secret = tmp_path / "secret.tif"
    secret.write_bytes((scenes / "2024" / "scene0.tif").read_bytes())
    item = {
        "type": "Feature", "stac_version": "1.0.0", "id": "thief", "geometry": None, "links": [],
        "properties": {"datetime": "2024-01-01T00:00:00Z"},
        "assets": {"visual": {"href": str(secret), "type": "image/tiff; application=geotiff", "roles": ["data"]}},
    }  # fmt: skip
    (scenes / "item.json").write_text(json.dumps(item))
    with serving(empty, ingest_from=(str(scenes),)) as client:
        job = over(client, client.post("/ingest", json={"sources": ["scenes/item.json"]}).json())
        assert job["report"]["added"] == 0
        assert len(job["report"]["refused"]) == 1
        assert "secret" not in json.dumps(job)


def test_places_are_checked_when_the_service_starts(tmp_path: Path):
    with pytest.raises(UsageError, match="no folder"):
        Places((str(tmp_path / "none"),))
    (tmp_path / "a" / "same").mkdir(parents=True)
    (tmp_path / "b" / "same").mkdir(parents=True)
    with pytest.raises(UsageError, match="Two folders"):
        Places((str(tmp_path / "a" / "same"), str(tmp_path / "b" / "same")))


def test_what_is_wrong_with_a_wish_is_said_at_once(empty: Path, scenes: Path):
    with serving(empty, ingest_from=(str(scenes),)) as client:
        for wish in (
            {}, {"sources": []}, {"sources": ["scenes"], "sensor": "s9"}, {"sources": ["scenes"], "bbox": [1]},
            {"sources": ["scenes"], "datetime": "x"}, {"sources": ["scenes"], "workers": 99},
        ):  # fmt: skip
            assert client.post("/ingest", json=wish).status_code == 400, wish
        for path in ("/ingest/none", "/ingest/none/events"):
            assert client.get(path).status_code == 404
        assert client.delete("/ingest/none").status_code == 404
