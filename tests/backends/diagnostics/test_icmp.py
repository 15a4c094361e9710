"""Echo requests as octets, and the times of their answers."""

import socket
import struct
import time

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.icmp import EchoSocket, checksum, state_of
from backends.diagnostics.sockets import Way
from tests.waiting import PATIENCE


def test_the_checksum_is_that_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D
    whole = bytes.fromhex("08000000123400015a5a5a")
    assert checksum(whole[:2] + struct.pack("!H", checksum(whole)) + whole[4:] + b"\0") == 0


def test_a_reply_is_told_once_and_only_with_our_number_and_data() -> None:
    place = (socket.AF_INET, ("127.0.0.1", 0))
    with EchoSocket(place, Way()) as one, EchoSocket(place, Way()) as other:
        one.send(70_000, 56)
        other.send(1, 56)
        found, until = [], time.monotonic() + PATIENCE
        while not found and time.monotonic() < until:
            found = one.replies(until)
        assert [(reply.sequence, reply.is_echo, reply.address) for reply in found] == [
            (70_000 & 0xFFFF, True, "127.0.0.1")
        ]
        assert one.replies(time.monotonic() + 0.05) == []


def test_an_answer_that_is_too_late_is_passed_over() -> None:
    with EchoSocket((socket.AF_INET, ("127.0.0.1", 0)), Way()) as one:
        one.send(1, 56)
        one.forget(1)
        assert one.replies(time.monotonic() + 0.1) == []


def test_a_link_without_a_way_is_no_route() -> None:
    with pytest.raises(DiagnosticFailed):
        EchoSocket((socket.AF_INET6, ("2001:db8::1", 0, 0, 0)), Way("lo"))
    assert state_of(OSError(113, "")) == "Error_NoRouteToHost"
    assert state_of(OSError(90, "")) == "Error_Other"
