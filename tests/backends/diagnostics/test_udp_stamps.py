"""The kernel's note of when a datagram came and where to."""

import socket
import time

import pytest

from backends.diagnostics.udp_stamps import answer, prepare, receive


@pytest.mark.parametrize(("host", "other"), [("127.0.0.1", "127.0.0.9"), ("::1", "::1")])
def test_a_datagram_has_the_time_at_which_it_came_and_is_answered_from_where_it_was_sent_to(
    host: str, other: str
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as server, socket.socket(family, socket.SOCK_DGRAM) as client:
        prepare(server)
        server.bind(("::" if ":" in host else "0.0.0.0", 0))
        server.settimeout(10)
        client.settimeout(10)
        client.sendto(b"asked", (other, server.getsockname()[1]))
        time.sleep(0.05)
        came = receive(server)
        assert came.payload == b"asked"
        assert 0.04 < (time.time_ns() - came.at) / 1e9 < 10
        answer(server, came, b"told")
        assert client.recvfrom(100)[0] == b"told"
