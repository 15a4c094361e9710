"""Time tells the clock, whether it is right, and the zone; the zone can be set."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.model.object import Backend
from backends.desired_state import SINGLE
from backends.ntp import OURS, Client, Clock
from backends.system import System
from backends.tr181.time import NtpClock, ntp_clock, time
from tests.backends.small_device import SmallDevice
from tests.backends.test_ntp import Host
from tests.backends.whole_device import WholeDevice, device_in_memory, device_on_linux

ZONE = "Device.Time.LocalTimeZone"


@pytest.fixture
def device(tmp_path: Path) -> WholeDevice:
    return device_in_memory(tmp_path, may_change_system=True)[0]


def test_the_clock_is_this_machine_s(device: WholeDevice) -> None:
    told = datetime.fromisoformat(device.get("Device.Time.CurrentLocalTime"))
    assert abs((told - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("known", "word"), [(True, "Synchronized"), (False, "Unsynchronized"), (None, "Unsynchronized")]
)
def test_the_clock_is_right_only_if_the_kernel_says_so(
    device: WholeDevice, monkeypatch: pytest.MonkeyPatch, known: bool | None, word: str
) -> None:
    monkeypatch.setattr(System, "is_synchronised", lambda _: known)
    assert device.get("Device.Time.Status") == word


def test_a_machine_without_a_zone_lives_in_utc_until_it_is_given_one(device: WholeDevice, tmp_path: Path) -> None:
    assert device.get(ZONE) == "UTC0"
    assert device.set({ZONE: "CET-1CEST,M3.5.0,M10.5.0/3"}) == 0
    assert device.get(ZONE) == "CET-1CEST,M3.5.0,M10.5.0/3"
    assert (tmp_path / "etc/localtime").read_bytes().startswith(b"TZif2")


def test_the_example_of_the_standard_with_its_blank_is_taken(device: WholeDevice) -> None:
    device.set({ZONE: "EST+5 EDT,M4.1.0/2,M10.5.0/2"})
    assert device.get(ZONE) == "EST+5EDT,M4.1.0/2,M10.5.0/2"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "", "CET-1;reboot", "x" * 300])
def test_what_is_no_zone_is_refused(device: WholeDevice, zone: str) -> None:
    assert device.refusal(ZONE, zone) == "InvalidValue"
    assert device.get(ZONE) == "UTC0"


def test_the_zone_changes_only_where_that_is_allowed(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    assert device.refusal(ZONE, "CET-1") == "Denied"
    assert not (tmp_path / "etc/localtime").exists()


def test_without_an_ntp_daemon_there_is_nothing_of_it(device: WholeDevice) -> None:
    (declared,) = time(device.mechanisms)
    assert {parameter.name for parameter in declared.parameters} == {"Status", "CurrentLocalTime", "LocalTimeZone"}


def test_this_machine_has_a_zone() -> None:
    assert device_on_linux().get(ZONE)


# --- NTP


CLIENTS = "Device.Time.Client."
SERVERS = [f"Device.Time.NTPServer{number}" for number in range(1, 6)]


class NtpDevice(SmallDevice):
    """The time of a machine that runs chrony."""

    def __init__(self, root: Path, process: str = "chronyd", may_change: bool = True) -> None:
        self.host = Host(root, process)
        self.clock = NtpClock(self.host.ntp)
        whole = device_in_memory(root, may_change_system=may_change)[0]
        mechanisms = replace(whole.mechanisms, ntp=self.clock)
        backends: list[Backend] = [self.clock, mechanisms.system.settings]
        super().__init__(time(mechanisms), whole.own, backends, forget=[self.host.ntp.forget])

    def servers(self) -> list[str]:
        return [self.get(path) for path in SERVERS]


@pytest.fixture
def ntp(tmp_path: Path) -> NtpDevice:
    return NtpDevice(tmp_path)


def test_what_the_daemon_was_configured_with_by_hand_is_shown_and_stays(ntp: NtpDevice) -> None:
    assert ntp.servers() == ["2.debian.pool.ntp.org", "", "", "", ""]
    assert ntp.refused({SERVERS[0]: ""}) == {SERVERS[0]: "Denied"}
    found = ntp.find(CLIENTS, Servers="2.debian.pool.ntp.org")
    assert ntp.refused({f"{found}Servers": "x.example"}) == {f"{found}Servers": "Denied"}
    assert ntp.refused({f"{found}Enable": "0"}) == {f"{found}Enable": "Denied"}


def test_servers_that_are_set_read_back_and_reach_the_daemon_in_one_go(ntp: NtpDevice) -> None:
    ntp.set({SERVERS[1]: "ntp2.example", SERVERS[0]: "ntp1.example", SERVERS[2]: "", SERVERS[4]: "2001:db8::1"})
    assert ntp.servers() == ["ntp1.example", "ntp2.example", "", "", "2001:db8::1"]
    assert ntp.host.started == ["chronyc reload sources"]
    ours = ntp.find(CLIENTS, Servers="ntp1.example,ntp2.example,2001:db8::1")
    assert ntp.get(f"{ours}Status") == ntp.get("Device.Time.Status")
    assert ntp.find(CLIENTS, Servers="2.debian.pool.ntp.org"), "chrony asks what stands in its own file as well"
    ntp.set({f"{ours}Servers": "ntp9.example"})
    assert ntp.servers() == ["ntp9.example", "", "", "", ""]
    ntp.set({SERVERS[0]: ""})
    assert ntp.host.drop_in() is None
    assert ntp.servers() == ["2.debian.pool.ntp.org", "", "", "", ""]


def test_servers_of_ours_take_the_place_of_others_where_the_daemon_does_it_so(tmp_path: Path) -> None:
    ntp = NtpDevice(tmp_path, "systemd-timesyn")
    ntp.host.put("etc/systemd/timesyncd.conf", "[Time]\nNTP=found.example\n")
    assert ntp.get("Device.Time.ClientNumberOfEntries") == "2"
    ntp.set({SERVERS[0]: "ntp1.example"})
    assert ntp.get("Device.Time.ClientNumberOfEntries") == "1"


def test_switched_off_the_time_is_disabled(ntp: NtpDevice) -> None:
    ntp.set({SERVERS[0]: "ntp1.example", "Device.Time.Enable": "0"})
    assert ntp.get("Device.Time.Status") == "Disabled"
    assert ntp.get(f"{ntp.find(CLIENTS, Servers='ntp1.example')}Status") == "Disabled"
    assert ntp.clock.wanted.get(Clock, SINGLE) == Clock(enable=False)
    ntp.set({"Device.Time.Enable": "1"})
    assert ntp.get("Device.Time.Status") != "Disabled"


def test_a_client_can_be_what_it_is_and_nothing_else(ntp: NtpDevice) -> None:
    ours = ntp.find(CLIENTS, Servers="")
    ntp.set({f"{ours}Mode": "Unicast", f"{ours}Port": "123", f"{ours}Version": "4", f"{ours}Enable": "0"})
    for name, value in (("Mode", "Broadcast"), ("Port", "124"), ("Version", "3"), ("Servers", "a;b")):
        assert ntp.refused({ours + name: value}) == {ours + name: "InvalidValue"}
    assert ntp.clock.wanted.get(Client, OURS) == Client(enable=False)


HOSTILE = ("a b", "a\nserver evil.example", "$(id)", "`id`", "a'b", 'a"b', "-x", "..", "a\u00e9", "\u4e2d", "a;reboot",
           "x" * 64, "a#b", "%s", "fe80::1%eth0")  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_server_is_refused_or_reads_back(ntp: NtpDevice, text: str) -> None:
    ours = ntp.find(CLIENTS, Servers="")
    for path in (*SERVERS, f"{ours}Servers"):
        assert ntp.refused({path: text}) == {path: "InvalidValue"}
    assert ntp.host.drop_in() is None
    assert ntp.host.started == []


def test_nothing_of_it_is_changed_where_the_owner_did_not_allow_it(tmp_path: Path) -> None:
    ntp = NtpDevice(tmp_path, may_change=False)
    ours = ntp.find(CLIENTS, Servers="")
    for path, text in ((SERVERS[0], "a.example"), ("Device.Time.Enable", "0"), (f"{ours}Servers", "a.example")):
        assert ntp.refused({path: text}) == {path: "Denied"}
    assert ntp.host.started == []


def test_a_daemon_that_is_installed_and_does_not_run_has_no_parameters(tmp_path: Path) -> None:
    ntp = NtpDevice(tmp_path, process="")
    assert set(ntp.tree("Device.Time.")) == {
        "Status", "CurrentLocalTime", "LocalTimeZone", "ClientNumberOfEntries",
    }  # fmt: skip
    assert ntp.host.ntp.is_installed()


def test_a_machine_without_any_has_no_service(tmp_path: Path) -> None:
    whole = device_in_memory(tmp_path)[0]
    part = ntp_clock(whole.mechanisms)
    assert part is not None
    assert part.watch is not None, "the clock is watched on every machine"
