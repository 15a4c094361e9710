"""Device.WiFi. over radios in memory: what is shown, set, added and refused. What comes of it: tests/vm/wifi."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Denied, NotWritable
from agent.model.object import Target
from backends.errors import TimedOut
from backends.netlink_types import Counters
from backends.network.records import Reference
from backends.tr181.wifi_access_points import FOREIGN_MODES
from backends.tr181.wifi_data_elements import operating_class, received_power
from backends.tr181.wifi_end_points import FASTEST
from backends.tr181.wifi_neighbours import DIAGNOSTIC
from backends.tr181.wifi_radios import POWERS
from backends.tr181.wifi_ssids import NO_MULTI_LINK
from backends.tr181.wifi_stations import LOWEST_RATE
from backends.tr181.wifi_tables import ASSOCIATED, SsidLayer
from backends.tr181.wifi_tables import SSID as SSID_TABLE
from backends.wifi.configuration import MODES
from backends.wireless_types import Neighbour, Rate, Survey, WifiStation
from tests.backends.wifi_device import WifiDevice
from tests.schemas import shipped_schema

WIFI = "Device.WiFi."
RADIO, SSID, POINT = f"{WIFI}Radio.1.", f"{WIFI}SSID.", f"{WIFI}AccessPoint."
END_POINT = f"{WIFI}EndPoint."
PHONE = "0c:00:00:00:00:01"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., WifiDevice]:
    return lambda *arguments, **named: WifiDevice(tmp_path, *arguments, **named)


@pytest.fixture
def device(make: Callable[..., WifiDevice]) -> WifiDevice:
    return make()


def be_an_access_point(device: WifiDevice) -> None:
    """Somebody else's hostapd does this."""
    device.air.change("wlan0", mode="ap", ssid=b"Foreign", frequency=2437, width=20, power=20.0)
    device.kernel.links["wlan0"] = replace(
        device.kernel.links["wlan0"], up=True, counters=Counters(tx_bytes=2**40, tx_errors=2**32 + 7)
    )


@pytest.mark.parametrize("profile", ["WiFiRadio:1", "WiFiSSID:2", "WiFiAccessPoint:2"])
def test_every_parameter_of_the_gateway_profiles_is_there(device: WifiDevice, profile: str) -> None:
    be_an_access_point(device)
    device.add(POINT)
    device.air.stations = [WifiStation(PHONE, "wlan0")]
    demanded = shipped_schema().profile(profile)
    assert demanded is not None
    told = {info.path for info in device.model.names(WIFI, False, Caller.ACS)}
    shown = {"".join("{i}." if part.isdigit() else f"{part}." for part in path.split("."))[:-1] for path in told}
    missing = [
        f"{path}{name}"
        for path, part in demanded.objects.items()
        for name in part.parameters
        if f"{path}{name}" not in shown
    ]
    assert missing == []


def test_radios_tell_what_they_are_and_links_are_their_ssids(device: WifiDevice) -> None:
    assert device.get(f"{RADIO}Name") == "phy0"
    assert device.get(f"{RADIO}SupportedFrequencyBands") == "2.4GHz,5GHz"
    assert device.get(f"{RADIO}PossibleChannels") == "1,2,3,4,5,6,7,8,9,10,11"
    assert device.get(f"{RADIO}TransmitPowerSupported") == ",".join(map(str, POWERS))
    assert device.get(f"{RADIO}MaxBitRate") == "1201"
    assert (device.get(f"{RADIO}Status"), device.get(f"{RADIO}Enable")) == ("Down", "false")
    assert device.get(f"{SSID}1.LowerLayers") == RADIO[:-1]
    assert device.get(f"{SSID}1.MLDUnit") == str(NO_MULTI_LINK)
    assert device.get("Device.InterfaceStack.1.HigherLayer") == f"{SSID}1"


