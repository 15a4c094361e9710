"""Wi-Fi's part on OpenWrt: netifd is told once, people's changes are seen, all of a change or nothing."""

import threading
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Refusals
from backends.errors import MechanismError
from backends.netlink_types import RouteTo
from backends.tr181.openwrt_wifi_tables import TOPIC, is_way, together
from backends.wifi.records import Ssid
from tests.backends.openwrt.wireless.conftest import netifd
from tests.backends.openwrt.wireless.device import RADIOS, WirelessDevice
from tests.backends.openwrt.wireless.netifd import Netifd
from tests.waiting import until

__all__ = ["netifd"]

pytestmark = pytest.mark.slow

WIFI = "Device.WiFi."
HOME = RADIOS + "\nconfig wifi-iface 'home'\n\toption device 'radio0'\n\toption ssid 'Home'\n"


@pytest.fixture
def device(tmp_path: Path, netifd: Netifd) -> WirelessDevice:
    return WirelessDevice(tmp_path, HOME, bus=netifd.path)


def test_netifd_is_told_once_of_a_change_and_of_none_that_is_refused(device: WirelessDevice, netifd: Netifd) -> None:
    device.set({f"{WIFI}SSID.1.SSID": "x", f"{WIFI}Radio.1.Channel": "6", f"{WIFI}AccessPoint.1.IsolationEnable": "1"})
    assert netifd.told == ["reload"]
    assert device.refused({f"{WIFI}Radio.1.Channel": "14"})
    device.set({f"{WIFI}SSID.1.SSID": "x"})
    assert netifd.told == ["reload"]


def test_a_change_that_cannot_be_saved_is_taken_back_and_told_of(device: WirelessDevice, netifd: Netifd) -> None:
    device.get(f"{WIFI}SSID.1.SSID")
    device.store.refused = "model"
    with pytest.raises(Refusals):
        device.set({f"{WIFI}SSID.1.SSID": "x"})
    assert device.text == HOME
    assert netifd.told == ["reload", "reload"]


def test_what_a_person_commits_is_a_row_and_an_event(device: WirelessDevice) -> None:
    told: list[frozenset[str]] = []
    stop = threading.Event()
    assert device.part.watch is not None
    watcher = threading.Thread(target=device.part.watch, args=(told.append, stop))
    watcher.start()

    def writes() -> bool:
        device.write(HOME.replace("'Home'", "'Heim'"))
        return any(TOPIC in one for one in told)

    try:
        assert until(writes)
    finally:
        stop.set()
        watcher.join()
    followed: list[str] = []
    device.tables.followers.append(lambda: followed.append(str(device.tables.in_force.get(Ssid, "home").ssid)))
    assert device.part.look is not None
    assert device.part.look(frozenset({TOPIC})) == {"radio"}
    assert followed == ["Heim"]
    assert device.part.look(frozenset({"link"})) == frozenset()
    assert device.get(f"{WIFI}SSID.1.SSID") == "Heim"


def test_a_broken_package_takes_no_row_away(device: WirelessDevice, caplog: pytest.LogCaptureFixture) -> None:
    before = device.tree(f"{WIFI}AccessPoint.")
    device.write("config wifi-iface 'home\n")
    assert device.tree(f"{WIFI}AccessPoint.") == before
    assert "what it said last is taken" in caplog.text
    assert device.refused({f"{WIFI}SSID.1.SSID": "x"}) == {f"{WIFI}SSID.1.SSID": "Unavailable"}


def test_an_edit_that_a_person_has_staged_is_kept(device: WirelessDevice) -> None:
    (device.places.staged / "wireless").write_text("wireless.home.ssid='Mine'\n")
    device.set({f"{WIFI}Radio.1.Channel": "6"})
    assert device.refused({f"{WIFI}SSID.1.SSID": "x"}) == {f"{WIFI}SSID.1.SSID": "Denied"}
    assert (device.places.staged / "wireless").read_text() == "wireless.home.ssid='Mine'\n"


def test_a_scan_is_asked_for_over_the_same_tables(device: WirelessDevice) -> None:
    device.set({f"{WIFI}NeighboringWiFiDiagnostic.DiagnosticsState": "Requested"})
    assert device.get(f"{WIFI}NeighboringWiFiDiagnostic.DiagnosticsState") == "Requested"


def test_two_watches_are_one_and_a_file_that_cannot_be_watched_keeps_nobody_from_the_air() -> None:
    heard: list[str] = []

    def no_files(*_: Any) -> None:
        raise MechanismError("there is no inotify")

    together(lambda _tell, _stop: heard.append("air"), no_files)(lambda _: None, threading.Event())
    assert heard == ["air"]


def test_without_a_way_to_the_server_nothing_is_on_it(device: WirelessDevice) -> None:
    class Nowhere:
        def management_path(self) -> None:
            return None

    assert not is_way(Nowhere(), device.tables.nl80211, "wlan0")  # type: ignore[arg-type]  # nobody else is asked


def test_what_cuts_the_way_waits_and_is_shown_as_it_will_be(device: WirelessDevice, netifd: Netifd) -> None:
    device.write(HOME + "\toption ifname 'wlan0'\n")
    before = device.text
    device.way = RouteTo("wlan0", "192.0.2.2")
    assert device.set({f"{WIFI}SSID.1.SSID": "x"}) == 1
    assert (device.text, netifd.told) == (before, [])
    assert device.get(f"{WIFI}SSID.1.SSID") == "x"
