"""Access control and schedules as an ACS sees and changes them."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from backends.host_access import HostAccess
from backends.tr181.host_access import ACCESS, AccessTables, access_control, host_access
from tests.backends.small_device import SmallDevice
from tests.backends.test_host_access import MAC, MONDAY, InMemory
from tests.backends.whole_device import device_in_memory

RULES = ACCESS.removesuffix("{i}.")
SCHEDULES = "Device.Schedules."
SCHEDULE = f"{SCHEDULES}Schedule."


class Device(SmallDevice):
    def __init__(self, root: Path, may_change: bool = True) -> None:
        self.packet_filter = InMemory()
        self.now = MONDAY
        self.tables = AccessTables(HostAccess(self.packet_filter, self.clock), may_change)
        whole = device_in_memory(root, may_change_system=may_change)[0]
        super().__init__(access_control(replace(whole.mechanisms, host_access=self.tables)), whole.own, [self.tables])

    def clock(self) -> datetime:
        return self.now

    def denied(self) -> list[str]:
        """About whom the rules of the packet filter are."""
        chains = self.packet_filter.tables[-1].chains
        return [rule.about.split()[1].partition("/")[0] for chain in chains for rule in chain.rules]


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def evening(device: Device) -> str:
    return device.add(
        SCHEDULE, Enable="1", Day="Monday,Tuesday", StartTime="22:30", Duration="7200", Description="late"
    )


def test_a_device_is_denied_and_let_through_again(device: Device) -> None:
    row = device.add(RULES, PhysAddress=MAC, AccessPolicy="Deny", Enable="1", HostName="TV \u4e2d '\"$(id)")
    assert device.denied() == [MAC]
    told = device.tree(row)
    assert (told["Origin"], told["PhysAddressMask"], told["HostName"]) == ("Controller", "", "TV \u4e2d '\"$(id)")
    device.set({f"{row}Enable": "0"})
    assert device.denied() == []
    device.delete(row)
    assert device.get("Device.Hosts.AccessControlNumberOfEntries") == "0"


def test_a_schedule_lets_a_device_through_while_it_is_on(device: Device) -> None:
    schedule = evening(device)
    row = device.add(RULES, PhysAddress=MAC, Enable="1", ScheduleRef=schedule.rstrip("."))
    assert device.get(f"{row}ScheduleRef") == schedule.rstrip(".")
    assert device.denied() == [MAC]
    assert (device.get(f"{schedule}Status"), device.get(f"{schedule}TimeLeft")) == ("Inactive", "81000")
    due = device.tables.due(1000.0)
    assert due is not None
    assert 1000.0 < due <= 1060.0
    assert device.tables.act(due) == frozenset()
    device.now += timedelta(hours=23)
    assert device.tables.due(2000.0) == 2000.0
    assert device.tables.act(2000.0) == {"schedule"}
    assert device.denied() == []
    assert device.get(f"{schedule}Status") == "Active"
    device.set({f"{SCHEDULES}Enable": "0"})
    assert device.get(f"{schedule}Status") == "StackDisabled"
    assert device.get(f"{schedule}TimeLeft") == "0"
    assert device.denied() == [MAC]


def test_a_packet_filter_that_fails_is_tried_again_after_a_minute(device: Device) -> None:
    device.add(RULES, PhysAddress=MAC, Enable="1", ScheduleRef=evening(device).rstrip("."))
    device.now += timedelta(hours=23)
    device.packet_filter.is_broken = True
    device.tables.act(2000.0)
    assert device.tables.due(2001.0) == 2060.0
    device.packet_filter.is_broken = False
    device.tables.act(2060.0)
    assert device.denied() == []


def test_without_schedules_nothing_is_due(device: Device) -> None:
    device.add(RULES, PhysAddress=MAC, AccessPolicy="Deny", Enable="1")
    assert device.tables.due(0.0) is None


def test_a_schedule_that_does_not_say_when_is_an_error(device: Device) -> None:
    schedule = device.add(SCHEDULE, Enable="1", Day="Monday", Duration="60")
    assert device.get(f"{schedule}Status") == "Error"
    for name, text in (("StartTime", "24:00"), ("StartTime", "7:00"), ("Day", "Someday"), ("Duration", "0")):
        assert device.refused({schedule + name: text}) == {schedule + name: "InvalidValue"}


@pytest.mark.parametrize("text", ["x", "02:00:00:00:00", "$(id)", "a\nb", "\u4e2d", "'", "02:00:00:00:00:0g"])
def test_what_is_no_address_is_refused(device: Device, text: str) -> None:
    row = device.add(RULES)
    assert device.refused({f"{row}PhysAddress": text}) == {f"{row}PhysAddress": "InvalidValue"}
    assert device.refused({f"{row}PhysAddressMask": text}) == {f"{row}PhysAddressMask": "InvalidValue"}
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "InvalidValue"}


def test_nothing_is_changed_where_the_owner_did_not_allow_it(tmp_path: Path) -> None:
    device = Device(tmp_path, may_change=False)
    with pytest.raises(Exception, match="manage = true"):
        device.add(RULES)
    assert device.refused({f"{SCHEDULES}Enable": "0"}) == {f"{SCHEDULES}Enable": "Denied"}


def test_a_machine_without_a_packet_filter_has_none_of_it(tmp_path: Path) -> None:
    mechanisms = device_in_memory(tmp_path)[0].mechanisms
    assert access_control(mechanisms) == []
    part = host_access(mechanisms)
    assert part is None or part.chores[0] is part.provides["host_access"]
