"""The echo server: whom it answers, with what, from which address, and what it counts."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from backends.diagnostics import udp_echo_server
from backends.diagnostics.echo_plus import EchoPlus, read
from backends.diagnostics.udp_echo_server import EchoPlace, EchoServer
from backends.errors import MechanismError
from tests.waiting import PATIENCE


@pytest.fixture
def server() -> Iterator[EchoServer]:
    made = EchoServer()
    yield made
    made.stop()


def free_port(family: int = socket.AF_INET) -> int:
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        made.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        return int(made.getsockname()[1])


def client(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.settimeout(PATIENCE)
    return made


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_the_client_is_answered_and_all_is_counted_with_udps_header(server: EchoServer, host: str, family: int) -> None:
    port = free_port(family)
    server.listen(EchoPlace(port, host, "lo"))
    before = datetime.now(UTC)
    with client(host) as made:
        for payload in (b"one", b"", b"x" * 1400):
            made.sendto(payload, (host, port))
            assert made.recvfrom(2000)[0] == payload
    server.stop()
    counts = server.counts
    assert (counts.packets_received, counts.packets_responded) == (3, 3)
    assert counts.bytes_received == counts.bytes_responded == 1403 + 3 * 8
    assert counts.first_received
    assert counts.last_received
    assert before - timedelta(seconds=1) < counts.first_received < counts.last_received < datetime.now(UTC)


def test_the_answer_comes_from_the_address_that_was_asked(server: EchoServer) -> None:
    port = free_port()
    server.listen(EchoPlace(port, "127.0.0.1"))
    with client() as made:
        made.sendto(b"x", ("127.0.0.77", port))
        assert made.recvfrom(100)[1] == ("127.0.0.77", port)


def test_echo_plus_is_filled_in_where_it_is_enabled_and_only_there(server: EchoServer) -> None:
    port = free_port()
    server.listen(EchoPlace(port, "127.0.0.1", plus=True))
    asked = EchoPlus(sequence=5, iteration=1).packed() + b"rest"
    with client() as made:
        for number in (1, 2):
            made.sendto(asked, ("127.0.0.1", port))
            payload = made.recv(100)
            said = read(payload)
            assert said
            assert (said.sequence, said.response_sequence, said.iteration, said.failures) == (5, number, 1, 0)
            assert 0 <= (said.replied_at - said.received_at) % 2**32 < 5_000_000
            assert payload.endswith(b"rest")
        server.listen(EchoPlace(port, "127.0.0.1", plus=False))
        made.sendto(asked, ("127.0.0.1", port))
        assert made.recv(100) == asked
    assert server.counts.packets_received == 3  # it was enabled all the time


def test_nobody_else_is_answered_or_counted_and_no_service_of_another_machine(server: EchoServer) -> None:
    port = free_port()
    server.listen(EchoPlace(port, "127.0.0.1"))
    with client("127.0.0.2") as stranger, client() as made:
        stranger.sendto(b"x", ("127.0.0.1", port))
        made.sendto(b"x", ("127.0.0.1", port))
        made.recv(10)
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(10)
    assert server.counts.packets_received == 1
    try:
        service = client("127.0.0.1", 7)
    except PermissionError:
        return
    with service, client() as made:
        service.sendto(b"x", ("127.0.0.1", port))
        made.sendto(b"y", ("127.0.0.1", port))
        made.recv(10)
        service.setblocking(False)
        with pytest.raises(BlockingIOError):
            service.recv(10)


def test_a_server_at_the_same_port_is_not_answered(server: EchoServer) -> None:
    """It may be one that answers us: the two would go on for ever."""
    port = free_port()
    server.listen(EchoPlace(port, "127.0.0.2"))
    try:
        other = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    except PermissionError:
        return
    with other, client("127.0.0.2") as made:
        other.bind(("127.0.0.2", 0))
        other.sendto(struct.pack("!4H", port, port, 9, 0) + b"x", ("127.0.0.1", 0))
        made.sendto(b"y", ("127.0.0.1", port))
        made.recv(10)
    assert server.counts.packets_received == 1


def test_counts_begin_anew_when_it_is_enabled_again_and_not_when_it_listens_again(server: EchoServer) -> None:
    port = free_port()
    place = EchoPlace(port, "127.0.0.1")
    assert server.listen(place, is_enabled_now=True) is True
    assert server.listen(place) is False
    with client() as made:
        made.sendto(b"x", ("127.0.0.1", port))
        made.recv(10)
    assert server.listen(None) is True
    assert server.listen(None) is False
    assert not server.is_listening()
    assert server.counts.packets_received == 1  # until it is enabled again, they can be read
    server.listen(place)
    assert server.counts.packets_received == 1
    server.listen(None)
    server.listen(place, is_enabled_now=True)
    assert server.counts.packets_received == 0
    assert server.counts.first_received is None


def test_a_port_that_somebody_has_is_refused_and_nothing_is_left_behind(server: EchoServer) -> None:
    with client() as made, pytest.raises(MechanismError, match="cannot be listened at"):
        server.listen(EchoPlace(made.getsockname()[1], "127.0.0.1"))
    assert not server.is_listening()
    assert not [one for one in threading.enumerate() if one.name == "udp-echo"]


def test_more_than_can_be_answered_is_counted_as_failures(server: EchoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_echo_server, "MOST_A_SECOND", 2)
    port = free_port()
    server.listen(EchoPlace(port, "127.0.0.1", plus=True))
    with client() as made:
        for _ in range(40):
            made.sendto(EchoPlus().packed(), ("127.0.0.1", port))
        deadline = time.monotonic() + PATIENCE
        while server.counts.packets_received < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
    counts = server.counts
    assert counts.packets_received == 40
    assert counts.failures > 0
    assert counts.packets_responded + counts.failures == 40
