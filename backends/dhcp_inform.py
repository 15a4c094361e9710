"""Asks the DHCP server of a link for options beside whatever client has the lease: DHCPINFORM (RFC 2131, 4.4.3)."""

import fcntl
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from backends.dhcp_client.packets import COOKIE, lease4
from backends.errors import MechanismError
from backends.udp_ear import ETH_P_IP, attach, datagram

SERVER_PORT, CLIENT_PORT = 67, 68
MESSAGE_TYPE, REQUESTED, LONGEST, VENDOR_CLASS, ENTERPRISE_CLASS, VENDOR_OPTIONS, SERVER = 53, 55, 57, 60, 124, 125, 54
INFORM, ACK = 8, 5
ASKED: Final = (1, 3, 43, VENDOR_OPTIONS)
"""Some servers answer nobody who asks for nothing but vendors' options."""
LONGEST_MESSAGE: Final = 1472
SHORTEST: Final = 300
"""Octets of a BOOTP message (RFC 1542, 2.1): some relays drop shorter ones."""
WAITS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds that each of the tries waits for its answer."""
TURN: Final = 0.5
SIOCGIFADDR, SIOCGIFHWADDR = 0x8915, 0x8927
ETHERNET: Final = 1  # ARPHRD_ETHER


class Place(NamedTuple):
    """From where is asked: a link with its hardware address, and the IPv4 address that it has."""

    interface: str
    mac: bytes
    address: str


class Vendor(NamedTuple):
    """How a device of ours shows: the contents of options 60, 124 and 125; empty ones are not sent."""

    vendor_class: bytes = b""
    enterprise_class: bytes = b""
    options: bytes = b""


class Answer(NamedTuple):
    """A server's: its address, and its options."""

    server: str
    options: Mapping[int, bytes]


def place_of(interface: str) -> Place | None:
    """The link's own facts; None while it has no IPv4 address, or is none that Ethernet's addresses lead to."""
    request = struct.pack("16s240x", os.fsencode(interface)[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        try:
            hardware = fcntl.ioctl(any_socket, SIOCGIFHWADDR, request)
            address = fcntl.ioctl(any_socket, SIOCGIFADDR, request)
        except OSError:
            return None
    if struct.unpack_from("=H", hardware, 16)[0] != ETHERNET:
        return None
    return Place(interface, hardware[18:24], socket.inet_ntoa(address[20:24]))


def request(place: Place, xid: bytes, seconds: int, vendor: Vendor) -> bytes:
    """The message; an option whose content is longer than 255 octets cannot be sent and is left out."""
    fixed = struct.pack(
        "!BBBB4sHH4s12x16s192x", 1, ETHERNET, 6, 0, xid, seconds, 0, socket.inet_aton(place.address), place.mac
    )
    options = {
        MESSAGE_TYPE: bytes((INFORM,)),
        LONGEST: LONGEST_MESSAGE.to_bytes(2, "big"),
        VENDOR_CLASS: vendor.vendor_class,
        ENTERPRISE_CLASS: vendor.enterprise_class,
        VENDOR_OPTIONS: vendor.options,
        REQUESTED: bytes(ASKED),
    }
    encoded = b"".join(bytes((tag, len(value))) + value for tag, value in options.items() if 0 < len(value) < 256)
    return (fixed + COOKIE + encoded + b"\xff").ljust(SHORTEST, b"\0")


def answer_in(message: bytes, place: Place, xid: bytes) -> Answer | None:
    """A server's answer to our request, and to nobody else's; None for every other message."""
    if message[4:8] != xid or message[28:34] != place.mac or message[2:3] != b"\6":
        return None
    lease = lease4(message)
    if lease is None or lease.options.get(MESSAGE_TYPE) != bytes((ACK,)):
        return None
    return Answer(lease.address_in(SERVER) or "", lease.options)


def ask(place: Place, vendor: Vendor, stop: threading.Event, waits: tuple[float, ...] = WAITS) -> Answer | None:
    """Ask, a few times, and wait for the answer; None where none comes, or ``stop`` is set.

    MechanismError where this user may not ask there. The caller's thread waits up to the sum of ``waits``.
    """
    xid = os.urandom(4)
    begun = time.monotonic()
    try:
        with _way(place) as way:
            for wait in waits:
                way.send(request(place, xid, int(time.monotonic() - begun), vendor))
                until = time.monotonic() + wait
                while not stop.is_set() and (left := until - time.monotonic()) > 0:
                    message = way.receive(min(left, TURN))
                    answer = answer_in(message, place, xid) if message else None
                    if answer is not None:
                        return answer
                if stop.is_set():
                    return None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise MechanismError(f"DHCPINFORM on {place.interface}: {reason}") from error
    return None


class _ByPackets:
    """Whole packets: port 68 stays the DHCP client's, and it misses none of its own answers."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0)
        try:
            attach(self._socket, CLIENT_PORT)
            self._socket.bind((place.interface, ETH_P_IP))
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> "_ByPackets":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, message: bytes) -> None:
        self._socket.sendto(
            ip_packet(self._place.address, message), (self._place.interface, ETH_P_IP, 0, 0, b"\xff" * 6)
        )

    def receive(self, seconds: float) -> bytes | None:
        self._socket.settimeout(seconds)
        with suppress(TimeoutError):
            packet, (_, _, kind, *_) = self._socket.recvfrom(2048)
            found = datagram(packet)
            if kind != socket.PACKET_OUTGOING and found is not None and found[:2] == (SERVER_PORT, CLIENT_PORT):
                return found[2]
        return None


class _ByPort:
    """Where no packet socket is allowed (RestrictAddressFamilies): port 68 is shared for as long as it takes."""

    def __init__(self, place: Place) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, os.fsencode(place.interface))
            self._socket.bind((place.address, CLIENT_PORT))
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> "_ByPort":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, message: bytes) -> None:
        self._socket.sendto(message, ("255.255.255.255", SERVER_PORT))

    def receive(self, seconds: float) -> bytes | None:
        self._socket.settimeout(seconds)
        with suppress(TimeoutError):
            message, (_, port) = self._socket.recvfrom(2048)
            return message if port == SERVER_PORT else None
        return None


WAYS: Final[tuple[Callable[[Place], "_ByPackets | _ByPort"], ...]] = (_ByPackets, _ByPort)


def _way(place: Place) -> _ByPackets | _ByPort:
    refused: OSError | None = None
    for way in WAYS:
        try:
            return way(place)
        except OSError as error:
            refused = error
    raise refused or OSError("no way to ask")


def ip_packet(source: str, message: bytes) -> bytes:
    """A broadcast from a client's port to the servers'."""
    addresses = socket.inet_aton(source) + b"\xff" * 4
    size = 8 + len(message)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0, 64, socket.IPPROTO_UDP, 0) + addresses
    udp = struct.pack("!HHHH", CLIENT_PORT, SERVER_PORT, size, 0)
    pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_UDP, size)
    header = header[:10] + checksum(header) + header[12:]
    return header + udp[:6] + checksum(pseudo + udp + message) + message


def checksum(content: bytes) -> bytes:
    """RFC 1071's; 0 is written as its other form, since it means none to UDP."""
    content += b"\0" * (len(content) % 2)
    total = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ((~total & 0xFFFF) or 0xFFFF).to_bytes(2, "big")
