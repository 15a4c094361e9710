"""What tells where a device is goes; that the same thing is the same thing stays."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.support.pseudonyms import Pseudonyms


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
    assert names.text("tracs.isp.example.net") == "host-2"
    assert names.text("Müller & Söhnen") == "Müller & Söhnen"


def test_hosts_of_urls_are_found_without_being_told(names: Pseudonyms) -> None:
    names.learn_from("GET https://user@files.isp.example:8443/x")
    assert names.text("https://files.isp.example:8443/x and files.isp.example") == (
        "https://host-2:8443/path-1 and host-2"
    )
    assert names.text("http://never.seen/ http://never.seen/y") == "http://host-3/ http://host-3/path-2"
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
    names.learn_document(
        [
            {"path": "Device.WiFi.SSID.1.SSID", "value": "Home 17"},
            {"path": "Device.Hosts.Host.1.HostName", "value": "annas-phone"},
            {"path": "Device.WiFi.SSID.1.Enable", "value": "true"},
        ]
    )
    document = {"annas-phone": ["Home 17", 1, True, None, {"x": "annas-phone.lan true"}]}
    assert names.document(document) == {"host-2": ["ssid-2", 1, True, None, {"x": "host-2.lan true"}]}


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("Device.WiFi.SSID.1.SSID", "JM", "ssid-2"),
        ("Device.WiFi.SSID.1.SSID", "Home", "ssid-2"),
        ("Device.WiFi.SSID.1.SSID", "Device", "ssid-2"),
        ("Device.DeviceInfo.HostName", "vm", "host-2"),
        ("Device.Users.User.1.Username", "ab", "user-1"),
        ("Device.ManagementServer.ConnectionRequestUsername", "root", "user-1"),
        ("Device.DynamicDNS.Client.1.Hostname.1.Name", "myhome.plantedddns.example", "host-2"),
        ("Device.DynamicDNS.Server.1.ServerAddress", "update.plantedddns.example:443", "host-2:443"),
        ("Device.Time.Client.1.Servers", "ntp.x.example,192.168.1.1,pool", "host-2,192.168.1.1,host-3"),
        ("Device.Firewall.Chain.1.Name", "Kids", "name-1"),
        ("Device.WiFi.SSID.1.Alias", "annas", "name-1"),
        ("Device.WiFi.SSID.1.Alias", "cpe-12", "cpe-12"),
        ("Device.Ethernet.Interface.1.Name", "eth0", "eth0"),
        ("Device.DeviceInfo.SoftwareVersion", "v2", "v2"),
        ("acs.username", "me", "user-1"),
        ("connection_request.path", "cr", "path-1"),
        ("Device.DeviceInfo.HostName", "", ""),
    ],
)
def test_a_name_goes_from_its_place_whatever_it_is(path: str, value: str, shown: str) -> None:
    names = Pseudonyms(is_writable=lambda path: "Ethernet" not in path)
    names.learn("ssid", "Müller & Söhne")
    names.learn("host", "acs.isp.example.")
    names.keep(path.split("."))
    names.learn_at(path, value)
    assert names.at(path, value) == shown
    assert names.text("Device.X.Home the vm is up, ab, me") == "Device.X.Home the vm is up, ab, me"
    assert names.document([{"path": path, "value": value}]) == [{names.text("path"): path, "value": shown}]


def test_the_places_of_a_message_are_those_of_its_parameters(names: Pseudonyms) -> None:
    struct = '<p:Name>Device.WiFi.SSID.1.SSID</p:Name> <Value xsi:type="xsd:string">{}</Value>'
    for written in ("J&amp;", "<![CDATA[J&]]>"):
        told = names.text(struct.format(written) + "<SerialNumber>17</SerialNumber><Username/><Enable>17</Enable>")
        assert (told.count("ssid-2"), told.count("serial-1"), "J&" in told) == (1, 1, False)
        assert "<Username/><Enable>17</Enable>" in told
    assert names.text("Inform  Device.WiFi.SSID.1.SSID=J&  Device.DeviceInfo.UpTime=17") == (
        "Inform  Device.WiFi.SSID.1.SSID=ssid-2  Device.DeviceInfo.UpTime=17"
    )
    names.learn_from(struct.format("Planted later"))
    assert names.text("Planted later") == "ssid-3"


def test_paths_of_urls_are_secrets_and_the_same_one_is_the_same(names: Pseudonyms) -> None:
    names.learn_path("http://10.0.0.1:7547/cr-4711")
    names.learn_from("http://acs.isp.example/pathsecretXYZ?id=subscriber17")
    assert names.text("http://10.0.0.1:7547/cr-4711: none; GET /cr-4711, uri=/CR-4711") == (
        "http://10.0.0.1:7547/path-1: none; GET /path-1, uri=/path-1"
    )
    told = names.text("(http://localhost/pathsecretXYZ?id=subscriber17) pathsecretxyz subscriber17 http://[::1]/a?b#c")
    assert not re.search("secret|subscriber|a.b", told, re.IGNORECASE)
    begun = "Device.ManagementServer.ConnectionRequestURL=http://10.0.0.1:7547/"
    assert names.text(f"{begun}cr-4…  Device.X=1") == f"{begun}path-1  Device.X=1"
    name_space = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    names.learn_from(name_space)
    assert names.text(name_space) == name_space


def test_mail_addresses_and_hosts_are_found_in_sentences(names: Pseudonyms) -> None:
    assert names.text("bob@private.example.org and Bob@private.example.org at me@box") == "mail-1 and mail-1 at mail-2"
    assert names.text("the ACS's host old.isp-name.example is remembered.") == "the ACS's host host-2 is remembered."
    names.learn_from("a lease for anna-iphone.home.example")
    assert names.text("anna-iphone, anna-iphone.lan, ANNA-IPHONE.home.example") == "host-3, host-3.lan, host-3"


def test_what_is_no_host_stays_readable(names: Pseudonyms) -> None:
    names.keep(["Bridging", "Bridge", "log", "level"])
    for text in (
        "/etc/cpe-agent/agent.toml:2: [log] level, log.level, e.g. model.txt, v1.2.3, 6.1.0-18-amd64, dnsmasq.conf",
        "Device.Ethernet. and Bridging.Bridge, Ethernet.VLANTermination; requests.ConnectionError; net.ipv6.conf.all",
        "at 12:30:45.123 the agent's service cpe-agent.service has ended. It starts again.",
    ):
        assert names.text(text) == text


def test_many_names_in_long_texts_take_no_time_to_speak_of() -> None:
    names = Pseudonyms()
    for number in range(3000):
        names.learn("host", f"annas phone {number:05d}")
    text = "annas phone was seen, annas phone 01999 too; " * 10_000
    began = time.monotonic()
    assert names.text(text).count("host-2000 too") == 10_000
    assert time.monotonic() - began < 10


@given(st.text(max_size=60), st.lists(st.text(max_size=12), max_size=4))
def test_no_text_and_no_name_breaks_it_and_no_learned_name_stays(text: str, learned: list[str]) -> None:
    names = Pseudonyms()
    for name in learned:
        names.learn("ssid", name)
    names.learn_from(text)
    json.dumps(names.document({text: [text, *learned]}), ensure_ascii=True)
