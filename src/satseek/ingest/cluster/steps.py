"""What the workers of a cluster do: discover, plan, read and encode, by the functions of an ingest on one machine."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import NotGeoreferencedWarning

from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveError, ArchiveNotFound, ModelError
from satseek.core.model import Model
from satseek.core.scene import Scene
from satseek.core.sensor import Pixels
from satseek.ingest.ahead import Ahead
from satseek.ingest.annotate import Annotator
from satseek.ingest.cluster.connect import version_here
from satseek.ingest.cluster.messages import AllFound, Done, Found, Part, Planned, ReadPart, packed, unpacked
from satseek.ingest.cut import CutPlan
from satseek.ingest.encode import BATCH, Batch, encode
from satseek.ingest.job import Job, OpenReader
from satseek.ingest.lanes import BYTES_A_JOB, WINDOWS_A_JOB, chip_bytes
from satseek.ingest.plan import jobs, survey
from satseek.ingest.read import JobReader, Reading
from satseek.ingest.report import Tally
from satseek.models import memory
from satseek.raster.read import SceneReader

if TYPE_CHECKING:
    import pyarrow as pa

Discover = Callable[[Callable[[str, str], None]], Iterable[Scene]]
SCENES_A_PLAN = 16
GATHER_SECONDS = 1.0  # so long scenes are gathered before the first of them is planned


@dataclass(frozen=True)
class Task:
    """What every worker of one run has to know; it travels with the work."""

    run: str  # names the run: what a worker keeps between two pieces of work is kept for this run alone
    version: str  # of the SatSeek that asks
    archive: str
    at: int  # the version of the archive that is asked what it holds: a plan made twice is then the same
    card: ModelCard
    plan: CutPlan
    storage: tuple[tuple[str, str], ...] = ()  # what was said of the object store
    annotations: str | None = None
    batch: int = BATCH
    open_reader: OpenReader = SceneReader


def discovering(task: Task, discover: Discover) -> Iterator[pa.Table]:
    """Find the scenes, and send them off a few at a time."""
    require_same_version(task.version)
    tally, messages, first = Tally(), 0, 0
    waiting: list[Scene] = []
    since = time.monotonic()
    for scene in discover(tally.refuse):
        waiting.append(scene)
        if len(waiting) >= SCENES_A_PLAN or time.monotonic() - since > GATHER_SECONDS:
            yield packed(Found(first, tuple(waiting)))
            first, messages, waiting, since = first + len(waiting), messages + 1, [], time.monotonic()
    if waiting:
        yield packed(Found(first, tuple(waiting)))
        messages += 1
    yield packed(AllFound(messages, tally))


def planning(rows: pa.Table, task: Task) -> Iterator[pa.Table]:
    """Open headers, cut, ask the archive, and send the work that is left to the readers."""
    require_same_version(task.version)
    for found in unpacked(rows, Found):
        if isinstance(found, Found):
            yield from _planned(found, task)
        else:
            yield found


def reading(rows: pa.Table, task: Task) -> Iterator[pa.Table]:
    """Read the windows of each part."""
    require_same_version(task.version)
    reader, warned = _reader_of(task.run, task.plan.max_nodata, task.annotations, task.open_reader)
    for part in unpacked(rows, Part):
        if isinstance(part, Part):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                readings = tuple(_without_windows(reader.read(job)) for job in part.jobs)
            yield packed(ReadPart(part.plan, part.key, readings, tuple(warned)))
            warned.clear()
        else:
            yield part


class Encoding:
    """An encoder: loads its model once and turns the pixels of one part after the other into vectors."""

    def __init__(self, task: Task, load: Callable[[], Model]) -> None:
        require_same_version(task.version)
        memory.keep_large_blocks()  # a worker is a process of its own
        self._task, self._model = task, load()
        if not self._model.card.makes_same_vectors_as(task.card):
            raise ModelError(
                f"A worker's '{task.card.name}' is not the one of the archive: "
                f"{task.card.differences_from(self._model.card)}. Give all nodes the same models."
            )

    def __call__(self, rows: pa.Table) -> Iterator[pa.Table]:
        """Encode what was read; let all other messages pass."""
        for part in unpacked(rows, ReadPart):
            yield packed(self._done(part)) if isinstance(part, ReadPart) else part

    def _done(self, part: ReadPart) -> Done:
        tally, chips, vectors = Tally(), list[Chip](), [np.empty((0, self._task.card.dimensions), np.float32)]
        for warning in part.warnings:
            tally.warn(warning)
        read = [each for reading in part.readings for each in reading.chips]
        for batch in _batches(read, self._task.batch):
            taken, made = encode(self._model, batch, tally.refuse)
            chips += taken
            vectors.append(made)
        told = tuple(replace(reading, chips=[]) for reading in part.readings)
        return Done(part.plan, part.key, chips, np.concatenate(vectors), told, len(read), tally)


def require_same_version(asked: str) -> None:
    """Refuse to work for another SatSeek than this one: its windows, ids and rows may differ."""
    here = version_here()
    if asked != here:
        raise ModelError(
            f"The cluster's worker runs SatSeek {here} and this command is SatSeek {asked}. "
            f"Install the same on all nodes: pip install 'satseek[ray]=={asked}'."
        )


def _planned(found: Found, task: Task) -> Iterator[pa.Table]:
    tally = Tally()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        headers = survey(
            found.scenes,
            card=task.card,
            plan=task.plan,
            tally=tally,
            open_reader=task.open_reader,
            first=found.first,
        )
        surveyed = Ahead(headers, most=len(found.scenes), name="satseek-survey")
        planned = jobs(surveyed, card=task.card, lanes=1, holds=_Holds(task), tally=tally)
        keys = set()
        for part in _parts(found.first, planned):
            keys.add(part.key)
            yield packed(part)
    yield packed(Planned(found.first, len(found.scenes), frozenset(keys), tally))


def _parts(plan: int, planned: Iterable[Job]) -> Iterator[Part]:
    """Gather the jobs of small scenes until they are worth a trip."""
    gathered: list[Job] = []
    windows, byte_count = 0, 0
    for job in planned:
        size = sum(chip_bytes(job.surveyed.scene, named) for named in job.windows)
        if gathered and (windows + len(job.windows) > WINDOWS_A_JOB or byte_count + size > BYTES_A_JOB):
            yield _part(plan, gathered)
            gathered, windows, byte_count = [], 0, 0
        gathered.append(job)
        windows, byte_count = windows + len(job.windows), byte_count + size
    if gathered:
        yield _part(plan, gathered)


def _part(plan: int, gathered: Sequence[Job]) -> Part:
    digest = hashlib.sha256()
    for job in gathered:
        for named in job.windows:
            digest.update(named.chip_id.encode())
    return Part(plan, digest.hexdigest()[:24], tuple(gathered))


class _Holds:
    """Asks what the archive holds, at the moment the run began where that is kept: a plan made again is the same."""

    def __init__(self, task: Task) -> None:
        self._task = task
        try:
            self._archive = _archive_of(task.run, task.archive, task.storage)
        except ArchiveNotFound as error:
            raise ArchiveError(
                f"A worker of the cluster finds no archive at '{task.archive}'. All nodes must reach it: use a folder "
                "that they share, or an s3:// place."
            ) from error

    def __call__(self, ids: list[str]) -> set[str]:
        try:
            return self._archive.held(ids, version=self._task.at)
        except ArchiveError:  # pruned meanwhile
            return self._archive.held(ids)


@lru_cache(1)
def _archive_of(run: str, uri: str, storage: tuple[tuple[str, str], ...]) -> Archive:
    return Archive.open(uri, storage=dict(storage))


@lru_cache(1)
def _reader_of(
    run: str, max_nodata: float, annotations: str | None, open_reader: OpenReader
) -> tuple[JobReader, list[str]]:
    """Return this process's reader, which keeps the last scene open for the next part, and where it warns to."""
    warned: list[str] = []
    annotator = Annotator(shared=annotations, warn=warned.append)
    reader = JobReader(max_nodata=max_nodata, annotator=annotator, stop=Event(), open_reader=open_reader)
    return reader, warned


def _without_windows(reading: Reading) -> Reading:
    return replace(reading, job=replace(reading.job, windows=(), slab=0))


def _batches(read: Sequence[tuple[Chip, Pixels]], most: int) -> Iterator[Batch]:
    waiting: dict[str, Batch] = {}
    for chip, pixels in read:
        batch = waiting.setdefault(chip.sensor, Batch())
        batch.append(chip, pixels)
        if batch.is_full(most):
            yield waiting.pop(chip.sensor)
    yield from waiting.values()
