"""Thousands of wrong envelopes a second, through parser, dispatcher and renderer (hardening T1, T2)."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cwmp import messages as m
from tests.cwmp.mutate import Mutator, Report, run
from tests.cwmp.small_device import SmallDevice

ROOT = Path(__file__).resolve().parent.parent.parent


class Devices:
    """Answers as a device does; a new one every so often, so that what an ACS adds to it counts as no growth."""

    def __init__(self, requests_each: int = 200) -> None:
        self._requests_each = requests_each
        self._left = 0

    def __call__(self, request: m.Request) -> m.Response | m.Fault:
        if not self._left:
            self._device = SmallDevice()
            self._left = self._requests_each
        self._left -= 1
        return self._device.ask(request)


def complaint(report: Report) -> str:
    worst = "".join(f"\n{data!r}\n{trace}" for data, trace in report.crashes[:3])
    return f"{report.outcomes} slowest {report.slowest:.3f} s: {report.slowest_input[:300]!r}{worst}"


def test_the_same_seed_gives_the_same_inputs() -> None:
    first, second = ([*itertools.islice(Mutator(5), 300)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 250
    assert first != [*itertools.islice(Mutator(6), 300)]


@pytest.mark.slow
def test_5000_mutated_envelopes_break_nothing() -> None:
    report = run(5000, 1, Devices())
    assert report.is_clean, complaint(report)
    assert report.inputs == 5000
    assert report.outcomes["answered 9002"] == 0, "a surprise was answered as an internal error"


@pytest.mark.slow
def test_the_mutations_reach_every_part() -> None:
    report = run(3000, 2, Devices())
    assert report.outcomes["malformed"] > 500
    assert report.outcomes["no request"] > 100
    for outcome in ("answered well", "answered 9000", "answered 9003", "answered 9005"):
        assert report.outcomes[outcome] > 20, report.outcomes


def test_a_crash_is_reported_with_its_input() -> None:
    def broken(request: m.Request) -> m.Response:
        raise ZeroDivisionError

    report = run(200, 3, broken)
    assert not report.is_clean
    assert "ZeroDivisionError" in report.crashes[0][1]


# Memory is measured in a process of its own: what a whole test run and coverage have taken says nothing of the agent.
ALONE = """
from tests.cwmp.test_fuzz import Devices, complaint
from tests.cwmp.mutate import run
import logging
logging.disable()
run(10_000, 3, Devices())
report = run(100_000, 4, Devices())
assert report.is_clean, complaint(report)
print(report.growth)
"""

NAMES = """
import threading
from agent.cwmp.soap import Malformed, parse
from tests.cwmp.mutate import resident

def read(first):
    for message in range(50):
        names = range(first + message * 200, first + message * 200 + 200)
        try:
            parse(b"<a>" + b"".join(b"<name%d/>" % name for name in names) + b"</a>")
        except Malformed:
            continue
        raise AssertionError("taken for an envelope")

grown = []
for turn in range(100):
    thread = threading.Thread(target=read, args=(turn * 10_000,))
    thread.start()
    thread.join()
    grown.append(resident())
print(grown[-1] - grown[10])
"""


def growth_of(script: str) -> int:
    """What a script prints, run by an interpreter of its own."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


@pytest.mark.slow
def test_100000_mutated_envelopes_cost_no_memory() -> None:
    assert growth_of(ALONE) <= 1 << 20


@pytest.mark.slow
def test_a_million_element_names_are_forgotten_with_the_threads_that_read_them() -> None:
    assert growth_of(NAMES) <= 1 << 20
