"""Who keeps OpenWrt's clock right: the package system, netifd's leases, and whether procd says that it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.system import System
from backends.tr181.absent import reasons
from tests.backends.ntp_device import CLIENTS, SERVERS
from tests.backends.openwrt.conftest import procd
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.system.device import SYSTEM, OpenWrtDevice

__all__ = ["procd"]
pytestmark = pytest.mark.slow

SERVER = "Device.Time.Server.1."


@pytest.fixture
def device(tmp_path: Path, procd: Procd) -> Iterator[OpenWrtDevice]:
    procd.running.add("sysntpd")
    return OpenWrtDevice(tmp_path, bus=procd.path)


def test_a_person_s_servers_are_edited_like_any_other(device: OpenWrtDevice) -> None:
    assert [device.get(path) for path in SERVERS[:3]] == ["0.openwrt.pool.ntp.org", "1.openwrt.pool.ntp.org", ""]
    device.set({SERVERS[0]: "ntp.example"})
    assert device.text("system") == SYSTEM.replace("0.openwrt.pool.ntp.org", "ntp.example")
    device.set({SERVERS[0]: "", SERVERS[1]: ""})
    assert "list server" not in device.text("system")
    assert "# who tells the time" in device.text("system")


def test_switches_are_the_section_s(device: OpenWrtDevice) -> None:
    device.set({"Device.Time.Enable": "0", f"{SERVER}Enable": "1", f"{SERVER}Interface": device.interface("br-lan")})
    assert "option enabled '0'\n\toption enable_server '1'\n" in device.text("system")
    assert "option interface 'lan'" in device.text("system")
    assert device.get(f"{SERVER}Status") == "Down"
    device.set({"Device.Time.Enable": "1"})
    assert device.get(f"{SERVER}Status") == "Up"
    assert device.get(f"{SERVER}Interface") == device.interface("br-lan")
    device.set({f"{SERVER}Interface": ""})
    assert "option interface" not in device.text("system")
    assert device.refused({f"{SERVER}Port": "124", f"{SERVER}Mode": "Broadcast"}) == {
        f"{SERVER}Port": "InvalidValue", f"{SERVER}Mode": "InvalidValue",
    }  # fmt: skip


def test_a_disabled_client_keeps_its_servers(device: OpenWrtDevice) -> None:
    ours = device.find(CLIENTS, Servers="0.openwrt.pool.ntp.org,1.openwrt.pool.ntp.org")
    device.set({f"{ours}Enable": "0"})
    assert "list server" not in device.text("system")
    assert device.get(f"{ours}Servers") == "0.openwrt.pool.ntp.org,1.openwrt.pool.ntp.org"
    device.set({f"{ours}Enable": "1"})
    assert device.text("system") == SYSTEM


def test_a_daemon_that_should_run_and_does_not_is_an_error(
    device: OpenWrtDevice, procd: Procd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(System, "is_synchronised", lambda _: False)
    assert device.get("Device.Time.Status") == "Unsynchronized"
    procd.running.remove("sysntpd")
    assert device.get("Device.Time.Status") == "Error"
    monkeypatch.setattr(System, "is_synchronised", lambda _: True)
    assert device.get("Device.Time.Status") == "Synchronized", "somebody else keeps it right"


def test_servers_of_a_lease_are_asked_too_and_are_not_ours_to_change(device: OpenWrtDevice, procd: Procd) -> None:
    procd.interfaces = [
        {"interface": "wan", "data": {"ntpserver": "192.0.2.1 1.openwrt.pool.ntp.org bad;name"}},
        {"interface": "lan", "data": {"ntpserver": 7}},
    ]
    found = device.find(CLIENTS, Servers="192.0.2.1")
    assert device.refused({f"{found}Enable": "0"}) == {f"{found}Enable": "Denied"}
    device.write("system", SYSTEM.replace("option enabled '1'", "option use_dhcp '0'"))
    assert device.get("Device.Time.ClientNumberOfEntries") == "1"
    device.write("system", SYSTEM.replace("option enabled '1'", "list dhcp_interface 'wan2'"))
    assert device.get("Device.Time.ClientNumberOfEntries") == "1"


def test_places_that_a_person_made_wrong_count_no_more(device: OpenWrtDevice) -> None:
    device.set({SERVERS[0]: "", SERVERS[1]: "b.example"})
    assert [device.get(path) for path in SERVERS[:3]] == ["", "b.example", ""]
    assert "option cpe_server_places '2'" in device.text("system")
    device.write("system", device.text("system").replace("list server 'b", "list server 'a.example'\n\tlist server 'b"))
    assert [device.get(path) for path in SERVERS[:3]] == ["a.example", "b.example", ""]


def test_changes_are_told_to_openwrt_once(device: OpenWrtDevice, procd: Procd) -> None:
    device.set({SERVERS[0]: "ntp.example", "Device.DeviceInfo.HostName": "attic", f"{SERVER}Enable": "1"})
    assert procd.events() == ["system"]
    device.set({SERVERS[0]: "ntp.example"})
    assert procd.events() == ["system"]


def test_a_daemon_s_section_that_is_not_there_is_made(tmp_path: Path) -> None:
    device = OpenWrtDevice(tmp_path, {"system": "config system\n\toption hostname 'x'\n"})
    assert device.get("Device.Time.Enable") == "true"
    device.set({SERVERS[0]: "ntp.example"})
    assert device.text("system").endswith("config timeserver 'ntp'\n\tlist server 'ntp.example'\n")


def test_where_chrony_keeps_the_clock_right_nothing_is_told_of_ntpd(tmp_path: Path) -> None:
    device = OpenWrtDevice(tmp_path, {"chrony": "config server\n\toption hostname 'ntp.example'\n"})
    assert set(device.tree("Device.Time.")) == {"Status", "CurrentLocalTime", "LocalTimeZone"}
    assert "chrony" in reasons(device.mechanisms)["Device.Time.Client."]
    assert device.parts["time"].watch is not None, "the clock is watched all the same"
