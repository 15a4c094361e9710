"""Device.DHCPv6.Client.: DHCPv6 clients, the servers that answered them, and their options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.dhcp_client.packets import SERVER_ID, Lease6
from backends.dhcp_client.records import LEFT_TO_THE_SERVER, Client6, SentOption6
from backends.tr181.dhcp_clients import CHANGED_BY, CLIENT6, ClientRow, ClientTable, DhcpClientTables
from backends.tr181.mechanisms import Mechanisms

SERVER: Final = f"{CLIENT6}Server.{{i}}."
LONGEST_DUID: Final = 130


def dhcpv6_client(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Client, SentOption, ReceivedOption and Server."""
    if mechanisms.dhcp_clients is None:
        return []
    return _Clients(mechanisms.dhcp_clients).objects()


@dataclass(frozen=True, slots=True)
class Received:
    """An option as the server sent it: the n-th of the packet."""

    client: str
    number: int
    tag: int
    value: bytes
    server: str


@dataclass(frozen=True, slots=True)
class AnsweringServer:
    """The server that gave the lease, by its identifier in hexadecimal."""

    client: str
    link: str
    duid: str


class _Clients:
    def __init__(self, tables: DhcpClientTables) -> None:
        self._tables = tables
        self._clients = tables.clients
        self._table = ClientTable(tables, Client6, 6)

    def objects(self) -> list[Object[Any]]:
        """Client and what belongs to it."""
        table, set_field = self._table, self._table.set
        return [
            table.table(
                [
                    Parameter("DUID", lambda _: self._clients.duid()[:LONGEST_DUID]),
                    Parameter(
                        "RequestAddresses", lambda row: row.record.request_addresses, set_field("request_addresses")
                    ),
                    Parameter(
                        "RequestPrefixes", lambda row: row.record.request_prefixes, set_field("request_prefixes")
                    ),
                    Parameter("RapidCommit", lambda row: row.record.rapid_commit, set_field("rapid_commit")),
                    Parameter("SuggestedT1", lambda _: LEFT_TO_THE_SERVER, self.set_suggested),
                    Parameter("SuggestedT2", lambda _: LEFT_TO_THE_SERVER, self.set_suggested),
                    Parameter("SupportedOptions", lambda _: self._clients.known_options()),
                    Parameter("RequestedOptions", lambda row: row.record.requested_options, self.set_requested),
                ]
            ),
            table.sent_options(SentOption6),
            Object(
                path=f"{CLIENT6}ReceivedOption.{{i}}.",
                rows=self.received,
                keys=lambda row: (row.client, str(row.number)),
                parameters=[
                    Parameter("Tag", lambda row: row.tag),
                    Parameter("Value", lambda row: row.value),
                    Parameter("Server", lambda row: Target(SERVER, (row.client, row.server)) if row.server else None),
                ],
                changed_by=CHANGED_BY,
                durable=False,
                source=lambda _: f"what {self._tables.told_by} was told",
            ),
            Object(
                path=SERVER,
                rows=self.servers,
                keys=lambda row: (row.client, row.duid),
                parameters=[
                    Parameter("SourceAddress", lambda row: self._clients.answered_by(row.link)),
                    Parameter("DUID", lambda row: bytes.fromhex(row.duid)[:LONGEST_DUID]),
                    Parameter("InformationRefreshTime", lambda row: self._clients.refresh_at(row.link)),
                ],
                changed_by=CHANGED_BY,
                durable=False,
                source=lambda _: f"what {self._tables.told_by} was told",
            ),
        ]

    def leases(self) -> list[tuple[ClientRow[Client6], str, Lease6]]:
        """The clients that have a lease, with their link."""
        rows = [row for row in self._table.rows() if row.record.enable or not row.is_own]
        found = [(row, row.link, self._clients.lease6(row.link)) for row in rows if row.link]
        return [(row, link, lease) for row, link, lease in found if lease]

    def servers(self) -> list[AnsweringServer]:
        """The server that gave each lease."""
        answered = [(row, link, lease.first(SERVER_ID)) for row, link, lease in self.leases()]
        return [AnsweringServer(row.key, link, duid.hex()) for row, link, duid in answered if duid]

    def received(self) -> list[Received]:
        """Every option of every lease."""
        return [
            Received(row.key, number, tag, value, lease.first(SERVER_ID).hex())
            for row, _, lease in self.leases()
            for number, (tag, value) in enumerate(lease.options)
        ]

    def set_suggested(self, row: ClientRow[Client6], value: int) -> None:
        """The times are the server's to choose: this client always leaves them to it."""
        self._table.check_own(row)
        if value != LEFT_TO_THE_SERVER:
            raise InvalidValue("", f"this client leaves the times to the server ({LEFT_TO_THE_SERVER})")

    def set_requested(self, row: ClientRow[Client6], value: Sequence[int]) -> None:
        """Stage the options that are asked for."""
        self._table.edit(row, requested_options=tuple(value))
