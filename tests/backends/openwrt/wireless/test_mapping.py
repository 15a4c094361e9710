"""/etc/config/wireless as rows: what netifd will make of a change, and what of a person's stays as it was."""

import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.desired_state import Wanted
from backends.netlink_types import Neighbour, RouteTo
from backends.openwrt.wireless import access_points, devices, profiles
from backends.openwrt.wireless.document import document
from backends.openwrt.wireless.hardware import Found
from backends.openwrt.wireless.mapping import WirelessMapping
from backends.openwrt.wireless.sections import Tables, WirelessSections
from backends.uci import Section
from backends.uci.reading import parsed
from backends.wifi.records import AccessPoint, Profile, RadioSettings, Ssid
from backends.wireless_types import WifiStation
from tests.backends.openwrt.wireless.device import RADIOS, WirelessDevice
from tests.backends.uci.boards import CORPUS

pytestmark = pytest.mark.slow

WIFI = "Device.WiFi."
RADIO, SSID, POINT, END_POINT = f"{WIFI}Radio.1.", f"{WIFI}SSID.", f"{WIFI}AccessPoint.", f"{WIFI}EndPoint."
SECURITY = f"{POINT}1.Security."
BOARDS = sorted(CORPUS.glob("*/wireless"))
HOME = """# by hand
config wifi-device 'radio0'
	option type 'mac80211'
	option path 'soc/18000000.wifi'
	option channel 'auto'
	option band '2g'
	option htmode 'HT40+'
	option country 'de'
	option txpower '17'
	option cell_density '1'

# for everybody
config wifi-iface
	option device 'radio0'
	option network 'lan'
	option mode 'ap'
	option ssid 'Home'
	option encryption 'sae-mixed+ccmp'   # since 2023
	option key 'correct horse'
	option ieee80211r '1'
	option macfilter 'allow'
	list maclist '02:00:00:00:00:AA'
	list maclist '02:00:00:00:00:bb'

config wifi-iface 'mesh'
	option device 'radio0'
	option mode 'mesh'
	option mesh_id 'hill'

config wifi-iface 'up'
	option device 'radio0'
	option mode 'sta'
	option network 'wwan'
	option ssid 'Upstream'
	option encryption 'psk2'
	option key '00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF'
	option bssid '02:00:00:00:00:cc'
"""

Make = Callable[..., WirelessDevice]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda text=HOME, **given: WirelessDevice(tmp_path, text, **given)


@pytest.fixture
def home(make: Make) -> WirelessDevice:
    return make()


