"""Do work on many threads and hand out its results in the order of the work, within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class InOrder(Generic[Work, Result], Iterator[Result]):
    """Yields `do(work)` for each piece of work in turn; at most `ahead` pieces are done or being done unasked."""

    def __init__(self, do: Callable[[Work], Result], todo: Iterator[Work], *, workers: int, ahead: int) -> None:
        self._do, self._todo, self._ahead = do, todo, ahead
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="satseek-read")
        self._under_way: deque[Future[Result]] = deque()

    def __next__(self) -> Result:
        while len(self._under_way) < self._ahead:
            work = next(self._todo, None)
            if work is None:
                break
            self._under_way.append(self._threads.submit(self._do, work))
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
        self._threads.shutdown(wait=True, cancel_futures=True)
