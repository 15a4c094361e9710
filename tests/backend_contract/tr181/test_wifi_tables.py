"""Device.WiFi. over radios in memory, whoever makes it so: what is shown, set, added and refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Denied, NotWritable, Refusals
from agent.model.object import Target
from backends.errors import TimedOut
from backends.netlink_types import Counters
from backends.network.records import Reference
from backends.tr181.wifi_end_points import FASTEST
from backends.tr181.wifi_neighbours import DIAGNOSTIC
from backends.tr181.wifi_radios import POWERS
from backends.tr181.wifi_ssids import NO_MULTI_LINK
from backends.tr181.wifi_stations import LOWEST_RATE
from backends.tr181.wifi_tables import ASSOCIATED, SsidLayer
from backends.tr181.wifi_tables import SSID as SSID_TABLE
from backends.wireless_types import Neighbour, Rate, Survey, WifiStation
from tests.backends.openwrt.wireless.device import RADIOS, STATIONS, WirelessDevice
from tests.backends.wifi_device import WifiDevice
from tests.schemas import shipped_schema

WIFI = "Device.WiFi."
RADIO, SSID, POINT = f"{WIFI}Radio.1.", f"{WIFI}SSID.", f"{WIFI}AccessPoint."
END_POINT = f"{WIFI}EndPoint."
PHONE = "0c:00:00:00:00:01"

Device = WifiDevice | WirelessDevice
Make = Callable[..., Device]


def made_by_us(directory: Path, **given: Any) -> Device:
    """Linux, where the agent's own hostapd makes it."""
    given.pop("text", None)
    return WifiDevice(directory, **given)


def made_by_netifd(directory: Path, **given: Any) -> Device:
    """OpenWrt: two links that could be stations, as the kernel gives them elsewhere, are sections."""
    return WirelessDevice(directory, **{"text": RADIOS + STATIONS, "manage": ("wlan*", "phy*"), **given})


LINUX = pytest.param(made_by_us, id="linux")
OPENWRT = pytest.param(made_by_netifd, id="openwrt", marks=pytest.mark.slow)


@pytest.fixture(params=[LINUX, OPENWRT])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    return lambda **given: request.param(tmp_path, **given)


@pytest.fixture
def device(make: Make) -> Device:
    return make()


@pytest.fixture
def strange(make: Make) -> Device:
    """What is on its radios is nobody's of ours; on OpenWrt they are off, and none of the links is a section's."""
    return make(text=RADIOS.replace("\toption channel", "\toption disabled '1'\n\toption channel"))


def be_an_access_point(device: Device) -> None:
    """Somebody else's hostapd does this."""
    device.air.change("wlan0", mode="ap", ssid=b"Foreign", frequency=2437, width=20, power=20.0)
    device.kernel.links["wlan0"] = replace(
        device.kernel.links["wlan0"], up=True, counters=Counters(tx_bytes=2**40, tx_errors=2**32 + 7)
    )


@pytest.mark.parametrize("profile", ["WiFiRadio:1", "WiFiSSID:2", "WiFiAccessPoint:2"])
def test_every_parameter_of_the_gateway_profiles_is_there(strange: Device, profile: str) -> None:
    be_an_access_point(strange)
    strange.add(POINT)
    strange.air.stations = [WifiStation(PHONE, "wlan0")]
    demanded = shipped_schema().profile(profile)
    assert demanded is not None
    told = {info.path for info in strange.model.names(WIFI, False, Caller.ACS)}
    shown = {"".join("{i}." if part.isdigit() else f"{part}." for part in path.split("."))[:-1] for path in told}
    missing = [
        f"{path}{name}"
        for path, part in demanded.objects.items()
        for name in part.parameters
        if f"{path}{name}" not in shown
    ]
    assert missing == []