def changed(before: str, after: str) -> list[str]:
    """The lines that came and went, without white space at their ends."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [f"{one[0]}{one[1:].strip()}" for one in lines if not one.startswith(("---", "+++", "@@"))]


def edits(device: WirelessDevice, **values: str) -> list[str]:
    """What a change of parameters (by their last names) comes to in the file."""
    before = device.text
    device.set(values)
    return changed(before, device.text)


def test_a_person_s_sections_are_rows(home: WirelessDevice) -> None:
    tree = home.tree(WIFI)
    assert tree["Radio.1.Enable"] == "true"
    assert (tree["Radio.1.AutoChannelEnable"], tree["Radio.1.OperatingChannelBandwidth"]) == ("true", "40MHz")
    assert (tree["Radio.1.ExtensionChannel"], tree["Radio.1.OperatingStandards"]) == ("AboveControlChannel", "g,n")
    assert (tree["Radio.1.RegulatoryDomain"], tree["Radio.1.TransmitPower"]) == ("DE ", "50")
    assert (tree["SSIDNumberOfEntries"], tree["AccessPointNumberOfEntries"], tree["EndPointNumberOfEntries"]) == (
        "4", "1", "3",
    ), "two of the kernel's own links are nobody's"  # fmt: skip
    assert (tree["SSID.1.SSID"], tree["SSID.1.LowerLayers"]) == ("Home", "Device.WiFi.Radio.1")
    assert (tree["AccessPoint.1.SSIDReference"], tree["AccessPoint.1.Enable"]) == ("Device.WiFi.SSID.1", "true")
    assert tree["AccessPoint.1.Security.ModeEnabled"] == "WPA3-Personal-Transition"
    assert tree["AccessPoint.1.AllowedMACAddress"] == "02:00:00:00:00:aa,02:00:00:00:00:bb"
    assert (tree["AccessPoint.1.MACAddressControlEnabled"], tree["AccessPoint.1.WPS.Enable"]) == ("true", "false")
    assert (tree["EndPoint.1.Enable"], tree["EndPoint.1.Profile.1.SSID"]) == ("true", "Upstream")
    assert tree["EndPoint.1.Profile.1.Security.ModeEnabled"] == "WPA2-Personal"
    assert "correct horse" not in str(tree)


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        (f"{RADIO}Channel", "6", ["-option channel 'auto'", "+option channel '6'"]),
        (f"{RADIO}Enable", "0", ["+option disabled '1'"]),
        (f"{RADIO}OperatingChannelBandwidth", "20MHz",
         ["-option htmode 'HT40+'", "+option htmode 'HT20'", "+option cpe_extension '+'"]),
        (f"{RADIO}OperatingStandards", "b,g,n", ["+option legacy_rates '1'"]),
        (f"{RADIO}OperatingStandards", "n", ["+option require_mode 'n'"]),
        (f"{RADIO}TransmitPower", "25", ["-option txpower '17'", "+option txpower '14'", "+option cpe_power '25 14'"]),
        (f"{RADIO}TransmitPower", "-1", ["-option txpower '17'"]),
        (f"{RADIO}RegulatoryDomain", "FRO",
         ["-option country 'de'", "+option country 'FR'", "+option country3 '0x4f'"]),
        (f"{RADIO}IEEE80211hEnabled", "0", ["+option doth '0'"]),
        (f"{RADIO}GuardInterval", "800nsec", [f"+option short_gi_{width} '0'" for width in (20, 40, 80, 160)]),
        (f"{RADIO}BeaconPeriod", "200", ["+option beacon_int '200'"]),
        (f"{RADIO}RTSThreshold", "500", ["+option rts '500'"]),
        (f"{RADIO}FragmentationThreshold", "500", ["+option frag '500'"]),
        (f"{SECURITY}KeyPassphrase", "battery staple", ["-option key 'correct horse'", "+option key 'battery staple'"]),
        (f"{SECURITY}EncryptionMode", "AES,TKIP",
         ["-option encryption 'sae-mixed+ccmp'   # since 2023",
          "+option encryption 'sae-mixed+ccmp+tkip' # since 2023"]),
        (f"{SECURITY}RekeyingInterval", "0", ["+option wpa_group_rekey '0'"]),
        (f"{SECURITY}MFPConfig", "Required", ["+option ieee80211w '2'"]),
        (f"{SECURITY}RadiusServerIPAddr", "192.0.2.1", ["+option cpe_auth_server '192.0.2.1'"]),
        (f"{POINT}1.Accounting.Enable", "1", ["+option cpe_accounting '1'"]),
        (f"{POINT}1.WPS.Enable", "1", ["+option wps_pushbutton '1'"]),
        (f"{POINT}1.WPS.ConfigMethodsEnabled", "Label", ["+option cpe_wps '0 Label'"]),
        (f"{POINT}1.SSIDAdvertisementEnabled", "0", ["+option hidden '1'"]),
        (f"{POINT}1.IsolationEnable", "1", ["+option isolate '1'"]),
        (f"{POINT}1.UAPSDEnable", "0", ["+option uapsd '0'"]),
        (f"{POINT}1.MaxAllowedAssociations", "9", ["+option maxassoc '9'"]),
        (f"{POINT}1.AllowedMACAddress", "02:00:00:00:00:aa,02:00:00:00:00:dd",
         ["-list maclist '02:00:00:00:00:bb'", "+list maclist '02:00:00:00:00:dd'"]),
        (f"{POINT}1.MACAddressControlEnabled", "0", ["-option macfilter 'allow'", "+option macfilter 'disable'"]),
        (f"{SSID}1.SSID", "Heim", ["-option ssid 'Home'", "+option ssid 'Heim'"]),
        (f"{SSID}1.Enable", "0", ["+option disabled '1'", "+option cpe_enable '1'"]),
        (f"{END_POINT}1.Profile.1.SSID", "Other", ["-option ssid 'Upstream'", "+option ssid 'Other'"]),
        (f"{END_POINT}1.Enable", "0", ["+option disabled '1'"]),
        (f"{SSID}2.Enable", "0", ["+option disabled '1'"]),
    ],
)  # fmt: skip
def test_a_change_touches_its_own_option_only(home: WirelessDevice, path: str, text: str, lines: list[str]) -> None:
    found = edits(home, **{path: text})
    named = {
        "-config wifi-iface",
        next((one for one in found if one.startswith("+config wifi-iface 'wifi_iface_")), ""),
    }
    if path.startswith((POINT, SSID)) and not path.startswith(f"{SSID}2"):
        assert any(one.startswith("+config wifi-iface 'wifi_iface_") for one in found), "its identity is its name now"
    texts = [one for one in found if one not in named]
    kept = [one for one in texts if "maclist" not in one] if "maclist" in str(lines) else texts
    assert sorted(kept) == sorted(one for one in lines if "maclist" not in one)
    if "maclist" in str(lines):
        assert home.says(home.sections("wifi-iface")[0])["maclist"] == ("02:00:00:00:00:AA", "02:00:00:00:00:dd")
    assert home.get(path) == {"0": "false", "1": "true"}.get(text, text) or "Key" in path or path.endswith("Interval")


def test_a_radio_s_dtim_period_and_preamble_are_its_access_points_options(home: WirelessDevice) -> None:
    home.set({f"{RADIO}DTIMPeriod": "3", f"{RADIO}PreambleType": "long"})
    point = home.says(home.sections("wifi-iface")[0])
    assert (point["dtim_period"], point["short_preamble"]) == ("3", "0")
    home.delete(f"{POINT}1.")
    assert "dtim_period" not in str(home.says(home.sections("wifi-iface")[0]))
    assert home.says("radio0")["cpe_dtim_period"] == "3", "for the next one"
    point_ = home.add(POINT, SSIDReference=f"{SSID}1")
    assert home.get(f"{RADIO}DTIMPeriod") == "3"
    home.delete(point_)


def test_a_width_that_follows_the_channel_is_said_by_the_one_that_comes_out(make: Make) -> None:
    text = HOME.replace("'2g'", "'5g'").replace("'HT40+'", "'VHT40'").replace("'auto'", "'36'")
    home = make(text)
    home.set({f"{RADIO}OperatingChannelBandwidth": "Auto"})
    assert home.says("radio0")["htmode"] == "VHT80"
    assert home.get(f"{RADIO}OperatingChannelBandwidth") == "Auto"
    home.write(home.text.replace("'VHT80'", "'VHT20'", 1))
    assert home.get(f"{RADIO}OperatingChannelBandwidth") == "20MHz", "a person has chosen another one"


def test_an_automatic_choice_ends_on_the_channel_that_is_in_use(home: WirelessDevice) -> None:
    home.air.change("wlan0", mode="ap", frequency=2437)
    home.set({f"{RADIO}AutoChannelEnable": "0"})
    assert home.says("radio0")["channel"] == "6"


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.parent.name)
def test_a_board_s_own_configuration_can_be_managed(make: Make, board: Path) -> None:
    """With other radios than the kernel has here: what is not there is known by its section."""
    home = make(board.read_text())
    before = home.text
    points = int(home.get(f"{WIFI}AccessPointNumberOfEntries"))
    assert points == before.count("option mode 'ap'")
    home.set({f"{SSID}1.SSID": "Mine"})
    home.set({f"{POINT}1.Security.ModeEnabled": "WPA2-Personal", f"{POINT}1.Security.KeyPassphrase": "12345678"})
    lines = changed(before, home.text)
    assert [one for one in lines if one.startswith("-") and "OpenWrt" not in one and "'none'" not in one] == []
    assert "+option key '12345678'" in lines
    assert not [one for one in lines if "disabled" in one], "it was complete before, and is still"


def test_what_is_not_complete_is_not_on_the_air(home: WirelessDevice) -> None:
    ssid = home.add(SSID, SSID="Guest", LowerLayers=RADIO[:-1], Enable="1")
    [key] = set(home.sections("wifi-iface")) - {"", "mesh", "up"}
    assert home.says(key)["disabled"] == "1"
    point = home.add(POINT, SSIDReference=ssid[:-1], Enable="1")
    assert home.says(key)["disabled"] == "1"
    assert (home.get(f"{ssid}Enable"), home.get(f"{point}Enable")) == ("true", "true")
    home.set({f"{point}Security.KeyPassphrase": "12345678"})
    assert home.says(key) == {
        "device": "radio0", "mode": "ap", "ssid": "Guest", "encryption": "psk2", "key": "12345678",
        "wps_pushbutton": "1", "cpe_point": home.says(key)["cpe_point"], "ifname": "phy0-cpe0",
    }  # fmt: skip
    home.set({f"{point}Security.ModeEnabled": "WPA2-Enterprise"})
    assert home.says(key)["disabled"] == "1", "it has no server"
    home.delete(point)
    assert home.says(key) == {"device": "radio0", "mode": "ap", "disabled": "1", "cpe_ssid_enable": "1",
                              "cpe_point": "-", "cpe_ssid": "Guest", "ifname": "phy0-cpe0"}  # fmt: skip
    home.delete(ssid)
    assert key not in home.text


def test_an_access_point_waits_in_a_section_that_netifd_does_not_look_at(home: WirelessDevice) -> None:
    point = home.add(POINT)
    [key] = home.sections("cpe_access_point")
    home.set({f"{point}Security.KeyPassphrase": "12345678", f"{point}MaxAllowedAssociations": "7"})
    assert home.says(key) == {"encryption": "psk2", "wps_pushbutton": "1", "key": "12345678", "maxassoc": "7"}
    home.set({f"{POINT}1.SSIDReference": "", f"{point}SSIDReference": f"{SSID}1"})
    mine = home.says(home.sections("wifi-iface")[0])
    assert (mine["key"], mine["maxassoc"], mine["ieee80211r"], mine["cpe_point"]) == ("12345678", "7", "1", key)
    [other] = home.sections("cpe_access_point")
    assert home.says(other)["key"] == "correct horse"
    assert (home.get(f"{POINT}1.SSIDReference"), home.get(f"{point}SSIDReference")) == ("", f"{SSID}1")
    assert home.get(f"{POINT}1.AllowedMACAddress") == "02:00:00:00:00:aa,02:00:00:00:00:bb"


def test_an_ssid_that_goes_leaves_its_access_point_waiting(home: WirelessDevice) -> None:
    home.delete(f"{SSID}1.")
    assert home.get(f"{POINT}1.SSIDReference") == ""
    assert home.says(home.sections("cpe_access_point")[0])["key"] == "correct horse"


def test_a_station_says_the_network_that_it_prefers_and_others_wait(home: WirelessDevice) -> None:
    other = home.add(f"{END_POINT}1.Profile.", SSID="Office", Enable="1", Priority="1", Location="work")
    home.set({f"{END_POINT}1.Profile.1.Priority": "2"})
    assert home.says("up")["ssid"] == "Office"
    assert "key" not in home.says("up")
    [waiting] = home.sections("cpe_profile")
    assert home.says(waiting)["ssid"] == "Upstream"
    assert home.says("up")["bssid"] == "02:00:00:00:00:cc", "what nobody asked about stays"
    home.set({f"{END_POINT}1.ProfileReference": f"{END_POINT}1.Profile.1"})
    assert (home.says("up")["ssid"], home.says("up")["key"][:4]) == ("Upstream", "0011")
    assert home.get(f"{other}Location") == "work"
    home.set({f"{END_POINT}1.ProfileReference": "", f"{other}Enable": "0"})
    assert home.says("up")["ssid"] == "Upstream"
    home.delete(f"{END_POINT}1.Profile.1.")
    assert home.says("up")["disabled"] == "1", "there is nothing to join"
    assert home.get(f"{END_POINT}1.Enable") == "true"


def test_an_ssid_without_an_access_point_may_become_a_station(home: WirelessDevice) -> None:
    ssid = home.add(SSID, LowerLayers=RADIO[:-1])
    name = home.get(f"{ssid}Name")
    end_point = home.find(END_POINT, SSIDReference=ssid[:-1])
    home.add(f"{end_point}Profile.", SSID="Upstream", Enable="1")
    home.set({f"{end_point}Enable": "1"})
    [key] = set(home.sections("wifi-iface")) - {"", "mesh", "up"}
    assert (home.says(key)["mode"], home.says(key)["ssid"], "disabled" in home.says(key)) == ("sta", "Upstream", False)
    assert name == "phy0-cpe0", "before netifd has made it, and then"
    assert home.get(f"{SSID}1.Name") == "phy0-ap0", "what netifd would call it"
    assert home.get(f"{ssid}Enable") == "true"
    point = home.add(POINT, SSIDReference=ssid[:-1])
    home.set({f"{point}Security.ModeEnabled": "None", f"{ssid}SSID": "x"})
    home.set({f"{ssid}Enable": "1", f"{point}Enable": "1"})
    assert (home.says(key)["mode"], home.get(f"{point}Status")) == ("sta", "Disabled"), "it is a station as yet"
    home.set({f"{end_point}Enable": "0", f"{ssid}Enable": "1"})
    assert (home.says(key)["mode"], home.says(key)["ssid"]) == ("ap", "x")
    assert home.refused({f"{end_point}Enable": "1"}) == {f"{end_point}Enable": "UnknownPath"}, "it is none any more"


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({f"{POINT}1.WMMEnable": "0"}, f"{POINT}1.WMMEnable"),
        ({f"{SECURITY}SAEPassphrase": "another one"}, f"{SECURITY}SAEPassphrase"),
        ({f"{SECURITY}SecondaryRadiusServerPort": "99"}, f"{SECURITY}SecondaryRadiusServerPort"),
        ({f"{POINT}1.WPS.ConfigMethodsEnabled": "PIN"}, f"{POINT}1.WPS.ConfigMethodsEnabled"),
        ({f"{SSID}1.SSID": "a\nwpa_passphrase=b"}, f"{SSID}1.SSID"),
        ({f"{END_POINT}1.Profile.1.SSID": "a\tb"}, f"{END_POINT}1.Profile.1.SSID"),
        ({f"{RADIO}Channel": "14"}, f"{RADIO}Channel"),
        ({f"{RADIO}OperatingStandards": "b"}, f"{RADIO}OperatingStandards"),
        ({f"{RADIO}OperatingFrequencyBand": "5GHz", f"{RADIO}Channel": "6"}, f"{RADIO}Channel"),
        ({f"{RADIO}OperatingChannelBandwidth": "160MHz"}, f"{RADIO}OperatingChannelBandwidth"),
    ],
)
def test_what_openwrt_or_the_radio_cannot_is_refused_and_nothing_is_written(
    home: WirelessDevice, values: dict[str, str], refused: str
) -> None:
    before = home.text
    assert home.refused(values) == {refused: "InvalidValue"}
    assert home.text == before


def test_one_key_serves_for_a_passphrase_sae_and_a_pre_shared_key(home: WirelessDevice) -> None:
    section = home.sections("wifi-iface")[0]
    home.set({f"{SECURITY}ModeEnabled": "WPA3-Personal", f"{SECURITY}SAEPassphrase": "another one"})
    section = home.sections("wifi-iface")[0]
    assert (home.says(section)["encryption"], home.says(section)["key"]) == ("sae+ccmp", "another one")
    home.set({f"{SECURITY}ModeEnabled": "WPA2-Personal", f"{SECURITY}PreSharedKey": "AB" * 32})
    assert home.says(section)["key"] == "ab" * 32
    home.set({f"{SECURITY}KeyPassphrase": "one more key"})
    assert home.says(section)["key"] == "one more key"
    home.set({f"{SECURITY}ModeEnabled": "WPA3-Personal"})
    assert home.refused({f"{SECURITY}SAEPassphrase": "short"}) == {f"{SECURITY}SAEPassphrase": "InvalidValue"}


def test_radius_servers_are_asked_in_the_modes_that_have_them_only(home: WirelessDevice) -> None:
    home.set({
        f"{SECURITY}RadiusServerIPAddr": "192.0.2.1", f"{SECURITY}RadiusSecret": "s",
        f"{SECURITY}RadiusServerPort": "99",
        f"{SECURITY}SecondaryRadiusServerIPAddr": "192.0.2.2", f"{SECURITY}SecondaryRadiusSecret": "s",
        f"{SECURITY}SecondaryRadiusServerPort": "99",
    })  # fmt: skip
    section = home.sections("wifi-iface")[0]
    assert "auth_server" not in home.says(section), "netifd would have it asked for every station's address"
    home.set({f"{SECURITY}ModeEnabled": "WPA2-Enterprise"})
    assert home.says(section)["auth_server"] == ("192.0.2.1", "192.0.2.2")
    home.set({f"{POINT}1.Accounting.Enable": "1", f"{POINT}1.Accounting.ServerIPAddr": "192.0.2.3"})
    assert home.says(section)["acct_server"] == "192.0.2.3"
    home.set({f"{POINT}1.Accounting.Enable": "0"})
    assert home.says(section)["cpe_acct_server"] == "192.0.2.3"


def test_a_second_server_has_what_the_first_one_has(home: WirelessDevice) -> None:
    home.set({f"{SECURITY}RadiusServerIPAddr": "192.0.2.1", f"{SECURITY}RadiusSecret": "s"})
    home.set({f"{SECURITY}SecondaryRadiusServerPort": "1812"})
    home.set({f"{SECURITY}SecondaryRadiusServerIPAddr": "192.0.2.2"})
    home.set({f"{SECURITY}RadiusServerPort": "99"})
    assert home.get(f"{SECURITY}SecondaryRadiusServerPort") == "99"
    home.set({f"{SECURITY}RadiusSecret": "t"})
    assert home.refused({f"{SECURITY}SecondaryRadiusSecret": "u"}) == {
        f"{SECURITY}SecondaryRadiusSecret": "InvalidValue"
    }
    section = home.says(home.sections("wifi-iface")[0])
    assert (section["cpe_auth_server"], section["auth_port"], section["auth_secret"]) == (
        ("192.0.2.1", "192.0.2.2"), "99", "t",
    )  # fmt: skip


def test_a_radio_goes_to_another_band_with_that_band_s_standards(home: WirelessDevice) -> None:
    home.set({f"{RADIO}OperatingFrequencyBand": "5GHz", f"{RADIO}Channel": "36"})
    assert home.get(f"{RADIO}OperatingStandards") == "a,n"
    assert (home.says("radio0")["band"], home.says("radio0")["htmode"]) == ("5g", "HT40+"), (
        "on this band the channel says where"
    )
    home.set({f"{RADIO}OperatingStandards": "a,n,ac,ax", f"{RADIO}OperatingChannelBandwidth": "80MHz"})
    assert home.says("radio0")["htmode"] == "HE80"


def test_a_list_of_those_who_are_kept_out_is_left_alone(make: Make) -> None:
    home = make(HOME.replace("'allow'", "'deny'"))
    assert home.get(f"{POINT}1.AllowedMACAddress") == ""
    assert home.refused({f"{POINT}1.MACAddressControlEnabled": "1"}) == {f"{POINT}1.MACAddressControlEnabled": "Denied"}
    home.set({f"{POINT}1.IsolationEnable": "1"})
    assert "option macfilter 'deny'" in home.text


def test_what_a_person_has_made_wrong_keeps_nobody_from_changing_something_else(make: Make) -> None:
    home = make(HOME.replace("'auto'", "'14'"))
    home.set({f"{POINT}1.IsolationEnable": "1"})
    assert home.refused({f"{RADIO}OperatingFrequencyBand": "5GHz"}) != {}


def test_a_radio_without_a_section_is_shown_and_left_alone(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    home = make()
    other = home.find(f"{WIFI}Radio.", Name="phy1")
    assert home.refused({f"{other}Channel": "6"}) == {f"{other}Channel": "Denied"}
    assert "wifi config makes one" in caplog.text
    values = {f"{SSID}1.LowerLayers": other[:-1], f"{SSID}1.SSID": "x"}
    assert home.refused(values) == {f"{SSID}1.LowerLayers": "Denied"}


def test_what_a_person_has_enabled_and_not_finished_stays_so_until_it_is_another_thing(make: Make) -> None:
    home = make(
        HOME.replace("\toption key 'correct horse'\n", "").replace("option ssid 'Upstream'", "option powersave '1'")
    )
    home.set({f"{POINT}1.IsolationEnable": "1", f"{RADIO}Channel": "6"})
    assert "disabled" not in home.text
    home.set({f"{SSID}1.Enable": "0"})
    assert home.says(home.sections("wifi-iface")[0])["disabled"] == "1"
    home.set({f"{SSID}1.Enable": "1"})
    section = home.sections("wifi-iface")[0]
    assert home.says(section)["disabled"] == "1", "now it is not complete"
    home.write(home.text.replace("\toption disabled '1'\n", ""))
    home.delete(f"{POINT}1.")
    assert (home.says(section)["disabled"], home.get(f"{SSID}1.Enable")) == ("1", "true")


def test_what_is_on_no_link_of_ours_is_left_alone(make: Make) -> None:
    home = make(manage=("phy1-*",))
    for path, text in {f"{SSID}1.SSID": "x", f"{RADIO}Channel": "6", f"{SECURITY}KeyPassphrase": "12345678"}.items():
        assert home.refused({path: text}) == {path: "Denied"}, path
    home = make(HOME, manage=("phy0-*",))
    home.set({f"{SSID}1.SSID": "x"})
    assert home.get(f"{SSID}1.SSID") == "x"


def test_a_change_of_the_radio_on_the_way_to_the_server_waits(home: WirelessDevice) -> None:
    mapping: WirelessMapping = home.tables.service.mapping
    before = home.tables.service.now()
    up = before.of(Ssid)["up"]
    home.write(HOME.replace("option bssid", "option ifname 'wlan0'\n\toption bssid"))
    home.tables.forget()
    before = home.tables.service.now()
    after = before.with_record("up", Ssid(ssid="x", radio=up.radio))
    radio = next(iter(before.of(RadioSettings)))
    louder = before.with_record(radio, RadioSettings(power=100))
    assert not mapping.cuts(before, after), "nobody knows the way"
    home.way = RouteTo("wlan0", "192.0.2.2")
    assert mapping.cuts(before, after)
    assert mapping.cuts(before, louder), "netifd sets all of a radio up anew"
    assert not mapping.cuts(before, before)
    home.kernel.add_link("wlan0.7", "vlan")
    home.kernel.links["wlan0.7"] = replace(home.kernel.links["wlan0.7"], lower="wlan0")
    home.get(f"{WIFI}SSIDNumberOfEntries")
    home.way = RouteTo("wlan0.7", "192.0.2.2")
    assert mapping.cuts(before, after)
    home.way = RouteTo("br-lan", "192.0.2.2", "192.0.2.1")
    assert not mapping.cuts(before, after)


def test_a_server_behind_a_station_of_ours_is_on_that_access_point(make: Make) -> None:
    home = make(HOME.replace("option ssid 'Home'", "option ifname 'wlan0'\n\toption ssid 'Home'"))
    home.air.change("wlan0", mode="ap", frequency=2412)
    home.kernel.add_link("br-lan", "bridge", up=True)
    home.kernel.links["wlan0"] = replace(home.kernel.links["wlan0"], master="br-lan")
    home.way = RouteTo("br-lan", "192.0.2.2", "192.0.2.1")
    home.kernel.neighbours.append(Neighbour("br-lan", "192.0.2.1", "0c:00:00:00:00:09", "reachable"))
    home.get(f"{WIFI}SSIDNumberOfEntries")
    before = home.tables.service.now()
    key = next(iter(before.of(AccessPoint)))
    after = before.with_record(key, AccessPoint(isolated=True, ssid=before.of(AccessPoint)[key].ssid))
    assert not home.tables.service.mapping.cuts(before, after)
    home.air.stations = [WifiStation("0c:00:00:00:00:09", "wlan0", associated=True)]
    assert home.tables.service.mapping.cuts(before, after)


def test_it_is_the_same_over_a_restart_and_beside_a_person(make: Make) -> None:
    home = make()
    home.set({f"{POINT}1.Alias": "mine"})
    home.set({f"{POINT}1.IsolationEnable": "1"})
    home.write("\nconfig wifi-iface\n\toption device 'radio0'\n\toption ssid 'First'\n" + home.text)
    again = make(store=home.store)
    path = again.find(POINT, Alias="mine")
    assert again.get(f"{again.get(f'{path}SSIDReference')}.SSID") == "Home"
    assert again.get(f"{WIFI}AccessPointNumberOfEntries") == "2"


def test_what_the_records_say_is_pure() -> None:
    package = parsed("wireless", HOME + RADIOS.replace("radio0", "radio2"), Path("/etc/config/wireless"))
    tables = Tables("Radio", "Ssid", "Profile")
    sections = WirelessSections(package, Found((), {}), tables)
    assert document(sections, Wanted()) == {}
    nothing = Section("", "", "")
    assert devices.settings(nothing, None, []).channel is None
    assert devices.canonical(RadioSettings(power=-1)).power is None
    assert access_points.canonical(AccessPoint(wps_methods=("Label", "PushButton"))).wps_methods == (
        "PushButton", "Label",
    )  # fmt: skip
    assert profiles.profile(nothing, "up") == Profile(parent="up", enable=True)
