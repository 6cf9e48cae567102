"""How much memory something takes at its highest: a thread looks again and again while it runs."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from types import TracebackType

EVERY_S = 0.01
_PAGES = "/proc/self/statm"


class PeakMemory:
    """The most that was held beyond what was held before, in megabytes; of the graphics card where one computes."""

    def __init__(self, device: str = "cpu") -> None:
        self._on_card = device.startswith("cuda")
        self._highest = self._before = 0.0
        self._done = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> PeakMemory:
        let_go()
        if self._on_card:
            import torch

            torch.cuda.reset_peak_memory_stats()
        self._before = self._highest = held_mb()
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._looking.join()
        self._highest = max(self._highest, held_mb())

    @property
    def megabytes(self) -> float:
        """What was taken, once it is over."""
        if self._on_card:
            import torch

            return torch.cuda.max_memory_allocated() / 1e6
        return max(self._highest - self._before, 0.0)

    def _look(self) -> None:
        while not self._done.wait(EVERY_S):
            self._highest = max(self._highest, held_mb())


def held_mb() -> float:
    """Return what this process holds in memory of its own now; where that cannot be asked, the most it ever held.

    Pages of files, such as the code of libraries, are left out: the system takes and returns them as it likes.
    """
    try:
        with open(_PAGES, encoding="ascii") as file:
            _, resident, of_files, *_ = map(int, file.read().split())
        return (resident - of_files) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def let_go() -> None:
    """Give freed memory back, or the next model would seem to need less than it does."""
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return
