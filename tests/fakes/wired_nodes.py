"""Two Ray nodes that only a cable joins: each in a network namespace of its own, as two machines would be.

Needs a Linux that lets this user make such namespaces; `why_not` says what is missing.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fakes.ray_cluster import AS_A_NODE, STORE_BYTES

HEAD, OTHER, PORT = "10.231.0.1", "10.231.0.2", 6379  # nobody else's: they are seen in the namespaces only
PATIENCE_S = 120


def why_not() -> str | None:
    """Return what is in the way of two network namespaces, if anything is."""
    if shutil.which("ip") is None:
        return "there is no program 'ip'"
    probe = f"satseek-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return made.stderr.strip() or "no network namespace can be made"
    subprocess.run(["ip", "netns", "delete", probe], capture_output=True, check=False)
    return None


@dataclass(frozen=True)
class Machine:
    """One end of the cable."""

    namespace: str

    def command(self, words: Sequence[object]) -> list[str]:
        """Return the command that runs these words there."""
        return ["ip", "netns", "exec", self.namespace, *map(str, words)]

    def environment(self) -> dict[str, str]:
        """What a program needs to be a node's or to join one."""
        return os.environ | AS_A_NODE | {"RAY_AUTH_MODE": "disabled"}


@contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    """Yield two network namespaces with a cable between them."""
    names = [f"satseek-{os.getpid()}-{end}" for end in ("a", "b")]
    cables = [f"ss{os.getpid() % 100_000}{end}" for end in ("a", "b")]  # 15 letters at most
    with ExitStack() as stack:
        for name in names:
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "delete", name)
        _ip("link", "add", cables[0], "netns", names[0], "type", "veth", "peer", "name", cables[1], "netns", names[1])
        for name, cable, address in zip(names, cables, (HEAD, OTHER), strict=True):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", cable)
            _ip("-n", name, "link", "set", cable, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield Machine(names[0]), Machine(names[1])


@contextmanager
def wired_nodes() -> Iterator[tuple[Machine, str]]:
    """Yield the machine of the head and the address of a cluster of two nodes."""
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus", 2]
    ray += ["--object-store-memory", STORE_BYTES, "--disable-usage-stats"]
    with ExitStack() as stack:
        short = tempfile.TemporaryDirectory(
            prefix="ss", dir="/tmp", ignore_cleanup_errors=True
        )  # as sockets' paths are
        folder = Path(stack.enter_context(short))
        one, two = stack.enter_context(two_machines())
        address = f"{HEAD}:{PORT}"
        head = [*ray, "--head", "--node-ip-address", HEAD, "--port", PORT, "--include-dashboard", "false"]
        stack.enter_context(_running(one, [*head, "--temp-dir", folder], folder / "head.log"))
        stack.enter_context(
            _running(two, [*ray, "--address", address, "--node-ip-address", OTHER], folder / "other.log")
        )
        yield one, address


@contextmanager
def _running(machine: Machine, words: Sequence[object], log: Path) -> Iterator[None]:
    """Run a node until the end of the block; go on when it says that it has started."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            machine.command(words), stdout=file, stderr=file, env=machine.environment(), start_new_session=True
        )
    try:
        ends = time.monotonic() + PATIENCE_S
        while b"Ray runtime started" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"A Ray node did not start: {log.read_text()}")
            time.sleep(0.2)
        yield
    finally:
        for each in subprocess.check_output(["ip", "netns", "pids", machine.namespace], text=True).split():
            with suppress(ProcessLookupError):  # what it started has sessions of its own, and ends late by itself
                os.kill(int(each), signal.SIGKILL)
        process.wait()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
