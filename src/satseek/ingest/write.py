"""Writing: chips and vectors go into the archive in transactions of a bounded size, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Thread

import numpy as np

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.vectors import FloatArray

LOOK_SECONDS = 0.1
WAITING_BATCHES = 4


@dataclass(frozen=True)
class Transactions:
    """How much is gathered before it is made safe; whichever bound is met first."""

    rows: int = 5_000
    megabytes: float = 64.0  # of vectors
    seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.rows < 1 or self.megabytes <= 0 or self.seconds <= 0:
            raise UsageError("A transaction holds at least one row, and its bounds are above 0 (--commit-rows).")


@dataclass(frozen=True)
class Added:
    """A transaction that is safe: what it held, and how many chips of it were new."""

    ids: tuple[str, ...]
    new: int


@dataclass
class _Gathered:
    chips: list[Chip] = field(default_factory=list)
    vectors: list[FloatArray] = field(default_factory=list)
    byte_count: int = 0
    since: float = 0.0


class Writer:
    """Takes encoded chips from the one who encodes and adds them to the archive; speaks up when it cannot."""

    def __init__(
        self,
        add: Callable[[list[Chip], FloatArray], int],
        transactions: Transactions,
        on_added: Callable[[Added], None],
    ) -> None:
        self._add = add
        self._bounds = transactions
        self._on_added = on_added
        self._queue: Queue[tuple[list[Chip], FloatArray] | None] = Queue(WAITING_BATCHES)
        self._error: BaseException | None = None
        self._over = Event()
        self._thread = Thread(target=self._run, name="satseek-write", daemon=True)
        self._thread.start()

    def put(self, chips: list[Chip], vectors: FloatArray) -> None:
        """Hand over a batch; waits while the archive is slower, raises what went wrong there."""
        while not self._over.is_set():
            try:
                self._queue.put((chips, vectors), timeout=LOOK_SECONDS)
            except Full:
                continue
            return
        self._raise()

    def finish(self) -> None:
        """Make safe what was handed over, and wait for it; raises what went wrong."""
        self.close()
        self._raise()

    def close(self) -> None:
        """Make safe what was handed over, and wait for it; what went wrong is kept for `finish`."""
        while not self._over.is_set():
            try:
                self._queue.put(None, timeout=LOOK_SECONDS)
            except Full:
                continue
            break
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        gathered = _Gathered()
        try:
            while True:
                try:
                    item = self._queue.get(timeout=self._patience(gathered))
                except Empty:
                    gathered = self._commit(gathered)
                    continue
                if item is None:
                    self._commit(gathered)
                    return
                if not gathered.chips:
                    gathered.since = time.monotonic()
                gathered.chips += item[0]
                gathered.vectors.append(item[1])
                gathered.byte_count += item[1].nbytes
                if self._is_full(gathered):
                    gathered = self._commit(gathered)
        except BaseException as error:  # noqa: BLE001 - handed over to the one who puts, who raises it
            self._error = error
        finally:
            self._over.set()

    def _patience(self, gathered: _Gathered) -> float | None:
        if not gathered.chips:
            return None
        return max(0.001, gathered.since + self._bounds.seconds - time.monotonic())

    def _is_full(self, gathered: _Gathered) -> bool:
        return (
            len(gathered.chips) >= self._bounds.rows
            or gathered.byte_count >= self._bounds.megabytes * 1e6
            or time.monotonic() >= gathered.since + self._bounds.seconds
        )

    def _commit(self, gathered: _Gathered) -> _Gathered:
        if gathered.chips:
            new = self._add(gathered.chips, np.concatenate(gathered.vectors))
            self._on_added(Added(tuple(chip.id for chip in gathered.chips), new))
        return _Gathered()
