"""The radio in its surroundings: countries and wide channels, end points, neighbours, other programs, bridges."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vm.wifi.gateway import POINT, RADIO, SSID, WIFI, Gateway, Station, Stranger, iw, run
from tests.waiting import until

SECRET = "correct horse"


def test_what_is_not_complete_waits_and_says_so(gateway: Gateway) -> None:
    point = gateway.access_point()
    assert gateway.get(f"{point}Status") == "Error_Misconfigured"
    assert gateway.processes() == {}
    gateway.set({f"{point}Security.ModeEnabled": "WPA2-Enterprise", f"{point}Security.RadiusServerIPAddr": "192.0.2.1"})
    assert gateway.get(f"{point}Status") == "Error_Misconfigured"
    gateway.set({f"{point}Security.RadiusSecret": "radius says so", f"{point}Accounting.Enable": "1"})
    assert gateway.get(f"{point}Status") == "Enabled"
    assert gateway.refused({f"{RADIO}Channel": "14"}) == {f"{RADIO}Channel": "InvalidValue"}
    assert gateway.refused({f"{RADIO}OperatingStandards": "a"}) == {f"{RADIO}OperatingStandards": "InvalidValue"}
    gateway.set({f"{RADIO}Enable": "0"})
    assert (gateway.get(f"{RADIO}Status"), gateway.get(f"{SSID}1.Status")) == ("Down", "LowerLayerDown")


def test_wide_channels_of_5_ghz_by_the_rules_of_a_country(gateway: Gateway, air: list[Station]) -> None:
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    gateway.set(
        {
            f"{RADIO}RegulatoryDomain": "DE ",
            f"{RADIO}OperatingFrequencyBand": "5GHz",
            f"{RADIO}Channel": "36",
            f"{RADIO}OperatingChannelBandwidth": "80MHz",
        }
    )
    until(lambda: "5180 MHz), width: 80 MHz, center1: 5210" in iw("wlan0").get("channel", ""), "5 GHz", 20)
    assert gateway.get(f"{RADIO}CurrentOperatingChannelBandwidth") == "80MHz"
    assert gateway.get(f"{RADIO}SupportedStandards") == "a,n,ac,ax"
    assert gateway.get(f"{RADIO}RegulatoryDomain") == "DE "
    gateway.set({f"{RADIO}TransmitPower": "25"})
    most = re.search(r"5180 MHz \[36\] \((\d+)\.0 dBm\)", run("iw", "phy", "phy0", "info"))
    assert most is not None
    until(lambda: iw("wlan0")["txpower"] == f"{int(most[1]) - 6}.00 dBm", f"a quarter of {most[1]} dBm: {iw('wlan0')}")
    gateway.set({f"{RADIO}Channel": "44"})
    until(lambda: "5220 MHz), width: 80 MHz" in iw("wlan0").get("channel", ""), "the channel beside it")
    assert gateway.get(f"{point}Status") == "Enabled"
    run("iw", "reg", "set", "00")


def test_a_channel_that_a_country_forbids_is_refused_while_its_access_point_goes_on(gateway: Gateway) -> None:
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    gateway.set({f"{RADIO}RegulatoryDomain": "US "})
    until(lambda: "US" in run("iw", "reg", "get"), "the rules of the United States")
    before = gateway.processes()
    assert gateway.refused({f"{RADIO}Channel": "13"}) == {f"{RADIO}Channel": "InvalidValue"}
    assert (gateway.processes(), gateway.get(f"{point}Status")) == (before, "Enabled")
    run("iw", "reg", "set", "00")


def test_where_the_kernel_has_no_rules_of_a_country_those_hold_that_it_has(gateway: Gateway) -> None:
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    assert list(gateway.refused({f"{RADIO}RegulatoryDomain": "QQ ", f"{RADIO}Channel": "13"}))
    until(lambda: "2437 MHz" in iw("wlan0").get("channel", ""), "the access point as it was")
    gateway.set({f"{RADIO}RegulatoryDomain": "QQ "})
    until(lambda: gateway.get(f"{point}Status") == "Enabled", "the access point on a channel that all rules allow", 20)
    before = gateway.processes()
    assert gateway.refused({f"{RADIO}Channel": "13"}) == {f"{RADIO}Channel": "InvalidValue"}
    assert (gateway.processes(), gateway.get(f"{point}Status")) == (before, "Enabled")
    run("iw", "reg", "set", "00")


def test_an_end_point_joins_and_tells_who_it_hears(gateway: Gateway, air: list[Station]) -> None:
    stranger = Stranger(
        air[2],
        "ssid=Upstream\nhw_mode=g\nchannel=1\nwpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\n"
        "wpa_passphrase=from upstream",
    )
    try:
        ssid = gateway.find(SSID, Name="wlan4").removesuffix(".")
        end_point = gateway.find(f"{WIFI}EndPoint.", SSIDReference=ssid)
        profile = gateway.add(f"{end_point}Profile.", SSID="Upstream", Enable="1")
        gateway.set(
            {f"{profile}Security.ModeEnabled": "WPA2-Personal", f"{profile}Security.KeyPassphrase": "from upstream"}
        )
        assert gateway.get(f"{end_point}Status") == "Disabled"
        gateway.set({f"{end_point}Enable": "1"})
        until(lambda: gateway.get(f"{profile}Status") == "Active", "connected", 20)
        assert (gateway.get(f"{end_point}Status"), gateway.get(f"{ssid}.Status")) == ("Enabled", "Up")
        assert gateway.get(f"{end_point}Stats.SignalStrength") == "-30"
        gateway.set({f"{end_point}Enable": "0"})
        assert gateway.processes() == {}
        until(lambda: gateway.get(f"{ssid}.Status") == "Down", "gone")
    finally:
        stranger.stop()


def test_a_scan_finds_the_neighbours_and_comes_to_an_end(gateway: Gateway, air: list[Station]) -> None:
    gateway.access_point(Security_KeyPassphrase=SECRET)
    neighbours: list[tuple[str, dict[str, str]]] = [
        ("ssid=Next door\nchannel=1\nwpa=2\nwpa_key_mgmt=SAE\nrsn_pairwise=CCMP\nieee80211w=2\nsae_password=no matter",
         {"SSID": "Next door", "Channel": "1", "SecurityModeEnabled": "WPA3-SAE", "EncryptionMode": "AES"}),
        ("ssid=Open house\nchannel=11\nieee80211n=1",
         {"SSID": "Open house", "Channel": "11", "SecurityModeEnabled": "None", "SupportedStandards": "b,g,n"}),
    ]  # fmt: skip
    strangers = [Stranger(one, f"hw_mode=g\n{told}") for one, (told, _) in zip(air, neighbours, strict=False)]
    ended: list[Any] = []
    gateway.tables.scan.finished = lambda: ended.append(1)
    state = f"{WIFI}NeighboringWiFiDiagnostic.DiagnosticsState"
    try:
        with gateway.watched() as told:
            gateway.set({state: "Requested"})
            while gateway.get(state) == "Requested":
                seen = len(told)
                until(lambda seen=seen: len(told) > seen, "the event", 20)
                gateway.machine.look(told[-1][1])
        assert gateway.get(state) == "Complete"
        assert ended == [1]
        for station, (_, wanted) in zip(air, neighbours, strict=False):
            path = gateway.find(f"{WIFI}NeighboringWiFiDiagnostic.Result.", BSSID=station.mac)
            assert {name: gateway.get(path + name) for name in wanted} == wanted
        assert gateway.get(f"{RADIO}ChannelsInUse") == "1,6,11"
    finally:
        for stranger in strangers:
            stranger.stop()


def test_what_another_program_does_is_shown_and_left_alone(make_gateway: Callable[..., Gateway]) -> None:
    file = Path("/run/foreign.conf")
    file.write_text(
        "interface=wlan0\ndriver=nl80211\nctrl_interface=/run/hostapd\nssid=Foreign\nhw_mode=g\nchannel=6\nwpa=2\n"
        "wpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\nwpa_passphrase=not ours to know\n"
    )
    with subprocess.Popen(["hostapd", str(file)], stdout=subprocess.DEVNULL) as foreign:
        try:
            until(lambda: iw("wlan0").get("ssid") == "Foreign", "the other's access point")
            gateway = make_gateway()
            point = gateway.find(POINT, SSIDReference=f"{SSID}1")
            assert gateway.get(f"{SSID}1.SSID") == "Foreign"
            assert (gateway.get(f"{point}Status"), gateway.get(f"{point}Security.ModeEnabled")) == (
                "Enabled",
                "WPA2-Personal",
            )
            assert gateway.refused({f"{point}Enable": "0"}) == {f"{point}Enable": "Denied"}
            ours = gateway.add(POINT)
            refused = gateway.refused(
                {f"{ours}SSIDReference": f"{SSID}1", f"{ours}Security.KeyPassphrase": SECRET, f"{ours}Enable": "1",
                 f"{SSID}1.Enable": "1", f"{SSID}1.SSID": "Mine"}
            )  # fmt: skip
            assert set(refused.values()) == {"Denied"}
            assert iw("wlan0")["ssid"] == "Foreign"
        finally:
            foreign.terminate()


def test_a_link_that_was_not_given_to_us_is_not_changed(make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway(("eth*",))
    assert gateway.refused({f"{SSID}1.SSID": "x"}) == {f"{SSID}1.SSID": "Denied"}
    assert gateway.refused({f"{RADIO}Channel": "6"}) == {f"{RADIO}Channel": "Denied"}


def test_a_wireless_link_is_a_port_of_a_bridge_and_no_ethernet_port(gateway: Gateway) -> None:
    names = [text for name, text in gateway.tree("Device.Ethernet.Interface.").items() if name.endswith(".Name")]
    assert not any(name.startswith("wlan") for name in names)
    gateway.access_point(Security_KeyPassphrase=SECRET)
    bridge = gateway.add("Device.Bridging.Bridge.", Enable="1")
    gateway.add(f"{bridge}Port.", ManagementPort="1", Enable="1")
    gateway.add(f"{bridge}Port.", LowerLayers=f"{SSID}1", Enable="1")
    assert "master br" in run("ip", "link", "show", "wlan0")
