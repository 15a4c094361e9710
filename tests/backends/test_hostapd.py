"""hostapd's configuration: what is written is read again as it was."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.hostapd import Bss, Instance, accepted_text, parsed, point_text, text

DIRECTORY = Path("/run/x")
FIRST = Bss("wlan0", (("ssid2", "41"), ("macaddr_acl", "1")), ("02:00:00:00:00:01",))
SECOND = Bss("wlan0_2", (("ssid2", "42"), ("auth_server_addr", "192.0.2.1"), ("auth_server_addr", "192.0.2.2")))
INSTANCE = Instance("phy0", (("hw_mode", "g"), ("channel", "6")), (FIRST, SECOND))


def test_what_is_written_is_read_again() -> None:
    assert parsed(text(INSTANCE, DIRECTORY), {"wlan0": ("02:00:00:00:00:01",)}) == INSTANCE
    assert accepted_text(FIRST) == "02:00:00:00:00:01\n"


def test_a_file_that_somebody_else_wrote_is_not_taken_for_ours() -> None:
    assert parsed("interface=wlan0\nssid=x\n", {}) is None
    assert parsed("", {}) is None


def test_an_access_point_is_added_with_its_radio_s_settings() -> None:
    told = point_text(INSTANCE, SECOND, DIRECTORY).splitlines()
    assert told[0] == "interface=wlan0_2"
    assert "channel=6" in told
    assert not [line for line in told if line.startswith("bss=")]


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b"])
def test_a_value_never_ends_its_line(value: str) -> None:
    with pytest.raises(MechanismError):
        text(Instance("phy0", (), (Bss("wlan0", (("wpa_passphrase", value),)),)), DIRECTORY)
