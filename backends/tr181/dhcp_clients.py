"""The service behind the DHCPv4 and DHCPv6 Client tables, and what their rows have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from agent.model.errors import Denied
from agent.model.object import Object, Parameter, Target
from backends.desired_state import R, Record, Service
from backends.dhcp_client.clients import TOPIC, DhcpClients, Place
from backends.dhcp_client.instance import Folders
from backends.dhcp_client.packets import Lease4, Lease6
from backends.dhcp_client.records import KINDS, Client4, Client6, RequestedOption4, SentOption4, SentOption6
from backends.programs import find_program
from backends.tr181.acting_service import ActingService
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable
from backends.tr181.service import only, target_of

CLIENT4: Final = "Device.DHCPv4.Client.{i}."
CLIENT6: Final = "Device.DHCPv6.Client.{i}."
TABLES: Final[dict[type[Record], str]] = {
    Client4: CLIENT4,
    SentOption4: f"{CLIENT4}SentOption.{{i}}.",
    RequestedOption4: f"{CLIENT4}ReqOption.{{i}}.",
    Client6: CLIENT6,
    SentOption6: f"{CLIENT6}SentOption.{{i}}.",
}
CHANGED_BY: Final = (TOPIC, "address", "link")

C = TypeVar("C", bound=Client4 | Client6)


class Leasing(Service, Protocol):
    """Whoever makes clients by the records, and knows of their leases: by family (4, 6) and link."""

    def is_running(self, family: int, link: str) -> bool:
        """Whether a client of the records runs there."""

    def foreign(self, family: int) -> list[str]:
        """The links on which a client that no record is of has a lease."""

    def lease4(self, link: str) -> Lease4 | None:
        """The DHCPv4 lease in force."""

    def lease6(self, link: str) -> Lease6 | None:
        """The DHCPv6 lease in force."""

    def phase(self, link: str) -> str:
        """Where a DHCPv4 client stands (RFC 2131, 4.4): init, selecting, bound, renewing or rebinding."""

    def remaining(self, link: str) -> int | None:
        """Seconds that are left of the leased IPv4 address; None for ever."""

    def duid(self) -> bytes:
        """What DHCPv6 clients identify themselves by; empty where nobody knows."""

    def answered_by(self, link: str) -> str | None:
        """The address of the DHCPv6 server of a link."""

    def refresh_at(self, link: str) -> datetime | None:
        """When what a DHCPv6 server told without a lease is to be asked for anew."""

    def known_options(self) -> tuple[int, ...]:
        """The DHCPv6 options that the client understands."""

    def renew(self, family: int, link: str) -> None:
        """Ask for the lease again now. MechanismError."""


class DhcpClientTables(ActingService):
    """The backend of both tables: the records, and through ``clients`` the leases."""

    told_by: ClassVar[str] = "dhcpcd"
    has_lease_files: ClassVar[bool] = True
    """Whether clients of the agent's own keep their leases in files of its own."""

    def __init__(self, clients: Leasing, links: Links) -> None:
        super().__init__("dhcp_client", KINDS, clients, TABLES)
        self.clients = clients
        self.links = links


def dhcp_clients(mechanisms: Mechanisms) -> Part | None:
    """DHCP clients, where dhcpcd is installed."""
    if find_program("dhcpcd") is None:
        return None
    links, network = mechanisms.links, mechanisms.network

    def below(link: str) -> set[str]:
        return network.topology.below(link)

    place = Place(
        link_of=links.link_of,
        may_change=links.may_change,
        management_path=mechanisms.management_path,
        below=below,
    )
    folders = Folders(mechanisms.directory / "dhcp-client", mechanisms.state_directory / "dhcp-client")
    clients = DhcpClients(mechanisms.netlink, mechanisms.procfs, place, folders)
    tables = DhcpClientTables(clients, links)
    network.delegations = clients.delegated
    return Part(
        name="dhcp_client",
        provides={"dhcp_clients": tables},
        backend=tables,
        forget=(clients.forget,),
        watch=clients.watch,
    )


@dataclass(frozen=True, slots=True)
class ClientRow(Generic[C]):
    """A client: one that somebody added, or one of the machine's own, which is known by its link."""

    key: str
    record: C
    link: str | None
    is_own: bool = True