def test_an_access_point_of_another_program_is_shown_and_cannot_be_changed(device: WifiDevice) -> None:
    be_an_access_point(device)
    assert device.get(f"{SSID}1.SSID") == "Foreign"
    assert (device.get(f"{SSID}1.Status"), device.get(f"{RADIO}Status")) == ("Up", "Up")
    assert (device.get(f"{RADIO}Channel"), device.get(f"{RADIO}ChannelsInUse")) == ("6", "6")
    assert device.get(f"{SSID}1.Stats.BytesSent") == device.get(f"{RADIO}Stats.BytesSent") == str(2**40)
    assert device.get(f"{SSID}1.Stats.ErrorsSent") == "7", "32 bits of it"
    assert device.get(f"{POINT}1.SSIDReference") == f"{SSID}1"
    assert device.refused({f"{POINT}1.Enable": "0"}) == {f"{POINT}1.Enable": "Denied"}
    with pytest.raises(Denied):
        device.delete(f"{POINT}1.")
    ours = device.add(POINT, SSIDReference=f"{SSID}1")
    assert device.get(f"{WIFI}AccessPointNumberOfEntries") == "1", "it stands for the same link"
    assert device.get(f"{ours}Status") == "Disabled"


def test_a_station_is_told_with_its_live_signal_and_rates(device: WifiDevice) -> None:
    be_an_access_point(device)
    phone = WifiStation(
        PHONE, "wlan0", signal=-41, tx=Rate(130_000, "n"), rx=Rate(500), rx_bytes=7, tx_retries=3, connected=60,
        authorized=True, associated=True,
    )  # fmt: skip
    device.air.stations = [phone]
    path = f"{POINT}1.AssociatedDevice.1."
    assert device.get(f"{path}MACAddress") == PHONE
    assert device.get(f"{path}SignalStrength") == "-41"
    assert device.get(f"{path}LastDataDownlinkRate") == "130000"
    assert device.get(f"{path}LastDataUplinkRate") == str(LOWEST_RATE)
    assert device.get(f"{path}OperatingStandard") == "n"
    assert (device.get(f"{path}Stats.BytesReceived"), device.get(f"{path}Stats.RetransCount")) == ("7", "3")
    assert "Noise" not in {name.rpartition(".")[2] for name in device.tree(path)}, "the driver measures none"
    since = device.get(f"{path}AssociationTime")
    device.air.stations = [replace(phone, connected=61)]
    assert device.get(f"{path}AssociationTime") == since, "whole seconds of two clocks"
    device.air.survey = Survey(2437, noise=-92)
    assert (device.get(f"{path}Noise"), device.get(f"{path}SNR")) == ("-92", "51")
    assert device.get(f"{RADIO}Stats.Noise") == "-92"


def test_who_is_associated_is_told_to_the_list_of_hosts(device: WifiDevice) -> None:
    be_an_access_point(device)
    device.air.stations = [
        WifiStation(PHONE, "wlan0", associated=True),
        WifiStation("02:00:00:00:00:99", "wlan0", associated=False),
    ]
    device.tables.forget()
    [(mac, target)] = device.tables.associations().items()
    assert (mac, target.table) == (PHONE, ASSOCIATED)
    assert target.keys[-1] == PHONE


def test_the_same_is_told_as_data_elements(device: WifiDevice) -> None:
    be_an_access_point(device)
    device.air.stations = [WifiStation(PHONE, "wlan0", signal=-40, associated=True)]
    path = f"{WIFI}DataElements.Network.Device.1."
    radio = f"{path}Radio.1."
    assert device.get(f"{path}RadioNumberOfEntries") == "2"
    assert device.get(f"{radio}ID") == "AgAAAAAA"
    assert device.get(f"{radio}CurrentOperatingClassProfile.1.Class") == "81"
    assert device.get(f"{radio}CurrentOperatingClassProfile.1.Channel") == "6"
    assert device.get(f"{radio}BSS.1.SSID") == "Foreign"
    assert device.get(f"{radio}BSS.1.STA.1.SignalStrength") == "140"
    assert device.get(f"{WIFI}DataElements.Network.ID") == "02:00:00:00:00:00"


