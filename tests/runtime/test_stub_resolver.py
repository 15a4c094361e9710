"""Names found by servers of a management interface's own, on the wire."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from agent.runtime import stub_resolver
from agent.runtime.dns_messages import HEAD, A
from agent.runtime.stub_resolver import StubResolver
from agent.runtime.wire import Address
from tests.waiting import PATIENCE

Reply = Callable[[bytes, bool], bytes | None]
"""What a server answers to a question; whether it came by TCP."""


def addresses(asked: bytes, *found: str, flags: int = 0x8180) -> bytes:
    """An answer with such of the addresses as are of the type asked for."""
    kind = struct.unpack("!H", asked[-4:-2])[0]
    fitting = [one for one in found if (kind == A) == (":" not in one)]
    records = b""
    for one in fitting:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in one else socket.AF_INET, one)
        records += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(packed)) + packed
    return HEAD.pack(HEAD.unpack_from(asked)[0], flags, 1, len(fitting), 0, 0) + asked[HEAD.size :] + records


@contextmanager
def server(address: str, reply: Reply, drip: Callable[[float], object] | None = None) -> Iterator[None]:
    """A name server on loopback, by UDP and TCP; by the latter with ``drip`` a byte at a time, and never the whole."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, stub_resolver.PORT))
    tcp = socket.create_server((address, stub_resolver.PORT))

    def by_udp() -> None:
        while True:
            asked, sender = udp.recvfrom(512)
            if not asked:
                return
            if answer := reply(asked, False):
                udp.sendto(answer, sender)

    def by_tcp() -> None:
        while True:
            connection, _ = tcp.accept()
            with connection:
                asked = connection.recv(514)
                if not asked:
                    return
                with suppress(OSError):
                    while drip:
                        connection.sendall(b"\xff")
                        drip(0.1)
                answer = reply(asked[2:], True) or b""
                with suppress(OSError):
                    connection.sendall(struct.pack("!H", len(answer)) + answer)

    threads = [threading.Thread(target=each, daemon=True) for each in (by_udp, by_tcp)]
    for thread in threads:
        thread.start()
    yield
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.sendto(b"", (address, stub_resolver.PORT))
    socket.create_connection((address, stub_resolver.PORT)).close()
    for thread in threads:
        thread.join(PATIENCE)
    udp.close()
    tcp.close()


@pytest.fixture(autouse=True)
def unprivileged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that anybody may listen on, and servers that are given up soon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setattr(stub_resolver, "PORT", free.getsockname()[1])
    monkeypatch.setattr(stub_resolver, "PATIENCE", 0.3)


def found(*servers: str, host: str = "acs.example.net") -> list[str]:
    return [str(one) for one in StubResolver("lo", servers)(host, 7547)]


def test_both_kinds_of_addresses_are_found() -> None:
    with server("127.0.0.2", lambda asked, _: addresses(asked, "192.0.2.1", "2001:db8::1")):
        assert found("127.0.0.2") == ["[2001:db8::1]:7547", "192.0.2.1:7547"]


def test_an_address_needs_no_server() -> None:
    assert StubResolver("lo", [])("192.0.2.1", 80) == [Address(socket.AF_INET, ("192.0.2.1", 80))]
    assert StubResolver("lo", [])("2001:db8::1", 80) == [Address(socket.AF_INET6, ("2001:db8::1", 80, 0, 0))]


def test_a_truncated_answer_is_asked_for_by_tcp() -> None:
    def reply(asked: bytes, is_tcp: bool) -> bytes:
        return addresses(asked, "192.0.2.1") if is_tcp else addresses(asked, flags=0x8380)

    with server("127.0.0.2", reply):
        assert found("127.0.0.2") == ["192.0.2.1:7547"]


def test_a_server_that_drips_its_answer_by_tcp_is_given_up() -> None:
    def reply(asked: bytes, is_tcp: bool) -> bytes | None:
        return None if is_tcp else addresses(asked, flags=0x8380)

    drips = threading.Event()
    begun = time.monotonic()
    with server("127.0.0.2", reply, drip=drips.wait), pytest.raises(OSError, match="no answer"):
        found("127.0.0.2")
    assert time.monotonic() - begun < 10


def test_a_silent_server_and_one_that_fails_are_passed_over() -> None:
    with (
        server("127.0.0.2", lambda _asked, _tcp: None),
        server("127.0.0.3", lambda asked, _: addresses(asked, flags=0x8182)),
        server("127.0.0.4", lambda asked, _: addresses(asked, "192.0.2.1")),
    ):
        assert found("127.0.0.2", "127.0.0.3", "127.0.0.4") == ["192.0.2.1:7547"]


def test_a_name_that_does_not_exist_is_not_asked_for_elsewhere() -> None:
    with (
        server("127.0.0.2", lambda asked, _: addresses(asked, flags=0x8183)),
        server("127.0.0.3", lambda asked, _: addresses(asked, "192.0.2.1")),
        pytest.raises(OSError, match=r"127\.0\.0\.2 knows no address"),
    ):
        found("127.0.0.2", "127.0.0.3")


def test_forged_answers_are_not_taken() -> None:
    def reply(asked: bytes, _is_tcp: bool) -> bytes:
        forged = bytearray(addresses(asked, "192.0.2.66"))
        forged[0] ^= 1
        return bytes(forged)

    with server("127.0.0.2", reply), pytest.raises(OSError, match="no answer"):
        found("127.0.0.2")


def test_without_servers_the_reason_names_the_interface() -> None:
    with pytest.raises(OSError, match="no name server is known on lo"):
        found()


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises((OSError, UnicodeError)):
        found("127.0.0.2", host="a..b")
