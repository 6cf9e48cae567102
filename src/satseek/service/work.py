"""Work in threads, within bounds: so many at once, so many waiting, so long each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from satseek.service.errors import Problem, busy
from satseek.service.settings import Limits

T = TypeVar("T")


class Workbench:
    """Threads for what takes time; first come, first served."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="satseek-service")
        self._lock = threading.Lock()
        self._taken = 0  # running or waiting

    @property
    def taken(self) -> int:
        """How many pieces of work run or wait."""
        return self._taken

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in a thread; too much at once is a 503, too long a 504."""
        with self._lock:
            if self._taken >= self._limits.threads + self._limits.waiting:
                raise busy("Too many questions are waiting.")
            self._taken += 1
        future = self._threads.submit(work)
        future.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._limits.seconds)
        except TimeoutError:
            raise Problem(504, f"This took longer than {self._limits.seconds:g} s. Ask for less at once.") from None

    def close(self) -> bool:
        """Take no more work; return whether some is still under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        return self._taken > 0

    def _done(self, future: Future[T]) -> None:
        with self._lock:
            self._taken -= 1
