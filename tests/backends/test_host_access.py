"""Who may reach beyond the LAN, and when; on a real packet filter, by real traffic."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backends.desired_state import Desired, Pointer, Refused, Wanted
from backends.errors import MechanismError
from backends.host_access import DENY, KINDS, Access, HostAccess, Schedule, Schedules, denied, table
from backends.nftables import Table
from tests.netlab.fixtures import make_namespace
from tests.netlab.gateway import INSIDE, STRANGER, Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

__all__ = ["make_namespace"]

MONDAY = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
MAC = "02:00:00:00:00:01"
EVENING = Schedule(enable=True, day=("Monday", "Tuesday"), start_time="22:30", duration=2 * 3600)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("hours", "active", "left"),
    [(0, False, 22.5), (22.49, False, 0.01), (22.5, True, 2), (24.25, True, 0.25), (24.5, False, 22), (48.4, True, 0.1),
     (48.5, False, 7 * 24 + 22.5 - 48.5)],
)  # fmt: skip
def test_a_schedule_is_on_from_its_start_for_so_long_over_midnight_too(hours: float, active: bool, left: float) -> None:
    assert EVENING.is_active(at(hours)) == active
    assert abs(EVENING.seconds_left(at(hours)) - left * 3600) <= 1


def test_a_schedule_turned_round_is_on_when_the_other_is_off() -> None:
    turned = Schedule(enable=True, day=EVENING.day, start_time="22:30", duration=7200, inverse_mode=True)
    for hours in range(7 * 24):
        assert turned.is_active(at(hours + 0.1)) != EVENING.is_active(at(hours + 0.1))


@pytest.mark.parametrize("bad", [{"start_time": ""}, {"duration": 0}, {"start_time": "", "inverse_mode": True}])
def test_a_schedule_that_does_not_say_when_is_never_on(bad: dict[str, Any]) -> None:
    one = Schedule(**{"enable": True, "day": ("Monday",), "start_time": "00:00", "duration": 60, **bad})
    assert not one.is_active(MONDAY)
    assert one.seconds_left(MONDAY) == 0


def wanted(*access: Access, schedules: bool = True) -> Wanted:
    picture = Wanted().with_record("", Schedules(enable=schedules)).with_record("+1", EVENING)
    for number, one in enumerate(access, 2):
        picture = picture.with_record(f"+{number}", one)
    return picture


BY_SCHEDULE = Access(enable=True, phys_address=MAC, schedule_ref=(Pointer("Device.Schedules.Schedule.{i}.", ("+1",)),))


def test_who_is_denied_and_who_is_allowed_at_times() -> None:
    always = Access(
        enable=True, phys_address="02:AA:00:00:00:00", phys_address_mask="FF:FF:FF:00:00:00", access_policy=DENY
    )
    nobody = Access(enable=False, phys_address="02:00:00:00:00:09", access_policy=DENY)
    plain = Access(enable=True, phys_address="02:00:00:00:00:08")
    both = wanted(always, nobody, plain, BY_SCHEDULE)
    assert denied(both, at(0)) == [("02:aa:00:00:00:00", "ff:ff:ff:00:00:00"), (MAC, "ff:ff:ff:ff:ff:ff")]
    assert denied(both, at(23)) == [("02:aa:00:00:00:00", "ff:ff:ff:00:00:00")]
    assert denied(wanted(BY_SCHEDULE, schedules=False), at(23)) == [(MAC, "ff:ff:ff:ff:ff:ff")]


class InMemory:
    """A packet filter that keeps what it was brought to."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.is_broken = False

    def bring_to(self, table: Table) -> bool:
        if self.is_broken:
            raise MechanismError("no buffer space", "ENOBUFS")
        self.tables.append(table)
        return True

    def has(self, table: Table) -> bool:
        return self.tables[-1:] == [table]


@pytest.mark.parametrize(
    "text", ["x", "02:00:00:00:00", "02:00:00:00:00:01 ", "$(id)", "02-00-00-00-00-01", "\u0661" * 17]
)
def test_what_is_no_hardware_address_is_refused(text: str) -> None:
    service = HostAccess(InMemory(), lambda: MONDAY)
    with pytest.raises(Refused, match="no hardware address"):
        service.check(wanted(Access(phys_address=text)))
    with pytest.raises(Refused, match="an address is needed"):
        service.check(wanted(Access(enable=True)))


def test_without_anybody_denied_there_is_no_table() -> None:
    assert table([]).chains == ()


def test_a_denied_device_does_not_reach_beyond_and_another_does(
    make_namespace: Callable[[], Namespace], caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(make_namespace)
    gateway.lan.ip(f"link set eth0 address {MAC}")
    moment = at(0)
    service = HostAccess(packet_filter(gateway.router), lambda: moment)
    desired = Desired("access", KINDS, service)

    def bring_to(picture: Wanted) -> None:
        desired.restore(picture.to_json())
        desired.apply_at_start()

    assert gateway.answers(gateway.lan, STRANGER)
    bring_to(wanted(BY_SCHEDULE))
    assert not gateway.answers(gateway.lan, STRANGER, soon=True)
    assert gateway.answers(gateway.lan, INSIDE), "the LAN itself stays"
    assert (service.has_table, service.is_touched()) == (True, False)
    gateway.router.run("nft", "add table inet cpe_agent_access { flags dormant; }")
    assert service.is_touched()
    desired.reapply()
    assert "inet cpe_agent_access: it is put right" in caplog.text
    assert not gateway.answers(gateway.lan, STRANGER, soon=True)
    moment = at(23)
    desired.reapply()
    assert gateway.answers(gateway.lan, STRANGER)
    of_one_maker = Access(
        enable=True, phys_address="02:00:00:FF:FF:FF", phys_address_mask="FF:FF:FF:00:00:00", access_policy=DENY
    )
    bring_to(wanted(of_one_maker))
    assert not gateway.answers(gateway.lan, STRANGER, soon=True)
    gateway.lan.ip("link set eth0 address 02:00:01:00:00:01")
    assert gateway.answers(gateway.lan, STRANGER)
    bring_to(Wanted())
    assert "cpe_agent_access" not in gateway.router.run("nft", "list", "tables")
