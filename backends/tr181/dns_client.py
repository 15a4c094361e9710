"""Device.DNS.Client.Server.: the name servers that this machine was told of, and those that were set here."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, ClassVar, Final, Protocol

from agent.model.errors import Denied, InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Record, Service
from backends.lan.resolver import STATIC, NameServer
from backends.name_servers import NameServers, StaticServer, enabled
from backends.tr181.lan_tables import LanTables, target_of_link
from backends.tr181.learned_servers import learned_servers
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService, target_of

SERVERS: Final = "Device.DNS.Client.Server.{i}."
CHANGED_BY: Final = ("resolver", "dhcp", "ppp", "address")


class Asking(Service, Protocol):
    """Whoever has servers asked by the records."""

    def is_asked(self, address: str) -> bool:
        """Whether the resolver was told of it."""


class NameServerTable(TableService):
    """The backend of the rows that were added."""

    kinds: ClassVar[tuple[type[Record], ...]] = (StaticServer,)

    def __init__(self, servers: Asking) -> None:
        parameters = {"dns_server": ("DNSServer",)}
        super().__init__("name servers", self.kinds, servers, {StaticServer: SERVERS}, parameters)
        self.resolver = servers

    def found(self, told: Iterable[NameServer]) -> list[NameServer]:
        """Those that others told of, of ``told``, the system's resolver's."""
        ours = enabled(self.wanted)
        return [one for one in told if one.address not in ours]

    def is_used(self, server: NameServer) -> bool:  # noqa: ARG002 - the resolver asks what it was told of
        """Whether one of those is asked."""
        return True

    def use(self, server: NameServer, value: bool) -> None:
        """Stage whether it is."""
        if value != self.is_used(server):
            raise Denied("", "the system was told of this server by somebody else")

    def interface_of(self, record: StaticServer) -> Target | None:
        """Over which one that was added is asked."""
        return target_of(record.interface)

    def set_interface(self, key: str, value: Target | None) -> None:
        """Stage that."""
        if value != self.interface_of(self.wanted.get(StaticServer, key)):
            raise InvalidValue("", "a server is asked over whichever link leads to it")


@dataclass(frozen=True, slots=True)
class _Row:
    """A server that the system was told of (``found``), or one that was added."""

    key: str
    found: NameServer | None = None


def name_servers(given: Mechanisms) -> Part:
    """Every machine has a resolver."""
    servers = NameServers(given.system.root, given.may_change_system, learned=lambda: learned_servers(given))
    table = NameServerTable(servers)
    return Part("name servers", {"name_servers": table}, table, follows=frozenset(CHANGED_BY))


def client_servers(lan: LanTables, table: NameServerTable | None) -> Object[Any]:
    """Server.{i}.; without a ``table``, only what the system was told of."""
    rows = _Servers(lan, table)
    parameters: list[Parameter[_Row, Any]] = [
        Parameter("Enable", rows.is_enabled, rows.set_enabled if table else None),
        Parameter("Status", rows.status),
        Parameter("DNSServer", rows.address, rows.set_address if table else None),
        Parameter("Interface", rows.interface, rows.set_interface if table else None),
        Parameter("Type", lambda row: row.found.origin if row.found else STATIC),
    ]
    return Object(
        path=SERVERS,
        rows=rows.rows,
        keys=lambda row: (row.key,),
        parameters=parameters,
        add=rows.add if table else None,
        delete=rows.delete if table else None,
        changed_by=CHANGED_BY,
        backend=table,
        source=lambda row: row.found.told_by if row.found else "configured",
    )


class _Servers:
    def __init__(self, lan: LanTables, table: NameServerTable | None) -> None:
        self._lan = lan
        self._table = table

    @property
    def table(self) -> NameServerTable:
        """The backend, for what only a row that was added can come to."""
        if self._table is None:
            raise Denied("", "servers cannot be set on this machine")
        return self._table

    def rows(self) -> list[_Row]:
        told = self._lan.resolver.name_servers()
        found = self._table.found(told) if self._table else told
        own = self._table.wanted.of(StaticServer) if self._table else ()
        return [*(_Row(one.address, one) for one in found), *map(_Row, own)]

    def add(self, _: tuple[str, ...]) -> tuple[str, ...]:
        return (self.table.add(StaticServer()),)

    def delete(self, row: _Row) -> None:
        if row.found is not None:
            raise NotWritable("", "the system was told of this server by somebody else")
        self.table.remove(StaticServer, row.key)

    def is_enabled(self, row: _Row) -> bool:
        if row.found is None:
            return self._record(row).enable
        return self._table is None or self._table.is_used(row.found)

    def set_enabled(self, row: _Row, value: bool) -> None:
        if row.found is None:
            self.table.edit(StaticServer, row.key, enable=value)
        else:
            self.table.use(row.found, value)

    def status(self, row: _Row) -> str:
        """Error: no address was set, or the resolver was not told of it."""
        if not self.is_enabled(row):
            return "Disabled"
        return "Enabled" if row.found or self.table.resolver.is_asked(self._record(row).dns_server) else "Error"

    def address(self, row: _Row) -> str:
        return row.found.address if row.found else self._record(row).dns_server

    def set_address(self, row: _Row, value: str) -> None:
        if row.found is None:
            self.table.edit(StaticServer, row.key, dns_server=plain_address(value))
        elif value != row.found.address:
            raise Denied("", "the system was told of this server by somebody else")

    def interface(self, row: _Row) -> Target | None:
        if row.found is not None:
            return target_of_link(self._lan, row.found.link)
        return self.table.interface_of(self._record(row))

    def set_interface(self, row: _Row, value: Target | None) -> None:
        if row.found is None:
            self.table.set_interface(row.key, value)
        elif value != self.interface(row):
            raise InvalidValue("", "a server is asked over whichever link leads to it")

    def _record(self, row: _Row) -> StaticServer:
        return self.table.wanted.get(StaticServer, row.key)


def plain_address(text: str) -> str:
    """An address of either family, without a zone; "" for none yet. InvalidValue."""
    text = text.strip()
    if text:
        try:
            is_plain = "%" not in str(ip_address(text))
        except ValueError:
            is_plain = False
        if not is_plain:
            raise InvalidValue("", "an IPv4 or IPv6 address is needed")
    return text
