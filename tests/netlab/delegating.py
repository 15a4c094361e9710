"""A DHCPv6 server that does one thing: it answers every Solicit or Request with a delegated prefix (RFC 8415).

    python delegating.py LINK PREFIX

dnsmasq delegates none. It runs by itself, in a namespace.
"""

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator

SOLICIT, ADVERTISE, REQUEST, RENEW, REPLY, RELEASE = 1, 2, 3, 5, 7, 8
CLIENT_ID, SERVER_ID, RAPID_COMMIT, IA_PD, IA_PREFIX = 1, 2, 14, 25, 26
DUID = bytes.fromhex("00030001020000000001")
T1, T2, PREFERRED, VALID = 60, 96, 120, 180


def options(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """The options of a message."""
    while len(encoded) >= 4:
        tag, length = struct.unpack_from("!HH", encoded)
        yield tag, encoded[4 : 4 + length]
        encoded = encoded[4 + length :]


def option(tag: int, value: bytes) -> bytes:
    """One of them."""
    return struct.pack("!HH", tag, len(value)) + value


def answer(message: bytes, prefix: ipaddress.IPv6Network) -> bytes:
    """What a client's message is answered with."""
    asked = dict(options(message[4:]))
    at_once = message[0] != SOLICIT or RAPID_COMMIT in asked
    given = struct.pack("!IIB", PREFERRED, VALID, prefix.prefixlen) + prefix.network_address.packed
    association = asked.get(IA_PD, bytes(12))[:4] + struct.pack("!II", T1, T2) + option(IA_PREFIX, given)
    return (
        bytes([REPLY if at_once else ADVERTISE]) + message[1:4]
        + option(CLIENT_ID, asked[CLIENT_ID]) + option(SERVER_ID, DUID)
        + (option(RAPID_COMMIT, b"") if message[0] == SOLICIT and at_once else b"") + option(IA_PD, association)
    )  # fmt: skip


def main(link: str, prefix: str) -> None:
    """Answer until killed."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind(("::", 547))
        group = socket.inet_pton(socket.AF_INET6, "ff02::1:2") + struct.pack("=I", socket.if_nametoindex(link))
        end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        while True:
            message, sender = end.recvfrom(2000)
            if message and message[0] in (SOLICIT, REQUEST, RENEW):
                end.sendto(answer(message, ipaddress.IPv6Network(prefix)), sender)


if __name__ == "__main__":
    main(*sys.argv[1:])
