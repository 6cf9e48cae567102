"""Reading one job: open the scene, read its windows, check them, and say where each is and what is said of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.ingest.annotate import Annotator
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow

if TYPE_CHECKING:
    from satseek.ingest.plan import Job


OpenReader = Callable[[Scene], SceneReader]


@dataclass
class Reading:
    """What came of one job."""

    job: Job
    chips: list[tuple[Chip, Pixels]] = field(default_factory=list)
    skipped: int = 0  # windows with too much nodata
    best_valid_share: float = 0.0  # of the windows that were read
    byte_count: int = 0
    error: str | None = None  # why the rest of the scene cannot be read


class JobReader:
    """Reads jobs on any number of threads; each thread keeps the scene of its last job open for the next."""

    def __init__(self, *, max_nodata: float, annotator: Annotator, stop: Event, open_reader: OpenReader) -> None:
        self._max_nodata = max_nodata
        self._annotator = annotator
        self._stop = stop
        self._open_reader = open_reader
        self._mine = threading.local()
        self._failed: dict[int, int] = {}  # scene -> number of the job that failed

    def read(self, job: Job) -> Reading:
        """Read the windows of a job; a window that cannot be read ends the scene, those before it are kept."""
        reading = Reading(job)
        if self._stop.is_set() or self._failed.get(job.surveyed.number, job.number) < job.number:
            return reading
        try:
            reader = self._reader(job)
            before = reader.bytes_read
            for chip_id, window in job.windows:
                if self._stop.is_set():
                    break
                self._read_window(reader, chip_id, window, reading)
            reading.byte_count = reader.bytes_read - before
        except SourceError as error:
            reading.error = str(error)
            self._failed.setdefault(job.surveyed.number, job.number)
            self.close_mine()
        return reading

    def close_mine(self) -> None:
        """Close what the calling thread has open; GDAL wants it closed where it was opened."""
        reader = getattr(self._mine, "reader", None)
        self._mine.scene = self._mine.reader = None
        if reader is not None:
            reader.__exit__(None, None, None)

    def _read_window(self, reader: SceneReader, chip_id: str, window: ChipWindow, reading: Reading) -> None:
        scene = reading.job.surveyed.scene
        pixels = reader.read(window.window, window.size)
        nodata = pixels.nodata_share
        reading.best_valid_share = max(reading.best_valid_share, 1.0 - nodata)
        if nodata > self._max_nodata or nodata >= 1.0:
            reading.skipped += 1
            return
        place = reader.footprint(window.window)
        geometry = None if place is None else place.geometry
        words = self._annotator.words_of(scene, geometry)
        resolution = reader.ground_resolution_m
        chip = Chip(
            id=chip_id,
            sensor=scene.sensor,
            source=scene.source,
            scene=scene.id,
            window=window.window,
            scale=window.scale,
            size=window.size,
            address=scene.address(),
            geometry=geometry,
            bbox=None if place is None else place.bbox,
            datetime=scene.datetime,
            ground_resolution_m=None if resolution is None else resolution * window.scale,
            caption=words.caption,
            keywords=words.keywords,
            labels=words.labels,
            properties=scene.properties,
            nodata_share=nodata,
            cloud_share=None if scene.mask is None else reader.cloud_share(window.window, window.size),
        )
        reading.chips.append((chip, pixels))

    def _reader(self, job: Job) -> SceneReader:
        if getattr(self._mine, "scene", None) != job.surveyed.number:
            self.close_mine()
            self._mine.reader = self._open_reader(job.surveyed.scene).__enter__()
            self._mine.scene = job.surveyed.number
        kept: SceneReader = self._mine.reader
        return kept
