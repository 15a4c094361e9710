"""Threads come when there is work, are few, and go when there is none."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

import pytest

from agent.web import pool
from agent.web.pool import Pool
from tests.waiting import PATIENCE


class Owner:
    """The one thread that uses a pool; what workers tell it is done when it turns."""

    def __init__(self) -> None:
        self.told: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.pool = Pool(self.told.put, idle_seconds=0.1)

    def turn_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            try:
                self.told.get(timeout=0.05)()
            except Empty:
                continue


def test_work_is_done_by_few_threads_and_they_go() -> None:
    owner, gate, done = Owner(), threading.Event(), SimpleQueue[int]()
    for number in range(20):
        owner.pool.submit(lambda number=number: (gate.wait(20), done.put(number)))  # type: ignore[misc]
    assert owner.pool.threads == pool.MOST
    gate.set()
    owner.turn_until(lambda: done.qsize() == 20)
    owner.turn_until(lambda: owner.pool.threads == 0)
    owner.pool.submit(lambda: done.put(99))
    owner.turn_until(lambda: done.qsize() == 21)


def test_work_that_fails_is_logged_and_the_thread_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    owner, done = Owner(), threading.Event()
    owner.pool.submit(lambda: 1 // 0)  # type: ignore[arg-type,return-value]
    owner.pool.submit(done.set)
    owner.turn_until(done.is_set)
    owner.turn_until(lambda: "could not be served" in caplog.text)
