"""The agent asks a DHCP server by itself: what it says of itself, whose answer it takes, beside a client's port."""

import shutil
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.dhcp_inform import ASKED, Answer, Place, Vendor, answer_in, ask, checksum, ip_packet, place_of, request
from backends.errors import MechanismError
from backends.udp_ear import datagram
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.isp import DhcpServer, serving
from tests.netlab.namespace import Namespace, veth

__all__ = ["lab", "make_namespace"]

PLACE = Place("c0", bytes.fromhex("02005e100001"), "192.0.2.9")
XID = b"abcd"
COOKIE = bytes((99, 130, 83, 99))


def options(message: bytes) -> dict[int, bytes]:
    assert message[236:240] == COOKIE
    found, at = {}, 240
    while message[at] != 255:
        found[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return found


def answer(**but: Any) -> bytes:
    said = {
        "op": 2,
        "xid": XID,
        "mac": PLACE.mac,
        "type": 5,
        "more": b"\x36\x04\xc0\x00\x02\x01\x2b\x02\x06\x00",
        **but,
    }
    fixed = struct.pack("!BBBB4s20x16s192x", said["op"], 1, 6, 0, said["xid"], said["mac"])
    return fixed + COOKIE + bytes((53, 1, said["type"])) + said["more"] + b"\xff"


def test_the_request_says_from_where_and_by_whom_it_is_asked() -> None:
    message = request(PLACE, XID, 3, Vendor(b"dslforum.org", b"\0\0\x0d\xe9\1x", b"y" * 30))
    assert len(message) >= 300
    assert message[:12] == b"\1\1\6\0abcd\0\3\0\0"
    assert message[12:16] == bytes((192, 0, 2, 9))
    assert message[28:34] == PLACE.mac
    said = options(message)
    assert (said[53], said[60], said[124], said[125]) == (b"\x08", b"dslforum.org", b"\0\0\x0d\xe9\1x", b"y" * 30)
    assert {43, 125} <= set(said[55])
    assert bytes(ASKED) == said[55]


def test_what_is_empty_or_too_long_is_not_sent() -> None:
    assert not {60, 124, 125} & options(request(PLACE, XID, 0, Vendor(options=bytes(256)))).keys()


def test_the_servers_answer_to_us_is_taken() -> None:
    assert answer_in(answer(), PLACE, XID) == Answer("192.0.2.1", {53: b"\5", 54: b"\xc0\0\2\1", 43: b"\6\0"})


@pytest.mark.parametrize(
    "wrong", [{"op": 1}, {"xid": b"abce"}, {"mac": bytes(6)}, {"type": 6}, {"type": 2}], ids=lambda one: next(iter(one))
)
def test_an_answer_to_somebody_else_or_of_another_kind_is_not(wrong: dict[str, Any]) -> None:
    assert answer_in(answer(**wrong), PLACE, XID) is None
    assert answer_in(answer()[:230], PLACE, XID) is None
    assert answer_in(b"", PLACE, XID) is None


def test_the_packet_is_what_its_checksums_say() -> None:
    packet = ip_packet("192.0.2.9", b"hello!!")
    assert datagram(packet) == (68, 67, b"hello!!")
    assert checksum(packet[:20]) == b"\xff\xff"  # nothing is left
    pseudo = packet[12:20] + struct.pack("!BBH", 0, 17, len(packet) - 20)
    assert checksum(pseudo + packet[20:]) == b"\xff\xff"
    assert packet[16:20] == b"\xff" * 4


def test_a_link_without_hardware_address_or_that_is_not_there_is_no_place() -> None:
    assert place_of("lo") is None
    assert place_of("nothing-there") is None


def test_where_nobody_may_ask_the_reason_is_told() -> None:
    with pytest.raises(MechanismError, match="DHCPINFORM on nothing-there"):
        ask(PLACE._replace(interface="nothing-there"), Vendor(), threading.Event(), (0.1,))


ASK = """
import json, socket, sys, threading, time
from backends import dhcp_inform
from backends.dhcp_inform import Vendor, ask, place_of
held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(1)]
if sys.argv[1] == "packets":
    held[0].bind(("", 68))  # a client that shares its port with nobody
else:
    dhcp_inform.WAYS = dhcp_inform.WAYS[1:]
    held[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held[0].bind(("", 68))
vendor = Vendor(b"dslforum.org", b"", b"\\0\\0\\x0d\\xe9\\x04\\1\\2id")
answer = ask(place_of("c0"), vendor, threading.Event(), (2.0,) * 4)
nobody = ask(place_of("c1"), Vendor(), threading.Event(), (0.1, 0.1))
print(json.dumps([answer and [answer.server, {tag: value.hex() for tag, value in answer.options.items()}], nobody]))
"""


@pytest.mark.parametrize("way", ["packets", "port"])
def test_a_real_server_answers_beside_a_client_that_has_the_port(
    make_namespace: Callable[[], Namespace], tmp_path: Path, way: str
) -> None:
    if shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/sbin") is None:
        pytest.skip("needs dnsmasq (package dnsmasq-base)")
    home, isp = make_namespace(), make_namespace()
    veth(isp, "s0", home, "c0")
    veth(isp, "s1", home, "c1")
    isp.ip("addr add 192.0.2.1/24 dev s0")
    home.ip("addr add 192.0.2.9/24 dev c0")
    home.ip("addr add 198.51.100.9/24 dev c1")
    server = DhcpServer(
        isp, tmp_path, "--dhcp-range=192.0.2.50,192.0.2.99,255.255.255.0,120", "--dhcp-option-force=43,01:02:68:69",
        "--dhcp-vendorclass=set:cpe,dslforum.org", "--dhcp-option-force=tag:cpe,125,00:00:0d:e9:02:0b:00",
    )  # fmt: skip
    with serving(server):
        told, nobody = home.python(ASK, way)
    assert nobody is None
    assert told[0] == "192.0.2.1"
    assert (told[1]["43"], told[1]["125"]) == ("01026869", "00000de9020b00")
    assert "DHCPINFORM(s0) 192.0.2.9" in server.log()
