"""Which links netifd has made of the sections, and how far they are."""

from dataclasses import replace
from pathlib import Path

import pytest

from backends.openwrt.wireless.service import Running, links_told
from backends.ubus import Bus
from tests.backends.openwrt.wireless.device import RADIOS, WirelessDevice
from tests.backends.openwrt.wireless.netifd import Netifd

pytestmark = pytest.mark.slow

WIFI = "Device.WiFi."
RADIO, SSID, POINT, END_POINT = f"{WIFI}Radio.1.", f"{WIFI}SSID.", f"{WIFI}AccessPoint.", f"{WIFI}EndPoint."
ONE = """
config wifi-iface
	option device 'radio0'
	option mode 'ap'
	option ssid 'Home'
	option encryption 'none'
	option wps_pushbutton '1'

config wifi-iface 'up'
	option device 'radio1'
	option mode 'sta'
	option ssid 'Upstream'
	option encryption 'none'
"""


@pytest.fixture
def device(tmp_path: Path, netifd: Netifd) -> WirelessDevice:
    made = WirelessDevice(tmp_path, RADIOS + ONE, bus=netifd.path)
    anonymous = made.uci.read("wireless").of_type("wifi-iface")[0].id
    netifd.links = {anonymous: "phy0-ap0", "up": "phy1-sta0"}
    return made


def up(device: WirelessDevice, link: str, name: str) -> None:
    """netifd and the kernel have made it."""
    device.air.links = [
        replace(one, name=name, mode="ap", ssid=b"Home", frequency=2412, width=20) if one.name == link else one
        for one in device.air.links
    ]
    device.kernel.add_link(name)


def test_a_section_s_link_is_the_one_that_netifd_has_made(device: WirelessDevice) -> None:
    assert device.get(f"{SSID}1.Name") == "phy0-ap0"
    assert device.get(f"{SSID}1.Status") == "Dormant", "hostapd runs, and the kernel has no link yet"
    up(device, "wlan0", "phy0-ap0")
    assert (device.get(f"{SSID}1.Status"), device.get(f"{POINT}1.Status")) == ("Up", "Enabled")
    assert (device.get(f"{RADIO}Status"), device.get(f"{RADIO}Channel")) == ("Up", "1")
    assert device.get(f"{SSID}1.BSSID") == "02:00:00:00:00:00"


def test_what_hostapd_says_is_asked_once_in_a_request(device: WirelessDevice, netifd: Netifd) -> None:
    netifd.state = "DFS"
    assert device.get(f"{RADIO}Status") == "Dormant"
    netifd.asked.clear()
    device.tree(WIFI)
    assert sorted(netifd.asked) == ["get_status", "status"]
    assert device.get(f"{POINT}1.Status") == "Disabled", "it listens for a radar"


def test_wps_is_there_where_hostapd_is(device: WirelessDevice) -> None:
    assert device.get(f"{POINT}1.WPS.Status") == "SetupLocked"
    device.set({f"{POINT}1.SSIDAdvertisementEnabled": "0"})
    assert device.get(f"{POINT}1.WPS.Status") == "Disabled"


def test_an_end_point_looks_for_its_network_while_netifd_has_a_link_for_it(
    device: WirelessDevice, netifd: Netifd
) -> None:
    assert device.get(f"{END_POINT}1.Status") == "Enabled"
    netifd.links = {}
    assert device.get(f"{END_POINT}1.Status") == "Error_Misconfigured"


def test_without_netifd_a_link_is_known_by_its_network_s_name(device: WirelessDevice, netifd: Netifd) -> None:
    netifd.links = {}
    up(device, "wlan0", "wlan0")
    assert device.get(f"{SSID}1.Name") == "wlan0"
    assert device.get(f"{SSID}1.Status") == "Up"


def test_what_cannot_be_understood_is_no_link() -> None:
    strange = [{"section": 7, "ifname": "x"}, {"section": "a", "ifname": ""}, 7, {}]
    for told in ({}, None, {"radio0": 7}, {"radio0": {"interfaces": 7}}, {"radio0": {"interfaces": strange}}):
        assert links_told(told) == {}


def test_links_are_the_same_object_as_long_as_they_are_the_same(netifd: Netifd) -> None:
    netifd.links = {"a": "phy0-ap0"}
    running = Running(Bus(netifd.path, deadline=20))
    before = running.links()
    running.forget()
    assert running.links() is before