def test_operating_classes_are_the_standard_s() -> None:
    told = {(2437, 20): 81, (2484, 20): 82, (5180, 20): 115, (5180, 40): 116, (5200, 40): 117, (5260, 20): 118,
            (5500, 20): 121, (5745, 20): 125, (5745, 40): 126, (5210, 80): 128, (5250, 160): 129, (5955, 20): 131,
            (5955, 160): 134}  # fmt: skip
    assert {key: operating_class(*key) for key in told} == told
    assert [received_power(signal) for signal in (-200, -110, -30, 5)] == [0, 0, 160, 220]


def test_another_access_point_is_added_to_a_radio_and_has_a_link_of_its_own(device: WifiDevice) -> None:
    ssid = device.add(SSID, SSID="Guest", LowerLayers=RADIO[:-1])
    assert device.get(f"{ssid}Name") == "wlan0_1"
    assert device.get(f"{ssid}Status") == "Down"
    point = device.add(POINT, SSIDReference=ssid[:-1])
    device.set({f"{ssid}Enable": "1", f"{point}Enable": "1"})
    assert device.get(f"{point}Status") == "Error_Misconfigured", "there is no passphrase yet"
    assert device.refused({f"{ssid}LowerLayers": f"{SSID}1"}) == {f"{ssid}LowerLayers": "InvalidValue"}
    layer = SsidLayer(device.tables)
    assert device.links.link_of(Target(SSID_TABLE, ("+1",))) == layer.link_of(Reference("wifi_ssid", "+1")) == "wlan0_1"
    assert layer.reference_of(device.kernel.links["wlan1"]) == Reference("wifi_ssid", "wlan1")
    device.delete(ssid)
    assert device.get(f"{point}SSIDReference") == ""
    with pytest.raises(NotWritable):
        device.delete(f"{SSID}1.")


def test_radios_that_do_not_answer_keep_no_other_link_from_being_ours(device: WifiDevice) -> None:
    device.air.trouble = TimedOut("radios: the kernel has not answered for 0.3 s")
    device.tables.forget()
    assert device.links.may_change("wlan9")
    assert not device.links.may_change("eth0")


def test_an_end_point_has_profiles(device: WifiDevice) -> None:
    profile = device.add(f"{END_POINT}1.Profile.", SSID="Upstream", Enable="1", Priority="3")
    assert device.get(f"{profile}Status") == "Available"
    device.set({f"{profile}Security.ModeEnabled": "WPA2-Personal"})
    assert device.get(f"{profile}Status") == "Error", "there is no passphrase yet"
    device.set({f"{END_POINT}1.ProfileReference": profile[:-1]})
    assert device.get(f"{END_POINT}1.ProfileReference") == profile[:-1]
    assert device.refused({f"{END_POINT}2.ProfileReference": profile[:-1]}) == {
        f"{END_POINT}2.ProfileReference": "InvalidValue"
    }
    device.air.change("wlan0", ssid=b"Upstream", frequency=2412)
    device.air.stations = [WifiStation("0c:00:00:00:00:09", "wlan0", signal=-50, rx=Rate(FASTEST + 1))]
    assert device.get(f"{END_POINT}1.Status") == "Enabled"
    assert device.get(f"{END_POINT}1.Stats.LastDataDownlinkRate") == str(FASTEST)
    assert device.get(f"{profile}Status") == "Error"


def test_a_scan_is_asked_for_and_its_results_are_rows(device: WifiDevice) -> None:
    device.air.neighbours = [Neighbour("0c:00:00:00:00:05", 2412, -50.5, 100, 1, ((0, b"Next door"),))]
    assert device.get(f"{DIAGNOSTIC}DiagnosticsState") == "None"
    assert device.refused({f"{DIAGNOSTIC}DiagnosticsState": "Complete"}) == {
        f"{DIAGNOSTIC}DiagnosticsState": "InvalidValue"
    }
    device.set({f"{DIAGNOSTIC}DiagnosticsState": "Requested"})
    assert device.get(f"{DIAGNOSTIC}DiagnosticsState") == "Requested"
    for index in (3, 4):
        device.tables.scan.ended(frozenset({index}))
        device.tables.look(frozenset({"scan"}))
    assert device.get(f"{DIAGNOSTIC}DiagnosticsState") == "Complete"
    assert device.get(f"{DIAGNOSTIC}Result.1.SSID") == "Next door"
    assert device.get(f"{DIAGNOSTIC}Result.1.SignalStrength") == "-50"
    device.set({f"{DIAGNOSTIC}DiagnosticsState": "Canceled"})
    assert device.get(f"{DIAGNOSTIC}ResultNumberOfEntries") == "0"


