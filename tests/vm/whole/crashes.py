"""kill -9 in the midst of a change of a Wi-Fi network, a port mapping and a route, and requests that fail in it."""

import time
from itertools import product

import pytest

from tests.durability.test_services_kill import CALLS, survives
from tests.vm.whole.gateway import WirelessCrossing, WirelessGateway

SECONDS = 80.0
"""After which no other point is tried; this machine is a slow one."""
STEP = 4
"""Of how many points of one call one is tried, as long as there is time."""
MOST_POINTS = 200
MISSES = 2
"""After which a call comes too seldom; the first may have been hostapd's, which died of it instead of the agent."""


@pytest.fixture
def crossing(gateway: WirelessGateway) -> WirelessCrossing:
    return WirelessCrossing(gateway)


def sampled(crossing: WirelessCrossing, calls: tuple[str, ...], enable: bool, what: str) -> None:
    """The first point of each call, then the fifth of each …"""
    ends = time.monotonic() + SECONDS
    missed = dict.fromkeys(calls, 0)
    tried: list[tuple[str, int]] = []
    for number, call in product(range(1, MOST_POINTS, STEP), calls):
        if missed[call] >= MISSES or time.monotonic() > ends:
            continue
        if survives(crossing, call, number, enable, what):
            tried.append((call, number))
        else:
            missed[call] += 1
    print(what, enable, tried, "missed:", missed)
    assert tried, "nothing was tried"


@pytest.mark.parametrize("enable", [True, False])
def test_a_crash_leaves_no_half_of_it(crossing: WirelessCrossing, enable: bool) -> None:
    sampled(crossing, CALLS, enable, "signal=SIGKILL")


def test_a_request_that_fails_leaves_no_half_of_it(crossing: WirelessCrossing) -> None:
    sampled(crossing, ("sendto", "sendmsg", "execve"), True, "error=EPERM")
