"""WireGuard links of the kernel, by generic netlink: keys, peers, and what goes through. No key is ever in a message.

A private key is read back only to be compared; nothing that is told of a link holds it.
"""

import binascii
import hmac
import ipaddress
import socket
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from backends.errors import MechanismError
from backends.generic_netlink import Answer, GenericNetlink, attribute, attributes, each, number, text, unsigned

FAMILY: Final = "wireguard"
GET_DEVICE, SET_DEVICE = 0, 1
IFNAME, PRIVATE_KEY, PUBLIC_KEY, LISTEN_PORT, PEERS = 2, 3, 4, 6, 8
PEER_PUBLIC_KEY, PEER_PRESHARED_KEY, PEER_FLAGS, PEER_ENDPOINT, PEER_KEEPALIVE = 1, 2, 3, 4, 5
PEER_HANDSHAKE, PEER_RECEIVED, PEER_SENT, PEER_ALLOWED = 6, 7, 8, 9
ALLOWED_FAMILY, ALLOWED_ADDRESS, ALLOWED_LENGTH = 1, 2, 3
REMOVE, REPLACE_ALLOWED = 1, 2
KEY_BYTES: Final = 32
NO_KEY: Final = bytes(KEY_BYTES)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer as it is to be, or is. ``handshake``: seconds since 1970 of the last one, 0: none yet."""

    preshared_key: bytes = field(default=NO_KEY, repr=False)
    allowed: frozenset[Network] = frozenset()
    endpoint: tuple[str, int] | None = None
    keepalive: int = 0
    handshake: int = 0
    received: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """A link as it is to be, or is; its peers by public key. Port 0: any."""

    private_key: bytes = field(default=NO_KEY, repr=False)
    public_key: bytes = NO_KEY
    listen_port: int = 0
    peers: Mapping[bytes, Peer] = field(default_factory=dict)


def key_of(words: str) -> bytes:
    """A key from base64. ValueError, without the words."""
    try:
        found = b64decode(words, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise ValueError("a key is 32 bytes in base64") from None
    return found


def words_of(key: bytes) -> str:
    """A key as base64; "" for none."""
    return "" if key == NO_KEY else b64encode(key).decode()


class WireGuard:
    """Reads are kept until ``forget``; one thread's. Errors as of GenericNetlink."""

    def __init__(self, netlink: GenericNetlink) -> None:
        self._netlink = netlink
        self._told: dict[str, Device] = {}
        self._endpoints: dict[tuple[str, bytes], tuple[str, int]] = {}
        self.writes = 0
        """How many requests changed the kernel."""

    def forget(self) -> None:
        """Read the kernel again for the next question."""
        self._told.clear()

    def told(self, name: str) -> Device:
        """How a link is, without its private key; an empty one where it cannot be read."""
        if name not in self._told:
            try:
                self._told[name] = replace(self._read(name), private_key=NO_KEY)
            except MechanismError:
                self._told[name] = Device()
        return self._told[name]

    def bring_to(self, name: str, wanted: Device) -> bool:
        """Let a link be so, changing only what differs; whether anything was changed. MechanismError.

        An endpoint is set where there is none yet, or where another is wanted than before: peers move, and that is not
        undone.
        """
        before, told = self.writes, self._read(name)
        content = b""
        if not hmac.compare_digest(told.private_key, wanted.private_key):
            content += attribute(PRIVATE_KEY, wanted.private_key)
        if wanted.listen_port not in (0, told.listen_port):
            content += attribute(LISTEN_PORT, struct.pack("=H", wanted.listen_port))
        if content:
            self._set(name, content)
        for key in told.peers.keys() - wanted.peers.keys():
            self._set_peer(name, attribute(PEER_PUBLIC_KEY, key) + number(PEER_FLAGS, REMOVE))
        for key, peer in wanted.peers.items():
            self._bring_peer(name, key, peer, told.peers.get(key))
        self._told.pop(name, None)
        return self.writes != before

    def differs(self, name: str, wanted: Device) -> bool:
        """Whether ``bring_to`` would change what a session goes through: the keys, the port or a peer."""
        told = self._read(name)
        keys_differ = not hmac.compare_digest(told.private_key, wanted.private_key)
        return (
            keys_differ
            or wanted.listen_port not in (0, told.listen_port)
            or not told.peers.keys() <= wanted.peers.keys()
        )

    def _bring_peer(self, name: str, key: bytes, wanted: Peer, told: Peer | None) -> None:
        there = told or Peer()
        content = b""
        if not hmac.compare_digest(there.preshared_key, wanted.preshared_key):
            content += attribute(PEER_PRESHARED_KEY, wanted.preshared_key)
        place = (name, key)
        if wanted.endpoint and (
            there.endpoint is None or self._endpoints.get(place, wanted.endpoint) != wanted.endpoint
        ):
            content += attribute(PEER_ENDPOINT, _socket_address(*wanted.endpoint))
        if there.keepalive != wanted.keepalive:
            content += attribute(PEER_KEEPALIVE, struct.pack("=H", wanted.keepalive))
        if there.allowed != wanted.allowed:
            content += number(PEER_FLAGS, REPLACE_ALLOWED)
            entries = b"".join(
                attribute(0, _allowed(network), nested=True) for network in sorted(wanted.allowed, key=str)
            )
            content += attribute(PEER_ALLOWED, entries, nested=True)
        if content or told is None:
            self._set_peer(name, attribute(PEER_PUBLIC_KEY, key) + content)
        if wanted.endpoint:
            self._endpoints[place] = wanted.endpoint

    def _set_peer(self, name: str, content: bytes) -> None:
        self._set(name, attribute(PEERS, attribute(0, content, nested=True), nested=True))

    def _set(self, name: str, content: bytes) -> None:
        self._netlink.ask(SET_DEVICE, text(IFNAME, name) + content, f"WireGuard settings of {name}")
        self.writes += 1

    def _read(self, name: str) -> Device:
        answers = self._netlink.dump(GET_DEVICE, text(IFNAME, name), f"WireGuard settings of {name}")
        return device_of(answers)


