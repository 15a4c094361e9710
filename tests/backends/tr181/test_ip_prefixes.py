"""IPv6 prefixes: derived from addresses and on-link routes."""

import ipaddress
import time
from datetime import UTC, datetime
from typing import Any

from backends.delegations import Delegation
from backends.netlink_types import Address, Route
from backends.network.children import interface_identifier
from backends.tr181.ip_prefixes import LINK_LOCAL, is_announced
from tests.backends.conftest import Bench, by_our_own_hand
from tests.fakes.documents import Documents

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
             ("StaticType", "Inapplicable"), ("ChildPrefixBits", "2001:db8::/80"), ("ParentPrefix", other),
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
    assert not is_announced(route, [known])
    assert is_announced(route, [Address("eth1", 6, "2001:db8:7::1", 64)])
    assert is_announced(route, [Address("eth1", 6, "2001:db8:7::1", 64, valid_lifetime=7200)])
    alone = Address("eth1", 6, "2001:db8:7::1", 64, valid_lifetime=600, flags=frozenset({"noprefixroute"}))
    assert is_announced(route, [alone])


class Provider:
    """What is delegated on eth0 at present, to a device in memory."""

    def __init__(self, bench: Bench, store: Documents | None = None) -> None:
        self.bench = bench
        self.given: tuple[Delegation, ...] = ()
        self.device = bench.device(store=store)
        self.device.network.delegations = lambda: self.given

    def delegates(self, *prefixes: str, preferred: int = 1800, valid: int = 3600) -> None:
        """The server answers; the agent hears of it."""
        now = int(time.time())
        self.given = tuple(
            Delegation("eth0", number, prefix, now + preferred, now + valid)
            for number, prefix in enumerate(prefixes, 1)
        )
        self.device.network.kernel_changed()

    def prefixes(self, name: str) -> str:
        return f"{self.device.find(IP, Name=name)}IPv6Prefix."

    def child(self, **values: str) -> str:
        """A row on eth1 that is a part of whatever is delegated on eth0."""
        parent = self.device.find(self.prefixes("eth0"), Origin="PrefixDelegation").removesuffix(".")
        usual = {"ParentPrefix": parent, "StaticType": "Child", "Enable": "1"}
        return self.device.add(self.prefixes("eth1"), **{**usual, **values})

    def unreachable(self) -> set[str]:
        self.bench.netlink.forget()
        return {one.destination for one in self.bench.netlink.routes() if one.type == "unreachable"}

    def own(self) -> set[str]:
        """eth1's addresses, without the 64 bits that its hardware address makes."""
        networks = (ipaddress.IPv6Interface(one).network for one in self.bench.addresses("eth1"))
        return {str(one) for one in networks}


@by_our_own_hand
def test_a_delegated_prefix_is_a_row_of_the_link_it_came_over(bench: Bench) -> None:
    provider = Provider(bench)
    device = provider.device
    provider.delegates("2001:db8:100::/56")
    row = device.find(provider.prefixes("eth0"), Origin="PrefixDelegation")
    told = device.tree(row)
    assert {name: told[name] for name in ("Prefix", "StaticType", "Status", "PrefixStatus", "Enable", "OnLink")} == {
        "Prefix": "2001:db8:100::/56", "StaticType": "Inapplicable", "Status": "Enabled", "PrefixStatus": "Preferred",
        "Enable": "true", "OnLink": "false",
    }  # fmt: skip
    left = datetime.fromisoformat(told["ValidLifetime"]) - datetime.now(UTC)
    assert 3500 < left.total_seconds() <= 3600
    assert datetime.fromisoformat(told["PreferredLifetime"]) < datetime.fromisoformat(told["ValidLifetime"])
    assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "NotWritable"}
    assert provider.unreachable() == {"2001:db8:100::/56"}
    provider.delegates("2001:db8:200::/56")
    assert device.get(f"{row}Prefix") == "2001:db8:200::/56"  # renumbered: the same row
    assert provider.unreachable() == {"2001:db8:200::/56"}
    provider.delegates()
    assert "PrefixDelegation" not in device.tree(provider.prefixes("eth0")).values()
    assert provider.unreachable() == set()


