"""Hears the UDP datagrams to a port whoever has it, by a packet socket whose filter lets nothing else through."""

import ctypes
import socket
import struct
from typing import Final

ETH_P_IP: Final = 0x0800
SO_ATTACH_FILTER: Final = 26
HEADER: Final = 8


def attach(made: socket.socket, port: int) -> None:
    """Let a packet socket (SOCK_DGRAM) have nothing but UDP over IPv4 to this port."""
    # tcpdump's language: the protocol is UDP, and the port behind a header of whatever length is this one.
    lines = (
        (0x30, 0, 0, 9), (0x15, 0, 4, socket.IPPROTO_UDP), (0xB1, 0, 0, 0), (0x48, 0, 0, 2), (0x15, 0, 1, port),
        (0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0),
    )  # fmt: skip
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(lines), ctypes.addressof(program)))


def datagram(packet: bytes) -> tuple[int, int, bytes] | None:
    """Source port, destination port and content of a UDP datagram in an IPv4 packet; None for everything else.

    Its checksum is not looked at: between namespaces and in virtual machines the last hop leaves it out.
    """
    length = (packet[0] & 15) * 4 if packet else 0
    if length < 20 or len(packet) < length + HEADER or packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP:
        return None
    if int.from_bytes(packet[6:8], "big") & 0x3FFF:  # a fragment
        return None
    source, target, size = struct.unpack_from("!HHH", packet, length)
    return source, target, packet[length + HEADER : length + max(size, HEADER)]
