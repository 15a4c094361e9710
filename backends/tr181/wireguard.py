"""Device.X_CPEAGENT_WireGuard.: WireGuard links and their peers, in the shape that TR-181 has for them since 2.20.

Private and pre-shared keys are written, never read. An interface that is added has a private key of its own.
"""

import os
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.tr181.layers import COUNTED, link_status
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys, RecordTable
from backends.tr181.tunnels import CHANGED_BY, TABLES, WIREGUARD, TunnelTables
from backends.tunnels.records import WireGuardInterface, WireGuardPeer
from backends.wireguard import Device, Peer, key_of, words_of

NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
"""TR-106's "unknown time"."""


def wireguard(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Interface, its Stats, and Peer."""
    service = mechanisms.tunnels
    if service is None or "wireguard" not in service.kinds:
        return []
    return _WireGuard(mechanisms, service).objects()


def new_key() -> str:
    """A private key (RFC 7748 5: the bits that are fixed are)."""
    made = bytearray(os.urandom(32))
    made[0] &= 248
    made[31] = made[31] & 127 | 64
    return b64encode(made).decode()


class _WireGuard:
    def __init__(self, mechanisms: Mechanisms, service: TunnelTables) -> None:
        self._network = mechanisms.network
        self._service = service
        self._interfaces: RecordTable[Any] = RecordTable(service, WireGuardInterface, TABLES[WireGuardInterface])
        self._peers: RecordTable[Any] = RecordTable(service, WireGuardPeer, TABLES[WireGuardPeer])

    def objects(self) -> list[Object[Any]]:
        interfaces, peers = self._interfaces, self._peers
        return [
            Object(WIREGUARD, lambda: (None,), lambda _: (), []),
            interfaces.object(
                [
                    *interfaces.plain("Enable", "ListenPort"),
                    interfaces.field("PrivateKey"),
                    Parameter("Status", self._status),
                    Parameter("Name", self._name),
                    Parameter("LastChange", self._last_change),
                    Parameter("PublicKey", lambda row: words_of(self._told(row).public_key)),
                    Parameter("UsedPort", lambda row: self._told(row).listen_port),
                ],
                "netlink, wireguard",
                CHANGED_BY,
                add=lambda parents: interfaces.add(parents, private_key=new_key()),
            ),
            Object(
                path=f"{interfaces.path}Stats.",
                rows=interfaces.rows,
                keys=lambda row: row,
                parameters=[Parameter(name, self._counted(name)) for name in COUNTED],
                backend=self._service,
                source=lambda _: "netlink statistics of the link",
            ),
            peers.object(
                [
                    *peers.plain("Enable", "PublicKey", "EndpointPort", "PersistentKeepalive"),
                    peers.field("PresharedKey"),
                    peers.field("Endpoint"),
                    peers.field("AllowedIPs", "allowed_ips", read=list),
                    Parameter("EndpointInUse", self._endpoint),
                    Parameter("LastHandshake", self._handshake),
                    Parameter("BytesSent", lambda row: self._peer(row).sent),
                    Parameter("BytesReceived", lambda row: self._peer(row).received),
                ],
                "netlink, wireguard",
                CHANGED_BY,
            ),
        ]

    def _name(self, row: Keys) -> str:
        return self._service.link_name(WireGuardInterface, row[0])

    def _told(self, row: Keys) -> Device:
        """Its link; without one the kernel is not asked, which would load the module."""
        is_there = self._service.is_there(WireGuardInterface, row[0])
        return self._service.tunnels.wireguard.told(self._name(row)) if is_there else Device()

    def _peer(self, row: Keys) -> Peer:
        words = self._peers.record(row).public_key
        peers = self._told(row).peers
        return peers.get(key_of(words), Peer()) if words and peers else Peer()

    def _endpoint(self, row: Keys) -> str:
        """Where its packets come from at present, as wg(8) writes it."""
        told = self._peer(row).endpoint
        if told is None:
            return ""
        address, port = told
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    def _handshake(self, row: Keys) -> datetime:
        seconds = self._peer(row).handshake
        return datetime.fromtimestamp(seconds, UTC) if seconds else NEVER

    def _status(self, row: Keys) -> str:
        link = self._network.topology.links.get(self._name(row))
        if not self._interfaces.record(row).enable:
            return "Down"
        return link_status(link) if link else "LowerLayerDown" if self._interfaces.record(row).private_key else "Error"

    def _last_change(self, row: Keys) -> int:
        name = self._name(row)
        return self._network.state_age(name) if name in self._network.topology.links else 0

    def _counted(self, name: str) -> Any:
        return lambda row: COUNTED[name](self._network.traffic(self._name(row)))
