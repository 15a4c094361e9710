"""What looks like the home's, and what shares a cable with it."""

from typing import Any

import pytest

from agent.runtime.home_links import MOST_KNOWN, HomeLinks, is_wide, with_home_address, with_their_cables
from agent.runtime.leases import ways_out
from backends.netlink import Route
from tests.runtime.test_page_places import Address, Link

WAN, LAN = Link("wan", mac="02::1"), Link("lan", mac="02::2")
HERE = [Address("wan", "203.0.113.2"), Address("lan", "192.168.1.1")]
CABLE = Route(4, "", "203.0.113.1", "wan", 100, protocol="static")
ROGUE = Route(6, "", None, "lan", 1024, protocol="ra")


def now(
    homes: HomeLinks, *routes: Route, links: Any = (WAN, LAN), addresses: Any = HERE, serving: Any = ()
) -> set[str]:
    return {*homes.now(links, routes, addresses, serving)}


@pytest.mark.parametrize(
    ("address", "is_home"),
    [
        (Address("lan", "192.168.1.1"), True),
        (Address("lan", "fd00::1"), True),
        (Address("lan", "192.168.1.1", 3600), False),
        (Address("lan", "100.64.0.2"), False),
        (Address("lan", "2001:db8::1"), False),
    ],
)
def test_a_home_has_an_address_that_stays_and_is_private(address: Address, is_home: bool) -> None:
    assert with_home_address([address]) == ({"lan"} if is_home else set())


def test_it_stays_one_over_a_moment_without_an_address() -> None:
    homes = HomeLinks()
    assert now(homes, CABLE, ROGUE) == {"lan"}
    assert now(homes, CABLE, ROGUE, addresses=[]) == {"lan"}
    assert ways_out([CABLE, ROGUE], like_home=homes.now([WAN, LAN], [CABLE, ROGUE], [], ()))[6] == ()


def test_until_a_default_route_of_another_origin_leads_through_it() -> None:
    homes, moved = HomeLinks(), Route(4, "", "192.168.1.254", "lan", 100, protocol="dhcp")
    assert now(homes) == {"lan"}
    assert now(homes, moved) == set()
    assert now(homes, addresses=[]) == set()


def test_a_link_that_takes_its_name_is_another_one() -> None:
    homes = HomeLinks()
    assert now(homes) == {"lan"}
    swapped = [WAN._replace(name="lan"), LAN._replace(name="wan")]
    assert now(homes, links=swapped, addresses=[]) == set()


def test_so_does_what_carries_it_and_what_we_serve() -> None:
    tagged = [WAN, Link("eth1"), Link("eth1.10", kind="vlan", lower="eth1")]
    home = [Address("eth1.10", "192.168.1.1")]
    assert now(HomeLinks(), CABLE, links=tagged, addresses=home) == {"eth1", "eth1.10"}
    assert now(HomeLinks(), CABLE, links=tagged, addresses=[], serving={"eth1.10"}) == {"eth1", "eth1.10"}


def test_cables_are_shared_by_a_bridge_and_its_ports_and_not_by_a_switch_s() -> None:
    links = [Link("br", kind="bridge"), Link("p1", master="br"), Link("p2", master="br"), Link("chip")]
    links += [Link(name, lower="chip", switch_id="01") for name in ("s1", "s2")]
    named = {link.name: link for link in links}
    assert with_their_cables({"p1"}, named) == {"p1", "br", "p2"}
    assert with_their_cables({"s1"}, named) == {"s1"}


def test_half_of_the_internet_is_wide() -> None:
    assert [is_wide(Route(4, to, None, "x")) for to in ("", "0.0.0.0/1", "10.0.0.0/8")] == [True, True, False]


def test_what_is_known_is_bounded() -> None:
    homes = HomeLinks()
    for number in range(3 * MOST_KNOWN):
        now(homes, links=[Link("lan", mac=str(number))])
    assert len(homes._known) <= MOST_KNOWN
