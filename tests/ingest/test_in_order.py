"""Work on many threads, results in order."""

from __future__ import annotations

import random
import threading
import time

import pytest

from satseek.ingest.in_order import InOrder


def test_results_come_in_the_order_of_the_work_whoever_is_faster() -> None:
    waits = [random.Random(3).random() / 200 for _ in range(60)]

    def slow_square(number: int) -> int:
        time.sleep(waits[number])
        return number * number

    results = InOrder(slow_square, iter(range(60)), workers=5, ahead=7, lane_of=int)
    assert list(results) == [number * number for number in range(60)]
    results.close()


def test_no_more_than_the_bound_is_begun() -> None:
    begun: list[int] = []
    results = InOrder(begun.append, iter(range(100)), workers=2, ahead=5, lane_of=int)
    next(results)
    results.close()
    assert len(begun) <= 5


def test_an_error_of_the_work_comes_out_in_its_place() -> None:
    def picky(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    results = InOrder(picky, iter(range(5)), workers=2, ahead=3, lane_of=int)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)
    results.close()


def test_what_was_begun_can_be_had_after_stopping() -> None:
    go, started = threading.Event(), threading.Event()

    def wait(number: int) -> int:
        started.set()
        go.wait(5)
        return number

    results = InOrder(wait, iter(range(100)), workers=1, ahead=4, lane_of=int)
    threading.Timer(0.02, go.set).start()
    assert next(results) == 0
    begun = list(results.begun())
    results.close()
    assert begun == sorted(begun)
    assert len(begun) <= 3


def test_each_thread_ends_with_its_last_act() -> None:
    worked, ended = set[int](), list[int]()
    both = threading.Barrier(2)

    def note(number: int) -> None:
        worked.add(threading.get_ident())
        both.wait(5)

    def end() -> None:
        ended.append(threading.get_ident())

    results = InOrder(note, iter(range(4)), workers=2, ahead=4, lane_of=int, at_end=end)
    assert len(list(results)) == 4
    assert not ended
    results.close()
    assert set(ended) == worked
    assert len(ended) == 2


def test_work_of_one_lane_is_done_by_one_thread() -> None:
    results = InOrder(
        lambda _: threading.get_ident(), iter(range(30)), workers=3, ahead=6, lane_of=lambda work: work % 2
    )
    threads = list(results)
    results.close()
    assert len(set(threads[0::2])) == 1
    assert len(set(threads[1::2])) == 1
    assert threads[0] != threads[1]
