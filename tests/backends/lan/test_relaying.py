"""What is relayed elsewhere is left alone here, in the entries' order."""

from dataclasses import replace

from backends.desired_state import Pointer, Wanted
from backends.lan.records import Forwarding4, Relay4
from backends.lan.relaying import ignored, relay_document

LAN = Pointer("Device.IP.Interface.{i}.", ("lan",))
ENTRY = Forwarding4(
    enable=True, order=1, interface=LAN, vendor_class_id="phone", dhcp_server_ip_address="198.51.100.1"
)  # fmt: skip


def link_of(pointer: Pointer | None) -> str | None:
    return "br0" if pointer == LAN else None


def wanted(**entries: Forwarding4) -> Wanted:
    made = Wanted().with_record("", Relay4(enable=True))
    for key, entry in entries.items():
        made = made.with_record(key, entry)
    return made


def document(made: Wanted) -> list[dict[str, object]]:
    return relay_document(made, link_of, lambda _: "192.0.2.1")


def test_an_entry_in_force_is_told_and_left_alone_by_the_server() -> None:
    local = Forwarding4(enable=True, order=2, interface=LAN, chaddr="02:00:5e:00:00:01", locally_served=True)
    made = wanted(b=local, a=ENTRY)
    assert document(made) == [
        {"link": "br0", "address": "192.0.2.1", "server": "198.51.100.1",
         "criteria": [("vendor", False, b"phone".hex(), "Exact")]},
        {"link": "br0", "address": "192.0.2.1", "server": None,
         "criteria": [("mac", False, "02005e000001", "ffffffffffff")]},
    ]  # fmt: skip
    assert list(ignored(made, link_of))[-3:] == [
        "tag-if=set:pa,tag:br0,tag:pav,tag:!pavx",
        "tag-if=set:pb,tag:br0,tag:pbm,tag:!pa",
        "dhcp-ignore=tag:pa",
    ]


def test_what_is_not_in_force_is_not_relayed() -> None:
    assert document(wanted(a=replace(ENTRY, enable=False))) == []
    assert document(wanted(a=replace(ENTRY, interface=None))) == []
    assert document(wanted(a=replace(ENTRY, locally_served=True))) == []
    assert document(wanted(a=replace(ENTRY, dhcp_server_ip_address=""))) == []
    assert document(Wanted().with_record("a", ENTRY)) == []
    assert relay_document(wanted(a=ENTRY), link_of, lambda _: None) == []


def test_without_a_server_to_ask_a_request_is_dropped() -> None:
    assert "dhcp-ignore=tag:pa" in ignored(wanted(a=replace(ENTRY, dhcp_server_ip_address="")), link_of)
