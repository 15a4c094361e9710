"""The page is served on links that are known to be the home's, never on a way out unless that is named."""

import logging
from typing import Any, NamedTuple

import pytest

from agent.runtime.home_links import PPP, HomeLinks
from agent.runtime.page_places import Ground, PagePlaces


class Link(NamedTuple):
    name: str
    loopback: bool = False
    up: bool = True
    lower: str | None = None
    master: str | None = None
    kind: str = ""
    type: int = 1
    switch_id: str = ""
    mac: str = ""


class Route(NamedTuple):
    interface: str | None
    family: int = 4
    destination: str = ""
    protocol: str = "dhcp"


class Address(NamedTuple):
    interface: str
    address: str
    valid_lifetime: int | None = None


LO = Link("lo", loopback=True)
LINKS = [LO, Link("wan"), Link("lan"), Link("port", master="lan")]
ADDRESSES = [Address("wan", "10.9.0.2"), Address("lan", "192.168.1.1"), Address("port", "192.168.1.2")]


class Places:
    def __init__(self, kept: Any = None) -> None:
        self.kept = kept
        self.writes = 0
        self.places = PagePlaces(lambda: self.kept, self.write)
        self.homes = HomeLinks()

    def write(self, document: Any) -> None:
        self.kept, self.writes = document, self.writes + 1

    def now(self, *routes: Route, named: Any = (), links: Any = None, addresses: Any = None, **more: Any) -> Any:
        links, addresses = links or LINKS, addresses or ADDRESSES
        home = self.homes.now(links, routes, addresses, more.get("serving", ()))
        return self.places.interfaces(named, Ground(links, routes, addresses, **more, home=home))


def both(*links: Link) -> dict[str, Any]:
    """These beside lo and lan, each with a fixed private address."""
    more = [Address(link.name, f"10.{number}.0.2") for number, link in enumerate(links)]
    return {"links": [LO, Link("lan"), *links], "addresses": [Address("lan", "192.168.1.1"), *more]}


def test_it_is_served_on_loopback_and_inside() -> None:
    assert Places().now(Route("wan"), Route("lan", destination="192.168.1.0/24")) == ("lo", "lan")


def test_while_nothing_is_known_to_lead_out_any_link_could(caplog: pytest.LogCaptureFixture) -> None:
    """A WAN whose DHCP server names no router, or whose address is there before its route."""
    caplog.set_level(logging.INFO)
    places = Places()
    assert places.now() == ("lo",)
    assert "[web] interfaces" in caplog.text
    told = len(caplog.records)
    assert places.now() == ("lo",)
    assert len(caplog.records) == told
    assert {*places.places.left_out} == {"wan", "lan"}


def test_a_link_on_which_we_give_addresses_is_the_homes_at_once() -> None:
    assert Places().now(serving={"lan"}) == ("lo", "lan")


def test_a_lease_shows_a_way_out_without_any_route() -> None:
    leased = [Address("wan", "10.9.0.2", 3600), Address("lan", "192.168.1.1")]
    assert Places().now(leased={"wan"}, addresses=leased) == ("lo", "lan")


@pytest.mark.parametrize("address", [Address("lan", "192.168.1.1", 3600), Address("lan", "203.0.113.1")])
def test_an_address_that_ends_or_is_of_the_internet_shows_no_home(address: Address) -> None:
    assert Places().now(Route("wan"), addresses=[address]) == ("lo",)


def test_a_default_route_of_either_family_leads_out() -> None:
    assert Places().now(Route("lan", family=6)) == ("lo", "wan")
    assert Places().now(Route("wan"), Route("lan", family=6)) == ("lo",)


@pytest.mark.parametrize(
    "half", [Route("wan", 4, "0.0.0.0/1"), Route("wan", 4, "128.0.0.0/1"), Route("wan", 6, "2000::/3")]
)
def test_half_of_the_internet_leads_out_as_well(half: Route) -> None:
    assert Places().now(half) == ("lo", "lan")


