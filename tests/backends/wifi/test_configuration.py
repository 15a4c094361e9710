"""hostapd's settings by what was configured."""

from dataclasses import replace
from typing import Any

import pytest

from backends.desired_state import Pointer, Refused, Wanted
from backends.hostapd import Instance
from backends.wifi import bit_rates, channels
from backends.wifi.configuration import MODES, instances, missing, radio_settings
from backends.wifi.records import AccessPoint, RadioSettings, Ssid
from backends.wifi.rows import Rows
from tests.fakes.nl80211 import FakeAir, radio

RADIO = radio(0)


def wanted(settings: RadioSettings | None = None, **point: Any) -> Wanted:
    told = Wanted().with_record("wlan0", Ssid(enable=True, ssid="LabNet"))
    if settings is not None:
        told = told.with_record(RADIO.key, settings)
    return told.with_record("+1", AccessPoint(enable=True, ssid=Pointer("SSID", ("wlan0",)), **point))


def instance(told: Wanted) -> Instance | None:
    air = FakeAir()
    return instances(Rows(told, air.radios, air.links)).get(RADIO.key)


def lines(**point: Any) -> dict[str, str]:
    found = instance(wanted(**point))
    assert found is not None
    return dict(found.points[0].settings)


def test_a_complete_access_point_is_rendered_and_an_incomplete_one_waits() -> None:
    assert lines(passphrase="secret123")["wpa_passphrase"] == "secret123"
    assert instance(wanted()) is None
    assert instance(wanted(RadioSettings(enable=False), passphrase="secret123")) is None
    for mode in MODES:
        air = FakeAir()
        [row] = Rows(wanted(mode=mode), air.radios, air.links).points
        assert (missing(row) == "") == (mode in ("None", "OWE")), mode


def test_a_name_of_any_octets_is_hexadecimal() -> None:
    air = FakeAir()
    told = wanted(mode="None").with_record("wlan0", Ssid(enable=True, ssid="\nж"))
    [point] = instances(Rows(told, air.radios, air.links))[RADIO.key].points
    assert point.value("ssid2") == "0ad0b6"


@pytest.mark.parametrize(
    ("mode", "version", "keys", "protection"),
    [
        ("None", "0", None, None),
        ("WPA-WPA2-Personal", "3", "WPA-PSK", "0"),
        ("WPA2-Personal", "2", "WPA-PSK", "0"),
        ("WPA3-Personal", "2", "SAE", "2"),
        ("WPA3-Personal-Transition", "2", "WPA-PSK SAE", "1"),
        ("WPA2-Enterprise", "2", "WPA-EAP", "0"),
        ("WPA3-Enterprise", "2", "WPA-EAP-SHA256", "2"),
        ("OWE", "2", "OWE", "2"),
    ],
)
def test_each_mode_has_its_keys_and_the_protection_that_it_is_nothing_without(
    mode: str, version: str, keys: str | None, protection: str | None
) -> None:
    told = lines(mode=mode, passphrase="secret123", radius="192.0.2.1", radius_secret="x")
    assert (told["wpa"], told.get("wpa_key_mgmt"), told.get("ieee80211w")) == (version, keys, protection)


def test_protection_that_is_asked_for_brings_the_keys_that_go_with_it() -> None:
    assert lines(passphrase="secret123", protection="Required")["wpa_key_mgmt"] == "WPA-PSK-SHA256"
    assert lines(passphrase="secret123", protection="Optional")["wpa_key_mgmt"] == "WPA-PSK WPA-PSK-SHA256"


def test_the_two_passwords_of_transition_are_told_apart_only_where_they_differ() -> None:
    one = lines(mode="WPA3-Personal-Transition", passphrase="secret123")
    two = lines(mode="WPA3-Personal-Transition", passphrase="secret123", sae_passphrase="sae")
    assert "sae_password" not in one
    assert (two["wpa_passphrase"], two["sae_password"]) == ("secret123", "sae")
    alone = lines(mode="WPA3-Personal", sae_passphrase="eight or more")
    assert alone["wpa_passphrase"] == "eight or more", "which can be changed while it runs"


