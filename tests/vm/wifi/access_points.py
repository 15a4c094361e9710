"""What the data model promises of Wi-Fi, proved on the air against stations, strangers, iw and hostapd_cli."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from tests.vm.wifi.gateway import POINT, RADIO, SSID, Gateway, Station, iw, run
from tests.waiting import until

SECRET = "correct horse"


def connected_for(gateway: Gateway, point: str, station: Station) -> str:
    """When the station was associated, as iw tells it."""
    link = gateway.get(gateway.get(f"{point}SSIDReference") + ".Name")
    told = run("iw", "dev", link, "station", "get", station.mac)
    found = re.search(r"associated at \[boottime\]:\s*([\d.]+)s", told)
    assert found is not None
    return found[1]


def as_iw_tells() -> tuple[float, float, float]:
    """Signal and rates of the one station; they change from frame to frame."""
    dump = run("iw", "dev", "wlan0", "station", "dump")
    rates = {name: float(rate) for name, rate in re.findall(r"(tx|rx) bitrate:\s+([\d.]+) MBit/s", dump)}
    signal = re.search(r"signal:\s+(-\d+) ", dump)
    assert signal is not None
    return float(signal[1]), rates["tx"] * 1000, rates["rx"] * 1000


def as_we_tell(gateway: Gateway, point: str, station: Station) -> tuple[float, float, float]:
    found = gateway.associated(point)[station.mac]
    names = ("SignalStrength", "LastDataDownlinkRate", "LastDataUplinkRate")
    signal, down, up = (float(found[name]) for name in names)
    return signal, down, up


def test_a_radio_is_what_iw_says(gateway: Gateway) -> None:
    phy = run("iw", "phy", gateway.get(f"{RADIO}Name"), "info")
    first_band = phy.partition("Band 2:")[0]
    usable = re.findall(r"MHz \[(\d+)\] \([\d.]+ dBm\)$", first_band, re.MULTILINE)
    assert gateway.get(f"{RADIO}PossibleChannels").split(",") == usable
    assert gateway.get(f"{RADIO}SupportedFrequencyBands") == "2.4GHz,5GHz,6GHz"
    assert gateway.get(f"{RADIO}SupportedStandards") == "b,g,n,ax"
    rates = [f"{float(rate):g}" for rate in re.findall(r"\* ([\d.]+) Mbps", first_band)]
    assert gateway.get(f"{RADIO}SupportedDataTransmitRates").split(",") == rates


def test_an_access_point_comes_up_and_a_station_shows_within_a_second(gateway: Gateway, air: list[Station]) -> None:
    one = air[0]
    with gateway.watched() as told:
        point = gateway.access_point(Security_KeyPassphrase=SECRET)
        assert (gateway.get(f"{point}Status"), gateway.get(f"{SSID}1.Status")) == ("Enabled", "Up")
        assert gateway.get(f"{RADIO}Status") == "Up"
        assert iw("wlan0") | {"ssid": "LabNet", "type": "AP"} == iw("wlan0")
        assert iw("wlan0")["channel"].startswith("6 (2437 MHz)")
        del told[:]
        one.join("LabNet", SECRET)
        until(lambda: run("iw", "dev", "wlan0", "station", "dump"), "associated")
        associated = time.monotonic()
        one.connects()
        until(lambda: "station" in {topic for _, topics in told for topic in topics}, "the event", 1)
        assert told[0][0] - associated < 1
    found = gateway.associated(point)[one.mac]
    assert found["AuthenticationState"] == found["Active"] == "true"
    until(lambda: as_iw_tells() == as_we_tell(gateway, point, one), "signal and rates are those of iw")
    assert int(found["Stats.PacketsSent"]) > 0
    one.leave()
    until(lambda: not gateway.associated(point), "it is gone")


def test_wpa3_and_transition_let_in_whom_they_should(gateway: Gateway, air: list[Station]) -> None:
    one, two = air[:2]
    point = gateway.access_point(Security_ModeEnabled="WPA3-Personal", Security_SAEPassphrase="only SAE")
    one.join("LabNet", "only SAE", "SAE")
    assert one.connects()["key_mgmt"] == "SAE"
    gateway.set({f"{point}Security.ModeEnabled": "WPA3-Personal-Transition", f"{point}Security.KeyPassphrase": SECRET})
    one.join("LabNet", "only SAE", "SAE")
    two.join("LabNet", SECRET, "WPA-PSK")
    assert one.connects()["key_mgmt"] == "SAE"
    assert two.connects()["key_mgmt"] == "WPA2-PSK"
    gateway.set({f"{point}Security.ModeEnabled": "None"})
    one.join("LabNet", None, "NONE")
    assert one.connects()["key_mgmt"] == "NONE"


def test_another_passphrase_holds_at_once(gateway: Gateway, air: list[Station]) -> None:
    one = air[0]
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    one.join("LabNet", SECRET)
    one.connects()
    hostapd = gateway.processes()["phy0/hostapd"]
    gateway.set({f"{point}Security.KeyPassphrase": "another one"})
    until(lambda: not one.is_connected(), "whoever has the old one goes")
    one.join("LabNet", "another one")
    one.connects()
    assert gateway.processes()["phy0/hostapd"] == hostapd, "it was not started anew"
    gateway.set({f"{SSID}1.SSID": "Renamed"})
    one.join("Renamed", "another one")
    one.connects("Renamed")
    assert iw("wlan0")["ssid"] == "Renamed"
    assert gateway.processes()["phy0/hostapd"] == hostapd


def test_a_list_of_stations_is_changed_without_disturbing_those_on_it(gateway: Gateway, air: list[Station]) -> None:
    one, two = air[:2]
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    for station in (one, two):
        station.join("LabNet", SECRET)
    for station in (one, two):
        station.connects()
    since = connected_for(gateway, point, one)
    gateway.set({f"{point}AllowedMACAddress": one.mac.upper(), f"{point}MACAddressControlEnabled": "1"})
    until(lambda: set(gateway.associated(point)) == {one.mac}, "the other one is sent away")
    time.sleep(1)
    assert set(gateway.associated(point)) == {one.mac}, "and kept away"
    gateway.set({f"{point}AllowedMACAddress": f"{one.mac},{two.mac}"})
    until(lambda: set(gateway.associated(point)) == {one.mac, two.mac}, "and let in", 20)
    gateway.set({f"{point}MACAddressControlEnabled": "0"})
    assert connected_for(gateway, point, one) == since


def test_what_others_do_not_need_to_notice_they_do_not(gateway: Gateway, air: list[Station]) -> None:
    one, guest = air[:2]
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    one.join("LabNet", SECRET)
    one.connects()
    since = connected_for(gateway, point, one)
    gateway.set({f"{point}SSIDAdvertisementEnabled": "0", f"{point}IsolationEnable": "1"})
    second = gateway.add(SSID, SSID="Guest", LowerLayers=RADIO[:-1], Enable="1")
    other = gateway.add(POINT)
    gateway.set(
        {
            f"{other}SSIDReference": second[:-1],
            f"{other}Security.ModeEnabled": "WPA3-Personal",
            f"{other}Security.SAEPassphrase": "guests only",
            f"{other}Enable": "1",
        }
    )
    link = gateway.get(f"{second}Name")
    assert iw(link)["ssid"] == "Guest"
    assert gateway.get(f"{second}BSSID") == iw(link)["addr"] != gateway.get(f"{SSID}1.BSSID")
    guest.join("Guest", "guests only", "SAE")
    guest.connects("Guest")
    assert set(gateway.associated(other)) == {guest.mac}
    gateway.set({f"{other}Security.MFPConfig": "Required", f"{second}.SSID".replace("..", "."): "Visitors"})
    gateway.set({f"{RADIO}Channel": "11"})
    until(lambda: iw("wlan0")["channel"].startswith("11 "), "the channel is another one")
    assert gateway.get(f"{RADIO}Channel") == "11"
    gateway.delete(other)
    assert link not in run("iw", "dev")
    time.sleep(1)
    assert connected_for(gateway, point, one) == since, "through all of this"


def test_a_hidden_network_is_found_by_who_knows_it(gateway: Gateway, air: list[Station]) -> None:
    point = gateway.access_point("Secret garden", Security_KeyPassphrase=SECRET, SSIDAdvertisementEnabled="0")
    assert gateway.get(f"{point}WPS.Status") == "Disabled", "a hidden network has no WPS"
    air[0].join("Secret garden", SECRET)
    air[0].connects()


NAMES = ["x" * 32, "a'b\"c\\d $(reboot) `id`", "зима ❄", "#=\t;", " leading and trailing ", 'P"x"', "\n\n", "%s%n"]
PHRASES = ["'\"\\ $(reboot)`id`#=;", "        ", "~" * 63, 'P"\\x41\\x42"']


def test_hostile_names_and_passphrases_come_back_equal_and_work(gateway: Gateway, air: list[Station]) -> None:
    point = gateway.access_point(Security_KeyPassphrase=SECRET, WPS_Enable="0")
    for number, name in enumerate(NAMES):
        phrase = PHRASES[number % len(PHRASES)]
        gateway.set({f"{SSID}1.SSID": name, f"{point}Security.KeyPassphrase": phrase})
        assert gateway.get(f"{SSID}1.SSID") == name
        gateway.tables.nl80211.forget()
        assert gateway.tables.nl80211.link("wlan0").ssid == name.encode(), repr(name)
    air[0].join(name, phrase)
    air[0].connects()
    before = gateway.processes()
    for path, text in [
        *((f"{SSID}1.SSID", text) for text in ("y" * 33, "ж" * 17, "nul\0")),
        *((f"{point}Security.KeyPassphrase", text) for text in ("short", "z" * 64, "new\nline ..", "schnee ❄❄❄")),
        *((f"{point}Security.SAEPassphrase", text) for text in ("a|b", "new\nline", "x" * 200)),
        (f"{point}Security.RadiusSecret", "a\nb"),
        (f"{point}WPS.PIN", "12345678"),
        (f"{point}Security.WEPKey", "0102030405"),
    ]:
        assert gateway.refused({path: text}) == {path: "InvalidValue"}, (path, text)
    assert gateway.processes() == before
    assert PHRASES[0] not in subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=False).stdout


def test_secrets_are_read_by_root_alone_and_go_with_their_network(gateway: Gateway) -> None:
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    holding = [file for file in Path("/run/agent").rglob("*") if file.is_file() and SECRET in file.read_text()]
    assert [oct(file.stat().st_mode & 0o777) for file in holding] == ["0o600"]
    assert oct(Path("/run/agent/wifi/phy0").stat().st_mode & 0o777) == "0o700"
    gateway.set({f"{point}Enable": "0"})
    assert [file for file in Path("/run/agent").rglob("*") if file.is_file() and SECRET in file.read_text()] == []
    assert gateway.processes() == {}
    assert iw("wlan0")["type"] == "managed"


def test_a_restart_of_the_agent_is_not_noticed(
    gateway: Gateway, make_gateway: Callable[..., Gateway], air: list[Station]
) -> None:
    point = gateway.access_point(
        Security_KeyPassphrase=SECRET, MACAddressControlEnabled="1", AllowedMACAddress=air[0].mac
    )
    air[0].join("LabNet", SECRET)
    air[0].connects()
    since, before = connected_for(gateway, point, air[0]), gateway.processes()
    again = make_gateway(store=gateway.store)
    assert not again.tables.service.apply(again.tables.wanted), "there is nothing to do"
    assert again.processes() == before
    assert connected_for(again, point, air[0]) == since
    assert again.get(f"{point}Status") == "Enabled"


def test_a_change_that_fails_elsewhere_is_taken_back(gateway: Gateway) -> None:
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    before = Path("/run/agent/wifi/phy0/hostapd.conf").read_text()

    def fail() -> None:
        raise OSError("no space left")

    gateway.model._store.write = lambda *_: fail()  # type: ignore[method-assign]
    with pytest.raises(Refusals):
        gateway.set({f"{SSID}1.SSID": "Elsewhere", f"{point}MaxAllowedAssociations": "3"})
    assert Path("/run/agent/wifi/phy0/hostapd.conf").read_text() == before
    assert iw("wlan0")["ssid"] == "LabNet"
