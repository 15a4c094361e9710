"""IPv6 prefixes: derived from addresses and on-link routes."""

from backends.netlink_types import Address, Route
from backends.tr181.ip_prefixes import LINK_LOCAL, _is_announced
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


def test_a_prefix_that_was_added_is_on_its_link_while_it_is_enabled(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    interface = device.find(IP, Name="eth1")
    row = device.add(f"{interface}IPv6Prefix.")
    assert (device.get(f"{row}Prefix"), device.get(f"{row}Status"), device.get(f"{row}OnLink")) == (
        "", "Disabled", "false",
    )  # fmt: skip
    device.set({f"{row}Prefix": "2001:db8:55::/64", f"{row}OnLink": "1", f"{row}Autonomous": "1", f"{row}Enable": "1"})
    assert ("2001:db8:55::/64", None, "eth1", 1024) in bench.routes()
    told = {"Status": "Enabled", "PrefixStatus": "Preferred", "Origin": "Static", "StaticType": "Static",
            "OnLink": "true", "Autonomous": "true", "ValidLifetime": "9999-12-31T23:59:59Z"}  # fmt: skip
    assert {name: device.get(row + name) for name in told} == told
    address = device.add(f"{interface}IPv6Address.", IPAddress="2001:db8:55::1", Prefix=row, Enable="1")
    assert device.get(f"{address}Prefix") == row[:-1]
    assert bench.addresses("eth1") == {"2001:db8:55::1/64"}
    found = [name for name, value in device.tree(f"{interface}IPv6Prefix.").items() if value == "2001:db8:55::/64"]
    assert len(found) == 1
    device.delete(address)
    again = bench.device(store=device.store)
    assert again.get(f"{row}Prefix") == "2001:db8:55::/64"
    device.set({f"{row}Enable": "0"})
    assert (device.get(f"{row}Status"), device.get(f"{row}PrefixStatus")) == ("Disabled", "Invalid")
    assert bench.state() == before
    device.delete(row)
    assert device.get(f"{interface}IPv6PrefixNumberOfEntries") == str(
        len({name.partition(".")[0] for name in device.tree(f"{interface}IPv6Prefix.")})
    )


def test_what_is_no_static_prefix_is_refused(memory: Bench) -> None:
    device = memory.device()
    interface = device.find(IP, Name="eth1")
    row, other = device.add(f"{interface}IPv6Prefix."), device.add(f"{interface}IPv6Prefix.", Prefix="2001:db8:5::/64")
    wrong = [("Prefix", "2001:db8::1/64"), ("Prefix", "ff00::/8"), ("Prefix", "2001:db8:5::/64"), ("Prefix", "::/0"),
             ("StaticType", "Child"), ("ChildPrefixBits", "2001:db8::/56"), ("ParentPrefix", other),
             ("ValidLifetime", "2001-01-01T00:00:00Z")]  # fmt: skip
    for name, value in wrong:
        assert device.refused({row + name: value}) == {row + name: "InvalidValue"}, name
    device.set({f"{row}StaticType": "Static", f"{row}ValidLifetime": "2099-01-01T00:00:00Z"})
    assert device.get(f"{row}ValidLifetime") == "2099-01-01T00:00:00Z"


def test_a_route_that_ends_with_no_address_was_announced(memory: Bench) -> None:
    memory.netlink.add_route(Route(6, "2001:db8:77::/64", interface="eth1", protocol="kernel", expires=1286))
    memory.netlink.add_route(Route(6, "2001:db8:78::/64", interface="eth1", protocol="kernel"))
    device = memory.device()
    prefixes = f"{device.find(IP, Name='eth1')}IPv6Prefix."
    told = device.tree(device.find(prefixes, Prefix="2001:db8:77::/64"))
    assert (told["Origin"], told["StaticType"], told["OnLink"], told["Autonomous"]) == (
        "RouterAdvertisement", "Inapplicable", "true", "false",
    )  # fmt: skip
    assert "2020" < told["ValidLifetime"] < "9999"
    assert told["PreferredLifetime"] == "0001-01-01T00:00:00Z"
    told = device.tree(device.find(prefixes, Prefix="2001:db8:78::/64"))
    assert (told["Origin"], told["ValidLifetime"]) == ("Static", "9999-12-31T23:59:59Z")


def test_a_route_that_ends_with_its_address_was_not_announced() -> None:
    route = Route(6, "2001:db8:7::/64", interface="eth1", protocol="kernel", expires=600)
    known = Address("eth1", 6, "2001:db8:7::1", 64, valid_lifetime=601)
    assert not _is_announced(route, [known])
    assert _is_announced(route, [Address("eth1", 6, "2001:db8:7::1", 64)])
    assert _is_announced(route, [Address("eth1", 6, "2001:db8:7::1", 64, valid_lifetime=7200)])
    alone = Address("eth1", 6, "2001:db8:7::1", 64, valid_lifetime=600, flags=frozenset({"noprefixroute"}))
    assert _is_announced(route, [alone])
