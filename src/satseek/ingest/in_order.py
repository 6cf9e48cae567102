"""Do work on many threads and hand out its results in the order of the work, within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class InOrder(Generic[Work, Result], Iterator[Result]):
    """Yields `do(work)` for each piece of work in turn; at most `ahead` pieces are done or being done unasked.

    Work goes to the thread of its lane, so that what a thread has open serves the next piece too. Each thread calls
    `at_end` as its last act: what was opened in a thread, such as a GDAL file, is closed in it.
    """

    def __init__(
        self,
        do: Callable[[Work], Result],
        todo: Iterator[Work],
        *,
        workers: int,
        ahead: int,
        lane_of: Callable[[Work], int],
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._do, self._todo, self._ahead, self._lane_of, self._at_end = do, todo, ahead, lane_of, at_end
        self._under_way: deque[Future[Result]] = deque()
        self._given: list[SimpleQueue[tuple[Work, Future[Result]] | None]] = [SimpleQueue() for _ in range(workers)]
        self._threads = [
            Thread(target=self._run, args=[given], name="satseek-read", daemon=True) for given in self._given
        ]
        for thread in self._threads:
            thread.start()

    def __next__(self) -> Result:
        while len(self._under_way) < self._ahead:
            work = next(self._todo, None)
            if work is None:
                break
            future: Future[Result] = Future()
            self._under_way.append(future)
            self._given[self._lane_of(work) % len(self._given)].put((work, future))
        if not self._under_way:
            raise StopIteration
        result = self._under_way[0].result()
        self._under_way.popleft()  # not before: a Ctrl-C while waiting must not lose it
        return result

    def begun(self) -> Iterator[Result]:
        """Yield the results of what was begun, and begin nothing new."""
        while self._under_way:
            future = self._under_way.popleft()
            if not future.cancel():
                yield future.result()

    def close(self) -> None:
        """Wait for the threads; what was not begun is left undone."""
        for future in self._under_way:
            future.cancel()
        for given in self._given:
            given.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, given: SimpleQueue[tuple[Work, Future[Result]] | None]) -> None:
        try:
            while (piece := given.get()) is not None:
                work, future = piece
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    result = self._do(work)
                except BaseException as error:  # noqa: BLE001 - handed over to the reader, who raises it
                    future.set_exception(error)
                else:
                    future.set_result(result)
        finally:
            self._at_end()