@by_our_own_hand
def test_a_child_is_carved_out_and_the_link_has_an_address_in_it(bench: Bench) -> None:
    provider = Provider(bench)
    device = provider.device
    provider.delegates("2001:db8:100::/56")
    row = provider.child(ChildPrefixBits="123:4567:89ab:cdef::/64")
    told = device.tree(row)
    assert {name: told[name] for name in ("Prefix", "Origin", "StaticType", "Status", "OnLink", "Autonomous")} == {
        "Prefix": "2001:db8:100:ef::/64", "Origin": "Child", "StaticType": "Child", "Status": "Enabled",
        "OnLink": "true", "Autonomous": "true",
    }  # fmt: skip
    parent = device.find(provider.prefixes("eth0"), Origin="PrefixDelegation")
    assert told["ParentPrefix"] == parent.removesuffix(".")
    assert told["ChildPrefixBits"] == "123:4567:89ab:cdef::/64"
    assert told["ValidLifetime"] == device.get(f"{parent}ValidLifetime")
    address = device.find(f"{device.find(IP, Name='eth1')}IPv6Address.", Prefix=row.removesuffix("."))
    own = ipaddress.IPv6Address(device.get(f"{address}IPAddress"))
    mac = next(one.mac for one in bench.netlink.links() if one.name == "eth1")
    assert int(own) & (2**64 - 1) == interface_identifier(mac)
    assert (device.get(f"{address}Origin"), device.get(f"{address}Status")) == ("AutoConfigured", "Enabled")
    assert device.refused({f"{address}Enable": "0"}) == {f"{address}Enable": "NotWritable"}
    device.delete(row)
    assert provider.own() == set()
    assert provider.unreachable() == {"2001:db8:100::/56"}


@by_our_own_hand
def test_the_routes_of_a_delegated_prefix_are_dhcps_whenever_they_end(bench: Bench) -> None:
    provider = Provider(bench)
    provider.delegates("2001:db8:100::/56")
    provider.child(ChildPrefixBits="0:0:0:ef::/64")
    routes = "Device.Routing.Router.1.IPv6Forwarding."

    def origins() -> list[tuple[str, str, str]]:
        told = provider.device.tree(routes)
        rows = {name.split(".")[0] for name in told if name.endswith(".Origin")}
        shown = [tuple(told[f"{row}.{name}"] for name in ("DestIPPrefix", "Type", "Origin")) for row in rows]
        return sorted(one for one in shown if one[0].startswith("2001:db8:100:"))  # type: ignore[misc]

    own = [("2001:db8:100::/56", "Unreachable", "DHCPv6"), ("2001:db8:100:ef::/64", "Normal", "DHCPv6")]
    bench.netlink.forget()
    if "2001:db8:100:ef::/64" not in {one.destination for one in bench.netlink.routes()}:  # a fake kernel makes none
        bench.netlink.add_route(
            Route(6, "2001:db8:100:ef::/64", interface="eth1", metric=256, protocol="kernel", expires=1286)
        )
    assert origins() == own
    provider.delegates("2001:db8:100::/56", preferred=600, valid=900)
    assert origins() == own
    # A client's own, such as dhcpcd's: another route, and another row.
    bench.netlink.add_route(
        Route(6, "2001:db8:100::/56", interface="lo", metric=1001, protocol="dhcp", type="unreachable")
    )
    assert origins() == [own[0], *own]
    bench.netlink.forget()
    in_kernel = [one for one in bench.netlink.routes() if one.destination.startswith("2001:db8:100:")]
    assert len(in_kernel) == 3


def test_children_without_bits_have_a_subnet_each_and_keep_it(memory: Bench) -> None:
    provider = Provider(memory)
    device = provider.device
    provider.delegates("2001:db8:100::/62")
    first, second = provider.child(), provider.child()
    assert [device.get(f"{one}Prefix") for one in (first, second)] == ["2001:db8:100::/64", "2001:db8:100:1::/64"]
    device.delete(first)
    assert device.get(f"{second}Prefix") == "2001:db8:100:1::/64"
    third, fourth = provider.child(), provider.child(ChildPrefixBits="::1:0:0:0:0/64")
    assert device.get(f"{third}Prefix") == "2001:db8:100::/64"
    assert (device.get(f"{fourth}Prefix"), device.get(f"{fourth}Status")) == ("", "Error")  # the second's
    device.set({f"{fourth}ChildPrefixBits": ""})
    assert device.get(f"{fourth}Prefix") == "2001:db8:100:2::/64"
    provider.delegates("2001:db8:500:7::/64")
    assert [device.get(f"{one}Status") for one in (second, third, fourth)] == ["Error", "Enabled", "Error"]
    assert device.get(f"{third}Prefix") == "2001:db8:500:7::/64"


