"""A camera, a model and an archive in memory: an ingest without files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import ModelError, SourceError
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.raster.footprint import Footprint
from satseek.raster.windows import ChipWindow


def scene(name: str, *, sensor: str = "rgb", **more: Any) -> Scene:
    bands = {"rgb": ("red", "green", "blue"), "s1": ("VV", "VH"), "s2": ("B02", "B03", "B04")}[sensor]
    files = tuple(BandFile(band, f"{name}.tif", index) for index, band in enumerate(bands, 1))
    return Scene(id=name, source=f"{name}.tif", sensor=sensor, bands=files, **more)


@dataclass
class Land:
    """What the camera sees of one scene: a value that tells column and row, and what is wrong with it."""

    width: int = 100
    height: int = 100
    nodata_left_of: int = 0  # columns without data
    fails_below: int | None = None  # rows that cannot be read
    unreadable: str | None = None  # why its header cannot be read
    has_place: bool = True
    warning: str | None = None  # what its reader had to assume


@dataclass
class Camera:
    """Opens scenes in memory, and counts what was opened and read."""

    lands: dict[str, Land]
    opened: int = 0
    windows_read: list[tuple[str, Window]] = field(default_factory=list)
    open_now: int = 0
    before_read: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, of: Scene) -> Any:
        return _Look(self, of, self.lands[of.id])


class _Look:
    def __init__(self, camera: Camera, of: Scene, land: Land) -> None:
        self._camera, self.scene, self._land = camera, of, land
        self.warnings: tuple[str, ...] = (land.warning,) if land.warning else ()
        self.width, self.height, self.has_place = land.width, land.height, land.has_place
        self.ground_resolution_m = 10.0 if land.has_place else None
        self.bytes_read = 0
        self.reads_plainly = False

    def __enter__(self) -> _Look:
        if self._land.unreadable:
            raise SourceError(self._land.unreadable)
        with self._camera._lock:
            self._camera.opened += 1
            self._camera.open_now += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._camera._lock:
            self._camera.open_now -= 1

    def pixels(self, window: Window, size: tuple[int, int]) -> Pixels:
        self._camera.before_read()
        with self._camera._lock:
            self._camera.windows_read.append((self.scene.id, window))
        if self._land.fails_below is not None and window.row + window.height > self._land.fails_below:
            raise SourceError("It is cut short.")
        columns = window.column + (np.arange(size[1]) + 0.5) * window.width / size[1]
        valid = np.broadcast_to(columns >= self._land.nodata_left_of, size).copy()
        values = np.empty((len(self.scene.bands), *size), np.float32)
        values[:] = 1 + np.array([window.column, window.row, window.width], np.float32)[: len(values), None, None]
        self.bytes_read += values.nbytes
        return Pixels(self.scene.sensor, tuple(band.name for band in self.scene.bands), values, valid)

    def cloud_share(self, window: Window, size: tuple[int, int]) -> float | None:
        return None if self.scene.mask is None else 0.25

    def footprint(self, window: Window) -> Footprint | None:
        if not self._land.has_place:
            return None
        west, north = window.column / 1000, 50 - window.row / 1000
        east, south = west + window.width / 1000, north - window.height / 1000
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return Footprint({"type": "Polygon", "coordinates": [ring]}, (west, south, east, north))

    def ground_resolutions_m(self, windows: Sequence[ChipWindow]) -> list[float | None]:
        side = self.ground_resolution_m
        return [side and side * window.width / size[1] for window, _, size in windows]

    def footprints(self, windows: Sequence[Window]) -> list[Footprint | None]:
        return [self.footprint(window) for window in windows]


class MeanModel:
    """Encodes a chip as the direction of its bands' means."""

    def __init__(self, *, refuses: str | None = None, sensors: Sequence[str] = ("rgb", "s1", "s2")) -> None:
        self.card = ModelCard("mean", "1", "", 3, dict.fromkeys(sensors, ()), False, 16)
        self.batches: list[int] = []
        self._refuses = refuses

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        if any(chip.sensor == self._refuses for chip in chips):
            raise ModelError(f"Model 'mean' cannot use '{self._refuses}' today. Choose another model with --model.")
        self.batches.append(len(chips))
        rows = np.zeros((len(chips), 3), np.float32)
        for row, chip in zip(rows, chips, strict=True):
            row[: len(chip.bands)] = chip.values.mean(axis=(1, 2))
        return unit_rows(rows)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        raise ModelError("Model 'mean' knows no words.")


class MemoryArchive:
    """Keeps rows in a dictionary, and remembers its transactions."""

    def __init__(self, fail_at: int | None = None, error: Exception | None = None) -> None:
        self.rows: dict[str, tuple[Chip, FloatArray]] = {}
        self.transactions: list[list[str]] = []
        self.asked = 0
        self._fail_at, self._error = fail_at, error

    def __len__(self) -> int:
        return len(self.rows)

    def held(self, ids: Sequence[str]) -> set[str]:
        self.asked += 1
        return {name for name in ids if name in self.rows}

    def add(self, chips: Sequence[Chip], vectors: FloatArray) -> int:
        if self._error is not None and len(self.transactions) == self._fail_at:
            raise self._error
        new = len({chip.id for chip in chips} - self.rows.keys())
        self.rows.update({chip.id: (chip, vector) for chip, vector in zip(chips, vectors, strict=True)})
        self.transactions.append([chip.id for chip in chips])
        return new

    def chips(self) -> list[Chip]:
        return sorted((chip for chip, _ in self.rows.values()), key=lambda chip: (chip.scene, chip.scale, chip.window))
