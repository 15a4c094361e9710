"""What tells where a device is goes; that the same thing is the same thing stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.pseudonyms import Pseudonyms


@pytest.fixture
def names() -> Pseudonyms:
    made = Pseudonyms()
    made.learn("ssid", "Müller & Söhne")
    made.learn("host", "acs.isp.example.")
    return made


def test_a_name_is_the_same_placeholder_wherever_and_however_it_is_written(names: Pseudonyms) -> None:
    assert names.text('ssid "Müller & Söhne" <v>Müller &amp; Söhne</v>') == 'ssid "ssid-1" <v>ssid-1</v>'
    assert names.text("ACS.ISP.example: acs.isp.example. down") == "host-1: host-1. down"
    names.learn("ssid", "Straße")
    assert names.text("Straße STRASSE") == "ssid-2 ssid-2"
    assert names.text("tracs.isp.example.net") == "tracs.isp.example.net"


def test_hosts_of_urls_are_found_without_being_told(names: Pseudonyms) -> None:
    names.learn_from("GET https://user@files.isp.example:8443/x")
    assert names.text("https://files.isp.example:8443/x and files.isp.example") == "https://host-2:8443/x and host-2"
    assert names.text("http://never.seen/ http://never.seen/y") == "http://host-3/ http://host-3/y"
    kept = 'xmlns="http://schemas.xmlsoap.org/soap/envelope/" http://localhost:80/'
    assert names.text(kept) == kept


def test_what_many_have_and_what_is_short_stays(names: Pseudonyms) -> None:
    for name in ("OpenWrt", "lan", "x", "", "ab"):
        names.learn("host", name)
    assert names.text("OpenWrt lan x ab") == "OpenWrt lan x ab"


def test_a_mac_address_keeps_its_maker_in_every_form(names: Pseudonyms) -> None:
    names.learn_from("00:d0:9E:12:34:56")
    told = names.text("00:d0:9e:12:34:56 00-D0-9E-12-34-56 00D09E123456 00:d0:9e:12:34:57 ff:ff:ff:ff:ff:ff")
    assert told == "00:d0:9e:xx:xx:1 00-D0-9E-xx-xx-1 00d09e-mac-1 00:d0:9e:xx:xx:2 ff:ff:ff:ff:ff:ff"


def test_public_addresses_go_and_private_ones_stay(names: Pseudonyms) -> None:
    assert names.text("8.8.8.8 8.8.8.8:53 192.168.1.1 10.0.0.1/8 192.0.2.1 255.255.255.0 224.0.0.1 1.2.3") == (
        "public-ipv4-1 public-ipv4-1:53 192.168.1.1 10.0.0.1/8 192.0.2.1 255.255.255.0 224.0.0.1 1.2.3"
    )
    assert names.text("2a00:1450::8 [2A00:1450::8]:53 2a00:1450::/32 fe80::1 fd00::1 ::1 :: ff02::1 12:30:45") == (
        "public-ipv6-1 [public-ipv6-1]:53 public-ipv6-2/32 fe80::1 fd00::1 ::1 :: ff02::1 12:30:45"
    )
    assert names.text("http://8.8.8.8/ http://[2a00:1450::8]/") == "http://public-ipv4-1/ http://[public-ipv6-1]/"


def test_an_address_made_of_a_mac_address_does_not_tell_it(names: Pseudonyms) -> None:
    assert names.text("fe80::2d0:9eff:fe12:3456%eth0 fd00:1::2d0:9eff:fe12:3456") == (
        "fe80::interface-1%eth0 fd00:1::interface-1"
    )


def test_names_are_learned_from_the_data_model(names: Pseudonyms) -> None:
    names.learn_parameters(
        [
            {"path": "Device.WiFi.SSID.1.SSID", "value": "Home 17"},
            {"path": "Device.Hosts.Host.1.HostName", "value": "annas-phone"},
            {"path": "Device.WiFi.SSID.1.Enable", "value": "true"},
        ]
    )
    document = {"annas-phone": ["Home 17", 1, True, None, {"x": "annas-phone.lan true"}]}
    assert names.document(document) == {"host-2": ["ssid-2", 1, True, None, {"x": "host-2.lan true"}]}


@given(st.text(max_size=60), st.lists(st.text(max_size=12), max_size=4))
def test_no_text_and_no_name_breaks_it_and_no_learned_name_stays(text: str, learned: list[str]) -> None:
    names = Pseudonyms()
    for name in learned:
        names.learn("ssid", name)
    names.learn_from(text)
    json.dumps(names.document({text: [text, *learned]}), ensure_ascii=True)
