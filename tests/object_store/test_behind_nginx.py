"""Two services over one bucket behind nginx, as the example starts them: both answer, see news, and one may die."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from fakes.chips import chip, clustered
from object_store.conftest import Bucket
from satseek.archive.archive import Archive
from satseek.models.catalogue import load_model

EXAMPLE = Path(__file__).parents[2] / "examples" / "behind_nginx.py"
LONGEST_S = 120

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") is None, reason="there is no nginx here"
    ),
]


class Running(NamedTuple):
    url: str
    services: dict[str, int]  # address -> process


@pytest.fixture
def filled(bucket: Bucket) -> Archive:
    card = load_model("colour").card
    archive = Archive.create(bucket.uri(), card)
    archive.add([chip(number, 1.0, 1.0) for number in range(5)], clustered(5, card.dimensions))
    return archive


@pytest.fixture
def running(filled: Archive) -> Iterator[Running]:
    with socket.socket() as free:  # nginx cannot be asked for any port; taken between here and there, the test says so
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(EXAMPLE), filled.uri, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(3)]
        assert lines[2], "the example did not start"
        yield Running(lines[2][0], {address: int(pid) for _, address, _, pid in lines[:2]})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_two_services_share_a_bucket_and_the_work(running: Running, filled: Archive) -> None:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        _until(lambda: client.get("/").status_code == 200)
        who = {f"client-{number}": _served(client, f"client-{number}") for number in range(16)}
        assert set(who.values()) == set(running.services)
        assert all(_served(client, name) == service for name, service in who.items())

        before = _ask(client, "anybody").json()["numberReturned"]
        filled.add([chip(99, 1.0, 1.0)], clustered(1, filled.card.dimensions, seed=4))
        for name in who:
            _until(lambda name=name: _ask(client, name).json()["numberReturned"] == before + 1)

        victim, lost = next(iter(running.services)), [name for name in who if who[name] == next(iter(running.services))]
        os.kill(running.services[victim], signal.SIGKILL)
        assert all(_served(client, name) != victim for name in lost)


def _ask(client: httpx.Client, name: str) -> Any:
    body = {"like": [chip(1).id], "limit": 20}
    return client.post("/search", json=body, headers={"X-Client": name})


def _served(client: httpx.Client, name: str) -> str:
    answer = _ask(client, name)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["X-Served-By"]).split(",")[-1].strip()


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)
