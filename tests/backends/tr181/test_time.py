"""Time tells the clock, whether it is right, and the zone; the zone can be set."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from backends.system import System
from backends.tr181.time import ntp_clock, time
from tests.backends.ntp_device import CLIENTS, SERVERS, NtpDevice
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
