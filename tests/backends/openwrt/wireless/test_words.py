"""What single options say, and how it is said."""

import pytest

from backends.openwrt.wireless.encryption import WORDS, encryption_of, encryption_text
from backends.openwrt.wireless.modes import mode_of, mode_text, on_band, said_of, standards_of
from backends.openwrt.wireless.values import number_of, one_or_list, said
from backends.uci import Section
from backends.wifi.configuration import MODES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "mode", "ciphers"),
    [
        ("", "None", None), ("none", "None", None), ("owe", "OWE", None), ("psk", "WPA-Personal", None),
        ("psk2", "WPA2-Personal", None), ("psk2+ccmp", "WPA2-Personal", ("AES",)),
        ("psk2+tkip+ccmp", "WPA2-Personal", ("TKIP", "AES")), ("psk-mixed+tkip", "WPA-WPA2-Personal", ("TKIP",)),
        ("psk3", "WPA3-Personal", None), ("sae", "WPA3-Personal", None),
        ("sae-mixed", "WPA3-Personal-Transition", None), ("psk3-mixed", "WPA3-Personal-Transition", None),
        ("wpa", "WPA-Enterprise", None), ("wpa2+aes", "WPA2-Enterprise", ("AES",)),
        ("wpa-mixed", "WPA-WPA2-Enterprise", None), ("wpa3", "WPA3-Enterprise", None),
        ("wpa3-192", "WPA3-Enterprise", None), ("wpa3-mixed", "WPA2-Enterprise", None), ("wep-open", "WEP-64", None),
    ],
)  # fmt: skip
def test_an_encryption_is_a_mode_and_ciphers(text: str, mode: str, ciphers: tuple[str, ...] | None) -> None:
    assert encryption_of(text) == (mode, ciphers)
    if text:
        assert encryption_text(mode, ciphers, text) == text, "it stays as somebody has written it"


def test_every_mode_can_be_said() -> None:
    assert set(WORDS) == set(MODES)
    assert {mode: encryption_of(word)[0] for mode, word in WORDS.items()} == {mode: mode for mode in WORDS}
    assert encryption_text("WPA2-Personal", ("TKIP", "AES"), "sae") == "psk2+tkip+ccmp"


@pytest.mark.parametrize(
    ("band", "text", "standards", "width"),
    [
        ("2.4GHz", "NOHT", ("g",), 20), ("2.4GHz", "HT20", ("g", "n"), 20), ("2.4GHz", "HE40", ("g", "n", "ax"), 40),
        ("5GHz", "NOHT", ("a",), 20), ("5GHz", "VHT80", ("a", "n", "ac"), 80),
        ("5GHz", "HE160", ("a", "n", "ac", "ax"), 160),
        ("5GHz", "EHT80", ("a", "n", "ac", "ax", "be"), 80), ("6GHz", "HE80", ("ax",), 80),
        ("6GHz", "EHT160", ("ax", "be"), 160),
    ],
)  # fmt: skip
def test_an_htmode_is_standards_and_a_width(band: str, text: str, standards: tuple[str, ...], width: int) -> None:
    family, wide, place = mode_of(text)
    assert (standards_of(band, family, {}), wide) == (standards, width)
    assert mode_text(band, standards, width, place) == text
    assert said_of(band, standards) == {"legacy_rates": "", "require_mode": ""}


@pytest.mark.parametrize(
    ("band", "text", "standards"),
    [("2.4GHz", "HT20", ("b", "g", "n")), ("5GHz", "VHT20", ("n", "ac")), ("5GHz", "VHT20", ("ac",)),
     ("2.4GHz", "HT20", ("n",))],
)  # fmt: skip
def test_slow_standards_are_let_in_or_kept_out(band: str, text: str, standards: tuple[str, ...]) -> None:
    assert mode_text(band, standards, 20, "Auto") == text
    assert standards_of(band, mode_of(text)[0], said_of(band, standards)) == standards


def test_on_another_band_there_are_that_band_s_standards() -> None:
    assert on_band("5GHz", ("b", "g", "n", "ax")) == ("a", "n", "ac", "ax")
    assert on_band("2.4GHz", ("a", "n", "ac")) == ("g", "n")
    assert on_band("6GHz", ("a", "n", "ac")) == ("ax",)
    assert on_band("5GHz", ("a", "n")) == ("a", "n")
    assert on_band("2.4GHz", ("b",)) == ("b",)


def test_the_place_of_a_wide_channel_is_said_where_it_can_be() -> None:
    assert mode_of("HT40-") == ("HT", 40, "BelowControlChannel")
    assert mode_text("2.4GHz", ("g", "n"), 40, "AboveControlChannel") == "HT40+"
    assert mode_text("2.4GHz", ("g", "n", "ax"), 40, "AboveControlChannel") == "HE40"
    assert mode_of("nonsense") == ("", 20, "Auto")
    assert standards_of("2.4GHz", "", {"hwmode": "11b"}) == ("b",)


def test_numbers_are_numbers_or_nothing() -> None:
    section = Section("x", "x", "x", {"a": "7", "b": "-1", "c": "many", "d": "9" * 30})
    assert [number_of(section, one) for one in "abcde"] == [7, None, None, None, None]
    assert (said(None), said(0)) == ("", "0")
    assert (one_or_list(("a",)), one_or_list(("a", "b")), one_or_list(())) == ("a", ("a", "b"), "")
