"""Running ahead: items come in order, errors come out, nothing hangs, nothing grows without bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from satseek.ingest.ahead import Ahead


def test_items_come_in_order_and_end() -> None:
    ahead = Ahead(iter(range(100)), most=3, name="test")
    assert list(ahead) == list(range(100))
    with pytest.raises(StopIteration):
        next(ahead)


def test_no_more_than_the_bound_is_made_ahead() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    ahead = Ahead(items(), most=4, name="test")
    assert next(ahead) == 0
    deadline = time.monotonic() + 2
    while len(made) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(made) == 6  # one taken, four waiting, one in hand
    ahead.close()


def test_an_error_comes_out_behind_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    ahead = Ahead(items(), most=4, name="test")
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_the_next_item_is_waited_for_only_so_long() -> None:
    go = threading.Event()

    def items() -> Iterator[int]:
        go.wait(5)
        yield 1

    ahead = Ahead(items(), most=2, name="test")
    assert not ahead.has_next(patience_s=0.02)
    threading.Timer(0.02, go.set).start()
    assert ahead.has_next(patience_s=5)
    assert list(ahead) == [1]
    assert ahead.has_next()  # the end is known: nobody need wait for it


def test_closing_ends_the_thread_and_its_generator() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    ahead = Ahead(items(), most=2, name="test-closing")
    next(ahead)
    ahead.close()
    assert closed.is_set()
    assert not any(thread.name == "test-closing" for thread in threading.enumerate())


def test_a_reader_of_a_closed_iterator_is_not_left_waiting() -> None:
    never = threading.Event()

    def items() -> Iterator[int]:
        never.wait(5)
        yield 1

    ahead = Ahead(items(), most=2, name="test")
    ahead.close(patience_s=0.01)
    with pytest.raises(StopIteration):
        next(ahead)
    never.set()
