"""What the kernel says of PPP links: which are up, and what IPCP and IPv6CP agreed on."""

from backends.netlink_types import Address, Link
from backends.ppp.links import ARPHRD_PPP, PppLinks, pppoe_sessions

SESSIONS = """Id       Address              Device
00000100 6e:2e:50:a9:64:12       w0
00000A01 6e:2e:50:a9:64:12       w1
"""


class Kernel:
    """The links and addresses that a test gives."""

    def __init__(self, *addresses: Address, running: bool = True) -> None:
        self._addresses = addresses
        self._running = running

    def links(self) -> list[Link]:
        return [Link(2, "eth0"), Link(3, "ppp0", type=ARPHRD_PPP, running=self._running)]

    def addresses(self) -> tuple[Address, ...]:
        return self._addresses


FOUR = Address("ppp0", 4, "192.0.2.5", 32, peer="192.0.2.1")
SIX = Address("ppp0", 6, "fe80::116:4e7d:181f:b4d4", 64, scope="link", peer="fe80::1")


def test_only_links_that_speak_ppp_are_told() -> None:
    assert [link.name for link in PppLinks(Kernel()).links()] == ["ppp0"]


def test_a_link_is_up_with_the_first_address_that_was_agreed_on() -> None:
    assert PppLinks(Kernel(FOUR)).is_up("ppp0")
    assert PppLinks(Kernel(SIX)).is_up("ppp0")
    assert not PppLinks(Kernel()).is_up("ppp0")
    assert not PppLinks(Kernel(FOUR, running=False)).is_up("ppp0")
    assert not PppLinks(Kernel(FOUR)).is_up("ppp1")


def test_what_was_agreed_on_is_told_in_the_protocols_own_terms() -> None:
    links = PppLinks(Kernel(FOUR, SIX))
    assert links.address("ppp0") == FOUR
    assert links.identifiers("ppp0") == ("::116:4e7d:181f:b4d4", "::1")
    assert PppLinks(Kernel(FOUR)).identifiers("ppp0") == ("", "")


def test_the_number_of_a_session_is_in_the_order_of_the_wire() -> None:
    assert pppoe_sessions(SESSIONS) == [(1, "w0"), (266, "w1")]
    assert pppoe_sessions("") == []
