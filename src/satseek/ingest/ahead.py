"""Run an iterator ahead of its reader, in a thread of its own and within bounds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
LOOK_SECONDS = 0.1  # how often a waiting thread looks whether it should stop
PEEK_SECONDS = 0.005


class Ahead(Generic[T], Iterator[T]):
    """Yields what another iterable yields, made up to `most` items ahead; an error comes out where it happened."""

    def __init__(self, items: Iterable[T], *, most: int, name: str) -> None:
        self._queue: Queue[tuple[T] | None] = Queue(most)
        self._closed = Event()
        self._error: BaseException | None = None
        self._ended = False
        self._thread = Thread(target=self._run, args=(items,), name=name, daemon=True)
        self._thread.start()

    def __next__(self) -> T:
        while not self._ended:
            try:
                item = self._queue.get(timeout=LOOK_SECONDS)
            except Empty:
                self._ended = self._closed.is_set()
                continue
            if item is not None:
                return item[0]
            self._ended = True
            if self._error is not None:
                raise self._error
        raise StopIteration

    def has_next(self, patience_s: float = 0.0) -> bool:
        """Whether an item, or the end, is there, or comes within so long."""
        until = time.monotonic() + patience_s
        while self._queue.empty() and not self._ended:
            if time.monotonic() >= until:
                return False
            time.sleep(PEEK_SECONDS)
        return True

    def close(self, patience_s: float = 5.0) -> None:
        """Stop making items; a thread that hangs in a slow source is left behind after a while."""
        self._closed.set()
        while True:
            try:
                self._queue.get_nowait()
            except Empty:
                break
        self._thread.join(patience_s)

    def _run(self, items: Iterable[T]) -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                if not self._put((item,)):
                    break
        except BaseException as error:  # noqa: BLE001 - handed over to the reader, who raises it
            self._error = error
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
            self._put(None)

    def _put(self, item: tuple[T] | None) -> bool:
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=LOOK_SECONDS)
            except Full:
                continue
            return True
        return False
