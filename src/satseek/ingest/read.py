"""Reading one job: open the scene, read its windows, check them, and say where each is and what is said of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.ingest.annotate import Annotator
from satseek.raster.gdal import is_remote
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
    failed: int = 0  # windows that cannot be read
    error: str | None = None  # why the first of them cannot
    byte_count: int = 0


class JobReader:
    """Reads jobs on any number of threads; each thread keeps the scene of its last job open for the next."""

    def __init__(self, *, max_nodata: float, annotator: Annotator, stop: Event, open_reader: OpenReader) -> None:
        self._max_nodata = max_nodata
        self._annotator = annotator
        self._stop = stop
        self._open_reader = open_reader
        self._mine = threading.local()
        self._gone: dict[int, str] = {}  # scene -> why no more of it is tried

    def read(self, job: Job) -> Reading:
        """Read the windows of a job; one that cannot be read is left out, but a remote scene is given up for it."""
        reading = Reading(job)
        try:
            reader = self._reader(job)
            before = reader.bytes_read
            self._read_windows(reader, reading)
            reading.byte_count = reader.bytes_read - before
        except SourceError as error:
            reading.error = str(error)
            reading.failed = len(job.windows)
            self.close_mine()
        return reading

    def close_mine(self) -> None:
        """Close what the calling thread has open; GDAL wants it closed where it was opened."""
        reader = getattr(self._mine, "reader", None)
        self._mine.scene = self._mine.reader = None
        if reader is not None:
            reader.__exit__(None, None, None)

    def _read_windows(self, reader: SceneReader, reading: Reading) -> None:
        number, scene = reading.job.surveyed.number, reading.job.surveyed.scene
        known = _known_of_all(scene)
        for chip_id, window in reading.job.windows:
            if self._stop.is_set():
                return
            try:
                if number in self._gone:
                    raise SourceError(self._gone[number])
                self._read_window(reader, chip_id, window, known, reading)
            except SourceError as error:
                reading.failed += 1
                reading.error = reading.error or str(error)
                if any(is_remote(band.href) for band in scene.bands):  # each further try may take minutes
                    self._gone.setdefault(number, str(error))

    def _read_window(
        self, reader: SceneReader, chip_id: str, window: ChipWindow, known: dict[str, Any], reading: Reading
    ) -> None:
        scene = reading.job.surveyed.scene
        pixels = reader.read(window.window, window.size)
        nodata = pixels.nodata_share
        reading.best_valid_share = max(reading.best_valid_share, 1.0 - nodata)
        if nodata > self._max_nodata or nodata >= 1.0:
            reading.skipped += 1
            return
        place = reader.footprint(window.window)
        words = self._annotator.words_of(scene, None if place is None else place.geometry)
        chip = Chip(
            **known,
            id=chip_id,
            window=window.window,
            scale=window.scale,
            size=window.size,
            geometry=None if place is None else place.geometry,
            bbox=None if place is None else place.bbox,
            ground_resolution_m=pixels.ground_resolution_m,
            caption=words.caption,
            keywords=words.keywords,
            labels=words.labels,
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


def _known_of_all(scene: Scene) -> dict[str, Any]:
    """What is the same for all chips of a scene."""
    return {
        "sensor": scene.sensor,
        "source": scene.source,
        "scene": scene.id,
        "address": scene.address(),
        "datetime": scene.datetime,
        "properties": scene.properties,
    }
