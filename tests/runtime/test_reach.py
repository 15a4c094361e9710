"""The address at which the ACS can reach us is the one from which the way to it begins."""

from dataclasses import dataclass

import pytest

from agent.runtime.reach import ANYWHERE, Reach


@dataclass
class Way:
    source: str


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
