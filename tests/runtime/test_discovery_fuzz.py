"""Mutated options through the whole chain, from a client's event to the model: no ACS without the policy's leave."""

import logging
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cwmp.acs_url import check_acs_url
from agent.discovery.policy import host_of
from agent.model.data_model import Caller
from agent.runtime.discovery import REMEMBERED_HOST, Contact
from agent.runtime.leases import MOST_LEASES
from agent.settings import Discovery as Settings
from tests.runtime.finding import BROKEN, Finder, option43, option125

URLS = [
    "https://a.example/cwmp",
    "https://b.example:7547/",
    "http://a.example/",
    "https://u:p@a.example/",
    "https://[::1]/",
]
SEEDS = [
    *(bytes.fromhex(option43(url, "P", "30", "2500")) for url in URLS),
    *(bytes.fromhex(option125((11, url), (12, "P"), (13, "30"), (4, "00D09E"), (5, "SN"))) for url in URLS),
    *((3561).to_bytes(4, "big") + b"\0\1" + len(url).to_bytes(2, "big") + url.encode() for url in URLS),
    *(url.encode() for url in URLS),
]
CARRIERS = [("udhcpc", "bound", "opt43"), ("udhcpc", "renew", "opt125"), ("odhcp6c", "bound", "OPTION_17"),
            ("dhcpinform", "answered", "option43"), ("networkd", "lease", "VENDOR_SPECIFIC")]  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """A blob that was one, up to six mutations ago."""
    blob = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randrange(7)):
        at = chance.randrange(len(blob) + 1)
        match chance.randrange(6):
            case 0:
                blob[at:at] = bytes([chance.randrange(256)])
            case 1 if at < len(blob):
                blob[at] ^= 1 << chance.randrange(8)
            case 2:
                del blob[at : at + chance.randrange(4)]
            case 3:
                other = chance.choice(SEEDS)
                blob[at:at] = other[: chance.randrange(len(other))]
            case 4:
                del blob[at:]
            case _:
                blob += bytes([chance.choice((0, 255))]) * chance.randrange(4)
    return bytes(blob)


def events(chance: random.Random, links: list[str]) -> Iterator[dict[str, Any]]:
    while True:
        client, reason, name = chance.choice(CARRIERS)
        text = mutated(chance).hex()
        if chance.randrange(8) == 0:
            text = text[:-1] + chance.choice("gG: \0é")
        yield {"client": client, "reason": reason, "environment": {"interface": chance.choice(links), name: text}}


def run(place: Path, count: int, seed: int) -> dict[str, int]:
    """As many blobs for each of four devices; how often each changed its ACS."""
    chance = random.Random(seed)
    nowhere = place / "nowhere"
    theirs, lan, new, known = (Finder(nowhere / name).turns() for name in ("theirs", "lan", "new", "known"))
    theirs.settings = Settings(allow_http=True, allow_change=True)
    theirs.sets(Caller.ACS, URL="https://theirs.example/")
    theirs.contact = known.contact = BROKEN
    known.contact = Contact(has_answered=True)
    first = {"client": "udhcpc", "reason": "bound", "environment": {"interface": "wan", "opt43": option43(URLS[0])}}
    known.hears(first)
    known.contact = BROKEN
    assert known.turns().own.get(REMEMBERED_HOST) == ""
    known.contact = Contact(has_answered=True)
    assert known.turns().own.get(REMEMBERED_HOST) == "a.example"
    known.contact = BROKEN
    for finder, links in ((theirs, ["wan"]), (lan, ["lan", "ppp7"]), (new, ["wan", "lan"]), (known, ["wan", "lan"])):
        told = events(chance, links)
        for number in range(count // 4):
            finder.hears(next(told))
            if finder is new and number % 16 == 0:
                finder.model.forget_everything()
                finder.now += 60.0
            if finder.url and finder is not theirs:
                check_acs_url(finder.url)
                assert finder.url.lower().startswith("https:"), finder.url
            assert len(finder.discovery.leases) <= MOST_LEASES
        if finder is theirs:
            assert finder.url == "https://theirs.example/"
        if finder is known:
            assert host_of(finder.url) == "a.example"
    assert lan.url == ""
    return {name: finder.applied for name, finder in (("theirs", theirs), ("lan", lan), ("new", new), ("known", known))}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_two_thousand_mutated_options_set_no_acs_that_they_may_not(tmp_path: Path) -> None:
    applied = run(tmp_path, 2000, 1)
    assert (applied["theirs"], applied["lan"]) == (0, 0)
    assert applied["new"] > 5, "whole options pass"


@pytest.mark.slow
def test_a_hundred_thousand_mutated_options_set_no_acs_that_they_may_not(tmp_path: Path) -> None:
    applied = run(tmp_path, 100_000, 2)
    assert (applied["theirs"], applied["lan"]) == (0, 0)
    assert applied["new"] > 100
