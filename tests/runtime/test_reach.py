"""The address at which the ACS can reach us is the one from which the way to it begins."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from agent.runtime.reach import ANYWHERE, Reach


@dataclass
class Way:
    source: str


@dataclass
class Own:
    address: str
    interface: str = "late0"
    scope: str = "global"
    flags: frozenset[str] = frozenset()


def reach(url: str, ways: dict[str, str]) -> Reach[Way]:
    return Reach(lambda address: Way(ways[address]) if address in ways else None, lambda: url)


def test_an_address_in_the_url_is_asked_for_itself() -> None:
    one = reach("http://192.0.2.1:7547/acs", {"192.0.2.1": "192.0.2.7", ANYWHERE[0]: "203.0.113.1"})

    assert one.connection_request_url(7547, "path") == "http://192.0.2.7:7547/path"


def test_an_ipv6_address_stands_in_brackets() -> None:
    one = reach("http://[2001:db8::9]/", {"2001:db8::9": "2001:db8::7"})

    assert one.connection_request_url(80, "path") == "http://[2001:db8::7]:80/path"


def test_of_a_name_the_address_that_was_met_counts_and_before_that_the_way_out() -> None:
    one = reach("https://acs.example/", {"192.0.2.1": "10.0.0.7", ANYWHERE[0]: "203.0.113.1"})
    assert one.own_address() == "203.0.113.1"
    one.met("192.0.2.1")
    assert one.own_address() == "10.0.0.7"


def test_the_address_of_another_acs_does_not_count() -> None:
    url = ["https://acs.example/"]
    ways = {"192.0.2.1": "10.0.0.7", ANYWHERE[1]: "2001:db8::1"}
    one: Reach[Way] = Reach(lambda address: Way(ways[address]) if address in ways else None, lambda: url[0])
    one.met("192.0.2.1")
    url[0] = "https://other.example/"

    assert one.own_address() == "2001:db8::1"


@pytest.mark.parametrize("url", ["", "https://acs.example/", "http://192.0.2.1/", "http://[broken/"])
def test_without_a_way_there_is_no_url(url: str) -> None:
    assert reach(url, {}).connection_request_url(7547, "path") == ""


def test_without_a_port_there_is_no_url() -> None:
    assert reach("http://192.0.2.1/", {"192.0.2.1": "192.0.2.7"}).connection_request_url(0, "path") == ""


def test_a_kernel_that_does_not_answer_is_no_way() -> None:
    def silent(_address: str) -> Way | None:
        raise TimeoutError

    assert Reach(silent, lambda: "http://192.0.2.1/").own_address() == ""


OLD, DUPLICATE = Own("2001:db8::1", flags=frozenset({"deprecated"})), Own("2001:db8::2", flags=frozenset({"dadfailed"}))
LINK_LOCAL, OTHER = Own("fe80::1", scope="link"), Own("192.0.2.7", "wan")
V4, SECOND, V6 = Own("198.51.100.1"), Own("198.51.100.2"), Own("2001:db8::3")


@pytest.mark.parametrize(
    ("source", "there", "told"),
    [
        ("192.0.2.7", [OTHER, LINK_LOCAL, V6, V4], "198.51.100.1"),  # of the family of the ACS
        ("2001:db8::9", [OTHER, V4, DUPLICATE, OLD, V6], "[2001:db8::3]"),
        ("2001:db8::9", [V4, LINK_LOCAL], "198.51.100.1"),  # which the interface does not have
        ("198.51.100.2", [V4, SECOND], "198.51.100.2"),  # the way to the ACS leaves by the interface
        ("", [V6, V4], "198.51.100.1"),
    ],
)
def test_where_one_interface_listens_its_address_is_told(source: str, there: Sequence[Own], told: str) -> None:
    ways = {"192.0.2.1": source}
    one = Reach(lambda address: Way(ways[address]), lambda: "http://192.0.2.1/", lambda: there)

    assert one.connection_request_url(7547, "path", "late0") == f"http://{told}:7547/path"


def test_an_interface_that_only_its_own_link_can_reach_gives_no_url() -> None:
    one = Reach(lambda _: Way("192.0.2.7"), lambda: "http://192.0.2.1/", lambda: [OTHER, LINK_LOCAL, DUPLICATE])

    assert one.connection_request_url(7547, "path", "late0") == ""