@by_our_own_hand
def test_a_server_that_renumbers_changes_the_link_and_no_row(bench: Bench) -> None:
    provider = Provider(bench)
    provider.delegates("2001:db8:100::/56")
    row = provider.child()
    assert provider.own() == {"2001:db8:100::/64"}
    provider.delegates("2001:db8:900::/60")
    assert (provider.device.get(f"{row}Prefix"), provider.own()) == ("2001:db8:900::/64", {"2001:db8:900::/64"})
    assert provider.unreachable() == {"2001:db8:900::/60"}
    provider.delegates("2001:db8:900::/60", valid=900, preferred=60)
    bench.netlink.forget()
    [lives] = [one for one in bench.netlink.addresses() if (one.interface, one.scope) == ("eth1", "global")]
    assert 800 < (lives.valid_lifetime or 0) <= 900
    provider.delegates()
    told = provider.device.tree(row)
    assert {name: told[name] for name in ("Prefix", "Status", "Origin", "Enable", "PrefixStatus")} == {
        "Prefix": "", "Status": "Disabled", "Origin": "Static", "Enable": "true", "PrefixStatus": "Invalid",
    }  # fmt: skip
    assert (provider.own(), provider.unreachable()) == (set(), set())
    provider.delegates("2001:db8:a00::/56")
    assert provider.device.get(f"{row}Prefix") == "2001:db8:a00::/64"


def test_a_slot_for_what_will_be_delegated_can_be_a_parent_beforehand(memory: Bench) -> None:
    provider = Provider(memory)
    device = provider.device
    slot = device.add(provider.prefixes("eth0"), StaticType="PrefixDelegation", Enable="1")
    row = device.add(provider.prefixes("eth1"), ParentPrefix=slot[:-1], StaticType="Child", Enable="1")
    assert [device.get(f"{one}Status") for one in (slot, row)] == ["Disabled", "Disabled"]
    provider.delegates("2001:db8:100::/56")
    assert (device.get(f"{slot}Prefix"), device.get(f"{slot}Origin"), device.get(f"{slot}StaticType")) == (
        "2001:db8:100::/56", "PrefixDelegation", "PrefixDelegation",
    )  # fmt: skip
    assert (device.get(f"{row}Prefix"), device.get(f"{row}ParentPrefix")) == ("2001:db8:100::/64", slot[:-1])
    assert list(device.tree(provider.prefixes("eth0")).values()).count("2001:db8:100::/56") == 1
    device.delete(slot)
    assert (device.get(f"{row}Prefix"), device.get(f"{row}ParentPrefix"), provider.own()) == ("", "", set())


@by_our_own_hand
def test_what_is_handed_on_holds_over_a_restart_and_a_crash(bench: Bench) -> None:
    provider = Provider(bench)
    provider.delegates("2001:db8:100::/56")
    provider.child()
    provider.delegates("2001:db8:200::/56")  # made, and not written down: here comes the crash
    before = bench.state()
    again = Provider(bench, provider.device.store)
    again.given = provider.given
    again.device.network.apply_at_start()
    assert _lasting(bench.state()) == _lasting(before)
    again.delegates()
    assert (again.own(), again.unreachable()) == (set(), set())


def _lasting(state: dict[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
    """Without what is counted down."""
    ticking = ("preferred", "valid", "until", "expires")
    return {ident: {k: v for k, v in there.items() if k not in ticking} for ident, there in state.items()}


def test_a_parent_is_something_delegated_and_over_another_link(memory: Bench) -> None:
    provider = Provider(memory)
    device = provider.device
    provider.delegates("2001:db8:100::/56")
    parent = device.find(provider.prefixes("eth0"), Origin="PrefixDelegation").removesuffix(".")
    row = device.add(provider.prefixes("eth0"))
    assert device.refused({f"{row}ParentPrefix": parent}) == {f"{row}ParentPrefix": "InvalidValue"}
    child = provider.child()
    for name, value in (("Prefix", "2001:db8:5::/64"), ("OnLink", "0"), ("Autonomous", "0")):
        assert device.refused({child + name: value}) == {child + name: "InvalidValue"}
    device.set({f"{child}OnLink": "1", f"{child}Autonomous": "1"})
    other = device.add(provider.prefixes("eth1"))
    for wrong in (child.removesuffix("."), device.find(IP, Name="eth0").removesuffix(".")):
        assert device.refused({f"{other}ParentPrefix": wrong}) == {f"{other}ParentPrefix": "InvalidValue"}
    device.set({f"{child}StaticType": "Static"})
    assert (device.get(f"{child}Prefix"), device.get(f"{child}Status"), provider.own()) == ("", "Error", set())
    device.set({f"{child}Prefix": "2001:db8:5::/64"})
    assert device.get(f"{child}Status") == "Enabled"


def test_a_link_that_is_not_the_agents_is_given_nothing(memory: Bench) -> None:
    provider = Provider(memory)
    provider.delegates("2001:db8:100::/56")
    provider.child()
    provider.device.network.manage_only(("eth0",))
    provider.delegates("2001:db8:200::/56")
    assert provider.own() == {"2001:db8:100::/64"}  # left as it was; its lifetime ends it
