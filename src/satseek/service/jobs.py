"""Ingests that were asked for over HTTP: one at a time, from places that the operator named, told as they go on."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Queue
from secrets import token_hex
from typing import Any, Literal

from satseek.core.errors import SatSeekError, UsageError
from satseek.core.result import IngestReport
from satseek.core.scene import Scene
from satseek.ingest.cut import CutPlan
from satseek.ingest.discover import discover
from satseek.ingest.pipeline import ingest
from satseek.ingest.report import Progress, Tally
from satseek.raster.recognise import Override
from satseek.service.errors import Problem, problem_of
from satseek.service.library import Library
from satseek.service.places import Places
from satseek.service.public import Names
from satseek.service.settings import Settings

State = Literal["waiting", "running", "done", "cancelled", "failed"]
OVER: tuple[State, ...] = ("done", "cancelled", "failed")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """What an ingest is to take."""

    sources: tuple[str, ...]
    sensor: str | None = None
    bbox: str | None = None
    datetime: str | None = None
    collections: tuple[str, ...] = ()
    limit: int | None = None


@dataclass
class Job:
    """One ingest: asked for, under way, or over; asked for again it goes on where it stopped."""

    id: str
    wish: Wish
    state: State = "waiting"
    progress: Progress | None = None
    report: IngestReport | None = None
    error: str | None = None
    changed: float = 0.0
    cancelled: threading.Event = field(default_factory=threading.Event)

    def to_json(self, public: Callable[[str], str]) -> dict[str, Any]:
        """Return the job as the world may see it."""
        said: dict[str, Any] = {"id": self.id, "state": self.state, "sources": list(self.wish.sources)}
        if self.progress is not None:
            now = self.progress
            said["progress"] = {
                "scenes": now.scenes, "windows": now.windows, "all_known": now.all_known, "done": now.done,
                "added": now.added,
            }  # fmt: skip
        if self.report is not None:
            report = self.report.to_json()
            report["refused"] = {public(source): "It could not be read." for source in report["refused"]}
            report["warnings"] = len(report["warnings"])
            said["report"] = report
        return said | ({} if self.error is None else {"error": self.error})


class Jobs:
    """The ingests of one service, done one after the other in a thread of their own."""

    def __init__(self, library: Library, settings: Settings, names: Names) -> None:
        """Take the archive to fill and the places to fill it from."""
        self._library, self._names = library, names
        self.places = Places(settings.ingest_from)
        self._most = settings.limits.jobs
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._queue: Queue[Job | None] = Queue()
        self._thread = threading.Thread(target=self._work, name="satseek-ingest", daemon=True)
        self._thread.start()

    def add(self, wish: Wish) -> Job:
        """Put an ingest into the queue; sources outside the operator's places are refused."""
        for source in wish.sources:
            self.places.resolved(source)
        if wish.sensor is not None:
            from satseek.core.sensor import SENSORS

            SENSORS.get(wish.sensor)
        with self._lock:
            if sum(job.state not in OVER for job in self._jobs.values()) >= self._most:
                raise Problem(503, "Too many ingests are waiting. Ask again when some are done.")
            while len(self._jobs) >= self._most:
                oldest = next(each for each, job in self._jobs.items() if job.state in OVER)
                del self._jobs[oldest]
            job = Job(token_hex(8), wish, changed=time.time())
            self._jobs[job.id] = job
        self._queue.put(job)
        return job

    def get(self, job_id: str) -> Job:
        """Return a job by id."""
        job = self._jobs.get(job_id)
        if job is None:
            raise Problem(404, "There is no ingest with this id. Only the last ones are remembered.")
        return job

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        return list(reversed(self._jobs.values()))

    def cancel(self, job_id: str) -> Job:
        """Stop a job; what it added stays."""
        job = self.get(job_id)
        job.cancelled.set()
        if job.state == "waiting":
            self._settle(job, "cancelled")
        return job

    def resume(self, job_id: str) -> Job:
        """Ask for the same again: what is held already is not read."""
        job = self.get(job_id)
        if job.state not in OVER:
            raise UsageError("This ingest is not over yet. Wait for it, or cancel it first.")
        return self.add(job.wish)

    def shown(self, job: Job) -> dict[str, Any]:
        """Return a job as the world may see it."""
        return job.to_json(lambda source: self._names.of(source, "source"))

    def close(self) -> None:
        """Stop all jobs; what they added is safe."""
        for job in self._jobs.values():
            job.cancelled.set()
        self._queue.put(None)
        self._thread.join(3.0)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.cancelled.is_set():
                self._settle(job, "cancelled")
                continue
            self._settle(job, "running")
            try:
                job.report = self._ingested(job)
                self._settle(job, "cancelled" if job.cancelled.is_set() else "done")
            except Exception as error:  # noqa: BLE001 - one job's fault must not end the next one's thread
                job.error = str(error) if isinstance(error, UsageError) else problem_of(error).detail
                self._settle(job, "failed")

    def _ingested(self, job: Job) -> IngestReport:
        from satseek.archive.archive import Archive

        wish, model, tally = job.wish, self._library.model(), Tally()
        archive = Archive.open(self._library.uri, card=model.card)
        scenes = discover(
            [self.places.resolved(source) for source in wish.sources],
            override=Override(sensor=wish.sensor),
            bbox=wish.bbox,
            datetime=wish.datetime,
            collections=wish.collections,
            limit=wish.limit,
            on_refused=tally.refuse,
        )
        plan = CutPlan(chip=model.card.chip_size or CutPlan.chip)
        told = _Told(job)
        report = ingest(
            archive, self._allowed(scenes, job, tally), model=model, plan=plan, tally=tally, on_progress=told
        )
        self._tidied(archive)
        return report

    def _allowed(self, scenes: Iterator[Scene], job: Job, tally: Tally) -> Iterator[Scene]:
        """Yield the scenes whose every file the operator lets be read, until the job is cancelled."""
        for scene in scenes:
            if job.cancelled.is_set():
                return
            files = [band.href for band in scene.bands] + [each for each in (scene.annotations,) if each]
            if scene.mask is not None:
                files.append(scene.mask.href)
            if all(self.places.allows(href) for href in files):
                yield scene
            else:
                tally.refuse(scene.source, "It names files outside the places that may be ingested from.")

    def _tidied(self, archive: Any) -> None:
        try:
            if archive.is_untidy():
                archive.optimize(measure=False)
        except SatSeekError as error:
            logger.warning("the archive could not be tidied up: %s", error)

    def _settle(self, job: Job, state: State) -> None:
        job.state, job.changed = state, time.time()


class _Told:
    """Keeps a job's progress, and stops its ingest once it is cancelled."""

    def __init__(self, job: Job) -> None:
        self._job, self._thread, self._stopped = job, threading.get_ident(), False

    def __call__(self, progress: Progress) -> None:
        self._job.progress, self._job.changed = progress, time.time()
        mine = threading.get_ident() == self._thread
        if mine and self._job.cancelled.is_set() and not self._stopped:
            self._stopped = True
            raise KeyboardInterrupt  # as a person would stop it: what was read is made safe first