def test_a_tunnel_that_leads_out_tells_nothing_of_the_cables() -> None:
    links = both(Link("wan"), Link("tun0", kind="tun", type=65534))
    assert Places().now(Route("tun0"), **links) == ("lo",)
    assert Places().now(Route("tun0"), Route("wan"), **links) == ("lo", "lan")


def test_a_way_out_that_moves_stays_one_until_factory_reset() -> None:
    places = Places()
    places.now(Route("wan"))
    links = both(Link("wan"), Link("lte"))
    assert places.now(Route("lte"), **links) == ("lo", "lan")
    assert places.now(Route("wan"), **links) == ("lo", "lan")
    assert places.now(Route("lan")) == ("lo",)
    assert places.now(Route("wan")) == ("lo",)
    places.places.forget()
    assert places.now(Route("wan")) == ("lo", "lan")


def test_a_way_out_stays_one_while_there_is_no_default_route_also_over_a_restart() -> None:
    places = Places()
    places.now(Route("wan"))
    assert places.now() == ("lo", "lan")
    assert Places(places.kept).now() == ("lo", "lan")
    assert places.writes == 1
    for _ in range(5):
        places.now(Route("wan"))
    assert places.writes == 1


def test_what_is_on_the_same_cable_as_a_way_out_is_none_of_the_home() -> None:
    cable = both(Link("eth0"), Link("eth0.7", lower="eth0", kind="vlan"), Link("eth0.8", lower="eth0", kind="vlan"),
                 Link("mac0", lower="eth0", kind="macvlan"))  # fmt: skip
    places = Places()
    assert places.now(Route("eth0.7"), **cable) == ("lo", "lan")
    assert places.now(Route("eth0.7"), serving={"eth0.8"}, **cable) == ("lo", "lan")
    assert Places(places.kept).now(**both(Link("eth0"), Link("eth0.8", lower="eth0", kind="vlan"))) == ("lo", "lan")


def test_a_bridge_that_leads_out_takes_its_ports_along() -> None:
    bridge = both(Link("br0", kind="bridge"), Link("eth0", master="br0"), Link("eth0.5", lower="eth0", kind="vlan"))
    assert Places().now(Route("br0"), **bridge) == ("lo", "lan")


APART = [LO, Link("br0", kind="bridge"), Link("lan1", master="br0"), Link("wan")]
BRIDGED = [*APART[:-1], Link("wan", master="br0")]
BRIDGE = [Address("br0", "192.168.8.1"), Address("wan", "10.9.0.2")]


def test_a_bridge_is_the_homes_again_once_the_way_out_has_left_it() -> None:
    places = Places()
    assert places.now(Route("wan"), links=APART, addresses=BRIDGE) == ("lo", "br0")
    for _ in range(2):
        assert places.now(Route("wan"), links=BRIDGED, addresses=BRIDGE) == ("lo",)
        assert places.now(links=BRIDGED, addresses=BRIDGE) == ("lo",), "the cable is in it, whatever the routes say"
        assert Places(places.kept).now(Route("wan"), links=APART, addresses=BRIDGE) == ("lo", "br0")
        assert places.now(links=APART, addresses=BRIDGE) == ("lo", "br0")


def test_a_bridge_that_led_out_itself_stays_out_and_so_do_the_ports_that_it_had() -> None:
    """Which of them led out was not to be seen."""
    places = Places()
    assert places.now(Route("br0"), links=BRIDGED, addresses=BRIDGE) == ("lo",)
    places = Places(places.kept)
    assert places.now(Route("wan"), links=APART, addresses=BRIDGE) == ("lo",)
    single, lan1 = [LO, Link("lan1"), Link("lan2"), Link("wan")], Address("lan1", "192.168.8.1")
    assert places.now(Route("wan"), links=single, addresses=[lan1, Address("lan2", "10.1.0.1")]) == ("lo", "lan2")


def test_the_port_below_a_way_out_stays_one_without_it() -> None:
    """A VLAN of the provider's that was taken away: the cable still leads there."""
    cable = both(Link("eth0"), Link("bond0", kind="bond"), Link("eth1", master="bond0"),
                 Link("eth0.7", lower="eth0", kind="vlan"), Link("bond0.7", lower="bond0", kind="vlan"))  # fmt: skip
    places = Places()
    assert places.now(Route("eth0.7"), Route("bond0.7"), **cable) == ("lo", "lan")
    assert Places(places.kept).now(**both(Link("eth0"), Link("eth1"))) == ("lo", "lan")


