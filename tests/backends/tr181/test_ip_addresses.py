"""IPv4 and IPv6 addresses: who gave them, what may be changed, what makes them whole."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.model.errors import InvalidValue, NotWritable
from backends.tr181.ip_addresses import length_of, mask_of
from tests.backends.conftest import Bench, by_our_own_hand

IP = "Device.IP.Interface."


def table(device, family: int, name: str = "eth1") -> str:
    return f"{device.find(IP, Name=name)}IPv{family}Address."


def test_an_address_without_its_mask_is_misconfigured_and_not_in_the_kernel(bench: Bench) -> None:
    device = bench.device()
    row = device.add(table(device, 4), IPAddress="203.0.113.5", Enable="1")
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    assert bench.addresses("eth1") == set()
    device.set({f"{row}SubnetMask": "255.255.255.240"})
    assert device.get(f"{row}Status") == "Enabled"
    assert bench.addresses("eth1") == {"203.0.113.5/28"}


def test_a_new_row_is_disabled_and_empty(memory: Bench) -> None:
    device = memory.device()
    row = device.add(table(device, 4))
    assert device.tree(row)["Enable"] == "false"
    assert device.tree(row)["IPAddress"] == device.tree(row)["SubnetMask"] == ""
    assert device.tree(row)["Status"] == "Disabled"


def test_the_loopback_address_is_for_no_other_interface(bench: Bench) -> None:
    device = bench.device(manage=("*",))
    before = bench.state()
    for family, address in ((6, "::1"), (4, "127.0.0.1"), (4, "127.9.9.9")):
        row = device.add(table(device, family), Enable="1")
        assert device.refused({f"{row}IPAddress": address}) == {f"{row}IPAddress": "InvalidValue"}
    assert bench.state() == before


@pytest.mark.parametrize(
    ("address", "mask", "is_possible"),
    [
        ("198.51.100.0", "255.255.255.0", False),
        ("198.51.100.255", "255.255.255.0", False),
        ("198.51.100.0", "255.255.254.0", False),
        ("198.51.100.255", "255.255.254.0", True),
        ("198.51.100.0", "255.255.255.254", True),
        ("198.51.100.0", "255.255.255.255", True),
    ],
)
def test_an_address_is_one_machine_s_whatever_comes_first(
    memory: Bench, address: str, mask: str, is_possible: bool
) -> None:
    device = memory.device()
    for order in (1, -1):
        row = device.add(table(device, 4))
        values = dict([(f"{row}IPAddress", address), (f"{row}SubnetMask", mask)][::order])
        if is_possible:
            assert device.set(values) == 0
            device.delete(row)
        else:
            assert device.refused(values) == dict.fromkeys(values, "InvalidValue")


@pytest.mark.parametrize("value", ["0.0.0.0", "255.255.255.255", "224.0.0.1", "203.0.113", "x"])
def test_what_no_interface_can_have_is_refused(memory: Bench, value: str) -> None:
    device = memory.device()
    row = device.add(table(device, 4))
    assert device.refused({f"{row}IPAddress": value}) == {f"{row}IPAddress": "InvalidValue"}


def test_a_mask_with_holes_is_refused(memory: Bench) -> None:
    device = memory.device()
    row = device.add(table(device, 4))
    assert device.refused({f"{row}SubnetMask": "255.0.255.0"}) == {f"{row}SubnetMask": "InvalidValue"}


@pytest.mark.parametrize("length", range(33))
def test_masks_and_lengths_are_the_same_thing(length: int) -> None:
    assert length_of(mask_of(length)) == length


def test_no_mask_with_a_hole_has_a_length() -> None:
    with pytest.raises(InvalidValue):
        length_of("0.255.0.0")


def test_what_a_server_gave_can_neither_be_changed_nor_deleted(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "203.0.113.5", 24, preferred_lifetime=300, valid_lifetime=600)
    device = bench.device()
    row = device.find(table(device, 4), IPAddress="203.0.113.5")
    assert device.get(f"{row}AddressingType") == "DHCP"
    for name, value in (("IPAddress", "203.0.113.6"), ("SubnetMask", "255.0.0.0"), ("Enable", "false")):
        assert device.refused({row + name: value}) == {row + name: "NotWritable"}
    with pytest.raises(NotWritable):
        device.delete(row)


def test_an_ipv6_address_is_added_and_has_its_prefix(bench: Bench) -> None:
    device = bench.device()
    row = device.add(table(device, 6), IPAddress="2001:DB8:5::0007", Enable="1")
    assert bench.addresses("eth1") == {"2001:db8:5::7/64"}
    assert device.get(f"{row}Status") == "Enabled"
    assert device.get(f"{row}Origin") == "Static"
    prefix = device.get(f"{row}Prefix")
    assert device.get(f"{prefix}.Prefix") == "2001:db8:5::/64"
    assert device.get(f"{row}ValidLifetime") == "9999-12-31T23:59:59Z"
    device.set({f"{row}IPAddress": "2001:db8:6::7"})
    assert bench.addresses("eth1") == {"2001:db8:6::7/64"}
    device.delete(row)
    assert bench.addresses("eth1") == set()


def test_the_prefix_of_an_ipv6_address_tells_its_length(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "2001:db8:5::1", 56)
    device = bench.device()
    row = device.add(table(device, 6))
    prefix = device.find(f"{device.find(IP, Name='eth1')}IPv6Prefix.", Prefix="2001:db8:5::/56")
    device.set({f"{row}IPAddress": "2001:db8:5::7", f"{row}Prefix": prefix, f"{row}Enable": "1"})
    assert "2001:db8:5::7/56" in bench.addresses("eth1")
    other = device.find(f"{device.find(IP, Name='eth0')}IPv6Prefix.", Prefix="2001:db8::/64")
    assert device.refused({f"{row}Prefix": other}) == {f"{row}Prefix": "InvalidValue"}


def test_an_ipv6_address_with_a_lifetime_was_given_by_somebody(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "2001:db8:5::1", 128, preferred_lifetime=300, valid_lifetime=600)
    device = bench.device()
    row = device.find(table(device, 6), IPAddress="2001:db8:5::1")
    assert device.get(f"{row}Origin") == "DHCPv6"
    assert device.get(f"{row}ValidLifetime")[:4] != "9999"
    assert device.refused({f"{row}IPAddress": "2001:db8:5::2"}) == {f"{row}IPAddress": "NotWritable"}


def test_an_address_of_an_interface_that_is_disabled_waits(bench: Bench) -> None:
    device = bench.device()
    link = device.find("Device.Ethernet.Link.", Name="eth1")
    interface = device.add(IP, LowerLayers=link)
    row = device.add(f"{interface}IPv4Address.", IPAddress="203.0.113.5", SubnetMask="255.255.255.0", Enable="1")
    assert (device.get(f"{row}Status"), bench.addresses("eth1")) == ("Disabled", set())
    device.set({f"{interface}Enable": "1"})
    assert (device.get(f"{row}Status"), bench.addresses("eth1")) == ("Enabled", {"203.0.113.5/24"})


@by_our_own_hand
def test_lifetimes_of_an_ipv6_address_are_set_and_kept(bench: Bench) -> None:
    device = bench.device()
    interface = device.find("Device.IP.Interface.", Name="eth1")
    row = device.add(f"{interface}IPv6Address.", IPAddress="2001:db8:9::1", Enable="1")
    assert device.get(f"{row}ValidLifetime") == "9999-12-31T23:59:59Z"
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sooner = (datetime.now(UTC) + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    device.set({f"{row}ValidLifetime": until, f"{row}PreferredLifetime": sooner})
    bench.netlink.forget()
    [found] = [one for one in bench.netlink.addresses() if one.address == "2001:db8:9::1"]
    assert 3590 <= found.valid_lifetime <= 3600
    assert 1790 <= found.preferred_lifetime <= 1800
    assert (device.get(f"{row}ValidLifetime"), device.get(f"{row}PreferredLifetime")) == (until, sooner)
    device.set({f"{row}ValidLifetime": "9999-12-31T23:59:59Z", f"{row}PreferredLifetime": "9999-12-31T23:59:59Z"})
    bench.netlink.forget()
    [found] = [one for one in bench.netlink.addresses() if one.address == "2001:db8:9::1"]
    assert (found.valid_lifetime, found.preferred_lifetime) == (None, None)


def test_a_lifetime_that_is_past_or_ends_too_late_to_be_preferred_is_refused(bench: Bench) -> None:
    device = bench.device()
    interface = device.find("Device.IP.Interface.", Name="eth1")
    row = device.add(f"{interface}IPv6Address.", IPAddress="2001:db8:9::1", Enable="1")
    asked = {f"{row}ValidLifetime": "2001-01-01T00:00:00Z"}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {f"{row}PreferredLifetime": "9999-12-31T23:59:59Z", f"{row}ValidLifetime": until}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
