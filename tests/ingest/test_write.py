"""Transactions: bounded in rows, bytes and time; what goes wrong in the archive reaches the one who encodes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from satseek.core.chip import Chip
from satseek.core.errors import ArchiveReadOnly, UsageError
from satseek.core.scene import Window
from satseek.core.vectors import FloatArray
from satseek.ingest.write import Added, Transactions, Writer


def chips(first: int, count: int) -> list[Chip]:
    return [
        Chip(f"c{number:04}", "rgb", "a.tif", "a", Window(0, 0, 8, 8), 1.0, (8, 8), {})
        for number in range(first, first + count)
    ]


class Kept:
    """An archive that remembers its transactions."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.transactions: list[tuple[list[str], FloatArray]] = []
        self._fail_at = fail_at

    def add(self, added: list[Chip], vectors: FloatArray) -> int:
        if len(self.transactions) == self._fail_at:
            raise ArchiveReadOnly("The disk is full. Make room.")
        self.transactions.append(([chip.id for chip in added], vectors))
        return len(added)


def test_batches_are_gathered_until_a_transaction_is_full() -> None:
    kept, told = Kept(), list[Added]()
    writer = Writer(kept.add, Transactions(rows=10), told.append)
    for first in range(0, 32, 4):
        writer.put(chips(first, 4), np.full((4, 2), first, np.float32))
    writer.finish()
    assert [len(ids) for ids, _ in kept.transactions] == [12, 12, 8]
    ids = [name for names, _ in kept.transactions for name in names]
    assert ids == [f"c{number:04}" for number in range(32)]
    np.testing.assert_array_equal(kept.transactions[1][1][:, 0], [12] * 4 + [16] * 4 + [20] * 4)
    assert [(len(added.ids), added.new) for added in told] == [(12, 12), (12, 12), (8, 8)]


def test_vectors_bound_a_transaction_in_bytes() -> None:
    kept = Kept()
    writer = Writer(kept.add, Transactions(megabytes=0.001), lambda _: None)
    for first in range(0, 8, 2):
        writer.put(chips(first, 2), np.zeros((2, 100), np.float32))  # 800 bytes
    writer.finish()
    assert [len(ids) for ids, _ in kept.transactions] == [4, 4]


def test_what_waits_is_made_safe_after_a_while_although_nothing_more_comes() -> None:
    kept = Kept()
    writer = Writer(kept.add, Transactions(seconds=0.05), lambda _: None)
    writer.put(chips(0, 3), np.zeros((3, 2), np.float32))
    deadline = time.monotonic() + 5
    while not kept.transactions and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [len(ids) for ids, _ in kept.transactions] == [3]
    writer.finish()
    assert len(kept.transactions) == 1


def test_a_full_disk_stops_the_one_who_puts_and_nothing_is_told_as_added() -> None:
    kept, told = Kept(fail_at=1), list[Added]()
    writer = Writer(kept.add, Transactions(rows=2), told.append)
    with pytest.raises(ArchiveReadOnly, match="disk is full"):  # noqa: PT012 - which put meets it is a race
        for first in range(0, 100, 2):
            writer.put(chips(first, 2), np.zeros((2, 2), np.float32))
        writer.finish()
    assert [added.ids for added in told] == [("c0000", "c0001")]
    with pytest.raises(ArchiveReadOnly):
        writer.finish()
    writer.close()


@pytest.mark.parametrize("bounds", [{"rows": 0}, {"megabytes": 0.0}, {"seconds": -1.0}])
def test_bounds_that_hold_nothing_are_refused(bounds: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="at least one row"):
        Transactions(**bounds)  # type: ignore[arg-type]
