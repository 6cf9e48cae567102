"""`satseek serve` and the end of `satseek demo`, as they are typed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from satseek.archive.archive import Archive
from satseek.models.catalogue import load_model

PROGRAM = [sys.executable, "-c", "from satseek.cli.app import main; main()"]


def said(*options: object) -> tuple[int, str, str]:
    done = subprocess.run(
        [*PROGRAM, "serve", *map(str, options)], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    Archive.create(str(tmp_path / "archive"), load_model("colour").card)
    return tmp_path / "archive"


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_archive_is_served_at_the_printed_address_until_it_is_stopped(archive: Path, ending: signal.Signals):
    command = [*PROGRAM, "serve", str(archive), "--port", "0", "--token", "open-sesame"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok", "chips": 0}
        assert httpx.get(f"{url}/search").status_code == 401
        found = httpx.get(f"{url}/search", headers={"Authorization": "Bearer open-sesame"}).json()
        assert found["numberMatched"] == 0
        process.send_signal(ending)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_what_cannot_be_served_is_said_before_anybody_asks(archive: Path, tmp_path: Path):
    code, _, error = said(tmp_path / "none", "--port", "0")
    assert code == 1
    assert "There is no archive" in error
    code, _, error = said(archive, "--host", "0.0.0.0")
    assert code == 2
    assert "--no-auth" in error
    code, _, error = said(archive, "--allow-ingest", tmp_path / "nowhere")
    assert code == 2
    assert "no folder" in error
    code, _, error = said(archive, "--host", "203.0.113.7", "--no-auth")
    assert code == 2
    assert "--port" in error
