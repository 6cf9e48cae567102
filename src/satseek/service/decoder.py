"""Pictures of strangers, decoded in a process of their own that is killed when one takes too long."""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from satseek.core.sensor import Pixels
from satseek.service.errors import Problem
from satseek.service.settings import Limits

SECONDS = 15.0
DRIVERS = {"GTiff", "PNG", "JPEG", "WEBP", "JP2OpenJPEG"}  # GDAL's other two hundred never see a stranger's bytes
KINDS = (
    (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"II*\0", "tif"), (b"MM\0*", "tif"), (b"II+\0", "tif"),
    (b"MM\0+", "tif"), (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"), (b"\xff\x4f\xff\x51", "jp2"),
)  # fmt: skip
logger = logging.getLogger(__name__)


class Decoder:
    """One process, asked by one request after the other."""

    def __init__(self, limits: Limits, *, seconds: float = SECONDS) -> None:
        """Take the limits; the process is started when the first picture comes."""
        self._limits, self._seconds = limits, seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def decode(self, data: bytes, *, sensor: str | None, size: int) -> Pixels:
        """Return a picture's pixels, its longer side limited to `size`; a `Problem` says why not."""
        kind = _kind(data)
        with self._lock, tempfile.TemporaryDirectory(prefix="satseek-upload-") as folder:
            path, out = Path(folder) / f"picture.{kind}", Path(folder) / "pixels.npz"
            path.write_bytes(data)
            most = self._limits.upload_pixels
            task = {"path": str(path), "out": str(out), "sensor": sensor, "size": size, "most_pixels": most}
            answer = self._asked(task)
            if "error" in answer:
                raise Problem(answer["status"], answer["error"])
            with np.load(out, allow_pickle=False) as pixels:
                values, valid = pixels["values"], pixels["valid"]
        return Pixels(answer["sensor"], tuple(answer["bands"]), values, valid, answer["ground_resolution_m"])

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _asked(self, task: dict[str, Any]) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._process = _started()
        line = ""
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
            line = _line(self._process, self._seconds)
        except OSError as error:
            logger.warning("the decoding process broke off: %s", error)
        if not line:
            self.close()
            raise Problem(400, "The picture could not be decoded within bounds of time and memory. Try a smaller one.")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _kind(data: bytes) -> str:
    for start, kind in KINDS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    raise Problem(415, "This is no picture of a kind that is taken: PNG, JPEG, TIFF, WebP or JPEG 2000.")


def _started() -> subprocess.Popen[str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if key in os.environ}
    environment = kept | {
        "GDAL_SKIP": ",".join(sorted(_all_drivers() - DRIVERS)),
        "GDAL_CACHEMAX": "64",
        "GDAL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CPL_LOG_ERRORS": "OFF",
    }
    command = [sys.executable, "-m", "satseek.service.decode_child"]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )


def _all_drivers() -> set[str]:
    from rasterio.drivers import raster_driver_extensions
    from rasterio.env import Env

    with Env() as environment:
        return set(environment.drivers()) | set(raster_driver_extensions().values())


def _line(process: subprocess.Popen[str], seconds: float) -> str:
    """Return the line that the process answers with, or nothing where it does not in time."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(seconds) else ""
