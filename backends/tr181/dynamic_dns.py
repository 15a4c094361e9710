"""Device.DynamicDNS.: names that follow this machine's address, each client a ddclient of the agent's own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from agent.model.object import Object, Parameter
from backends.desired_state import Record, Service, Wanted
from backends.dynamic_dns import reports
from backends.dynamic_dns.clients import TOPIC, DynamicDns, Place
from backends.dynamic_dns.instance import ASLEEP, Folders
from backends.dynamic_dns.records import KINDS, Client, Hostname, Server
from backends.dynamic_dns.reports import Told
from backends.programs import find_program
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.moments import moment
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable, tables_of
from backends.tr181.service import TableService

DYNAMIC_DNS: Final = "Device.DynamicDNS."
CLIENT: Final = f"{DYNAMIC_DNS}Client.{{i}}."
TABLES: Final[dict[type[Record], str]] = {
    Server: f"{DYNAMIC_DNS}Server.{{i}}.",
    Client: CLIENT,
    Hostname: f"{CLIENT}Hostname.{{i}}.",
}
PARAMETERS: Final = {"service": ("ServiceName",), "address": ("ServerAddress",), "port": ("ServerPort",)}
CHANGED_BY: Final = (TOPIC, "address", "link", "route")
NAMELESS: Final = ("notfqdn", "nohost", "!yours", "!active", "!donator", "abuse", "badauth")
"""Words of a server by which a name is none of the account's."""
CONNECTING: Final = "connecting"
UPDATED: Final = "Updated"


class Naming(Service, Protocol):
    """Whoever publishes names by the records, and tells what becomes of them in ddclient's words."""

    program: str
    """What people call it."""

    def services(self) -> Sequence[str]:
        """The services that can be asked here."""

    def protocols(self, server: Server) -> Sequence[str]:
        """How the service of a server can be asked here."""

    def is_complete(self, wanted: Wanted, key: str) -> bool:
        """Whether everything is told that a client needs."""

    def address_of(self, wanted: Wanted, key: str) -> str | None:
        """The address that a client publishes; None as long as there is none."""

    def doing(self, wanted: Wanted, key: str) -> str:
        """What a client does at this moment; "" when it does not run."""

    def told(self, wanted: Wanted, key: str) -> Mapping[str, Told]:
        """What became of a client's names, by name."""

    def error(self, wanted: Wanted, key: str) -> str:
        """Why a client's last attempt failed; "" when it did not."""


class DynamicDnsTables(TableService):
    """The backend of the three tables."""

    def __init__(self, clients: Naming) -> None:
        super().__init__("dynamic_dns", KINDS, clients, TABLES, PARAMETERS)
        self.clients = clients

    def status(self, key: str) -> str:
        """Status of a client."""
        client = self.wanted.get(Client, key)
        if not client.enable:
            return "Disabled"
        if not self.clients.is_complete(self.wanted, key):
            return "Error_Misconfigured"
        doing = self.clients.doing(self.wanted, key)
        if doing and not doing.startswith((ASLEEP, CONNECTING, "updating", "closed")):
            return "Authenticating"
        if doing.startswith(CONNECTING):
            return "Connecting"
        if self._is_published(key):
            return UPDATED
        return "Error" if self.clients.error(self.wanted, key) else "Connecting"

    def error(self, key: str) -> str:
        """LastError of a client."""
        if self.status(key) == "Error_Misconfigured":
            return reports.MISCONFIGURATION
        return self.clients.error(self.wanted, key) or reports.NO_ERROR

    def name_status(self, hostname: Hostname) -> str:
        """Status of a name."""
        key = hostname.parent
        client = self.wanted.get(Client, key)
        if not hostname.enable or not client.enable:
            return "Disabled"
        told = self.clients.told(self.wanted, key).get(hostname.name)
        if reports.is_published(told, self.clients.address_of(self.wanted, key)):
            return "Registered"
        doing = self.clients.doing(self.wanted, key)
        if doing and not doing.startswith(ASLEEP):
            return "Updating"
        return "Error" if told is not None and told.status in NAMELESS else "UpdateNeeded"

    def updated(self, hostname: Hostname) -> datetime | None:
        """LastUpdate of a name; None as long as there was none."""
        told = self.clients.told(self.wanted, hostname.parent).get(hostname.name)
        return moment(told.updated) if told is not None and told.updated else None

    def _is_published(self, key: str) -> bool:
        address, told = self.clients.address_of(self.wanted, key), self.clients.told(self.wanted, key)
        names = [one.name for one in self.wanted.children(Hostname, key).values() if one.enable and one.name]
        return all(reports.is_published(told.get(name), address) for name in names)


