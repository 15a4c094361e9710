"""A connection and its bounds, on a pair of sockets."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.runtime.endpoint import Limits, Unreachable
from agent.runtime.wire import Address, Wire, connect_through, connect_to_any, resolve_by_system

HERE = Address(socket.AF_INET, ("127.0.0.1", 80))


@contextmanager
def wired(limits: Limits, seconds: float = 5) -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    with theirs:
        wire = Wire(ours, HERE, limits, time.monotonic() + seconds)
        yield wire, theirs
        wire.close()


def test_small_writes_travel_together_once_something_is_read() -> None:
    with wired(Limits()) as (wire, peer):
        wire.sendall(b"head")
        wire.sendall(b"body")
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(100)
        peer.sendall(b"x")
        wire.read_into(memoryview(bytearray(10)))
        assert peer.recv(100) == b"headbody"
        assert (wire.sent, wire.received) == (8, 1)


def test_only_the_head_may_be_read_until_more_is_allowed() -> None:
    with wired(Limits(header_bytes=4)) as (wire, peer):
        peer.sendall(b"123456789")
        buffer = memoryview(bytearray(100))
        assert wire.read_into(buffer) == 4
        with pytest.raises(Unreachable, match="larger than allowed"):
            wire.read_into(buffer)
        wire.allow(3)
        assert wire.read_into(buffer) == 3


def test_a_body_that_is_read_piece_by_piece_has_a_bound_for_each_piece() -> None:
    with wired(Limits(header_bytes=4)) as (wire, peer):
        peer.sendall(b"1234567890123")
        buffer = memoryview(bytearray(100))
        for _ in range(3):
            wire.allow_next(4)
            assert wire.read_into(buffer) == 4
        with pytest.raises(Unreachable, match="larger than allowed"):
            wire.read_into(buffer)


def test_what_was_looked_at_is_still_to_be_read() -> None:
    with wired(Limits()) as (wire, peer):
        wire.sendall(b"head")
        assert wire.peek(4, 0.05) == b""
        assert peer.recv(10) == b"head"
        peer.sendall(b"12345678")
        assert wire.peek(4, 5) == b"1234"
        buffer = memoryview(bytearray(6))
        assert (wire.read_into(buffer), bytes(buffer), wire.received) == (6, b"123456", 6)
        assert (wire.read_into(buffer), bytes(buffer[:2])) == (2, b"78")
        peer.close()
        assert wire.peek(4, 5) == b""


def test_the_end_of_the_connection_is_an_end_only_after_a_whole_head() -> None:
    with wired(Limits()) as (wire, peer):
        peer.sendall(b"HTTP/1.1 2")
        peer.shutdown(socket.SHUT_WR)
        buffer = memoryview(bytearray(100))
        wire.read_into(buffer)
        with pytest.raises(Unreachable, match="middle of its reply's head"):
            wire.read_into(buffer)
        wire.allow(10)
        assert wire.read_into(buffer) == 0


def test_silence_and_the_end_of_the_session_are_told_apart() -> None:
    with (
        wired(Limits(reply_seconds=0.05)) as (wire, _),
        pytest.raises(Unreachable, match=r"no answer from the ACS for 0\.05 s"),
    ):
        wire.read_into(memoryview(bytearray(1)))
    with wired(Limits(), seconds=0.05) as (wire, _), pytest.raises(Unreachable, match="session takes too long"):
        wire.read_into(memoryview(bytearray(1)))


def test_the_socket_stays_open_until_its_reader_is_done() -> None:
    with wired(Limits()) as (wire, peer):
        reader = wire.makefile("rb")
        peer.sendall(b"still there")
        wire.close()
        assert reader.read(11) == b"still there"
        reader.close()
        assert wire.fileno() == -1


def test_addresses_read_as_people_write_them() -> None:
    assert [str(Address(socket.AF_INET, ("192.0.2.1", 80))), str(Address(socket.AF_INET6, ("::1", 7547, 0, 0)))] == [
        "192.0.2.1:80",
        "[::1]:7547",
    ]


def test_the_reasons_of_all_addresses_are_told() -> None:
    def connect(address: Address, seconds: float) -> socket.socket:
        raise TimeoutError if address is HERE else OSError(101, "Network is unreachable")

    other = Address(socket.AF_INET6, ("2001:db8::1", 80, 0, 0))
    with pytest.raises(Unreachable) as caught:
        connect_to_any([other, HERE], connect, Limits(), time.monotonic() + 5)
    assert caught.value.reason == "cannot connect: [2001:db8::1]:80: Network is unreachable; 127.0.0.1:80: no answer"
    with pytest.raises(Unreachable, match="no address"):
        connect_to_any([], connect, Limits(), time.monotonic() + 5)


def test_no_more_addresses_are_tried_than_allowed_nor_after_the_end() -> None:
    tried = []

    def connect(address: Address, seconds: float) -> socket.socket:
        tried.append(address)
        raise OSError(111, "Connection refused")

    with pytest.raises(Unreachable):
        connect_to_any([HERE] * 20, connect, Limits(addresses=3), time.monotonic() + 5)
    with pytest.raises(Unreachable, match="too long"):
        connect_to_any([HERE], connect, Limits(), time.monotonic() - 1)
    assert len(tried) == 3


def test_the_system_resolves_names_and_connects() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address(socket.AF_INET, server.getsockname())
        assert address in resolve_by_system("localhost", address.socket_address[1])
        with connect_through("")(address, 1) as made:
            assert made.getpeername() == address.socket_address
