"""What the OLT says of the ACS, as an offer to the policy of discovery."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.discovery.offer import Offer, Source
from agent.omci.offers import Offers, next_step
from backends.omci.acs_chain import AcsNamed, NoneNamed, Tag
from tests.runtime.finding import Finder, bound

A = "https://a.example/cwmp"
NAMED = AcsNamed(A, "cpe", "not-a-secret", "acs", "digest", Tag(100, 5, may_drop=False))
LOCKED = NoneNamed("the management server is locked")


class Olt:
    """What its chain says, and what became of it."""

    def __init__(self, *, finder: Finder | None = None) -> None:
        self.says: AcsNamed | NoneNamed | None = None
        self.said: list[Offer | None] = []
        self.noted: list[tuple[str, dict[str, Any]]] = []
        self.finder = finder
        self.advice = ""
        self.now = 5.0
        self.offers = Offers(lambda: self.says, "/dev/ttyUSB0", self._take, self._note, lambda _vlan: self.advice)

    def _take(self, source: Source, offer: Offer | None) -> None:
        assert source is Source.OMCI
        self.said.append(offer)
        if self.finder:
            self.finder.discovery.said(source, offer)

    def _note(self, _kind: str, _about: str, text: str, **told: Any) -> None:
        self.noted.append((text, told))

    def turns(self, says: AcsNamed | NoneNamed | None) -> None:
        self.says = says
        due = self.offers.due(self.now)
        if due is not None and due <= self.now:
            assert self.offers.act(self.now) == frozenset()
        if self.finder:
            self.finder.turns()


def test_an_acs_that_is_named_is_an_offer_with_its_tag() -> None:
    olt = Olt()
    olt.turns(None)
    assert olt.said == []
    olt.turns(NAMED)
    olt.turns(NAMED)
    assert olt.said == [
        Offer(Source.OMCI, "/dev/ttyUSB0", url=A, username="cpe", password="not-a-secret", vlan=100, vlan_priority=5)
    ]  # fmt: skip
    [(text, told)] = olt.noted
    assert text == "the OLT has the management traffic in VLAN 100, priority 5"
    assert (told["vlan"], told["priority"]) == (100, 5)
    assert olt.offers.secrets() == ["not-a-secret"]


def test_what_is_to_be_done_about_the_vlan_is_looked_at_each_minute() -> None:
    olt = Olt()
    olt.advice = "make it"
    olt.turns(NAMED)
    olt.advice = ""
    olt.turns(NAMED)
    olt.now += 60
    olt.turns(NAMED)
    olt.now += 60
    olt.turns(NAMED)
    assert [offer.advice for offer in olt.said if offer] == ["make it", ""]
    assert len(olt.noted) == 1
    olt.turns(replace(NAMED, tag=None))
    assert olt.offers.due(olt.now + 1000) is None


@pytest.mark.parametrize(
    ("interface", "vlans", "words"),
    [
        ("", {}, ["VLANTermination. with VLANID 100", "[network] management_interface"]),
        ("eth1", {"eth1.7": 7}, ["VLANTermination. with VLANID 100"]),
        ("", {"eth1.100": 100}, ['[network] management_interface = "eth1.100"']),
        ("eth1.100", {"eth1.100": 100}, []),
    ],
)
def test_the_next_step_is_the_one_that_is_missing(interface: str, vlans: dict[str, int], words: list[str]) -> None:
    told = next_step(100, interface, vlans)
    assert bool(told) is bool(words)
    assert all(word in told for word in words)


@pytest.mark.parametrize("vlan", [0, 4095])
def test_what_is_no_vlan_is_offered_to_nobody(vlan: int) -> None:
    olt = Olt()
    olt.turns(AcsNamed(A, tag=Tag(vlan, 5, may_drop=False)))
    assert olt.said == [Offer(Source.OMCI, "/dev/ttyUSB0", url=A)]
    assert olt.noted == []


def test_none_that_is_named_is_an_offer_of_nothing_with_the_reason() -> None:
    olt = Olt()
    olt.turns(LOCKED)
    assert olt.said == [Offer(Source.OMCI, "/dev/ttyUSB0", refused=(LOCKED.reason,))]
    assert (olt.offers.secrets(), olt.noted) == ([], [])


def test_the_acs_stays_when_the_olt_takes_it_back_and_the_verdict_says_why(tmp_path: Path) -> None:
    finder = Finder(tmp_path).turns()
    olt = Olt(finder=finder)
    olt.turns(NAMED)
    credentials = [finder.own.get(f"ManagementServer.{name}") for name in ("Username", "Password")]
    assert (finder.url, credentials) == (A, ["cpe", "not-a-secret"])
    assert finder.by["source"] == "omci"
    olt.turns(LOCKED)
    assert finder.url == A
    verdicts = finder.discovery.picture(0.0).decision.verdicts
    assert f"it names no ACS: {LOCKED.reason}" in [one.why for one in verdicts if one.source is Source.OMCI]


def test_an_olt_goes_before_dhcp(tmp_path: Path) -> None:
    finder = Finder(tmp_path).turns()
    finder.hears(bound("https://dhcp.example/"))
    assert finder.url == "https://dhcp.example/"
    Olt(finder=finder).turns(NAMED)
    assert finder.url == A
