"""IPv6 prefixes: derived from addresses and on-link routes."""

from backends.tr181.ip_prefixes import LINK_LOCAL
from tests.backends.conftest import Bench

IP = "Device.IP.Interface."


def test_an_address_brings_its_prefix(bench: Bench) -> None:
    device = bench.device()
    row = device.find(f"{device.find(IP, Name='eth0')}IPv6Prefix.", Prefix="2001:db8::/64")
    told = device.tree(row)
    assert (told["Origin"], told["StaticType"], told["OnLink"], told["Autonomous"]) == (
        "Static",
        "Static",
        "true",
        "false",
    )
    assert (told["PrefixStatus"], told["ValidLifetime"]) == ("Preferred", "9999-12-31T23:59:59Z")


def test_link_local_prefixes_are_well_known(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "fe80::1", 64)
    device = bench.device()
    row = device.find(f"{device.find(IP, Name='eth1')}IPv6Prefix.", Prefix="fe80::/64")
    assert device.get(f"{row}Origin") == "WellKnown"
    assert LINK_LOCAL.prefixlen == 10


def test_a_prefix_lives_as_long_as_its_longest_address(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "2001:db8:7::1", 64, preferred_lifetime=300, valid_lifetime=600)
    device = bench.device()
    row = device.find(f"{device.find(IP, Name='eth1')}IPv6Prefix.", Prefix="2001:db8:7::/64")
    assert device.get(f"{row}ValidLifetime")[:2] == "20"


def test_a_host_address_has_no_prefix(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "2001:db8:7::1", 128)
    device = bench.device()
    prefixes = device.tree(f"{device.find(IP, Name='eth1')}IPv6Prefix.")
    assert not any(value.startswith("2001:db8:7:") for value in prefixes.values())


def test_the_prefixes_cannot_be_set(memory: Bench) -> None:
    device = memory.device()
    row = device.find(f"{device.find(IP, Name='eth0')}IPv6Prefix.", Prefix="2001:db8::/64")
    assert device.refused({f"{row}Prefix": "2001:db8:9::/64"}) == {f"{row}Prefix": "NotWritable"}
