"""Device.DNS.: the name servers that this machine asks, and the relay through which the LAN asks them."""

from dataclasses import dataclass
from typing import Any, Final

from agent.model.errors import NotWritable
from agent.model.object import Object, Parameter, Target
from backends.lan.records import DnsRelay, Forwarder
from backends.lan.resolver import STATIC, NameServer
from backends.lan.upstream import is_enabled, is_own
from backends.tr181.dns_client import CHANGED_BY, client_servers, plain_address
from backends.tr181.lan_tables import TABLES, TOPIC, LanTables, table_of, target_of_link
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys
from backends.tr181.service import only, target_of

RECORD_TYPES: Final = ("A", "AAAA", "SRV", "PTR")
"""Of those that the data model knows: the resolver and the relay pass on whatever is asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """A row: a server that the system was told of (``found``), or one that was added."""

    key: str
    found: NameServer | None = None


def dns(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Client with what it asks, and Relay with what it forwards to."""
    lan = mechanisms.lan
    if lan is None:
        return []
    whole: Object[Any] = Object(
        "Device.DNS.", lambda: [()], lambda row: row, [Parameter("SupportedRecordTypes", lambda _: RECORD_TYPES)]
    )
    return [whole, *_client(lan, mechanisms), *_relay(lan)]


def _client(lan: LanTables, mechanisms: Mechanisms) -> list[Object[Any]]:
    """What the system's own configuration says, and servers that were set here."""

    def keep_enabled(_: Keys, value: bool) -> None:
        if not value:
            raise NotWritable("", "the programs of this machine always look names up")

    itself: list[Parameter[Keys, Any]] = [
        Parameter("Enable", lambda _: True, keep_enabled),
        Parameter("Status", lambda _: "Enabled" if lan.resolver.name_servers() else "Error"),
    ]
    itself_object: Object[Any] = Object(
        "Device.DNS.Client.", lambda: [()], lambda row: row, itself, backend=lan, changed_by=CHANGED_BY
    )
    return [itself_object, client_servers(lan, mechanisms.name_servers)]


def _relay(lan: LanTables) -> list[Object[Any]]:
    relay = table_of(lan, DnsRelay)

    def status(_: Keys) -> str:
        """Error: there is no link to serve names on, or the relay does not run."""
        if not lan.wanted.get(DnsRelay).enable:
            return "Disabled"
        return "Enabled" if lan.daemons.serves_names() else "Error"

    itself = [*relay.parameters("Enable"), Parameter("Status", status)]
    return [relay.declared(itself, ("link", "address", "route")), _Forwarding(lan).object()]


class _Forwarding:
    """The relay's servers: those that the system was told of, and those that were added."""

    def __init__(self, lan: LanTables) -> None:
        self._lan = lan
        self._pointer_of = only(IP_INTERFACE)

    def object(self) -> Object[Server]:
        """Forwarding.{i}."""
        parameters: list[Parameter[Server, Any]] = [
            Parameter("Enable", self.is_enabled, self.set_enabled),
            Parameter("Status", self.status),
            Parameter("DNSServer", self.address, self.set_address),
            Parameter("Interface", self.interface, self.set_interface),
            Parameter("Type", lambda row: row.found.origin if row.found else STATIC),
        ]
        return Object(
            path=TABLES[Forwarder],
            rows=self.rows,
            keys=lambda row: (row.key,),
            parameters=parameters,
            add=lambda _: (self._lan.add(Forwarder(enable=False)),),
            delete=self.delete,
            backend=self._lan,
            changed_by=(*CHANGED_BY, TOPIC),
            source=lambda row: row.found.told_by if row.found else "configured",
        )

    def rows(self) -> list[Server]:
        found = [Server(one.address, one) for one in self._lan.resolver.name_servers()]
        return [*found, *(Server(key) for key in self._lan.wanted.of(Forwarder) if is_own(key))]

    def is_enabled(self, row: Server) -> bool:
        return is_enabled(self._lan.wanted, row.found) if row.found else bool(self._record(row).enable)

    def set_enabled(self, row: Server, value: bool) -> None:
        self._lan.edit(Forwarder, row.key, enable=value)

    def status(self, row: Server) -> str:
        """Error: nobody to ask is named, its interface has no link, or the relay does not run."""
        lan = self._lan
        if not lan.wanted.get(DnsRelay).enable or not self.is_enabled(row):
            return "Disabled"
        pointer = self._record(row).interface
        has_way = pointer is None or lan.links.link_of(pointer) is not None
        return "Enabled" if self.address(row) and has_way and lan.daemons.serves_names() else "Error"

    def address(self, row: Server) -> str | None:
        return row.found.address if row.found else self._record(row).dns_server

    def set_address(self, row: Server, value: str) -> None:
        if row.found is None:
            self._lan.edit(Forwarder, row.key, dns_server=plain_address(value))
        elif value != row.found.address:
            raise NotWritable("", "the system was told of this server")

    def interface(self, row: Server) -> Target | None:
        return target_of_link(self._lan, row.found.link) if row.found else target_of(self._record(row).interface)

    def set_interface(self, row: Server, value: Target | None) -> None:
        if row.found is None:
            self._lan.edit(Forwarder, row.key, interface=self._pointer_of(value))
        elif value != self.interface(row):
            raise NotWritable("", "the system was told of this server")

    def delete(self, row: Server) -> None:
        if row.found is not None:
            raise NotWritable("", "the system was told of this server: it can be switched off, not taken away")
        self._lan.remove(Forwarder, row.key)

    def _record(self, row: Server) -> Forwarder:
        return self._lan.wanted.get(Forwarder, row.key)