def test_secrets_read_as_nothing_and_are_kept_over_a_restart(
    device: WifiDevice, make: Callable[..., WifiDevice]
) -> None:
    point = device.add(POINT)
    device.set(
        {
            f"{point}Security.KeyPassphrase": "secret123",
            f"{point}Security.PreSharedKey": "00" * 32,
            f"{point}Security.RadiusSecret": "secret123",
            f"{point}WPS.PIN": "12345670",
        }
    )
    assert "secret123" not in str(device.tree(WIFI))
    again = make(store=device.store)
    assert again.tables.wanted == device.tables.wanted
    assert "secret123" in str(again.tables.wanted)


HOSTILE = ["'", '"', "\\", "$(reboot)", "`id`", "a\nb", "a\tb", "зима", "x" * 10_000, "%s%n", "#=;", "\u202e", " ", "|"]


def test_hostile_values_come_back_equal_or_are_refused(device: WifiDevice) -> None:
    point = device.add(POINT)
    profile = device.add(f"{END_POINT}1.Profile.")
    read = [f"{SSID}1.SSID", f"{profile}SSID", f"{profile}Location"]
    secret = [f"{point}Security.{name}" for name in ("KeyPassphrase", "SAEPassphrase", "RadiusSecret")]
    secret += [f"{point}Accounting.Secret", f"{profile}Security.KeyPassphrase", f"{profile}Security.SAEPassphrase"]
    words = [f"{RADIO}{name}" for name in ("RegulatoryDomain", "OperatingStandards", "GuardInterval", "PreambleType")]
    words += [f"{point}Security.RadiusServerIPAddr", f"{point}AllowedMACAddress", f"{point}Security.ModeEnabled"]
    for path in (*read, *secret, *words):
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Exception:  # noqa: BLE001
                assert device.refused({path: text}) == {path: "InvalidValue"}, (path, text)
            else:
                told = text.strip() if path.endswith("AllowedMACAddress") else text  # blanks around a list's items
                assert device.get(path) == ("" if path in secret else told), (path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{RADIO}MCS", "7"),
        (f"{RADIO}TransmitPower", "33"),
        (f"{RADIO}GuardInterval", "1xLTF_0.8us"),
        (f"{RADIO}AutoChannelEnable", "1"),
        (f"{RADIO}BeaconPeriod", "1"),
        (f"{RADIO}OperatingFrequencyBand", "6GHz"),
        (f"{RADIO}Channel", "14"),
        (f"{SSID}1.MLDUnit", "3"),
        (f"{SSID}1.SSID", "ж" * 17),
    ],
)
def test_what_this_hardware_has_not_is_refused(device: WifiDevice, path: str, text: str) -> None:
    device.add(POINT)
    if path.endswith("Channel"):
        point = f"{POINT}1."
        device.set({f"{point}SSIDReference": f"{SSID}1", f"{point}Security.ModeEnabled": "None"})
        device.set({f"{SSID}1.SSID": "x"})
        path_and_more = {f"{SSID}1.Enable": "1", f"{point}Enable": "1", path: text}
        assert device.refused(path_and_more) == {path: "InvalidValue"}
        return
    assert device.refused({path: text}) == {path: "InvalidValue"}


def test_a_link_that_was_not_given_to_us_is_read_only(make: Callable[..., WifiDevice]) -> None:
    device = make(("wlan1",))
    refused = {f"{SSID}1.SSID": "x", f"{RADIO}Channel": "6", f"{END_POINT}1.Enable": "1"}
    for path, text in refused.items():
        assert device.refused({path: text}) == {path: "Denied"}
    device.set({f"{SSID}2.SSID": "x"})


def test_the_words_for_another_s_security_are_the_data_model_s() -> None:
    assert set(FOREIGN_MODES.values()) == set(MODES)
