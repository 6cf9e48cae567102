"""The ingest: scenes are cut, asked for in the archive, read, encoded and added, all at once and within bounds."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from threading import Event, Lock

from rasterio.errors import NotGeoreferencedWarning

from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveError
from satseek.core.model import Model
from satseek.core.result import IngestReport
from satseek.core.scene import Scene
from satseek.core.vectors import FloatArray
from satseek.ingest.ahead import Ahead
from satseek.ingest.annotate import Annotator
from satseek.ingest.cut import CutPlan
from satseek.ingest.discover import discover
from satseek.ingest.encode import BATCH, Batch, encode
from satseek.ingest.in_order import InOrder
from satseek.ingest.job import Job, OpenReader
from satseek.ingest.outcome import Outcomes
from satseek.ingest.plan import jobs, survey
from satseek.ingest.read import JobReader, Reading
from satseek.ingest.report import Progress, Tally
from satseek.ingest.write import Added, Transactions, Writer
from satseek.raster.read import SceneReader

MOST_WORKERS = 64
SCENES_AHEAD = 5_000  # headers read ahead, so that a person soon sees how much there is


def ingest(
    archive: Archive,
    sources: Iterable[Scene | str],
    *,
    model: Model,
    plan: CutPlan | None = None,
    annotations: str | None = None,
    workers: int | None = None,
    batch: int = BATCH,
    transactions: Transactions | None = None,
    tally: Tally | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_added: Callable[[Added], None] | None = None,
    open_reader: OpenReader = SceneReader,
) -> IngestReport:
    """Add to an archive every chip of the sources that it does not hold yet, and report what was done.

    Sources are scenes, or whatever `discover` understands. It may be stopped at any moment (Ctrl-C makes what was read
    safe first) and run again: what is held is not read. A source that cannot be read is a line in the report; an
    archive that cannot be written ends the run with an `ArchiveError`. The result does not depend on `workers`.
    """
    run = _Run(archive, model, tally or Tally(), batch, on_progress, on_added)
    workers = min(workers or default_workers(), MOST_WORKERS)
    with warnings.catch_warnings():  # not in each thread that opens a file: filters are the whole process's
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return run.of(sources, plan or CutPlan(), annotations, workers, transactions, open_reader)


def default_workers() -> int:
    """Return how many threads read when nobody says: more than cores, for sources that are far away."""
    return max(4, min(16, os.cpu_count() or 1))


class _Run:
    """One run of an ingest, from its first scene to its report."""

    def __init__(
        self,
        archive: Archive,
        model: Model,
        tally: Tally,
        batch: int,
        on_progress: Callable[[Progress], None] | None,
        on_added: Callable[[Added], None] | None,
    ) -> None:
        self._archive, self._model, self._tally, self._batch = archive, model, tally, max(1, batch)
        self._on_progress, self._on_added = on_progress, on_added
        self._stop = Event()
        self._archive_lock = Lock()  # it is asked by the planner while the writer adds
        self._under_way: set[str] = set()  # handed out for reading, not yet safe
        self._waiting: dict[str, Batch] = {}  # by sensor
        self._outcomes = Outcomes(tally)

    def of(
        self,
        sources: Iterable[Scene | str],
        plan: CutPlan,
        annotations: str | None,
        workers: int,
        transactions: Transactions | None,
        open_reader: OpenReader,
    ) -> IngestReport:
        began = time.monotonic()
        card, tally = self._model.card, self._tally
        headers = survey(_scenes(sources, tally), card=card, plan=plan, tally=tally, open_reader=open_reader)
        surveyed = Ahead(headers, most=SCENES_AHEAD, name="satseek-survey")
        planned = jobs(surveyed, card=card, lanes=workers, holds=self._holds, tally=tally)
        todo = Ahead(planned, most=workers, name="satseek-plan")
        annotator = Annotator(shared=annotations, warn=tally.warn)
        reader = JobReader(max_nodata=plan.max_nodata, annotator=annotator, stop=self._stop, open_reader=open_reader)
        readings = InOrder(
            reader.read,
            todo,
            workers=workers,
            ahead=2 * workers + 4,  # enough that a lane of full windows does not hold up one of empty ones
            lane_of=lambda job: job.lane,
            at_end=reader.close_mine,
        )
        writer = Writer(self._add, transactions or Transactions(), self._is_safe)
        try:
            interrupted = self._work_through(readings, writer)
            writer.finish()
        except ArchiveError as error:
            safe = f"({tally.chips_added:,} chips of this run were added before and are safe.)"
            raise type(error)(f"{error} {safe}") from error
        finally:
            self._stop.set()
            writer.close()
            todo.close()
            surveyed.close()
            readings.close()
        self._tell()
        return tally.report(seconds=time.monotonic() - began, interrupted=interrupted)

    def _work_through(self, readings: InOrder[Job, Reading], writer: Writer) -> bool:
        """Take all that is read; after a Ctrl-C only what was begun. Return whether there was one."""
        interrupted = False
        try:
            for reading in readings:
                self._take(reading, writer)
        except KeyboardInterrupt:
            interrupted = True
            self._stop.set()
            for reading in readings.begun():
                self._take(reading, writer)
        self._outcomes.finish()
        for sensor in list(self._waiting):
            self._encode(sensor, writer)
        return interrupted

    def _take(self, reading: Reading, writer: Writer) -> None:
        """Take what was read of one job, and encode what waits when there is enough."""
        self._outcomes.take(reading)
        read = {chip.id for chip, _ in reading.chips}
        self._forget(named.chip_id for named in reading.job.windows if named.chip_id not in read)
        for chip, pixels in reading.chips:
            waiting = self._waiting.setdefault(chip.sensor, Batch())
            waiting.append(chip, pixels)
            if waiting.is_full(self._batch):
                self._encode(chip.sensor, writer)
        self._tell()

    def _encode(self, sensor: str, writer: Writer) -> None:
        """Encode what waits of one sensor and hand it to the writer; a scene the model refuses is refused here."""
        waiting = self._waiting[sensor]
        chips, vectors = encode(self._model, waiting, self._tally.refuse)
        del self._waiting[sensor]  # not before: a Ctrl-C while encoding must not lose it
        self._tally.encoded(len(waiting.chips))
        kept = {chip.id for chip in chips}
        self._forget(chip.id for chip in waiting.chips if chip.id not in kept)
        if chips:
            writer.put(chips, vectors)

    def _holds(self, ids: list[str]) -> set[str]:
        with self._archive_lock:
            held = self._archive.held(ids)
            held |= self._under_way.intersection(ids)
            self._under_way.update(set(ids) - held)
        return held

    def _add(self, chips: list[Chip], vectors: FloatArray) -> int:
        with self._archive_lock:
            return self._archive.add(chips, vectors)

    def _is_safe(self, added: Added) -> None:
        self._forget(added.ids)
        self._tally.added(added.new, len(added.ids))
        if self._on_added is not None:
            self._on_added(added)
        self._tell()

    def _forget(self, ids: Iterable[str]) -> None:
        with self._archive_lock:
            self._under_way.difference_update(ids)

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self._tally.progress())


def _scenes(sources: Iterable[Scene | str], tally: Tally) -> Iterator[Scene]:
    for source in sources:
        if isinstance(source, Scene):
            yield source
        else:
            yield from discover([source], on_refused=tally.refuse)
