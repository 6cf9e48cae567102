"""What happens around a service: others write, things vanish, clients dawdle, operators stop it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count as numbers_from
from itertools import islice
from pathlib import Path

import httpx
import numpy as np
import pytest

from fakes.model import Paint
from fakes.services import serving
from satseek.archive.archive import Archive
from satseek.core.errors import ModelError
from satseek.core.filters import Filters
from satseek.core.vectors import unit_rows
from satseek.service.app import create_app
from satseek.service.library import Library
from satseek.service.settings import Settings
from satseek.service.shared_model import SharedModel


def count(client) -> int:
    answer = client.get("/search", params={"limit": 1})
    assert answer.status_code == 200, answer.text
    return answer.json()["numberMatched"]


def test_what_another_process_writes_is_seen_at_once(own_archive: Path):
    with serving(own_archive) as client:
        before = count(client)
        other = Archive.open(str(own_archive))
        chip = next(other.scan(limit=1)).chips[0]
        other.add([replace(chip, id="fresh", caption="a unicorn")], other.vectors([chip.id]))
        assert count(client) == before + 1
        assert client.get("/items/fresh").json()["properties"]["satseek:caption"] == "a unicorn"
        other.remove(Filters(ids=("fresh",)))
        assert client.get("/items/fresh").status_code == 404
        assert client.get("/archive").json()["chips"] == before


def test_an_archive_that_vanishes_is_said_and_one_that_returns_is_served(own_archive: Path, tmp_path: Path):
    with serving(own_archive) as client:
        before = count(client)
        own_archive.rename(tmp_path / "away")
        for path in ("/search", "/search?q=water", "/archive", "/", "/healthz", "/suggest", "/items/x"):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert str(tmp_path) not in answer.text
        assert client.get("/metrics").status_code == 200
        assert "satseek_archive_up 0.0" in client.get("/metrics").text
        (tmp_path / "away").rename(own_archive)
        assert count(client) == before


def test_an_archive_of_another_model_in_its_place_is_served_with_that_model(own_archive: Path, monkeypatch):
    monkeypatch.setattr("satseek.models.catalogue.model_for", lambda card: Paint())
    with serving(own_archive) as client:
        chip = client.app.state.desk.library.archive.get([client.get("/search").json()["features"][0]["id"]])[0]
        shutil.rmtree(own_archive)
        Archive.create(str(own_archive), Paint().card).add([replace(chip, id="one")], unit_rows([[1.0, 0, 0, 0]]))
        found = client.get("/search", params={"q": "red"})
        assert found.status_code == 200, found.text
        assert found.json()["satseek:explanation"]["model"] == "paint"
        assert [item["id"] for item in found.json()["features"]] == ["one"]


def test_an_archive_that_is_damaged_underneath_is_said_and_the_service_lives_on(own_archive: Path):
    with serving(own_archive) as client:
        for file in own_archive.rglob("*.lance"):
            if file.is_file():
                file.write_bytes(b"broken")
        statuses = {client.get(path).status_code for path in ("/search?q=water", "/items/x", "/search", "/suggest")}
        assert statuses <= {200, 404, 503}
        assert 503 in statuses
        assert client.get("/conformance").status_code == 200


def test_pixels_that_are_gone_are_said_without_their_path(own_archive: Path, tmp_path: Path):
    held = Archive.open(str(own_archive))
    chip = next(held.scan(limit=1)).chips[0]
    secret = str(tmp_path / "secret" / "scene.tif")
    bands = [{**band, "href": secret} for band in chip.address["bands"]]
    held.add(
        [replace(chip, id="gone", source=secret, address={**chip.address, "bands": bands})], held.vectors([chip.id])
    )
    with serving(own_archive) as client:
        for path in ("/items/gone/thumbnail", "/items/gone/preview", "/tiles/0/0/0?item=gone"):
            answer = client.get(path)
            assert answer.status_code == 502, path
            assert "secret" not in answer.text
        assert "secret" not in client.get("/items/gone").text


def test_without_its_model_file_words_are_refused_and_examples_still_found(own_archive: Path, monkeypatch):
    def missing(card):
        raise ModelError("There is no model folder /home/someone/models/best.")

    monkeypatch.setattr("satseek.models.catalogue.model_for", missing)
    with serving(own_archive) as client:
        words = client.get("/search", params={"q": "water"})
        assert words.status_code == 503
        assert "like" in words.json()["detail"]
        assert "/home" not in words.text
        chip = client.get("/search").json()["features"][0]["id"]
        assert client.get(f"/items/{chip}/similar").status_code == 200


def test_texts_that_wait_are_encoded_together_and_each_gets_its_own_row():
    class Slow(Paint):
        def encode_texts(self, sentences, keywords=None):
            time.sleep(0.05)
            return super().encode_texts(sentences, keywords)

    model = SharedModel(Slow())
    colours = ["red", "green", "blue", "grey"] * 6
    with ThreadPoolExecutor(24) as threads:
        rows = list(threads.map(lambda colour: model.encode_texts([colour])[0], colours))
    assert [int(np.argmax(row)) for row in rows] == [0, 1, 2, 3] * 6
    assert model.batches < 12


def test_one_text_that_cannot_be_encoded_is_not_the_fault_of_its_neighbours():
    class Picky(Paint):
        def encode_texts(self, sentences, keywords=None):
            time.sleep(0.05)
            if "bad" in sentences:
                raise ModelError("no")
            return super().encode_texts(sentences, keywords)

    model = SharedModel(Picky())

    def asked(text: str):
        try:
            return int(np.argmax(model.encode_texts([text])[0]))
        except ModelError:
            return None

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(asked, ["red", "bad", "blue", "green"] * 2)) == [0, None, 2, 1] * 2


def test_the_same_archive_is_opened_once(painted_archive: Path):
    library = Library(str(painted_archive))
    assert library.archive is library.archive
    assert library.model() is library.model()
    assert library.info() is library.info()


def test_two_services_live_in_one_process(painted_archive: Path):
    one, two = (create_app(Settings(str(painted_archive))) for _ in range(2))
    assert one.state.desk.metrics.registry is not two.state.desk.metrics.registry


@contextmanager
def running(archive: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    program = "from satseek.cli.app import main; main()"
    command = [sys.executable, "-c", program, "serve", str(archive), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_real_server_outlives_slow_and_rude_clients_and_stops_when_told(painted_archive: Path):
    with running(painted_archive) as (process, url):
        host, port = url.removeprefix("http://").split(":")
        address = (host, int(port))
        dawdlers = [socket.create_connection(address) for _ in range(20)]
        for dawdler in dawdlers[:10]:
            dawdler.sendall(b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        for dawdler in dawdlers[10:]:
            dawdler.sendall(b"GET /search HT")
        for _ in range(20):  # those who go away before they are answered
            with socket.create_connection(address) as rude:
                rude.sendall(b"GET /search?q=water&limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for garbage in (
            b"\0" * 100,
            b"GET / HTTP/9.9\r\n\r\n",
            b"G" * 100_000,
            b"GET / HTTP/1.1\r\nA: " + b"a" * 100_000,
        ):
            with socket.create_connection(address) as rude:
                rude.settimeout(0.5)
                with suppress(OSError):
                    rude.sendall(garbage)
                    rude.recv(1000)
        assert httpx.get(f"{url}/search?q=water").status_code == 200
        answers: list[int] = []
        asking = [threading.Thread(target=lambda: answers.append(_status(url))) for _ in range(8)]
        counts = _counts(url)
        before = next(counts)
        while (now := next(counts)) != before:  # those who went away are still being answered
            before = now
        for thread in asking:
            thread.start()
        assert any(begun >= before + 8 for begun in islice(counts, 1000))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(8)
        assert time.monotonic() - began < 5.5
        assert process.returncode == 0
        for thread in asking:
            thread.join()
        assert answers.count(200) == 8
        for dawdler in dawdlers:
            dawdler.close()


def _counts(url: str) -> Iterator[int]:
    """Tell again and again how many requests the server has ever begun to answer, these questions left out."""
    names = ("satseek_requests_total{", "satseek_requests_under_way ")
    for asked in numbers_from(1):
        lines = httpx.get(f"{url}/metrics").text.splitlines()
        yield sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith(names)) - asked
        time.sleep(0.02)


def _status(url: str) -> int:
    try:
        return httpx.get(f"{url}/search?q=water&limit=200", timeout=10).status_code
    except httpx.HTTPError:
        return 0


@pytest.mark.slow
def test_a_client_that_connects_and_says_nothing_is_hung_up_on(painted_archive: Path):
    import uvicorn

    from satseek.service import server

    hung_up = threading.Event()

    class Quick(server.Impatient):
        patience = 0.5

        def connection_lost(self, exc):
            super().connection_lost(exc)
            hung_up.set()

    config = uvicorn.Config(create_app(Settings(str(painted_archive))), http=Quick, port=0, log_config=None)
    running_server = uvicorn.Server(config)
    thread = threading.Thread(target=running_server.run, daemon=True)
    thread.start()
    while not running_server.started:
        time.sleep(0.05)
    port = running_server.servers[0].sockets[0].getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(b"GET /search HTT")
        silent.settimeout(5)
        with suppress(ConnectionResetError):
            assert silent.recv(10) == b""
    assert hung_up.wait(2)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert [client.get("/healthz").status_code for _ in range(3)] == [200] * 3
    running_server.should_exit = True
    thread.join(5)