def test_6_ghz_knows_nothing_older_than_wpa3() -> None:
    high = replace(RADIO.bands[1], name="6GHz")
    air = FakeAir(radios=[replace(RADIO, bands=(high,))])
    with pytest.raises(Refused) as refused:
        instances(Rows(wanted(passphrase="secret123"), air.radios, air.links))
    assert refused.value.fields == {"mode"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (RadioSettings(), {"hw_mode": "g", "channel": "1", "ieee80211n": "1", "ieee80211ax": "1"}),
        (RadioSettings(standards=("b",)), {"hw_mode": "b", "ieee80211n": None}),
        (RadioSettings(standards=("n",)), {"require_ht": "1", "supported_rates": "60 90 120 180 240 360 480 540"}),
        (RadioSettings(band="5GHz"), {"hw_mode": "a", "channel": "36", "vht_oper_chwidth": "1",
                                      "vht_oper_centr_freq_seg0_idx": "42", "he_oper_centr_freq_seg0_idx": "42"}),
        (RadioSettings(band="5GHz", channel=40, bandwidth="40MHz"), {"vht_oper_centr_freq_seg0_idx": "38"}),
        (RadioSettings(band="5GHz", channel=165), {"vht_oper_chwidth": "0", "vht_oper_centr_freq_seg0_idx": None}),
        (RadioSettings(country="DE "), {"country_code": "DE", "country3": "0x20", "ieee80211h": "1"}),
        (RadioSettings(country="DEI", spectrum=False), {"country3": "0x49", "ieee80211h": None}),
        (RadioSettings(auto_channel=True), {"channel": "acs_survey"}),
        (RadioSettings(beacon_period=200, rts_threshold=500, preamble="long"),
         {"beacon_int": "200", "rts_threshold": "500", "preamble": "0"}),
    ],
)  # fmt: skip
def test_a_radio_s_settings_are_these_lines(settings: RadioSettings, told: dict[str, str | None]) -> None:
    found = radio_settings(RADIO, settings)
    assert {name: found.get(name) for name in told} == told


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (RadioSettings(channel=13), "channel"),  # not by the rules of the whole world
        (RadioSettings(channel=36), "channel"),
        (RadioSettings(band="6GHz"), "band"),
        (RadioSettings(band="5GHz", channel=165, bandwidth="80MHz"), "bandwidth"),
        (RadioSettings(bandwidth="160MHz"), "bandwidth"),
        (RadioSettings(standards=("a",)), "standards"),
        (RadioSettings(standards=()), None),
    ],
)
def test_what_a_radio_cannot_is_refused_by_name(settings: RadioSettings, field: str | None) -> None:
    if field is None:
        assert radio_settings(RADIO, settings)["ieee80211n"] == "1"
        return
    with pytest.raises(Refused) as refused:
        radio_settings(RADIO, settings)
    assert (refused.value.kind, refused.value.key, refused.value.fields) == (RadioSettings, RADIO.key, {field})


def test_a_channel_waits_for_the_rules_of_a_country_that_comes_with_it() -> None:
    assert radio_settings(RADIO, RadioSettings(channel=13, country="DE "))["channel"] == "13"


def test_the_guard_interval_is_long_where_that_is_wanted() -> None:
    assert "SHORT-GI" in radio_settings(RADIO, RadioSettings())["ht_capab"]
    assert "SHORT-GI" not in radio_settings(RADIO, RadioSettings(guard_interval="800nsec"))["ht_capab"]


def test_the_second_half_of_a_channel_lies_where_it_is_asked_for_or_fits() -> None:
    low, high = RADIO.bands
    by_number = {one.number: one for one in (*low.channels, *high.channels)}
    assert channels.secondary(low, by_number[1], RadioSettings(extension="BelowControlChannel")) == 0
    assert channels.secondary(low, by_number[6], RadioSettings(extension="BelowControlChannel")) == -1
    assert [channels.secondary(high, by_number[one], RadioSettings()) for one in (36, 40, 149, 161, 165)] == [
        1, -1, 1, -1, 0,
    ]  # fmt: skip


def test_the_highest_rate_is_that_of_the_standard() -> None:
    assert bit_rates.most(RADIO) == 1201  # two streams of 802.11ax in 80 MHz
    plain = replace(RADIO.bands[0], he_phy=b"", ht=None)
    assert bit_rates.of_band(plain) == 54
    assert bit_rates.streams_of(b"\xaa\xaa") == 8
    assert bit_rates.streams_of(b"") == 0
