"""Reading one job: open the scene, read its windows, check them, and say where each is and what is said of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event

import numpy as np

from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.ingest.annotate import Annotator
from satseek.ingest.job import Job, OpenReader
from satseek.ingest.lanes import NamedWindow
from satseek.raster.footprint import Footprint
from satseek.raster.gdal import is_remote
from satseek.raster.many import neighbours, read_together
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow


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
            reading.failed = len(job.windows) - len(reading.chips) - reading.skipped
            self.close_mine()
        return reading

    def close_mine(self) -> None:
        """Close what the calling thread has open; GDAL wants it closed where it was opened."""
        reader = getattr(self._mine, "reader", None)
        self._mine.scene = self._mine.reader = None
        if reader is not None:
            reader.__exit__(None, None, None)

    def _read_windows(self, reader: SceneReader, reading: Reading) -> None:
        kept: list[tuple[NamedWindow, Pixels, float]] = []
        names = {each.window: each for each in reading.job.windows}
        for run in neighbours(reader, [each.window for each in reading.job.windows]):
            if self._stop.is_set():
                break
            for window, pixels in self._read_run(reader, run, reading):
                nodata = _nodata_share(pixels)
                if self._is_worth_it(nodata, reading) and pixels is not None:
                    kept.append((names[window], pixels, nodata))
        self._place(reader, reading, kept)

    def _place(self, reader: SceneReader, reading: Reading, kept: Sequence[tuple[NamedWindow, Pixels, float]]) -> None:
        """Say where the windows that are worth a chip lie, all at once: one by one it costs as much as reading them."""
        windows = [named.window for named, _, _ in kept]
        places = reader.footprints([window.window for window in windows])
        sides = reader.ground_resolutions_m(windows)
        for (named, pixels, nodata), place, side in zip(kept, places, sides, strict=True):
            placed = replace(pixels, ground_resolution_m=side)
            reading.chips.append((self._chip(reader, reading.job.surveyed.scene, named, placed, nodata, place), placed))

    def _read_run(
        self, reader: SceneReader, run: Sequence[ChipWindow], reading: Reading
    ) -> Sequence[tuple[ChipWindow, Pixels | None]]:
        """Read neighbours together; where that fails one by one, for then only some of them are at fault.

        None stands for a window in which nothing was measured.
        """
        surveyed = reading.job.surveyed
        try:
            if surveyed.number in self._gone:
                raise SourceError(self._gone[surveyed.number])
            return list(zip(run, read_together(reader, run), strict=True))
        except SourceError as error:
            is_far = any(is_remote(band.href) for band in surveyed.scene.bands)
            if is_far:  # each further try may take minutes
                self._gone.setdefault(surveyed.number, str(error))
            if is_far or len(run) == 1:
                reading.failed += len(run)
                reading.error = reading.error or str(error)
                return []
        return [each for window in run for each in self._read_run(reader, [window], reading)]

    def _is_worth_it(self, nodata: float, reading: Reading) -> bool:
        reading.best_valid_share = max(reading.best_valid_share, 1.0 - nodata)
        worth_it = nodata <= self._max_nodata and nodata < 1.0
        reading.skipped += not worth_it
        return worth_it

    def _chip(
        self,
        reader: SceneReader,
        scene: Scene,
        named: NamedWindow,
        pixels: Pixels,
        nodata: float,
        place: Footprint | None,
    ) -> Chip:
        geometry = None if place is None else place.geometry
        window = named.window
        words = self._annotator.words_of(scene, geometry)
        return Chip(
            id=named.chip_id,
            sensor=scene.sensor,
            source=scene.source,
            scene=scene.id,
            window=window.window,
            scale=window.scale,
            size=window.size,
            address=self._mine.address,
            geometry=geometry,
            bbox=None if place is None else place.bbox,
            datetime=scene.datetime,
            ground_resolution_m=pixels.ground_resolution_m,
            caption=words.caption,
            keywords=words.keywords,
            labels=words.labels,
            properties=scene.properties,
            nodata_share=nodata,
            cloud_share=None if scene.mask is None else reader.cloud_share(window.window, window.size),
        )

    def _reader(self, job: Job) -> SceneReader:
        if getattr(self._mine, "scene", None) != job.surveyed.number:
            self.close_mine()
            self._mine.reader = self._open_reader(job.surveyed.scene).__enter__()
            self._mine.scene = job.surveyed.number
            self._mine.address = job.surveyed.scene.address()
        kept: SceneReader = self._mine.reader
        return kept


def _nodata_share(pixels: Pixels | None) -> float:
    """The same as `pixels.nodata_share`, several times as quick: it is asked of every window, of sparse scenes too."""
    if pixels is None:
        return 1.0
    return 1.0 - float(np.count_nonzero(pixels.valid)) / pixels.valid.size if pixels.valid.size else 1.0
