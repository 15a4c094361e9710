"""Filters in the kernel: which of a dozen packets each lets through."""

import json
import struct
from ipaddress import ip_address

import pytest

from backends.diagnostics.capture_program import compiled
from backends.diagnostics.capture_words import Either, Protocol, read
from tests.netlab.namespace import Namespace, veth

FAR, NEAR = bytes.fromhex("02000000000a"), bytes.fromhex("02000000000b")


def ether(kind: int, payload: bytes, tag: bytes = b"") -> bytes:
    return (NEAR + FAR + tag + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def ports(source: int, target: int) -> bytes:
    return struct.pack("!HH", source, target) + bytes(16)


def ip4(protocol: int, payload: bytes, source: str = "192.0.2.1", fragment: int = 0, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 1, fragment, 9, protocol, 0)
    return head + ip_address(source).packed + ip_address("198.51.100.7").packed + options + payload


def ip6(protocol: int, payload: bytes, source: str = "2001:db8::1") -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 9)
    return head + ip_address(source).packed + ip_address("2001:db8:1::7").packed + payload


PACKETS = {
    "tcp4": ether(0x0800, ip4(6, ports(1025, 80))),
    "tcp4 options": ether(0x0800, ip4(6, ports(1025, 80), options=bytes(8))),
    "udp4": ether(0x0800, ip4(17, ports(53, 2000), "203.0.113.9")),
    "udp4 later fragment": ether(0x0800, ip4(17, ports(53, 2000), fragment=3)),
    "icmp": ether(0x0800, ip4(1, bytes(20))),
    "tcp6": ether(0x86DD, ip6(6, ports(443, 1026))),
    "udp6": ether(0x86DD, ip6(17, ports(5000, 53), "2001:db8:5::1")),
    "icmp6": ether(0x86DD, ip6(58, bytes(20))),
    "arp": ether(0x0806, bytes.fromhex("0001080006040001") + FAR + ip_address("192.0.2.1").packed + NEAR + bytes(4)),
    "other": ether(0x88B5, b"hello"),
    "tagged": ether(0x0800, ip4(6, ports(1025, 80)), bytes.fromhex("8100a007")),
}
IP4 = {"tcp4", "tcp4 options", "udp4", "udp4 later fragment", "icmp", "tagged"}
IP6 = {"tcp6", "udp6", "icmp6"}
FILTERS: dict[str, set[str]] = {
    "": set(PACKETS),
    "ip": IP4,
    "ip6": IP6,
    "arp": {"arp"},
    "not ip and not ip6": {"arp", "other"},
    "tcp": {"tcp4", "tcp4 options", "tcp6", "tagged"},
    "udp": {"udp4", "udp4 later fragment", "udp6"},
    "icmp": {"icmp"},
    "icmp6": {"icmp6"},
    "sctp": set(),
    "port 80": {"tcp4", "tcp4 options", "tagged"},
    "src port 80": set(),
    "dst port 80": {"tcp4", "tcp4 options", "tagged"},
    "port 53": {"udp4", "udp6"},
    "udp src port 53": {"udp4"},
    "tcp port 53": set(),
    "portrange 1000-1025": {"tcp4", "tcp4 options", "tagged"},
    "portrange 1026-5000": {"tcp6", "udp6", "udp4"},
    "host 192.0.2.1": {"tcp4", "tcp4 options", "udp4 later fragment", "icmp", "arp", "tagged"},
    "ip host 192.0.2.1": {"tcp4", "tcp4 options", "udp4 later fragment", "icmp", "tagged"},
    "arp src host 192.0.2.1": {"arp"},
    "dst host 192.0.2.1": set(),
    "dst host 198.51.100.7": IP4,
    "net 203.0.113.0/24": {"udp4"},
    "net 0.0.0.0/0": IP4 | {"arp"},
    "host 2001:db8::1": {"tcp6", "icmp6"},
    "src net 2001:db8:5::/48": {"udp6"},
    "net 2001:db8::/32": IP6,
    "ether src host 02:00:00:00:00:0a": set(PACKETS),
    "ether dst host 02:00:00:00:00:0a": set(),
    "ether host 2:0:0:0:0:b and udp": {"udp4", "udp4 later fragment", "udp6"},
    "not (tcp or udp or icmp or icmp6)": {"arp", "other"},
    "tcp port 80 or udp port 53 and not ip6": {"tcp4", "tcp4 options", "tagged", "udp4"},
}

INSIDE = """
import ctypes, json, socket, struct, sys, time
from backends.diagnostics.packet_capture import SO_ATTACH_FILTER
asked = json.loads(sys.argv[1])
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("far", 0))
found = {}
for text, program in asked["programs"].items():
    program = bytes.fromhex(program)
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    kept = ctypes.create_string_buffer(program, len(program))
    made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program) // 8, ctypes.addressof(kept)))
    made.bind(("near", 3))
    made.setblocking(False)
    for packet in asked["packets"].values():
        sender.send(bytes.fromhex(packet))
    time.sleep(0.02)
    came = []
    while True:
        try:
            data, where = made.recvfrom(2000)
        except BlockingIOError:
            break
        came.append(data.hex())
    found[text] = came
    made.close()
print(json.dumps(found))
"""


def test_each_filter_lets_through_what_it_names_on_a_real_link(lab: Namespace) -> None:
    for name in ("all", "default"):
        lab.run("sh", "-c", f"echo 1 > /proc/sys/net/ipv6/conf/{name}/disable_ipv6")
    veth(lab, "near", lab, "far")
    lab.ip("link set near promisc on")
    programs = {text: compiled(read(text)).hex() for text in FILTERS}
    packets = {name: data.hex() for name, data in PACKETS.items()}
    came = lab.python(INSIDE, json.dumps({"programs": programs, "packets": packets}))
    untagged = PACKETS["tagged"][:12] + PACKETS["tagged"][16:]
    names = {data.hex(): name for name, data in PACKETS.items()} | {untagged.hex(): "tagged"}
    for text, wanted in FILTERS.items():
        assert {names.get(data, "?") for data in came[text]} - {"?"} == wanted, text


def test_a_long_filter_jumps_as_far_as_it_has_to() -> None:
    asked = read(" or ".join(["host 2001:db8::1"] * 12))
    program = compiled(asked)
    lines = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    assert len(lines) > 255
    for at, (code, yes, no, k) in enumerate(lines):
        if code != 0x06:
            assert at + 1 + max(yes, no) < len(lines)
        if code == 0x05:
            assert at + 1 + k < len(lines)


def test_what_the_kernel_would_not_take_is_refused() -> None:
    asked: Either | Protocol = Protocol("tcp")
    for _ in range(400):
        asked = Either(asked, Protocol("udp"))
    with pytest.raises(ValueError, match="too long"):
        compiled(asked)
