"""Jobs that encode keep the memory of large tensors; a C library that cannot is left as it is."""

import ctypes
import subprocess
import sys

import pytest

from satseek.models import memory
from satseek.models.memory import keep_large_blocks

# How many pages the system had to fill for ten blocks of 48 MB, one after the other, as a network's layers ask for.
FILLED = """
import resource
import sys
import numpy as np
from satseek.models.memory import keep_large_blocks
assert sys.argv[1] == "as it is" or keep_large_blocks()
np.ones(6_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(6_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc")
def test_blocks_that_are_freed_are_not_asked_of_the_system_again() -> None:
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("of glibc")
    anew, kept = (
        int(subprocess.run([sys.executable, "-c", FILLED, how], capture_output=True, check=True, text=True).stdout)
        for how in ("as it is", "kept")
    )
    assert kept < anew / 5


def test_elsewhere_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert not keep_large_blocks()


def test_a_c_library_without_the_call_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert not keep_large_blocks()
