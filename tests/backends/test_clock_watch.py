"""Somebody who waits is told when the clock is set, and when it comes to be right."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backends.clock_watch import TOPICS, watch_clock
from tests.vm.machine import MachineUnavailable, machine
from tests.waiting import PATIENCE, until


class Kernel:
    """What adjtimex would say."""

    def __init__(self) -> None:
        self.is_right: bool | None = False

    def is_synchronised(self) -> bool | None:
        return self.is_right


@contextmanager
def watched(kernel: Kernel) -> Iterator[list[frozenset[str]]]:
    told: list[frozenset[str]] = []
    stop = threading.Event()
    thread = threading.Thread(target=watch_clock, args=(told.append, stop, kernel.is_synchronised))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def comes(told: list[frozenset[str]], count: int) -> bool:
    until(lambda: len(told) >= count)
    return told == [TOPICS] * count


@pytest.mark.slow
def test_it_is_told_when_the_clock_comes_to_be_right_and_no_longer_is() -> None:
    kernel = Kernel()
    with watched(kernel) as told:
        time.sleep(0.1)
        kernel.is_right = True
        assert comes(told, 1)
        kernel.is_right = None
        assert comes(told, 2)


def test_nothing_is_told_while_nothing_happens() -> None:
    with watched(Kernel()) as told:
        time.sleep(1.2)
    assert told == []


IN_MACHINE = """
import threading, time
from backends.clock_watch import watch_clock
told, stop = threading.Event(), threading.Event()
threading.Thread(target=watch_clock, args=(lambda _: told.set(), stop, lambda: None)).start()
for step in (3600, -7200, 0):
    time.sleep(0.3)
    told.clear()
    begun = time.monotonic()
    time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
    assert told.wait(1), step
    print("told after", time.monotonic() - begun)
stop.set()
"""


@pytest.mark.vm
@pytest.mark.slow
def test_a_clock_that_is_set_is_told_of_within_a_second_each_time() -> None:
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    status, output = debian.run(["python3", "-c", IN_MACHINE])
    assert status == 0, output
    assert output.count("told after") == 3
