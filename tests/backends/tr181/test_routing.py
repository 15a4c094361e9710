"""Routes of the main table: added, changed, deleted, and told apart by who made them."""

import pytest

from agent.model.errors import NotWritable, Refusals
from backends.netlink import Route
from backends.tr181.routing import MAIN_ROUTER
from tests.backends.conftest import Bench, by_our_own_hand
from tests.fakes.netlink import FakeNetlink

V4 = "Device.Routing.Router.1.IPv4Forwarding."
V6 = "Device.Routing.Router.1.IPv6Forwarding."
IP = "Device.IP.Interface."


def test_there_is_one_router(memory: Bench) -> None:
    device = memory.device()
    assert device.get("Device.Routing.RouterNumberOfEntries") == "1"
    assert device.get(f"{device.find(IP, Name='eth0')}Router") == "Device.Routing.Router.1"
    assert MAIN_ROUTER.keys == ("main",)


def test_a_route_through_a_gateway_finds_its_interface(bench: Bench) -> None:
    device = bench.device()
    row = device.add(
        V4, DestIPAddress="198.18.0.0", DestSubnetMask="255.254.0.0", GatewayIPAddress="192.0.2.9", Enable="1"
    )
    assert ("198.18.0.0/15", "192.0.2.9", "eth0", 0) in bench.routes()
    assert device.get(f"{row}Interface") == device.find(IP, Name="eth0")[:-1]
    told = device.tree(row)
    assert (told["Status"], told["StaticRoute"], told["Origin"], told["ForwardingMetric"]) == (
        "Enabled", "true", "Static", "-1",
    )  # fmt: skip
    device.set({f"{row}ForwardingMetric": "50", f"{row}GatewayIPAddress": "192.0.2.10"})
    assert ("198.18.0.0/15", "192.0.2.10", "eth0", 50) in bench.routes()
    assert ("198.18.0.0/15", "192.0.2.9", "eth0", 0) not in bench.routes()
    device.set({f"{row}Enable": "0"})
    assert not any(destination == "198.18.0.0/15" for destination, *_ in bench.routes())
    assert device.tree(row)["DestIPAddress"] == "198.18.0.0"


def test_a_route_through_an_interface(bench: Bench) -> None:
    device = bench.device()
    interface = device.find(IP, Name="eth1")
    row = device.add(V4, DestIPAddress="198.18.0.0", DestSubnetMask="255.254.0.0", Interface=interface, Enable="1")
    assert ("198.18.0.0/15", None, "eth1", 0) in bench.routes()
    device.delete(row)
    assert ("198.18.0.0/15", None, "eth1", 0) not in bench.routes()


def test_a_destination_without_mask_is_one_address_and_nothing_at_all_the_default_route(bench: Bench) -> None:
    device = bench.device()
    interface = device.find(IP, Name="eth1")
    host = device.add(V4, DestIPAddress="198.18.0.1", Interface=interface, Enable="1")
    assert ("198.18.0.1/32", None, "eth1", 0) in bench.routes()
    device.set({f"{host}DestIPAddress": "", f"{host}ForwardingMetric": "9"})
    assert ("", None, "eth1", 9) in bench.routes()
    device.set({f"{host}DestIPAddress": "0.0.0.0", f"{host}DestSubnetMask": "0.0.0.0", f"{host}ForwardingMetric": "8"})
    assert ("", None, "eth1", 8) in bench.routes()


def test_a_route_that_leads_nowhere_is_misconfigured(memory: Bench) -> None:
    device = memory.device()
    row = device.add(V4, DestIPAddress="198.18.0.0", DestSubnetMask="255.254.0.0", Enable="1")
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    device.set({f"{row}GatewayIPAddress": "10.99.0.1"})
    assert device.get(f"{row}Status") == "Error_Misconfigured"


