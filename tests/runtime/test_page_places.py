"""The page is served inside, never on a way out unless that is named."""

from typing import Any, NamedTuple

from agent.runtime.page_places import PagePlaces


class Link(NamedTuple):
    name: str
    loopback: bool = False
    up: bool = True
    lower: str | None = None
    master: str | None = None


class Route(NamedTuple):
    interface: str | None
    family: int = 4
    destination: str = ""


class Address(NamedTuple):
    interface: str
    address: str


LO = Link("lo", loopback=True)
LINKS = [LO, Link("wan"), Link("lan"), Link("port", master="lan")]
ADDRESSES = [Address("wan", "192.0.2.2"), Address("lan", "192.168.1.1"), Address("port", "192.168.1.2")]


class Places:
    def __init__(self, kept: Any = None) -> None:
        self.kept = kept
        self.writes = 0
        self.places = PagePlaces(lambda: self.kept, self.write)

    def write(self, document: Any) -> None:
        self.kept, self.writes = document, self.writes + 1

    def now(self, *routes: Route, named: Any = (), never: Any = (), links: Any = None, addresses: Any = None) -> Any:
        return self.places.interfaces(named, never, links or LINKS, routes, addresses or ADDRESSES)


def test_it_is_served_on_loopback_and_inside() -> None:
    assert Places().now(Route("wan"), Route("lan", destination="192.168.1.0/24")) == ("lo", "lan")


def test_a_default_route_of_either_family_leads_out() -> None:
    assert Places().now(Route("lan", family=6)) == ("lo", "wan")
    assert Places().now(Route("wan"), Route("lan", family=6)) == ("lo",)


def test_it_follows_a_default_route_that_moves() -> None:
    places = Places()
    places.now(Route("wan"))
    assert places.now(Route("lan")) == ("lo", "wan")


def test_a_way_out_stays_one_while_there_is_no_default_route_also_over_a_restart() -> None:
    places = Places()
    places.now(Route("wan"))
    assert places.now() == ("lo", "lan")
    assert Places(places.kept).now() == ("lo", "lan")
    assert places.writes == 1
    for _ in range(5):
        places.now(Route("wan"))
    assert places.writes == 1


def test_the_port_below_a_way_out_is_none_of_the_home() -> None:
    links = [LO, Link("eth0"), Link("eth0.7", lower="eth0"), Link("lan")]
    addresses = [Address("eth0", "192.0.2.1"), Address("lan", "192.168.1.1"), Address("eth0.7", "192.0.2.2")]
    assert Places().now(Route("eth0.7"), links=links, addresses=addresses) == ("lo", "lan")


def test_a_port_with_no_address_but_a_link_local_one_is_passed_over() -> None:
    """Below PPPoE there is such a one, and nothing in the kernel says that it leads out."""
    links = [LO, Link("eth0"), Link("ppp0"), Link("lan")]
    addresses = [Address("eth0", "fe80::1"), Address("lan", "192.168.1.1"), Address("ppp0", "192.0.2.2")]
    assert Places().now(Route("ppp0"), links=links, addresses=addresses) == ("lo", "lan")


def test_the_management_interface_is_no_place_for_the_home() -> None:
    assert Places().now(Route("wan"), never=["lan"]) == ("lo",)


def test_a_machine_with_one_interface_serves_on_loopback_only() -> None:
    links, addresses = [LO, Link("eth0")], [Address("eth0", "192.168.1.1")]
    assert Places().now(links=links, addresses=addresses) == ("lo",)
    assert Places().now(links=links, addresses=addresses, named=["eth0"]) == ("lo", "eth0")


def test_what_is_named_is_where_it_is_served_and_nowhere_else() -> None:
    assert Places().now(Route("wan"), named=["wan"]) == ("lo", "wan")


def test_links_that_are_down_or_ports_of_a_bridge_are_passed_over() -> None:
    assert Places().now(links=[LO, Link("lan", up=False), Link("port", master="lan"), Link("wan")]) == ("lo", "wan")
