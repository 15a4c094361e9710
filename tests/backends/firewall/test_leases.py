"""What was granted for a time ends in time, whatever clocks and boots do."""

from dataclasses import replace
from typing import Any

import pytest

from backends.firewall.leases import EARLIEST_CLOCK, Now, granted, remaining, system_clock
from backends.firewall.records import PortMapping

START = Now("first", 100.0, 1_800_000_000.0)


def lease(duration: int, now: Now = START) -> PortMapping:
    fields: dict[str, Any] = granted(duration, now)
    return PortMapping(**fields)


def test_what_is_granted_for_ever_never_ends() -> None:
    assert remaining(lease(0), replace(START, uptime=1e9)) is None
    assert lease(0) == PortMapping()


@pytest.mark.parametrize(("later", "left"), [(0.0, 60), (0.5, 60), (59.0, 1), (60.0, 0), (1e6, 0)])
def test_within_a_boot_the_uptime_counts_whatever_the_wall_clock_does(later: float, left: int) -> None:
    for wall in (None, 0.0, 4e9):
        assert remaining(lease(60), Now("first", 100.0 + later, wall)) == left


@pytest.mark.parametrize(("later", "left"), [(10.0, 50), (60.0, 0), (1e6, 0), (-1e6, 60)])
def test_over_a_boot_the_wall_clock_counts_and_prolongs_nothing(later: float, left: int) -> None:
    assert remaining(lease(60), Now("second", 5.0, 1_800_000_000.0 + later)) == left


def test_without_a_clock_the_whole_lease_counts_from_the_boot() -> None:
    assert remaining(lease(60), Now("second", 5.0, None)) == 55
    unset = lease(60, replace(START, wall=None))
    assert remaining(unset, Now("second", 70.0, 1_800_000_000.0)) == 0


def test_the_systems_clock_knows_when_it_was_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = system_clock("boot")
    assert clock().boot == "boot"
    assert 0 <= clock().uptime <= clock().uptime
    monkeypatch.setattr("time.time", lambda: float(EARLIEST_CLOCK - 1))
    assert clock().wall is None
    monkeypatch.setattr("time.time", lambda: float(EARLIEST_CLOCK))
    assert clock().wall == EARLIEST_CLOCK