@pytest.mark.parametrize("names_interface", [True, False])
def test_a_gateway_that_the_interface_does_not_reach_is_misconfigured_until_it_does(
    bench: Bench, names_interface: bool
) -> None:
    device = bench.device()
    interface = device.find(IP, Name="eth1")
    for table, told, network in (
        (V4, {"DestIPAddress": "198.18.0.0", "GatewayIPAddress": "203.0.113.9"}, "203.0.113.9"),
        (V6, {"DestIPPrefix": "2001:db8:9::/48", "NextHop": "2001:db8:5::9"}, "2001:db8:5::9"),
    ):
        row = device.add(table, **told, Enable="1", **({"Interface": interface} if names_interface else {}))
        assert device.get(f"{row}Status") == "Error_Misconfigured"
        assert network not in {gateway for _, gateway, _, _ in bench.routes()}
    device.add(f"{interface}IPv4Address.", IPAddress="203.0.113.5", SubnetMask="255.255.255.0", Enable="1")
    device.add(f"{interface}IPv6Address.", IPAddress="2001:db8:5::7", Enable="1")
    assert {"203.0.113.9", "2001:db8:5::9"} <= {gateway for _, gateway, _, _ in bench.routes()}
    assert device.get(f"{device.find(V4, DestIPAddress='198.18.0.0')}Status") == "Enabled"


def test_a_gateway_may_be_reached_by_a_route_without_one(bench: Bench) -> None:
    device = bench.device()
    interface = device.find(IP, Name="eth1")
    device.add(V4, DestIPAddress="198.18.0.1", Interface=interface, Enable="1")
    device.add(V4, DestIPAddress="198.51.101.0", GatewayIPAddress="198.18.0.1", Interface=interface, Enable="1")
    assert ("198.51.101.0/32", "198.18.0.1", "eth1", 0) in bench.routes()


def test_a_link_local_gateway_needs_its_interface(bench: Bench) -> None:
    device = bench.device()
    row = device.add(V6, DestIPPrefix="2001:db8:9::/48", NextHop="fe80::9", Enable="1")
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    device.set({f"{row}Interface": device.find(IP, Name="eth1")})
    assert device.get(f"{row}Status") == "Enabled"
    assert ("2001:db8:9::/48", "fe80::9", "eth1", 1024) in bench.routes()


def test_a_second_route_of_the_same_metric_is_refused(memory: Bench) -> None:
    device = memory.device()
    interface = device.find(IP, Name="eth1")
    row = device.add(V4, Interface=interface)
    assert set(device.refused({f"{row}Enable": "1"}).values()) == {"Denied"}  # somebody else's default route
    own = [device.add(V4, DestIPAddress="198.18.0.0", GatewayIPAddress=f"192.0.2.{number}") for number in (8, 9)]
    device.set({f"{own[0]}Enable": "1"})
    assert set(device.refused({f"{own[1]}Enable": "1"}).values()) == {"InvalidValue"}