class OwnDynamicDnsTables(DynamicDnsTables):
    """With ddclients of our own: as a chore it tries again in time what failed."""

    clients: DynamicDns

    def due(self, now: float) -> float | None:
        """See parts.Chore."""
        return self.clients.due(now)

    def act(self, now: float) -> frozenset[str]:
        """See parts.Chore."""
        self.clients.postpone(now)
        self.reapply()
        return frozenset({TOPIC})


def dynamic_dns_clients(given: Mechanisms) -> Part | None:
    """The clients, where ddclient is installed."""
    if find_program("ddclient") is None:
        return None
    place = Place(given.links.link_of, given.links.may_change, given.may_change_system)
    folders = Folders(str(given.directory / "dynamic-dns"), str(given.state_directory / "dynamic-dns"))
    return part_of(DynamicDns(given.netlink, place, folders))


def part_of(clients: DynamicDns) -> Part:
    """The part of the machine that these clients are."""
    tables = OwnDynamicDnsTables(clients)
    return Part(
        name="dynamic_dns",
        provides={"dynamic_dns": tables},
        backend=tables,
        forget=(clients.forget,),
        watch=clients.watch,
        chores=(tables,),
        follows=frozenset(CHANGED_BY),
    )


def dynamic_dns(mechanisms: Mechanisms) -> list[Object[Any]]:
    """What is supported, the servers, the clients and their names."""
    service = mechanisms.dynamic_dns
    if service is None:
        return []
    tables, clients = tables_of(service, TABLES), service.clients
    supported: Parameter[Any, Any] = Parameter("SupportedServices", lambda _: clients.services())
    return [
        Object(DYNAMIC_DNS, lambda: [()], lambda row: row, [supported], source=lambda _: clients.program),
        _servers(tables[Server], clients),
        _clients(service, tables),
        _names(service, tables[Hostname]),
    ]


def _servers(table: RecordTable[Any], clients: Naming) -> Object[Keys]:
    return table.object(
        [
            *table.plain("Enable", "Name", "Protocol", "CheckInterval", "RetryInterval", "MaxRetries"),
            table.field("ServiceName", "service"),
            table.field("ServerAddress", "address"),
            table.field("ServerPort", "port"),
            Parameter("SupportedProtocols", lambda row: clients.protocols(table.record(row))),
        ],
        "configured",
    )


def _clients(service: DynamicDnsTables, tables: dict[type[Record], RecordTable[Any]]) -> Object[Keys]:
    table = tables[Client]
    return table.object(
        [
            *table.plain("Enable", "Username", "Password"),
            table.row_of("Server", tables[Server]),
            table.reference("Interface", IP_INTERFACE),
            Parameter("Status", lambda row: service.status(row[-1])),
            Parameter("LastError", lambda row: service.error(row[-1])),
        ],
        service.clients.program,
        CHANGED_BY,
    )


def _names(service: DynamicDnsTables, table: RecordTable[Any]) -> Object[Keys]:
    return table.object(
        [
            *table.plain("Enable", "Name"),
            Parameter("Status", lambda row: service.name_status(table.record(row))),
            Parameter("LastUpdate", lambda row: service.updated(table.record(row))),
        ],
        service.clients.program,
        CHANGED_BY,
    )
