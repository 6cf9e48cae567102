"""How fast networks go, as a share of what this machine's matrix products reach in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

PEAK_SIZE = 2048


def matrix_peak(kind: torch.dtype = torch.bfloat16, *, seconds: float = 1.5) -> float:
    """Return the floating-point operations a second of a large matrix product, the best of many."""
    a, b = torch.randn(PEAK_SIZE, PEAK_SIZE).to(kind), torch.randn(PEAK_SIZE, PEAK_SIZE).to(kind)
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * PEAK_SIZE**3 / best


def operations(work: Callable[[], Any]) -> int:
    """Return the floating-point operations of convolutions and matrix products in a piece of work."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def seconds_of(work: Callable[[], Any], *, rounds: int) -> float:
    """Return the median time of a piece of work, after one round that does not count."""
    work()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)
