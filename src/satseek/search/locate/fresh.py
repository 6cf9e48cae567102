"""Fresh vectors: windows of a scene read on threads while the model encodes those before them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from queue import Empty, Full, Queue

import numpy as np

from satseek.core.errors import SourceError
from satseek.core.model import Model
from satseek.core.scene import Scene, Window
from satseek.core.sensor import SENSORS, Pixels
from satseek.core.vectors import FloatArray
from satseek.raster.gdal import is_remote
from satseek.raster.many import neighbours, read_together
from satseek.raster.read import SceneReader
from satseek.raster.windows import ChipWindow
from satseek.search.locate.glance import glance_at

WORKERS = 2
BATCH = 64  # chips that are encoded together
BYTES_A_BATCH = 24e6  # of pixels
MOST_NODATA = 0.5  # of a chip, as an ingest has it: emptier ones are left out
_WAIT = 0.05  # seconds until a thread looks whether it is still wanted
_FEW = 64  # windows that are not worth a glance first
_UNSURE = 0.02  # of a window's share of nodata by a glance
_STRIP = 24  # chips across: narrow enough for the blocks of one row to be there still when the next row asks

OnProgress = Callable[[int, int], None]
Read = list[tuple[int, Pixels]]  # positions of windows, and their pixels


@dataclass
class Encoded:
    """What came of reading and encoding."""

    positions: list[int] = field(default_factory=list)  # of the windows asked for, in no order
    vectors: list[FloatArray] = field(default_factory=list)
    nodata: list[float] = field(default_factory=list)  # share of each
    empty: int = 0  # windows with too much nodata, or in which the model sees nothing
    unreadable: int = 0
    error: str | None = None  # why the first of them was not read


def encode_windows(
    scene: Scene,
    windows: Sequence[ChipWindow],
    model: Model,
    *,
    most_nodata: float = MOST_NODATA,
    workers: int = WORKERS,
    on_progress: OnProgress | None = None,
) -> Encoded:
    """Read and encode windows of a scene in bounded memory; the vectors are what stays."""
    found = Encoded()
    worth = _worth_reading(scene, windows, most_nodata)
    found.empty = done = len(windows) - len(worth)
    with _Readers(scene, windows, worth, workers, most_nodata) as readers:
        for read, left_out in readers:
            done += len(read) + left_out
            _encode(read, model, found)
            found.empty += left_out
            if on_progress is not None:
                on_progress(done, len(windows))
        found.unreadable, found.error = readers.unreadable, readers.error
        found.empty -= found.unreadable
    if windows and found.unreadable == len(windows):
        raise SourceError(found.error or f"{scene.source} cannot be read.")
    return found


def _encode(read: Read, model: Model, found: Encoded) -> None:
    if not read:
        return
    vectors = model.encode_images([pixels for _, pixels in read])
    seen = np.asarray(vectors.any(axis=1))
    for (position, pixels), kept in zip(read, seen.tolist(), strict=True):
        if kept:
            found.positions.append(position)
            found.nodata.append(pixels.nodata_share)
    found.vectors.append(vectors[seen])
    found.empty += int((~seen).sum())


class _Readers:
    """Threads that read batches of windows ahead of the model; each has files of its own, closed where opened."""

    def __init__(
        self, scene: Scene, windows: Sequence[ChipWindow], worth: Sequence[int], workers: int, most_nodata: float
    ) -> None:
        self._scene, self._windows, self._most_nodata = scene, windows, most_nodata
        self._todo: Queue[list[int]] = Queue()
        jobs = _jobs(scene, windows, worth)
        for job in jobs:
            self._todo.put(job)
        self._left = len(jobs)
        self._read: Queue[tuple[Read, int] | BaseException] = Queue(maxsize=2)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.unreadable = 0
        self.error: str | None = None
        count = max(1, min(workers, len(jobs)))
        self._threads = [threading.Thread(target=self._run, name="satseek-locate", daemon=True) for _ in range(count)]

    def __enter__(self) -> _Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __iter__(self) -> Iterator[tuple[Read, int]]:
        while self._left:
            found = self._read.get()
            if isinstance(found, BaseException):
                raise found
            self._left -= 1
            yield found

    def _run(self) -> None:
        try:
            with SceneReader(self._scene) as reader:
                while not self._stop.is_set():
                    try:
                        job = self._todo.get_nowait()
                    except Empty:
                        return
                    self._hand_out(self._of(reader, job))
        except BaseException as error:  # noqa: BLE001 - handed over to whoever reads on, who raises it
            self._hand_out(error)

    def _hand_out(self, result: tuple[Read, int] | BaseException) -> None:
        while not self._stop.is_set():
            try:
                self._read.put(result, timeout=_WAIT)
                return
            except Full:  # the model is slower
                continue

    def _of(self, reader: SceneReader, job: list[int]) -> tuple[Read, int]:
        """Read a batch, neighbours together; a window that cannot be read is left out, but a remote scene given up."""
        kept: Read = []
        asked = [self._windows[position] for position in job]
        start = 0
        for run in neighbours(reader, asked):
            positions = job[start : start + len(run)]
            start += len(run)
            for position, pixels in zip(positions, self._run_of(reader, run), strict=True):
                if pixels is not None and pixels.nodata_share <= self._most_nodata and pixels.valid.any():
                    kept.append((position, pixels))
        return kept, len(job) - len(kept)

    def _run_of(self, reader: SceneReader, run: Sequence[ChipWindow]) -> list[Pixels | None]:
        try:
            return list(read_together(reader, run))
        except SourceError as error:
            if any(is_remote(band.href) for band in self._scene.bands):
                raise
            if len(run) == 1:
                with self._lock:
                    self.unreadable += 1
                    self.error = self.error or str(error)
                return [None]
        return [pixels for window in run for pixels in self._run_of(reader, [window])]


def _worth_reading(scene: Scene, windows: Sequence[ChipWindow], most_nodata: float) -> list[int]:
    """Return the positions of windows that may hold enough: where many are asked for, a glance tells most that do not.

    So an archive that an ingest filled, which leaves empty windows out, is not asked for them again and again.
    """
    everything = list(range(len(windows)))
    if len(windows) < _FEW:
        return everything
    asked = np.array([each.window for each in windows], dtype=np.float64)
    boxes = np.concatenate([asked[:, :2], asked[:, :2] + asked[:, 2:]], axis=1)
    left, top = (int(side) for side in boxes[:, :2].min(axis=0))
    right, bottom = (int(side) for side in boxes[:, 2:].max(axis=0))
    seen = glance_at(scene, Window(left, top, right - left, bottom - top))
    if seen is None:  # windows are tried one by one
        return everything
    return np.flatnonzero(1 - seen.shares(boxes) <= most_nodata + _UNSURE).tolist()


def _jobs(scene: Scene, windows: Sequence[ChipWindow], worth: Sequence[int]) -> list[list[int]]:
    """Return the positions of windows in batches, each of neighbours of one scale."""
    if not worth:
        return []
    value_bytes = np.dtype(SENSORS.get(scene.sensor).pixel_type).itemsize
    chip_bytes = len(scene.bands) * prod(windows[0].size) * value_bytes
    most = int(min(BATCH, max(1, BYTES_A_BATCH // chip_bytes)))
    order = sorted(worth, key=lambda position: _place_in_order(windows[position]))
    return [order[start : start + most] for start in range(0, len(order), most)]


def _place_in_order(window: ChipWindow) -> tuple[float, int, int, int]:
    column, row, width, _ = window.window
    return window.scale, column // (_STRIP * width), row, column