def test_the_ports_of_a_switch_chip_are_cables_of_their_own() -> None:
    links = [LO, Link("eth0"), Link("wan", lower="eth0", switch_id="01"), Link("lan", lower="eth0", switch_id="01")]
    assert Places().now(Route("wan"), links=links) == ("lo", "lan")


def test_the_port_below_pppoe_leads_out() -> None:
    links = both(Link("eth0"), Link("ppp0", kind="ppp", type=PPP))
    places = Places()
    assert places.now(Route("ppp0"), **links) == ("lo",)  # whatever carries it
    assert places.now(Route("ppp0"), below_ppp={"eth0"}, **links) == ("lo", "lan")
    assert places.now(**both(Link("eth0"))) == ("lo", "lan")


@pytest.mark.parametrize("rogue", [{"routes": [Route("lan", 6, protocol="ra")]}, {"leased": {"lan"}}])
def test_what_anybody_in_the_home_can_send_closes_the_page_there_only_while_it_lasts(rogue: dict[str, Any]) -> None:
    places, wan = Places(), Route("wan")
    routes, more = rogue.get("routes", []), {one: some for one, some in rogue.items() if one != "routes"}
    assert places.now(wan, *routes, **more) == ("lo",)
    assert "advertisement" in places.places.left_out["lan"]
    assert Places(places.kept).now(wan) == ("lo", "lan")
    assert places.now(wan, *routes, **more, serving={"lan"}) == ("lo", "lan")  # we give the addresses there


def test_what_anybody_in_the_home_can_send_opens_the_page_nowhere_else() -> None:
    """A WAN with a fixed address for its modem's page, and no way out yet: neither of the two is known to be it."""
    rogue, wan = Route("lan", 6, protocol="ra"), Route("wan", 6, protocol="ra")
    places = Places()
    assert places.now(rogue, leased={"lan"}) == ("lo",)
    assert places.now(rogue, wan, leased={"lan"}) == ("lo",)
    assert places.now(wan) == ("lo",)


def test_a_way_out_by_advertisement_beside_another_is_not_served() -> None:
    lte = both(Link("wan"), Link("wwan0", kind="wwan"))
    lte["addresses"] = [one for one in lte["addresses"] if one.interface != "wwan0"]
    places = Places()
    assert places.now(Route("wwan0"), Route("wan", 6, protocol="ra"), **lte) == ("lo", "lan")
    assert places.now(Route("wan", 6, protocol="ra"), **lte) == ("lo", "lan")
    assert Places(places.kept).now(Route("wan", 6, protocol="ra"), **lte) == ("lo", "lan")


def test_a_moment_without_an_address_makes_no_way_out_of_the_home() -> None:
    rogue, wan = Route("lan", 6, protocol="ra"), Route("wan", 4)
    places, bare = Places(), [one for one in ADDRESSES if one.interface != "lan"]
    places.now(wan, rogue, leased={"lan"})
    assert places.now(wan, rogue, leased={"lan"}, addresses=bare) == ("lo",)
    assert places.now(wan) == ("lo", "lan")
    assert Places(places.kept).now(wan) == ("lo", "lan")


@pytest.mark.parametrize("kind", ["vlan", "macvlan"])
def test_what_is_heard_on_the_cable_below_the_home_closes_it_only_meanwhile(kind: str) -> None:
    links = [LO, Link("wan"), Link("eth1"), Link("home", lower="eth1", kind=kind)]
    given: dict[str, Any] = {"links": links, "addresses": [Address("home", "192.168.1.1")]}
    wan, rogue, places = Route("wan"), Route("eth1", 6, protocol="ra"), Places()
    assert places.now(wan, **given) == ("lo", "home")
    assert places.now(wan, rogue, **given) == ("lo",)
    assert places.now(wan, rogue, **given, serving={"home"}) == ("lo", "home")
    assert places.now(wan, **given) == ("lo", "home")