def device_of(answers: list[Answer]) -> Device:
    """A link from the messages of its dump: a peer of many networks goes on in the next one."""
    made = Device()
    peers: dict[bytes, Peer] = {}
    for answer in answers:
        told = answer.attributes
        if PUBLIC_KEY in told or LISTEN_PORT in told:
            made = Device(told.get(PRIVATE_KEY, NO_KEY), told.get(PUBLIC_KEY, NO_KEY), unsigned(told[LISTEN_PORT]) or 0)
        for _, entry in each(told.get(PEERS, b"")):
            key, peer = _peer(attributes(entry))
            before = peers.get(key)
            peers[key] = replace(before, allowed=before.allowed | peer.allowed) if before else peer
    return replace(made, peers=peers)


def _peer(told: Mapping[int, bytes]) -> tuple[bytes, Peer]:
    networks = []
    for _, entry in each(told.get(PEER_ALLOWED, b"")):
        one = attributes(entry)
        networks.append(ipaddress.ip_network((one[ALLOWED_ADDRESS], unsigned(one[ALLOWED_LENGTH]) or 0)))
    return told[PEER_PUBLIC_KEY], Peer(
        preshared_key=told.get(PEER_PRESHARED_KEY, NO_KEY),
        allowed=frozenset(networks),
        endpoint=_endpoint(told.get(PEER_ENDPOINT, b"")),
        keepalive=unsigned(told.get(PEER_KEEPALIVE)) or 0,
        handshake=struct.unpack_from("=q", told.get(PEER_HANDSHAKE, bytes(16)))[0],
        received=unsigned(told.get(PEER_RECEIVED)) or 0,
        sent=unsigned(told.get(PEER_SENT)) or 0,
    )


def _endpoint(content: bytes) -> tuple[str, int] | None:
    if len(content) < 16:
        return None
    (family,) = struct.unpack_from("=H", content)
    (port,) = struct.unpack_from("!H", content, 2)
    if family == socket.AF_INET:
        return str(ipaddress.IPv4Address(content[4:8])), port
    return str(ipaddress.IPv6Address(content[8:24])), port


def _socket_address(address: str, port: int) -> bytes:
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + parsed.packed + bytes(8)
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + parsed.packed + bytes(4)


def _allowed(network: Network) -> bytes:
    family = socket.AF_INET if network.version == 4 else socket.AF_INET6
    return (
        attribute(ALLOWED_FAMILY, struct.pack("=H", family))
        + attribute(ALLOWED_ADDRESS, network.network_address.packed)
        + attribute(ALLOWED_LENGTH, bytes([network.prefixlen]))
    )
