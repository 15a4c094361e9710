"""Whatever is changed in whatever order: it is all in the file, and what nobody asked about stays as it was."""

import random
from pathlib import Path

import pytest

from agent.model.errors import ModelError, Refusals
from tests.backends.openwrt.wireless.device import WirelessDevice
from tests.backends.openwrt.wireless.test_mapping import HOME

pytestmark = pytest.mark.slow

WIFI = "Device.WiFi."
CHANGES = 40
VALUES = {
    "Radio.1.": {
        "Channel": ("1", "6", "36"), "OperatingFrequencyBand": ("2.4GHz", "5GHz"), "TransmitPower": ("-1", "25", "100"),
        "OperatingStandards": ("g,n", "b,g,n", "g,n,ax", "a,n,ac"),
        "OperatingChannelBandwidth": ("20MHz", "40MHz", "Auto"),
        "ExtensionChannel": ("Auto", "AboveControlChannel"), "RegulatoryDomain": ("DE ", "FRO"),
        "DTIMPeriod": ("1", "3"),
        "GuardInterval": ("Auto", "800nsec"), "PreambleType": ("auto", "long"), "Enable": ("0", "1"),
    },
    "SSID.{}.": {"SSID": ("A", "B", "it's"), "Enable": ("0", "1"), "LowerLayers": ("", f"{WIFI}Radio.1")},
    "AccessPoint.{}.": {
        "Enable": ("0", "1"), "SSIDReference": ("", *(f"{WIFI}SSID.{number}" for number in range(1, 7))),
        "AllowedMACAddress": ("", "02:00:00:00:00:01,02:00:00:00:00:AA"), "MACAddressControlEnabled": ("0", "1"),
        "Security.ModeEnabled": ("None", "WPA2-Personal", "WPA3-Personal", "WPA2-Enterprise", "OWE"),
        "Security.KeyPassphrase": ("secret123", "other secret"), "Security.PreSharedKey": ("ab" * 32,),
        "Security.SAEPassphrase": ("secret123", "short"), "Security.EncryptionMode": ("AES", "TKIP,AES", ""),
        "Security.RadiusServerIPAddr": ("", "192.0.2.1"), "Security.SecondaryRadiusServerIPAddr": ("", "192.0.2.2"),
        "Security.RadiusSecret": ("s", "t"), "Accounting.Enable": ("0", "1"),
        "Accounting.ServerIPAddr": ("", "192.0.2.3"),
        "WPS.Enable": ("0", "1"), "WPS.ConfigMethodsEnabled": ("", "PushButton", "Label,PushButton"),
    },
    "EndPoint.{}.": {"Enable": ("0", "1"), "ProfileReference": ("", f"{WIFI}EndPoint.1.Profile.1")},
    "EndPoint.1.Profile.{}.": {
        "Enable": ("0", "1"), "SSID": ("A", "Upstream"), "Priority": ("0", "2"), "Location": ("here", ""),
        "Security.ModeEnabled": ("None", "WPA2-Personal"), "Security.KeyPassphrase": ("secret123",),
    },
}  # fmt: skip
ADDED = ("SSID.", "AccessPoint.", "EndPoint.1.Profile.")


def change(device: WirelessDevice, chance: random.Random) -> str:
    """One change; why it was refused, "" where it was not."""
    what, row = chance.random(), chance.randint(1, 6)
    try:
        if what < 0.15:
            device.add(WIFI + chance.choice(ADDED))
        elif what < 0.25:
            device.delete(f"{WIFI}{chance.choice(ADDED)}{row}.")
        else:
            path = chance.choice(list(VALUES))
            names = chance.sample(list(VALUES[path]), chance.randint(1, 2))
            device.set({f"{WIFI}{path.format(row)}{name}": chance.choice(VALUES[path][name]) for name in names})
    except (Refusals, ModelError) as refused:
        return str(refused)
    return ""


def of_a_person(text: str) -> tuple[list[str], str]:
    """Comments and options that no row says, and a section that is no row, as they are written."""
    words = ("# by hand", "# for everybody", "cell_density", "ieee80211r", "'wwan'", "'lan'", "bssid")
    mesh = text.partition("config wifi-iface 'mesh'")[2].partition("config ")[0]
    return [word for word in words if word in text], mesh


@pytest.mark.parametrize("seed", range(6))
def test_all_of_it_is_in_the_file(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    device = WirelessDevice(tmp_path, HOME)
    before = of_a_person(device.text)
    has_sections = True
    taken = 0
    for _ in range(CHANGES):
        refused = change(device, chance)
        assert "the log says why" not in refused, "what OpenWrt cannot is known before"
        taken += not refused
        has_sections = has_sections and device.text.count("option network") == 2
        if has_sections:
            assert of_a_person(device.text) == before
    assert taken > CHANGES / 4
    shown = {path: text for path, text in device.tree(WIFI).items() if not path.endswith("TimeStamp")}
    again = WirelessDevice(tmp_path, store=device.store)
    assert {path: text for path, text in again.tree(WIFI).items() if not path.endswith("TimeStamp")} == shown