def test_a_port_that_hears_an_advertisement_before_it_joins_takes_its_bridge_nowhere() -> None:
    rogue, wan, places = Route("port", 6, protocol="ra"), Route("wan"), Places()
    apart = [link._replace(master=None) for link in LINKS]
    places.now(wan, rogue, links=apart)
    assert places.now(wan, links=[LO, Link("wan"), Link("lan", kind="bridge"), Link("port", master="lan")]) == (
        "lo",
        "lan",
    )


def test_links_that_change_their_names_stay_what_they_are() -> None:
    wan, lan = Link("eth0", mac="02:00:00:00:00:01"), Link("eth1", mac="02:00:00:00:00:02")
    addresses = [Address("eth0", "10.9.0.2"), Address("eth1", "192.168.1.1")]
    places = Places()
    assert places.now(Route("eth0"), links=[LO, wan, lan], addresses=addresses) == ("lo", "eth1")
    swapped = [LO, wan._replace(name="wan0"), lan._replace(name="eth0")]
    renamed = [Address("wan0", "10.9.0.2"), Address("eth0", "192.168.1.1")]
    assert places.now(links=swapped, addresses=renamed) == ("lo", "eth0")
    assert Places(places.kept).now(links=swapped, addresses=renamed) == ("lo", "eth0")
    cloned = [LO, wan._replace(mac="02:00:00:00:00:09"), lan]
    assert places.now(links=cloned, addresses=addresses) == ("lo", "eth1"), "the WAN was given another MAC address"


def test_what_is_remembered_of_a_link_that_is_plugged_in_again_and_again_does_not_grow() -> None:
    places = Places()
    for number in range(300):
        modem = Link("wan", mac=f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}")
        places.now(Route("wan"), links=[LO, modem, Link("lan")])
    assert len(places.kept["out"]) == 1


def test_an_advertisement_shows_the_way_out_on_a_link_without_a_home_address() -> None:
    addresses = [Address("wan", "2001:db8::2", 3600), Address("lan", "192.168.1.1")]
    places = Places()
    assert places.now(Route("wan", 6, protocol="ra"), addresses=addresses) == ("lo", "lan")
    assert places.now(addresses=addresses) == ("lo",)  # nothing is remembered of what anybody can send


def test_a_port_with_no_address_but_a_link_local_one_is_passed_over() -> None:
    links, addresses = [LO, Link("eth0"), Link("wan"), Link("lan")], [Address("eth0", "fe80::1"), *ADDRESSES]
    assert Places().now(Route("wan"), links=links, addresses=addresses, serving={"eth0"}) == ("lo", "lan")


def test_the_management_interface_is_no_place_for_the_home() -> None:
    assert Places().now(Route("wan"), apart=["lan"], serving={"lan"}) == ("lo",)
    assert Places().now(apart=["wan"]) == ("lo",)  # it says nothing of the subscriber's way out


def test_a_machine_with_one_interface_serves_on_loopback_only() -> None:
    links, addresses = [LO, Link("eth0")], [Address("eth0", "192.168.1.1")]
    places = Places()
    assert places.now(links=links, addresses=addresses) == ("lo",)
    assert "the only interface" in places.places.left_out["eth0"]
    assert places.now(links=links, addresses=addresses, named=["eth0"]) == ("lo", "eth0")
    assert not places.places.left_out
    assert Places().now(links=links, addresses=addresses, named=["eth0"]) == ("lo", "eth0")


def test_what_is_named_is_where_it_is_served_and_nowhere_else() -> None:
    places = Places()
    assert places.now(Route("wan"), named=["wan"]) == ("lo", "wan")
    assert not places.places.left_out


def test_links_that_are_down_or_ports_of_a_bridge_are_passed_over() -> None:
    links = [LO, Link("lan", up=False), Link("br", kind="bridge"), Link("port", master="br"), Link("wan")]
    addresses = [*ADDRESSES, Address("br", "192.168.2.1")]
    assert Places().now(Route("wan"), links=links, addresses=addresses) == ("lo", "br")
