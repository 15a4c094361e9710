"""Hosts that tunnels are made to by name."""

import socket
import threading
from typing import Any

import pytest

from backends.tunnels import names
from backends.tunnels.names import ResolvedNames, is_name, name_in_packet, version_of
from tests.waiting import PATIENCE


class Answers:
    """Name servers that tell these, or cannot be reached."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    def __call__(self, name: str, port: None, family: int, kind: int) -> list[Any]:
        if not self.addresses:
            raise socket.gaierror(-3, "temporary failure")
        return [(family, kind, 17, "", (address, 0)) for address in self.addresses]


def test_an_address_is_itself_where_it_is_of_the_version() -> None:
    known = ResolvedNames(Answers())
    assert known.address("192.0.2.1", 4) == known.address("192.0.2.1") == "192.0.2.1"
    assert known.address("192.0.2.1", 6) is None
    assert known.address("2001:DB8::0:1", 6) == "2001:db8::1"


def test_a_name_stays_at_an_address_that_is_still_told_or_when_nobody_answers() -> None:
    servers = Answers("192.0.2.1", "192.0.2.2")
    known = ResolvedNames(servers)
    assert known.address("a.example", 4) is None
    assert known.look_up([("a.example", 4)])
    servers.addresses = ["192.0.2.3", "192.0.2.1"]
    assert not known.look_up([("a.example", 4)])
    servers.addresses = []
    assert not known.look_up([("a.example", 4)])
    assert known.address("a.example", 4) == "192.0.2.1"
    servers.addresses = ["192.0.2.3"]
    assert known.look_up([("a.example", 4)])


def test_the_watch_tells_of_a_name_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LOOK", 0.01)
    known = ResolvedNames(Answers("192.0.2.1"))
    told: list[frozenset[str]] = []
    stop, heard = threading.Event(), threading.Event()

    def tell(topics: frozenset[str]) -> None:
        told.append(topics)
        heard.set()

    watch = threading.Thread(target=known.watch, args=(tell, stop))
    watch.start()
    known.want([("a.example", 4), ("192.0.2.9", 4), ("no name", 4)])
    assert heard.wait(PATIENCE)
    stop.set()
    watch.join()
    assert told == [frozenset({"tunnel"})]


def test_a_name_is_told_from_what_is_nearly_an_address() -> None:
    assert all(map(is_name, ("a", "aftr.example.net", "x-1.example.")))
    assert not any(map(is_name, ("", "192.0.2", "1.2.3.4.5", "a..b", "-a", "a b", "a\n", "$(id)", "a" * 64, "x" * 300)))
    assert [version_of(one) for one in ("1.2.3.4", "::1", "fe80::1%w0", "x")] == [4, 6, None, None]


def test_a_name_of_a_packet_is_read_or_is_none() -> None:
    assert name_in_packet(b"\x04aftr\x07example\x00") == "aftr.example"
    assert name_in_packet(b"") == name_in_packet(b"\x01 \x00") == name_in_packet(b"\x01\xff") == ""