def test_a_route_takes_another_gateway_again_and_again(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    own = device.add(
        V4, DestIPAddress="198.18.0.0", DestSubnetMask="255.254.0.0", GatewayIPAddress="192.0.2.9", Enable="1"
    )
    for row, destination, metric in (
        (own, "198.18.0.0/15", 0),
        (device.find(V4, DestIPAddress="198.51.100.0"), "198.51.100.0/24", 7),
    ):
        for gateway in ("192.0.2.8", "192.0.2.7", "192.0.2.6", "192.0.2.8"):
            assert device.set({f"{row}GatewayIPAddress": gateway}) == 0
            assert [route for route in bench.routes() if route[0] == destination] == [
                (destination, gateway, "eth0", metric)
            ]
            assert device.get(f"{row}Status") == "Enabled"
    device.model.forget_everything()
    assert bench.state() == before


@pytest.mark.parametrize("value", ["", "::/0"])
@by_our_own_hand
def test_an_ipv6_route_of_the_machines_own_becomes_the_default_route(bench: Bench, value: str) -> None:
    bench.netlink.add_route(Route(6, "2001:db8:b::/48", "2001:db8::9", "eth0", 77))
    device = bench.device()
    before = bench.state()
    row = device.find(V6, DestIPPrefix="2001:db8:b::/48")
    assert device.set({f"{row}DestIPPrefix": value}) == 0
    assert ("", "2001:db8::9", "eth0", 77) in bench.routes()
    assert (device.get(f"{row}DestIPPrefix"), device.get(f"{row}Status")) == ("", "Enabled")
    device.set({f"{row}DestIPPrefix": "2001:db8:c::/48"})
    assert ("2001:db8:c::/48", "2001:db8::9", "eth0", 77) in bench.routes()
    assert device.get(f"{row}DestIPPrefix") == "2001:db8:c::/48"
    device.model.forget_everything()
    assert bench.state() == before


def test_an_ipv4_route_of_the_machines_own_becomes_the_default_route(bench: Bench) -> None:
    device = bench.device()
    row = device.find(V4, DestIPAddress="198.51.100.0")
    names = [f"{row}DestIPAddress", f"{row}DestSubnetMask"]
    for there, told in (
        (("", 7), {names[0]: "", names[1]: ""}),
        (("198.51.100.0/24", 7), {names[0]: "198.51.100.0", names[1]: "255.255.255.0"}),
        (("", 7), {names[1]: "", names[0]: ""}),
        (("198.51.100.9/32", 7), {names[0]: "198.51.100.9"}),
    ):
        device.set(told)
        assert (there[0], "192.0.2.253", "eth0", there[1]) in bench.routes()
        assert {name: device.get(name) for name in told} == told
        assert device.get(f"{row}Status") == "Enabled"


@by_our_own_hand
def test_a_route_of_the_machines_own_keeps_its_interface_for_another_gateway(bench: Bench) -> None:
    bench.netlink.add_route(Route(6, "2001:db8:a::/48", "fe80::9", "eth1", 77))
    device = bench.device()
    row = device.find(V6, DestIPPrefix="2001:db8:a::/48")
    for gateway, name in (("fe80::8", "eth1"), ("fe80::7", "eth1"), ("2001:db8::9", "eth0"), ("fe80::7", "eth1")):
        assert device.set({f"{row}NextHop": gateway}) == 0
        assert [route for route in bench.routes() if route[0] == "2001:db8:a::/48"] == [
            ("2001:db8:a::/48", gateway, name, 77)
        ]
        assert device.get(f"{row}Status") == "Enabled"
        assert device.get(f"{row}Interface") == device.find(IP, Name=name)[:-1]


def test_a_gateway_that_would_take_a_working_route_away_is_refused(bench: Bench) -> None:
    bench.netlink.add_route(Route(6, "2001:db8:a::/48", "2001:db8::9", "eth0", 77))
    device = bench.device()
    own = device.add(V4, DestIPAddress="198.18.0.0", GatewayIPAddress="192.0.2.9", Enable="1")
    natural = device.find(V4, DestIPAddress="198.51.100.0")
    other = device.find(V6, DestIPPrefix="2001:db8:a::/48")
    before = bench.state()
    for row, name, gateway in (
        (own, "GatewayIPAddress", "172.31.0.1"),
        (natural, "GatewayIPAddress", "172.31.0.1"),
        (other, "NextHop", "2001:db8:dead::1"),
    ):
        wrong = {f"{row}{name}": gateway, f"{row}ForwardingMetric": "60"}
        assert device.refused(wrong) == {f"{row}{name}": "InvalidValue"}
        assert bench.state() == before
        assert device.get(f"{row}Status") == "Enabled"
    wrong = {f"{natural}GatewayIPAddress": "172.31.0.1", f"{own}GatewayIPAddress": "192.0.2.8"}
    assert device.refused(wrong) == {f"{natural}GatewayIPAddress": "InvalidValue"}
    wrong = {f"{own}Interface": device.find(IP, Name="eth1")}
    assert device.refused(wrong) == dict.fromkeys(wrong, "InvalidValue")
    assert bench.state() == before
    device.set({f"{natural}Enable": "0"})
    device.set({f"{natural}GatewayIPAddress": "172.31.0.1"})
    device.set({f"{natural}Enable": "1"})
    assert device.get(f"{natural}Status") == "Error_Misconfigured"


@by_our_own_hand
def test_of_two_rows_in_one_request_only_the_bad_one_is_refused(bench: Bench) -> None:
    device = bench.device()
    good = device.find(V4, DestIPAddress="198.51.100.0")
    bad = device.add(V4, DestIPAddress="198.18.0.0", GatewayIPAddress="192.0.2.9", Enable="1")
    for gateway in ("192.0.2.8", "192.0.2.7"):
        device.set({f"{good}GatewayIPAddress": gateway, f"{bad}GatewayIPAddress": gateway})
    before = bench.state()
    taken = {f"{bad}DestIPAddress": "", f"{good}GatewayIPAddress": "192.0.2.6"}
    assert device.refused(taken) == {f"{bad}DestIPAddress": "Denied"}
    assert bench.state() == before


def test_a_route_of_the_machines_own_is_changed_and_comes_back_at_factory_reset(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    row = device.find(V4, DestIPAddress="198.51.100.0")
    device.set({f"{row}ForwardingMetric": "70"})
    assert ("198.51.100.0/24", "192.0.2.253", "eth0", 70) in bench.routes()
    assert device.get(f"{row}DestIPAddress") == "198.51.100.0"
    device.set({f"{row}DestSubnetMask": "255.255.255.128"})
    assert ("198.51.100.0/25", "192.0.2.253", "eth0", 70) in bench.routes()
    device.delete(device.find(V4, DestIPAddress=""))
    assert not any(route[:2] == ("", "192.0.2.254") for route in bench.routes())
    device.model.forget_everything()
    assert bench.state() == before


@pytest.mark.parametrize("family", [4, 6])
@by_our_own_hand
def test_a_route_that_somebody_else_added_goes_from_the_kernel(bench: Bench, family: int) -> None:
    table, destination, gateway, metric = {
        4: (V4, "10.45.0.0/16", "192.0.2.9", 5),
        6: (V6, "2001:db8:9::/48", "2001:db8::9", 12),
    }[family]
    name, told = ("DestIPAddress", "10.45.0.0") if family == 4 else ("DestIPPrefix", destination)

    def there() -> set[int]:
        return {metric for found, _, _, metric in bench.routes() if found == destination}

    device = bench.device(manage=("*",))
    for change in ({"Enable": "0"}, {"ForwardingMetric": "8"}, None):
        bench.netlink.add_route(Route(family, destination, gateway, "eth0", metric, protocol="boot"))
        row = device.find(table, **{name: told})
        if change is None:
            device.delete(row)
        else:
            assert device.set({row + leaf: value for leaf, value in change.items()}) == 0
        assert there() == ({8} if change == {"ForwardingMetric": "8"} else set())
        device.model.forget_everything()
        assert there() == {metric}
        bench.netlink.delete_route(Route(family, destination, gateway, "eth0", metric, protocol="boot"))


def test_an_on_link_route_that_ends_is_a_routers_and_one_that_ends_with_its_address_is_not(memory: Bench) -> None:
    for number, expires in ((77, 1286), (78, None), (79, 600)):
        there = f"2001:db8:{number}::/64"
        memory.netlink.add_route(Route(6, there, interface="eth1", protocol="kernel", metric=256, expires=expires))
    memory.netlink.add_address("eth1", "2001:db8:79::1", 64, preferred_lifetime=601, valid_lifetime=601)
    device = memory.device()
    found = {
        number: device.get(device.find(V6, DestIPPrefix=f"2001:db8:{number}::/64") + "Origin")
        for number in (77, 78, 79)
    }
    assert found == {77: "RA", 78: "Static", 79: "Static"}


def test_what_the_kernel_or_a_client_made_cannot_be_changed(bench: Bench) -> None:
    bench.netlink.add_route(Route(4, "198.18.0.0/15", "192.0.2.9", "eth0", protocol="dhcp"))
    device = bench.device()
    leased = device.find(V4, DestIPAddress="198.18.0.0")
    own = device.find(V4, DestIPAddress="192.0.2.0")
    assert (device.get(f"{leased}Origin"), device.get(f"{leased}StaticRoute")) == ("DHCPv4", "false")
    for row in (leased, own):
        assert device.refused({f"{row}ForwardingMetric": "5"}) == {f"{row}ForwardingMetric": "NotWritable"}
        with pytest.raises(NotWritable):
            device.delete(row)


def test_a_way_out_that_came_with_a_ppp_connection_is_ipcps(memory: Bench) -> None:
    assert isinstance(memory.netlink, FakeNetlink)
    kernel = memory.netlink.kernel
    kernel.add_link("ppp-1", "ppp", type=512, up=True, running=True)
    kernel.routes += [
        Route(4, "", interface=link, protocol="boot", metric=at) for at, link in ((3, "ppp-1"), (4, "eth1"))
    ]
    device = memory.device()
    found = [device.find(V4, ForwardingMetric=str(metric), DestIPAddress="") for metric in (3, 4)]
    assert [device.get(f"{row}Origin") for row in found] == ["IPCP", "Static"]
    assert [device.get(f"{row}StaticRoute") for row in found] == ["false", "true"]


def test_a_blackhole_needs_no_interface(bench: Bench) -> None:
    device = bench.device(manage=("*",))
    row = device.add(V4, DestIPAddress="198.18.0.0", DestSubnetMask="255.254.0.0", Type="Blackhole", Enable="1")
    assert (device.get(f"{row}Status"), device.get(f"{row}Type")) == ("Enabled", "Blackhole")
    assert device.refused({f"{row}Type": "Receive"}) == {f"{row}Type": "InvalidValue"}


def test_an_ipv6_route(bench: Bench) -> None:
    device = bench.device()
    row = device.add(V6, DestIPPrefix="2001:db8:9::/48", NextHop="2001:db8::9", Enable="1")
    assert ("2001:db8:9::/48", "2001:db8::9", "eth0", 1024) in bench.routes()
    assert device.get(f"{row}Status") == "Enabled"
    assert device.get(f"{row}ExpirationTime") == "9999-12-31T23:59:59Z"
    device.set({f"{row}DestIPPrefix": "2001:db8:a::/48"})
    assert ("2001:db8:a::/48", "2001:db8::9", "eth0", 1024) in bench.routes()
    for prefix in ("2001:db8:a::1/48", "2001:db8:b::", "2001:db8:b::/", "::"):
        assert device.refused({f"{row}DestIPPrefix": prefix}) == {f"{row}DestIPPrefix": "InvalidValue"}
    device.delete(row)
    assert not any(destination.startswith("2001:db8:a:") for destination, *_ in bench.routes())


def test_a_gateway_that_is_none_is_refused(memory: Bench) -> None:
    device = memory.device()
    row = device.add(V4)
    assert device.refused({f"{row}GatewayIPAddress": "0.0.0.0"}) == {f"{row}GatewayIPAddress": "InvalidValue"}


def test_a_route_over_an_interface_that_is_not_managed_is_refused(memory: Bench) -> None:
    device = memory.device(manage=("eth1",))
    row = device.add(V4, DestIPAddress="198.18.0.0", DestSubnetMask="255.254.0.0")
    asked = {f"{row}GatewayIPAddress": "192.0.2.9", f"{row}Enable": "1"}
    assert set(device.refused(asked).values()) == {"Denied"}


@by_our_own_hand
def test_a_route_that_takes_another_metric_keeps_its_source_and_mtu(bench: Bench) -> None:
    bench.netlink.add_route(
        Route(4, "203.0.113.0/24", "192.0.2.250", "eth0", 5, source="192.0.2.1", metrics=(("mtu", 1280),))
    )
    device = bench.device()
    row = device.find("Device.Routing.Router.1.IPv4Forwarding.", DestIPAddress="203.0.113.0")
    device.set({f"{row}ForwardingMetric": "9"})
    bench.netlink.forget()
    [found] = [one for one in bench.netlink.routes() if one.destination == "203.0.113.0/24"]
    assert (found.metric, found.source, dict(found.metrics)) == (9, "192.0.2.1", {"mtu": 1280})
    if bench.lab is not None:
        assert "mtu 1280" in bench.lab.ip("route show 203.0.113.0/24")
    device.model.forget_everything()
    bench.netlink.forget()
    [found] = [one for one in bench.netlink.routes() if one.destination == "203.0.113.0/24"]
    assert (found.metric, found.source, dict(found.metrics)) == (5, "192.0.2.1", {"mtu": 1280})


def test_a_destination_with_bits_right_of_its_mask_is_refused(memory: Bench) -> None:
    device = memory.device()
    row = device.add("Device.Routing.Router.1.IPv4Forwarding.")
    asked = {f"{row}DestIPAddress": "203.0.113.7", f"{row}DestSubnetMask": "255.255.255.0"}
    assert device.refused(asked) == {f"{row}DestIPAddress": "InvalidValue"}
    device.set({f"{row}DestIPAddress": "203.0.113.7"})
    asked = {f"{row}DestSubnetMask": "255.255.255.0"}
    assert device.refused(asked) == {f"{row}DestSubnetMask": "InvalidValue"}
    device.set({f"{row}DestIPAddress": "203.0.113.0", f"{row}DestSubnetMask": "255.255.255.0"})


@by_our_own_hand
def test_a_route_is_made_when_an_address_comes_that_its_gateway_is_reached_through(bench: Bench) -> None:
    device = bench.device()
    device.network.kernel_changed()
    row = device.add("Device.Routing.Router.1.IPv4Forwarding.", DestIPAddress="203.0.113.0",
                     DestSubnetMask="255.255.255.0", GatewayIPAddress="198.18.0.1", Enable="1")  # fmt: skip
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    bench.netlink.add_address("eth1", "198.18.0.9", 24)
    assert device.network.kernel_changed()
    assert ("203.0.113.0/24", "198.18.0.1", "eth1", 0) in bench.routes()
    assert device.get(f"{row}Status") == "Enabled"
    bench.netlink.delete_address("eth1", "198.18.0.9", 24)
    device.network.kernel_changed()
    bench.netlink.add_address("eth1", "198.18.0.9", 24)
    device.network.kernel_changed()
    assert ("203.0.113.0/24", "198.18.0.1", "eth1", 0) in bench.routes()


def test_a_route_is_moved_at_once_or_by_disabling_it_and_the_refusal_says_so(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "198.18.0.9", 24)
    device = bench.device()
    row = device.add("Device.Routing.Router.1.IPv4Forwarding.", DestIPAddress="203.0.113.0", DestSubnetMask=
                     "255.255.255.0", GatewayIPAddress="192.0.2.250", Enable="1")  # fmt: skip
    eth1 = device.find("Device.IP.Interface.", Name="eth1")
    with pytest.raises(Refusals) as caught:
        device.set({f"{row}Interface": eth1})
    assert "set gateway and interface in one request, or disable it" in str(caught.value.refusals[0].reason)
    device.set({f"{row}Enable": "0"})
    device.set({f"{row}Interface": eth1})
    device.set({f"{row}GatewayIPAddress": "198.18.0.1"})
    device.set({f"{row}Enable": "1"})
    assert ("203.0.113.0/24", "198.18.0.1", "eth1", 0) in bench.routes()
    device.set({f"{row}Interface": device.find("Device.IP.Interface.", Name="eth0"),
                f"{row}GatewayIPAddress": "192.0.2.250"})  # fmt: skip
    assert ("203.0.113.0/24", "192.0.2.250", "eth0", 0) in bench.routes()


@by_our_own_hand
def test_ipv6_is_forwarded_where_the_owner_gave_the_switch_for_all_links(bench: Bench) -> None:
    device = bench.device(manage=["eth1", "all"])
    device.network.ways_out = lambda: frozenset({"eth1"})
    every, heeds = "net/ipv6/conf/all/forwarding", "net/ipv6/conf/eth1/accept_ra"
    before = bench.procfs.setting(every), bench.procfs.setting(heeds)
    device.set({"Device.Routing.Router.1.Enable": "1"})
    bench.procfs.forget()
    assert (bench.procfs.setting(every), bench.procfs.setting(heeds)) == ("1", "2")
    device.set({"Device.Routing.Router.1.Enable": "0"})
    bench.procfs.forget()
    assert bench.procfs.setting(every) == "0"
    device.model.forget_everything()
    assert (bench.procfs.setting(every), bench.procfs.setting(heeds)) == before


@by_our_own_hand
def test_a_router_forwards_between_the_links_that_are_its(bench: Bench) -> None:
    device = bench.device(manage=["eth1"])
    router = "Device.Routing.Router.1."
    forwarding = "net/ipv4/conf/{}/forwarding"
    before = {name: bench.procfs.setting(forwarding.format(name)) for name in ("eth0", "eth1")}
    assert (device.get(f"{router}Enable"), device.get(f"{router}Status")) == ("false", "Disabled")
    device.set({f"{router}Enable": "1"})
    assert (device.get(f"{router}Enable"), device.get(f"{router}Status")) == ("true", "Enabled")
    assert bench.procfs.setting(forwarding.format("eth1")) == "1"
    assert bench.procfs.setting(forwarding.format("eth0")) == before["eth0"]
    device.set({f"{router}Enable": "0"})
    assert bench.procfs.setting(forwarding.format("eth1")) == "0"


def test_a_router_without_links_is_refused(memory: Bench) -> None:
    asked = {"Device.Routing.Router.1.Enable": "1"}
    assert memory.device(manage=[]).refused(asked) == dict.fromkeys(asked, "Denied")


def test_a_route_of_a_policy_is_for_packets_alone_that_are_marked_so(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "198.18.0.9", 24)
    device = bench.device()
    before = bench.state()
    row = device.add("Device.Routing.Router.1.IPv4Forwarding.", DestIPAddress="203.0.113.0", DestSubnetMask=
                     "255.255.255.0", GatewayIPAddress="198.18.0.1", ForwardingPolicy="2", Enable="1")  # fmt: skip
    assert (device.get(f"{row}Status"), device.get(f"{row}ForwardingPolicy")) == ("Enabled", "2")
    assert bench.state() == before, "the main table has no such route"
    if bench.lab is not None:
        assert "via 198.18.0.1" in bench.lab.ip("route get 203.0.113.7 mark 0x3000000")
        assert "via 198.18.0.1" not in bench.lab.ip("route get 203.0.113.7")
        assert "via 198.18.0.1" not in bench.lab.ip("route get 203.0.113.7 mark 0x2000000")
    assert [rule.table for rule in bench.netlink.rules() if rule.mask] == [13002]
    again = bench.device(store=device.store)
    again.network.begin()
    again.network.prepare()
    assert again.network.undo_record() is None
    again.network.rollback()
    device.set({f"{row}ForwardingPolicy": "3"})
    bench.netlink.forget()
    assert [rule.table for rule in bench.netlink.rules() if rule.mask] == [13003]
    device.set({f"{row}ForwardingPolicy": "-1"})
    assert ("203.0.113.0/24", "198.18.0.1", "eth1", 0) in bench.routes()
    bench.netlink.forget()
    assert [rule for rule in bench.netlink.rules() if rule.mask] == []
    device.delete(row)
    assert bench.state() == before
    asked = {device.add("Device.Routing.Router.1.IPv6Forwarding.") + "ForwardingPolicy": "127"}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")


def test_ipv6_has_no_metric_0(memory: Bench) -> None:
    device = memory.device()
    row = device.add(V6, DestIPPrefix="2001:db8:9::/48", Interface=device.find(IP, Name="eth1"), Enable="1")
    assert device.refused({f"{row}ForwardingMetric": "0"}) == {f"{row}ForwardingMetric": "InvalidValue"}
    for metric in ("7", "-1"):
        device.set({f"{row}ForwardingMetric": metric})
        assert device.get(f"{row}ForwardingMetric") == metric
