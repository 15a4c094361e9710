"""wpa_supplicant's configuration as text; what it does with it is proved on the air (tests/vm/wifi)."""

from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing
from backends.wpa_supplicant import KnownNetwork, WpaSupplicant, text


def test_a_network_s_name_is_hexadecimal_and_its_settings_are_as_given(tmp_path: Path) -> None:
    told = text([KnownNetwork('"\n}', {"psk": '"pass phrase"', "priority": "3"})], tmp_path, "DE").splitlines()
    assert told[1:] == [
        "update_config=0", "country=DE", "network={", "ssid=220a7d", 'psk="pass phrase"', "priority=3", "}",
    ]  # fmt: skip


def test_a_value_never_ends_its_line(tmp_path: Path) -> None:
    with pytest.raises(MechanismError):
        text([KnownNetwork("x", {"psk": '"a\n}\nb"'})], tmp_path)


def test_nobody_answers_where_none_runs(tmp_path: Path) -> None:
    assert not WpaSupplicant(tmp_path / "wlan0").is_there()
    with pytest.raises(Missing):
        WpaSupplicant(tmp_path / "wlan0").status()
