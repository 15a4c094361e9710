"""The daemon under a wall clock that is wrong and jumps (hardening T20): its schedule is the monotonic clock's."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.stand import PROJECT, Agent, Stand
from tests.waiting import PATIENCE, until

TEN_YEARS = 10 * 365.25 * 86_400
INTERVAL = 2  # seconds between periodic Informs
UNKNOWN_TIME = "0001-01-01T00:00:00"  # TR-069 §A.2: the clock is not set
MOVED_CLOCK = """
import time

real, offset = time.time, {offset!r}

def moved():
    with open(offset) as file:
        return real() + float(file.read())

time.time = moved
"""


class Clock:
    """The wall clock of a stand's agent, for Python alone: the kernel's is everybody's."""

    def __init__(self, stand: Stand) -> None:
        self._offset = stand.directory / "offset"
        (stand.directory / "sitecustomize.py").write_text(MOVED_CLOCK.format(offset=str(self._offset)))
        self.environment = {"PYTHONPATH": f"{stand.directory}:{PROJECT}"}

    def set(self, offset: float) -> None:
        """Let it differ from the real one by so many seconds, from now on."""
        new = Path(f"{self._offset}.new")
        new.write_text(repr(offset))
        new.rename(self._offset)


@pytest.fixture
def told_at(stand: Stand) -> Callable[[], list[str]]:
    """The CurrentTime of each Inform so far."""
    return lambda: [str(inform.content["current_time"]) for inform in stand.acs.informs]


def started(stand: Stand, clock: Clock) -> Agent:
    """A device with that clock which reports every other second."""
    stand.settings.write_text(stand.settings.read_text() + f"[inform]\ninterval = {INTERVAL}\n")
    agent = stand.start(environment=clock.environment)
    stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    return agent


def informs_within(stand: Stand, seconds: float) -> int:
    """How many more there are after a while."""
    seen = len(stand.acs.informs)
    time.sleep(seconds)
    return len(stand.acs.informs) - seen


@pytest.mark.slow
def test_a_device_that_starts_in_1970_reports_in_time_and_without_a_storm_when_its_clock_is_set(
    stand: Stand, told_at: Callable[[], list[str]]
) -> None:
    clock = Clock(stand)
    clock.set(-time.time())
    started(stand, clock)
    assert told_at()[0].startswith(UNKNOWN_TIME)
    assert 1 <= informs_within(stand, INTERVAL + 1) <= 2

    clock.set(0.0)

    assert 1 <= informs_within(stand, INTERVAL + 1) <= 3
    assert told_at()[-1][:4] == str(time.gmtime().tm_year)


@pytest.mark.slow
@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS, 3600.0, -3600.0])
def test_a_jump_of_the_clock_makes_no_storm_and_no_silence(stand: Stand, jump: float) -> None:
    clock = Clock(stand)
    clock.set(0.0)
    started(stand, clock)

    for offset in (jump, 0.0, jump):
        clock.set(offset)
        assert 1 <= informs_within(stand, 2 * INTERVAL + 1) <= 4


@pytest.mark.slow
@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS])
def test_a_scheduled_inform_comes_after_its_delay_whatever_the_clock_says(stand: Stand, jump: float) -> None:
    clock = Clock(stand)
    clock.set(0.0)
    agent = stand.start(environment=clock.environment)
    stand.acs.wait_for_session_end(timeout=PATIENCE)
    stand.done(agent, "ScheduleInform", delay_seconds=3, command_key="later")
    begun = time.monotonic()

    clock.set(jump)
    agent.ask("status")
    agent.kill()
    stand.start(environment=clock.environment)

    until(lambda: stand.informs_with("M ScheduleInform", "later"))
    assert 2.5 <= time.monotonic() - begun <= 15