def test_radios_tell_what_they_are_and_links_are_their_ssids(strange: Device) -> None:
    assert strange.get(f"{RADIO}Name") == "phy0"
    assert strange.get(f"{RADIO}SupportedFrequencyBands") == "2.4GHz,5GHz"
    assert strange.get(f"{RADIO}PossibleChannels") == "1,2,3,4,5,6,7,8,9,10,11"
    assert strange.get(f"{RADIO}TransmitPowerSupported") == ",".join(map(str, POWERS))
    assert strange.get(f"{RADIO}MaxBitRate") == "1201"
    assert (strange.get(f"{RADIO}Status"), strange.get(f"{RADIO}Enable")) == ("Down", "false")
    assert strange.get(f"{SSID}1.LowerLayers") == RADIO[:-1]
    assert strange.get(f"{SSID}1.MLDUnit") == str(NO_MULTI_LINK)
    assert strange.get("Device.InterfaceStack.1.HigherLayer") == f"{SSID}1"


def test_an_access_point_of_another_program_is_shown_and_cannot_be_changed(strange: Device) -> None:
    be_an_access_point(strange)
    assert strange.get(f"{SSID}1.SSID") == "Foreign"
    assert (strange.get(f"{SSID}1.Status"), strange.get(f"{RADIO}Status")) == ("Up", "Up")
    assert (strange.get(f"{RADIO}Channel"), strange.get(f"{RADIO}ChannelsInUse")) == ("6", "6")
    assert strange.get(f"{SSID}1.Stats.BytesSent") == strange.get(f"{RADIO}Stats.BytesSent") == str(2**40)
    assert strange.get(f"{SSID}1.Stats.ErrorsSent") == "7", "32 bits of it"
    assert strange.get(f"{POINT}1.SSIDReference") == f"{SSID}1"
    assert strange.refused({f"{POINT}1.Enable": "0"}) == {f"{POINT}1.Enable": "Denied"}
    with pytest.raises(Denied):
        strange.delete(f"{POINT}1.")
    if isinstance(strange, WirelessDevice):
        with pytest.raises(Refusals, match="cannot say this"):
            strange.add(POINT, SSIDReference=f"{SSID}1")
        return
    ours = strange.add(POINT, SSIDReference=f"{SSID}1")
    assert strange.get(f"{WIFI}AccessPointNumberOfEntries") == "1", "it stands for the same link"
    assert strange.get(f"{ours}Status") == "Disabled"


def test_a_station_is_told_with_its_live_signal_and_rates(strange: Device) -> None:
    be_an_access_point(strange)
    phone = WifiStation(
        PHONE, "wlan0", signal=-41, tx=Rate(130_000, "n"), rx=Rate(500), rx_bytes=7, tx_retries=3, connected=60,
        authorized=True, associated=True,
    )  # fmt: skip
    strange.air.stations = [phone]
    path = f"{POINT}1.AssociatedDevice.1."
    assert strange.get(f"{path}MACAddress") == PHONE
    assert strange.get(f"{path}SignalStrength") == "-41"
    assert strange.get(f"{path}LastDataDownlinkRate") == "130000"
    assert strange.get(f"{path}LastDataUplinkRate") == str(LOWEST_RATE)
    assert strange.get(f"{path}OperatingStandard") == "n"
    assert (strange.get(f"{path}Stats.BytesReceived"), strange.get(f"{path}Stats.RetransCount")) == ("7", "3")
    assert "Noise" not in {name.rpartition(".")[2] for name in strange.tree(path)}, "the driver measures none"
    since = strange.get(f"{path}AssociationTime")
    strange.air.stations = [replace(phone, connected=61)]
    assert strange.get(f"{path}AssociationTime") == since, "whole seconds of two clocks"
    strange.air.survey = Survey(2437, noise=-92)
    assert (strange.get(f"{path}Noise"), strange.get(f"{path}SNR")) == ("-92", "51")
    assert strange.get(f"{RADIO}Stats.Noise") == "-92"


def test_who_is_associated_is_told_to_the_list_of_hosts(strange: Device) -> None:
    be_an_access_point(strange)
    strange.air.stations = [
        WifiStation(PHONE, "wlan0", associated=True),
        WifiStation("02:00:00:00:00:99", "wlan0", associated=False),
    ]
    strange.tables.forget()
    [(mac, target)] = strange.tables.associations().items()
    assert (mac, target.table) == (PHONE, ASSOCIATED)
    assert target.keys[-1] == PHONE


