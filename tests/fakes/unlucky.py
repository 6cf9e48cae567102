"""A worker that fills an archive and may be struck by anything; it says before and after each step what it does.

As a program it loads all that is slow once, and forks a worker for each line of JSON on stdin:

    {"start": {…Spec…}}  ->  the worker's process id
    {"wait": 1234}       ->  how it ended, as `wait` says it
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fakes.chips import card, chip
from satseek.core.chip import Chip
from satseek.core.vectors import FloatArray, unit_rows

DIMENSIONS = 16
LONGEST_S = 600
CARD, OTHER_CARD = card("first", dimensions=DIMENSIONS), card("second", dimensions=DIMENSIONS)

# Before every look at the clock of the day; what runs in Rust looks there, too.
_SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static long long jump;
void satseek_jump_clock(long long seconds) { jump = seconds; }
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(id, now);
    if (!failed && id == CLOCK_REALTIME) now->tv_sec += jump;
    return failed;
}
"""


@dataclass(frozen=True)
class Spec:
    """What a worker does, and what strikes it from within."""

    uri: str
    journal: str
    steps: list[list[Any]]  # ["add", numbers, generation] | ["remove", numbers] | ["optimize"] | ["other model"]
    environment: dict[str, str]
    largest_file: int | None = None  # bytes; beyond, the system says that the disk is full
    clock_jumps_s: list[int] | None = None  # one before each step


def made(numbers: Sequence[int], generation: int) -> tuple[list[Chip], FloatArray]:
    """Return chips that say which generation they are of, and vectors that tell it, too."""
    chips = [
        chip(number, float(number % 300) - 150, float(number % 120) - 60, caption=f"generation {generation}")
        for number in numbers
    ]
    return chips, vectors_of(numbers, generation)


def vectors_of(numbers: Sequence[int], generation: int) -> FloatArray:
    """Return the vectors that chips of a generation have."""
    rows = [np.random.default_rng((number, generation)).standard_normal(DIMENSIONS) for number in numbers]
    return unit_rows(np.asarray(rows, dtype=np.float32).reshape(-1, DIMENSIONS))


def work(spec: Spec) -> None:
    """Do the steps; a step that fails in our own words is noted, and the next one is tried."""
    from satseek.archive.archive import Archive
    from satseek.core.errors import ModelMismatch, SatSeekError
    from satseek.core.filters import Filters

    os.environ.update(spec.environment)
    if spec.largest_file is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (spec.largest_file, spec.largest_file))
    archive = None
    for position, step in enumerate(spec.steps):
        _note(spec, position, "begins")
        try:
            if spec.clock_jumps_s is not None:
                _jump_clock(spec.clock_jumps_s[position])
            archive = archive or Archive.open_or_create(spec.uri, CARD)
            if step[0] == "add":
                archive.add(*made(step[1], step[2]))
            elif step[0] == "remove":
                archive.remove(Filters(ids=tuple(chip(number).id for number in step[1])))
            elif step[0] == "optimize":
                archive.optimize(keep_days=1, measure=False)
            else:
                try:
                    Archive.open_or_create(spec.uri, OTHER_CARD).add(*made([0], 0))
                except ModelMismatch:
                    pass
                else:
                    _note(spec, position, "mixed two models")
        except SatSeekError as error:
            _note(spec, position, f"failed: {error}")
        else:
            _note(spec, position, "done")


def has_clock() -> bool:
    """Whether this process can be told another time of day."""
    return hasattr(ctypes.CDLL(None), "satseek_jump_clock")


@contextmanager
def workers() -> Iterator[Workers]:
    """Run the program that forks workers."""
    with tempfile.TemporaryDirectory(prefix="satseek-unlucky-") as folder:
        environment = dict(os.environ)
        paths = [str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        shim = _compiled(Path(folder))
        if shim is not None:
            environment["LD_PRELOAD"] = " ".join(filter(None, [str(shim), environment.get("LD_PRELOAD")]))
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "fakes.unlucky"]
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        try:
            yield Workers(process, shim is not None)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)


@dataclass(frozen=True)
class Workers:
    """Starts workers and waits for them."""

    _process: subprocess.Popen[str]
    can_jump_clocks: bool

    def start(self, spec: Spec) -> int:
        """Start a worker; return its process id."""
        return self._answer({"start": asdict(spec)})

    def wait(self, worker: int) -> int:
        """Wait until a worker has ended; return its exit code, or minus the signal that killed it."""
        return os.waitstatus_to_exitcode(self._answer({"wait": worker}))

    def _answer(self, asked: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _compiled(folder: Path) -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    source, shim = folder / "clock.c", folder / "clock.so"
    source.write_text(_SHIM)
    done = subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], capture_output=True)
    return shim if done.returncode == 0 else None


def _jump_clock(seconds: int) -> None:
    ctypes.CDLL(None).satseek_jump_clock(ctypes.c_longlong(seconds))


def _note(spec: Spec, position: int, what: str) -> None:
    """Write a line at once, past Python's buffers: it must be there when the process is killed."""
    line = json.dumps([position, what]) + "\n"
    descriptor = os.open(spec.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def _ended(worker: int) -> int:
    """Wait for a worker's end; one that hangs is killed, which nobody expects and everybody notices."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.005)
    os.kill(worker, signal.SIGABRT)
    return os.waitpid(worker, 0)[1]


def main() -> None:
    """Fork a worker for each line that asks for one."""
    warnings.simplefilter("ignore", RuntimeWarning)  # lancedb warns of forks; nothing of it runs before them here
    import lancedb  # noqa: F401 - loaded once, and forked with all that it needs
    import pyarrow  # noqa: F401
    import shapely  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            print(_ended(asked["wait"]), flush=True)
            continue
        worker = os.fork()
        if worker == 0:
            try:
                work(Spec(**asked["start"]))
                os._exit(0)
            except BaseException:  # noqa: BLE001 - whatever it is, it must not go on as a second server
                import traceback

                traceback.print_exc()
                os._exit(1)
        print(worker, flush=True)


if __name__ == "__main__":
    main()
