"""Sections as they are asked, and what UCI can hold."""

import pytest

from backends.uci.types import NotUci, Package, Section, check_name, check_package, check_type, check_value

LAN = Section("interface", "lan", "lan", {"dns": ("a", "b"), "ports": "lan1 lan2", "proto": "static"})
HOST = Section("host", "", "cfg02fe63", {})


def test_a_list_may_be_asked_as_a_text_and_a_text_as_a_list() -> None:
    assert (LAN.text("dns"), LAN.text("proto"), LAN.text("none", "x")) == ("a b", "static", "x")
    assert (LAN.items("ports"), LAN.items("dns"), LAN.items("none")) == (("lan1", "lan2"), ("a", "b"), ())


def test_sections_are_found_by_id_and_by_type() -> None:
    package = Package("p", (LAN, HOST, Section("x", "lan", "lan")))
    assert package.get("lan") is LAN
    assert package.get("none") is None
    assert package.of_type("host") == (HOST,)


def test_names_types_and_packages_have_their_letters() -> None:
    assert check_name("a_1") == "a_1"
    assert check_type("wifi-iface") == "wifi-iface"
    assert check_package("network-opkg") == "network-opkg"
    for check, wrong in ((check_name, "a-b"), (check_type, "a;b"), (check_type, ""), (check_package, "a.b")):
        with pytest.raises(NotUci):
            check(wrong)


def test_a_value_is_any_text_without_control_characters() -> None:
    assert check_value("a\tb\r\n\x7f\udcff") == "a\tb\r\n\x7f\udcff"
    for wrong in ("\0", "\x1b", "\ud800"):
        with pytest.raises(NotUci):
            check_value(wrong)
