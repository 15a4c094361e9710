"""The verbs discover and dhcp_event: every source is explained, no secret is told, an event is answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.discovery.offer import Offer, Source
from agent.discovery.policy import TABLE
from agent.model.data_model import Caller
from agent.runtime.discovery import Contact
from agent.runtime.discovery_verbs import DiscoveryVerbs, of_no_acs
from agent.runtime.events import Moment
from tests.runtime.finding import BROKEN, CODE, Finder, bound, bound6, ended

A, B = "https://a.example/cwmp", "https://b.example/cwmp"


class Asked:
    """A device and its verbs."""

    def __init__(self, place: Path) -> None:
        self.finder = Finder(place)
        clock = lambda: Moment(self.finder.now, None)  # noqa: E731 - one word for the verbs
        self.verbs = DiscoveryVerbs(self.finder.discovery, clock, self.finder.model.forget, "Device.")

    def discover(self) -> dict[str, Any]:
        answer = self.verbs.table["discover"]({})
        json.dumps(answer)
        return answer

    def source(self, source: Source) -> dict[str, Any]:
        return next(one for one in self.discover()["sources"] if one["source"] == source.value)

    def event(self, event: Any) -> dict[str, Any]:
        return self.verbs.table["dhcp_event"]({"event": event})


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_with_nothing_heard_each_source_says_so_and_there_is_a_next_step(asked: Asked) -> None:
    answer = asked.discover()
    assert [one["source"] for one in answer["sources"]] == [source.value for source in TABLE]
    assert {one["verdict"] for one in answer["sources"]} == {"silent"}
    assert answer["acs"]["url"] == ""
    assert answer["acs"]["contact"] == "none"
    assert "cpe-agent setup --url" in answer["next"]
    assert "cpe-agent setup --dhcp-hooks" in answer["next"]
    assert "cpe-agent setup --dhcp-hooks" in asked.source(Source.DHCPV4)["next"]
    assert "the next lease tells" in answer["next"]  # who has just done that is to know what is still to come
    assert "the next lease tells: renew it" in asked.source(Source.DHCPV4)["next"]
    assert of_no_acs(asked.finder.discovery.picture(asked.finder.now)) == ("", "")
    assert answer["settings"] == {"enable": True, "allow_http": False, "allow_change": False, "interface": ""}
    assert answer["ways"] == {"ipv4": ["wan"], "ipv6": ["wan"]}


def test_an_offer_that_is_not_taken_has_its_reason_and_next_step_for_the_doctor(asked: Asked) -> None:
    asked.event(bound("http://x.example/"))
    why, next_step = of_no_acs(asked.finder.discovery.picture(asked.finder.now))
    assert why == "what DHCPv4 names is not taken: it names an http:// ACS, which anybody on the way could be"
    assert next_step == asked.discover()["next"]
    assert "allow_http" in next_step


def test_an_event_is_answered_with_what_the_policy_makes_of_it(asked: Asked) -> None:
    assert asked.event(bound(A, code="P")) == {"accepted": True, "why": "DHCPv4 sets: no ACS is known"}
    assert asked.finder.url == A
    assert asked.event(bound(A, code="P")) == {
        "accepted": True,
        "why": "DHCPv4 in force: it has named the ACS in force",
    }
    assert asked.event(bound("http://x.example/", "lan"))["why"].startswith("DHCPv4 refused: only the WAN's lease")
    assert asked.event(ended()) == {"accepted": True, "why": "the lease on wan has ended; the ACS stays"}
    assert asked.finder.url == A


@pytest.mark.parametrize("event", [{"client": "x"}, {}])
def test_an_event_that_is_none_is_not_accepted(asked: Asked, event: Any) -> None:
    answer = asked.event(event)
    assert answer["accepted"] is False
    assert answer["why"]


@pytest.mark.parametrize("event", [None, 7, "x", []])
def test_an_argument_that_is_none_is_an_error(asked: Asked, event: Any) -> None:
    assert asked.event(event)["error"]["code"] == "invalid_arguments"


def test_who_wins_and_why_and_what_follows(asked: Asked) -> None:
    asked.finder.hears(bound(A, code="P"), bound6(B, "lan"))
    answer = asked.discover()
    assert answer["acs"] == {
        "url": A,
        "source": "dhcpv4",
        "name": "DHCPv4",
        "told_by": "udhcpc",
        "since": "2026-03-01T12:00:00Z",
        "contact": "not tried yet",
        "failed_attempts": 0,
    }
    assert answer["why"] == "DHCPv4 wins: it has named the ACS in force"
    assert answer["next"] == ""
    assert answer["following"] == [{"parameter": CODE, "value": "P", "source": "dhcpv4", "told_by": "udhcpc"}]
    four = asked.source(Source.DHCPV4)
    assert (four["verdict"], four["interface"], four["url"], four["provisioning_code"]) == ("in force", "wan", A, "P")
    assert asked.source(Source.DHCPV6)["verdict"] == "refused"

    asked.finder.contact = Contact(has_answered=True)
    asked.finder.turns()
    answer = asked.discover()
    assert (answer["acs"]["contact"], answer["remembered_host"]) == ("reached", "a.example")
    asked.finder.hears(bound(B))
    asked.finder.contact = BROKEN
    answer = asked.discover()
    assert (answer["acs"]["contact"], answer["acs"]["failed_attempts"]) == ("unreachable", 3)
    assert "cannot be reached" in answer["why"]
    assert "allow_change" in answer["next"]


def test_what_the_acs_has_set_is_said_to_be_its(asked: Asked) -> None:
    asked.finder.sets(Caller.ACS, URL=A)
    answer = asked.discover()
    assert answer["why"] == "the ACS wins: it has set the ACS"
    asked.finder.contact = Contact(1, 5.0)
    assert asked.discover()["acs"]["contact"] == "failing"


def test_no_secret_is_told(asked: Asked) -> None:
    discovery = asked.finder.discovery
    discovery.said(Source.OMCI, Offer(Source.OMCI, "OLT", url=f"{A}?token=s3cret", username="u", password="s3cret"))
    discovery.said(
        Source.PRESET, Offer(Source.PRESET, "x", url="https://u:s3cret@a.example/", vlan=7, vlan_priority=3, advice="x")
    )
    asked.finder.hears(bound("https://u:s3cret@a.example/?s3cret"))
    assert "s3cret" not in json.dumps(asked.discover())
    told = asked.source(Source.PRESET)
    assert (told["vlan"], told["vlan_priority"], discovery.advice) == (7, 3, "x")
