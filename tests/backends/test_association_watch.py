"""Devices that name themselves in a DHCP request are heard, on a real network."""

import os
import socket
import struct
import threading
import time

import pytest

from backends.association import Named
from backends.association_watch import MOST, REMEMBERED, TOPICS, Heard, request_of
from backends.netlink_socket import inside
from tests.backends.test_association import option
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE

__all__ = ["lab", "make_namespace"]

MAC = "02:00:00:00:00:01"
SAID = option((1, b"00D09E"), (2, b"SN 1"), (3, b"STB"))
BOX = Named("00D09E", "SN 1", "STB", MAC)


def request(said: bytes = SAID, mac: str = MAC) -> bytes:
    """A DHCPDISCOVER as it stands in UDP; a long option in two parts."""
    head = b"\1\1\6\0" + bytes(24) + bytes.fromhex(mac.replace(":", "")) + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63"
    parts = b"".join(bytes([125, len(part)]) + part for part in (said[:9], said[9:]) if part)
    return head + b"\x35\1\1\0\0" + parts + b"\xff"


def ip(payload: bytes, port: int = 67) -> bytes:
    udp = struct.pack("!HHHH", 68, port, 8 + len(payload), 0) + payload
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4) + udp


def test_a_request_names_the_device_and_its_address() -> None:
    assert request_of(ip(request())) == BOX


def test_everything_else_names_nobody() -> None:
    whole = ip(request())
    assert request_of(ip(request(), port=68)) is None
    assert request_of(ip(request(b""))) is None
    assert request_of(ip(request(option((4, b"00D09E"), (5, b"x"))))) is None, "a gateway is no device"
    for length in range(len(whole) - 3):
        assert request_of(whole[:length]) in (None, BOX)
    for place in range(len(whole)):
        request_of(whole[:place] + b"\xff" + whole[place + 1 :])


def test_who_is_not_behind_us_or_has_been_silent_for_a_day_is_not_told() -> None:
    now = 0.0
    heard = Heard(lambda link: link == "lan0", lambda: now)
    assert heard.hear(ip(request()), "lan0")
    assert not heard.hear(ip(request()), "lan0"), "it only asks again"
    heard.hear(ip(request(mac="02:00:00:00:00:02")), "wan0")
    assert heard.devices() == [BOX]
    now = REMEMBERED + 1
    assert heard.devices() == []


def test_so_many_and_no_more_are_remembered() -> None:
    heard = Heard(lambda _: True)
    for number in range(2 * MOST):
        heard.hear(ip(request(mac=f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}")), "lan0")
    assert len(heard.devices()) == MOST


def test_a_request_on_the_wire_is_heard(lab: Namespace) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root enters a network namespace from within a process")
    lab.ip("link add lan0 type veth peer name client0")
    lab.ip("link set lan0 up")
    lab.ip("link set client0 up")
    heard, told, stop = Heard(lambda link: link == "lan0", namespace=lab.path), threading.Event(), threading.Event()
    topics: list[frozenset[str]] = []

    def tell(what: frozenset[str]) -> None:
        topics.append(what)
        told.set()

    assert heard.can_listen()
    thread = threading.Thread(target=heard.watch, args=(tell, stop))
    thread.start()
    try:
        with inside(lab.path, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)) as client:
            deadline = time.monotonic() + PATIENCE
            while not told.is_set() and time.monotonic() < deadline:
                client.sendto(ip(request()), ("client0", 0x0800, 0, 0, b"\xff" * 6))
                told.wait(0.1)
        assert topics == [TOPICS]
        assert heard.devices() == [BOX]
    finally:
        stop.set()
        thread.join(PATIENCE)
