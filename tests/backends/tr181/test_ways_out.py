"""Routers are heeded where this machine's way outside is, and never a host of the home that calls itself one."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.desired_state import Desired, Pointer, Record, Wanted
from backends.dhcp_client.records import Client6
from backends.firewall.records import InterfaceNat
from backends.lan.records import Advertised, Pool4
from backends.netlink import Netlink
from backends.netlink_socket import inside
from backends.netlink_types import Link, Route
from backends.sysfs import Sysfs
from backends.tr181.firewall_backend import FirewallTables, tables_over
from backends.tr181.ip_stack import STACK
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.staging import LinuxNetwork
from backends.tr181.ways_out import WaysOut, ways_out
from tests.backends.device import NamespaceSettings
from tests.backends.tr181.firewall_device import Moving
from tests.netlab.gateway import Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter
from tests.waiting import until

IP = "Device.IP.Interface.{i}."
ON = {name: {"enable": True, "interface": Pointer(IP, (name,))} for name in ("wan0", "lan0", "br0")}
ALL_ROUTERS_ADVERTISE, ROUTER_ADVERTISEMENT, HIGH = "ff02::1", 134, 0x08


@dataclass
class Home:
    """A gateway whose router forwards, IPv6 too, by the agent's doing."""

    places: Gateway
    netlink: Netlink
    network: LinuxNetwork
    firewall: FirewallTables
    lan: Desired

    def heeds(self, link: str) -> bool:
        return self.places.router.run("cat", f"/proc/sys/net/ipv6/conf/{link}/accept_ra").strip() == "2"

    def default_routers(self) -> set[str]:
        routes = json.loads(self.places.router.run("ip", "-j", "-6", "route", "show", "default"))
        return {route["dev"] for route in routes if route["protocol"] == "ra"}


@pytest.fixture
def home(make_namespace: Callable[[], Namespace]) -> Iterator[Home]:
    places = Gateway(make_namespace)
    netlink, procfs = places.router.netlink(), NamespaceSettings(places.router)
    network = LinuxNetwork(netlink, procfs, ("wan0", "lan0", "all"))
    nothing: Any = None
    mechanisms = Mechanisms(
        netlink, nothing, procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}), links=Links(network)
    )
    firewall = tables_over(mechanisms, packet_filter(places.router), Moving())
    lan: Any = Desired("lan", (Pool4, Advertised), SimpleNamespace(check=id, cuts=bool, apply=bool))  # type: ignore[arg-type]
    lan.links_served = frozenset
    ways_out(replace(mechanisms, firewall=firewall, lan=lan))
    network.begin()
    network.edit(STACK, forwarding=True)
    network.prepare()
    network.commit()
    yield Home(places, netlink, network, firewall, lan)
    procfs.close()


def change(service: Desired, *records: Record) -> list[str]:
    service.begin()
    keys = [service.add(record) for record in records]
    service.commit()
    return keys


def advertise(lab: Namespace, link: str) -> None:
    """Say that here is a router, of the best (RFC 4861 4.2, RFC 4191 2.2)."""
    message = struct.pack("!BBHBBHII", ROUTER_ADVERTISEMENT, 0, 0, 64, HIGH, 1800, 0, 0)
    with inside(lab.path, lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)) as made:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        index = json.loads(lab.run("ip", "-j", "link", "show", link))[0]["ifindex"]
        made.sendto(message, (ALL_ROUTERS_ADVERTISE, 0, 0, index))


def test_a_host_of_the_home_does_not_become_the_default_router(home: Home) -> None:
    assert (home.heeds("wan0"), home.heeds("lan0")) == (True, False)
    advertise(home.places.lan, "eth0")
    advertise(home.places.wan, "up0")
    until(lambda: home.default_routers(), "the router outside is heeded")
    assert home.default_routers() == {"wan0"}


@pytest.mark.slow
def test_what_leads_outside_is_followed(home: Home) -> None:
    row = change(home.firewall, InterfaceNat(**ON["lan0"]))[0]
    assert home.heeds("lan0"), "translated to our address there"
    pool = change(home.lan, Pool4(**ON["lan0"]))[0]
    assert not home.heeds("lan0"), "addresses are given there"
    home.lan.begin()
    home.lan.remove(Pool4, pool)
    home.lan.commit()
    assert home.heeds("lan0")
    home.firewall.begin()
    home.firewall.remove(InterfaceNat, row)
    home.firewall.commit()
    home.firewall.rollback()
    assert home.heeds("lan0"), "the change was taken back"
    assert not home.network.kernel_changed(), "all is as it should be"


def test_a_default_route_that_comes_makes_its_link_a_way_out(home: Home) -> None:
    router = home.places.router
    assert not home.heeds("lan0")
    router.ip("route add default via 192.168.1.10 metric 5")
    home.netlink.forget()
    assert home.network.kernel_changed()
    assert home.heeds("lan0")


ROUTED4, ROUTED6 = (Route(family, "", "192.0.2.1", "wan0") for family in (4, 6))
CASES: list[tuple[list[Route], tuple[Record, ...], tuple[Record, ...], set[str]]] = [
    ([], (), (), set()),
    ([ROUTED4], (), (), {"wan0"}),
    ([ROUTED6], (), (), {"wan0"}),
    ([replace(ROUTED6, interface="lan0"), ROUTED4], (), (), {"wan0"}),
    ([replace(ROUTED6, interface="lan0")], (Client6(**ON["wan0"]),), (), {"wan0"}),
    ([replace(ROUTED6, interface="lan0")], (), (Advertised(**ON["lan0"]),), set()),
    ([replace(ROUTED4, interface="br0")], (), (), set()),
    ([replace(ROUTED4, type="unreachable")], (), (), set()),
    ([replace(ROUTED4, destination="10.0.0.0/8")], (), (), set()),
    ([], (Client6(enable=False, interface=Pointer(IP, ("wan0",))),), (), set()),
    ([], (Client6(enable=True),), (), set()),
]


@pytest.mark.parametrize(("routes", "asking", "serving", "expected"), CASES)
def test_what_leads_outside(
    routes: list[Route], asking: tuple[Record, ...], serving: tuple[Record, ...], expected: set[str]
) -> None:
    links = [Link(2, "wan0"), Link(3, "lan0"), Link(4, "br0", kind="bridge")]

    def service(*records: Record) -> Any:
        wanted = Wanted()
        for number, record in enumerate(records):
            wanted = wanted.with_record(f"+{number}", record)
        return SimpleNamespace(wanted=wanted)

    mechanisms: Any = SimpleNamespace(
        netlink=SimpleNamespace(routes=lambda: routes, links=lambda: links),
        links=SimpleNamespace(link_of=lambda pointer: pointer.keys[0] if pointer else None),
        firewall=None, dhcp_clients=service(*asking), lan=service(*serving),
    )  # fmt: skip
    known = WaysOut(mechanisms)
    assert known() == expected
    routes_before = list(routes)
    routes.clear()
    assert known() == (expected if any(one.family == 4 for one in routes_before) or asking else set())
    routes.extend(routes_before)