class ClientTable(Generic[C]):
    """What Enable, Interface, Status and the rows are in both families."""

    def __init__(self, tables: DhcpClientTables, kind: type[C], family: int) -> None:
        self.tables, self.kind, self.family = tables, kind, family
        self.path = TABLES[kind]

    def rows(self) -> list[ClientRow[C]]:
        """The clients that were added, and the machine's own where their lease can be read."""
        own = [row for key in self.tables.wanted.of(self.kind) if (row := self.own_row(key))]
        taken = {row.link for row in own}
        foreign = (link for link in self.tables.clients.foreign(self.family) if link not in taken)
        return [*own, *(ClientRow(link, self.kind(), link, is_own=False) for link in foreign)]

    def own_row(self, key: str) -> ClientRow[C] | None:
        """The client that was added under a key."""
        record = self.tables.wanted.of(self.kind).get(key)
        return ClientRow(key, record, self.tables.links.link_of(record.interface)) if record else None

    def parameters(self) -> list[Parameter[ClientRow[C], Any]]:
        """Enable, Interface, Status and Renew."""
        check = only(IP_INTERFACE)
        return [
            Parameter("Enable", lambda row: row.record.enable or not row.is_own, self.set("enable")),
            Parameter("Interface", self.interface, lambda row, value: self.edit(row, interface=check(value))),
            Parameter("Status", self.status),
            Parameter("Renew", lambda _: False, self.renew),
        ]

    def table(self, parameters: Sequence[Parameter[ClientRow[C], Any]]) -> Object[Any]:
        """The Client table."""
        return Object(
            path=self.path,
            rows=self.rows,
            keys=lambda row: (row.key,),
            parameters=[*self.parameters(), *parameters],
            add=lambda _: (self.tables.add(self.kind()),),
            delete=self.delete,
            changed_by=CHANGED_BY,
            backend=self.tables,
            source=lambda row: (
                f"{self.tables.told_by} on {row.link}" if row.is_own else f"a lease of this system's own, {row.link}"
            ),
        )

    def sent_options(self, kind: type[SentOption4 | SentOption6]) -> Object[Keys]:
        """The table of the options that a client sends."""
        table = self.options(kind)
        octets = table.field("Value", read=bytes.fromhex, write=bytes.hex)
        return self.option_table(table, [*table.plain("Enable", "Tag"), octets])

    def options(self, kind: type[R]) -> RecordTable[R]:
        """The rows of a table of options of a client."""
        return RecordTable(self.tables, kind, TABLES[kind])

    def option_table(self, options: RecordTable[Any], parameters: Sequence[Parameter[Keys, Any]]) -> Object[Keys]:
        """The declaration of such a table: no row is added to a client of the machine's own."""

        def add(parents: Keys) -> Keys:
            if parents[0] not in self.tables.wanted.of(self.kind):
                raise Denied("", f"the DHCP client of {parents[0]} is the system's own")
            return options.add(parents)

        return options.object(parameters, "configured", CHANGED_BY, add)

    def set(self, field: str) -> Callable[[ClientRow[C], Any], None]:
        """A setter of a field of the record."""
        return lambda row, value: self.edit(row, **{field: value})

    def edit(self, row: ClientRow[C], **values: Any) -> None:
        """Stage values of a client that was added."""
        self.check_own(row)
        self.tables.edit(self.kind, row.key, **values)

    def check_own(self, row: ClientRow[C]) -> None:
        """Denied for a client of the machine's own."""
        if not row.is_own:
            raise Denied("", f"the DHCP client of {row.key} is the system's own")

    def delete(self, row: ClientRow[C]) -> None:
        """Stage the removal of a client."""
        self.check_own(row)
        self.tables.remove(self.kind, row.key)

    def renew(self, row: ClientRow[C], value: bool) -> None:
        """Ask for the lease again when the transaction is made; a client that is not enabled has nothing to renew."""
        self.check_own(row)
        link = row.link
        if value and link is not None:
            self.tables.then(lambda: self.tables.clients.renew(self.family, link))

    def interface(self, row: ClientRow[C]) -> Target | None:
        """The IP interface."""
        if row.is_own:
            return target_of(row.record.interface)
        return self.tables.links.row_of(row.key, IP_INTERFACE)

    def status(self, row: ClientRow[C]) -> str:
        """Status: Error when it should run and does not."""
        if not row.is_own:
            return "Enabled"
        if not row.record.enable:
            return "Disabled"
        if row.link is None:
            return "Error_Misconfigured"
        return "Enabled" if self.tables.clients.is_running(self.family, row.link) else "Error"