def test_the_same_is_told_as_data_elements(strange: Device) -> None:
    be_an_access_point(strange)
    strange.air.stations = [WifiStation(PHONE, "wlan0", signal=-40, associated=True)]
    path = f"{WIFI}DataElements.Network.Device.1."
    radio = f"{path}Radio.1."
    assert strange.get(f"{path}RadioNumberOfEntries") == "2"
    assert strange.get(f"{radio}ID") == "AgAAAAAA"
    assert strange.get(f"{radio}CurrentOperatingClassProfile.1.Class") == "81"
    assert strange.get(f"{radio}CurrentOperatingClassProfile.1.Channel") == "6"
    assert strange.get(f"{radio}BSS.1.SSID") == "Foreign"
    assert strange.get(f"{radio}BSS.1.STA.1.SignalStrength") == "140"
    assert strange.get(f"{WIFI}DataElements.Network.ID") == "02:00:00:00:00:00"


def test_another_access_point_is_added_to_a_radio_and_has_a_link_of_its_own(device: Device) -> None:
    ssid = device.add(SSID, SSID="Guest", LowerLayers=RADIO[:-1])
    name = device.get(f"{ssid}Name")
    assert name == ("phy0-cpe0" if isinstance(device, WirelessDevice) else "wlan0_1")
    assert device.get(f"{ssid}Status") == "Down"
    point = device.add(POINT, SSIDReference=ssid[:-1])
    device.set({f"{ssid}Enable": "1", f"{point}Enable": "1"})
    assert device.get(f"{point}Status") == "Error_Misconfigured", "there is no passphrase yet"
    assert device.refused({f"{ssid}LowerLayers": f"{SSID}1"}) == {f"{ssid}LowerLayers": "InvalidValue"}
    layer = SsidLayer(device.tables)
    added = next(row.key for row in device.tables.rows.ssids if row.name == name)
    assert device.links.link_of(Target(SSID_TABLE, (added,))) == layer.link_of(Reference("wifi_ssid", added)) == name
    there = device.tables.rows.ssid_of("wlan1")
    assert there is not None
    assert layer.reference_of(device.kernel.links["wlan1"]) == Reference("wifi_ssid", there.key)
    device.delete(ssid)
    assert device.get(f"{point}SSIDReference") == ""
    if isinstance(device, WifiDevice):  # elsewhere it is a section like another
        with pytest.raises(NotWritable):
            device.delete(f"{SSID}1.")


def test_radios_that_do_not_answer_keep_no_other_link_from_being_ours(device: Device) -> None:
    device.air.trouble = TimedOut("radios: the kernel has not answered for 0.3 s")
    device.tables.forget()
    assert device.links.may_change("wlan9")
    assert not device.links.may_change("eth0")


def test_an_end_point_has_profiles(device: Device) -> None:
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


def test_a_scan_is_asked_for_and_its_results_are_rows(device: Device) -> None:
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


def test_secrets_read_as_nothing_and_are_kept_over_a_restart(device: Device, make: Make) -> None:
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


def test_hostile_values_come_back_equal_or_are_refused(device: Device) -> None:
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
def test_what_this_hardware_has_not_is_refused(device: Device, path: str, text: str) -> None:
    device.add(POINT)
    if path.endswith("Channel"):
        point = f"{POINT}1."
        device.set({f"{point}SSIDReference": f"{SSID}1", f"{point}Security.ModeEnabled": "None"})
        device.set({f"{SSID}1.SSID": "x"})
        path_and_more = {f"{SSID}1.Enable": "1", f"{point}Enable": "1", path: text}
        assert device.refused(path_and_more) == {path: "InvalidValue"}
        return
    assert device.refused({path: text}) == {path: "InvalidValue"}


def test_a_link_that_was_not_given_to_us_is_read_only(make: Make) -> None:
    device = make(manage=("wlan1",))
    refused = {f"{SSID}1.SSID": "x", f"{RADIO}Channel": "6", f"{END_POINT}1.Enable": "1"}
    for path, text in refused.items():
        assert device.refused({path: text}) == {path: "Denied"}
    device.set({f"{SSID}2.SSID": "x"})
