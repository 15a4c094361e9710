"""What the OLT says of the ACS, as an offer to the policy of discovery."""

from pathlib import Path
from typing import Any

from agent.discovery.offer import Offer, Source
from agent.omci.offers import Offers
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
        self.offers = Offers(lambda: self.says, "/dev/ttyUSB0", self._take, self._note)

    def _take(self, source: Source, offer: Offer | None) -> None:
        assert source is Source.OMCI
        self.said.append(offer)
        if self.finder:
            self.finder.discovery.said(source, offer)

    def _note(self, _kind: str, _about: str, text: str, **told: Any) -> None:
        self.noted.append((text, told))

    def turns(self, says: AcsNamed | NoneNamed | None) -> None:
        self.says = says
        if (due := self.offers.due(5.0)) is not None:
            assert due == 5.0
            assert self.offers.act(5.0) == frozenset()
        if self.finder:
            self.finder.turns()


def test_an_acs_that_is_named_is_an_offer_with_its_tag() -> None:
    olt = Olt()
    olt.turns(None)
    assert olt.said == []
    olt.turns(NAMED)
    olt.turns(NAMED)
    assert olt.said == [
        Offer(Source.OMCI, "/dev/ttyUSB0", url=A, username="cpe", password="not-a-secret", vlan=100)
    ]  # fmt: skip
    [(text, told)] = olt.noted
    assert text == "the OLT has the management traffic in VLAN 100, priority 5"
    assert (told["vlan"], told["priority"]) == (100, 5)
    assert olt.offers.secrets() == ["not-a-secret"]


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
