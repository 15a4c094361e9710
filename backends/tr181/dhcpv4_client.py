"""Device.DHCPv4.Client.: DHCPv4 clients, their leases and options."""

from collections.abc import Callable
from typing import Any

from agent.model.object import Object, Parameter
from backends.dhcp_client.packets import DNS, MASK, ROUTERS, SERVER, Lease4
from backends.dhcp_client.records import Client4, RequestedOption4, SentOption4
from backends.tr181.dhcp_clients import ClientRow, ClientTable, DhcpClientTables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys

FOR_EVER = -1


def dhcpv4_client(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Client, SentOption and ReqOption."""
    if mechanisms.dhcp_clients is None:
        return []
    return _Clients(mechanisms.dhcp_clients).objects()


class _Clients:
    def __init__(self, tables: DhcpClientTables) -> None:
        self._clients = tables.clients
        self._table = ClientTable(tables, Client4, 4)
        self._asked = self._table.options(RequestedOption4)

    def objects(self) -> list[Object[Any]]:
        """Client and what belongs to it."""
        table, asked = self._table, self._asked
        return [
            table.table(
                [
                    Parameter("DHCPStatus", self.phase),
                    Parameter("IPAddress", self.of_lease(lambda lease: lease.address)),
                    Parameter("SubnetMask", self.of_lease(lambda lease: lease.address_in(MASK))),
                    Parameter("IPRouters", lambda row: lease.addresses(ROUTERS) if (lease := self.lease(row)) else []),
                    Parameter("DNSServers", lambda row: lease.addresses(DNS) if (lease := self.lease(row)) else []),
                    Parameter("LeaseTimeRemaining", self.remaining),
                    Parameter("DHCPServer", self.of_lease(lambda lease: lease.address_in(SERVER))),
                ]
            ),
            table.sent_options(SentOption4),
            table.option_table(
                asked, [*asked.plain("Enable", "Tag"), asked.order(), Parameter("Value", self.received)]
            ),
        ]

    def lease(self, row: ClientRow[Client4]) -> Lease4 | None:
        """The lease of a client that is enabled."""
        is_on = row.link is not None and (row.record.enable or not row.is_own)
        return self._clients.lease4(row.link) if is_on and row.link else None

    def phase(self, row: ClientRow[Client4]) -> str:
        """DHCPStatus: where the client stands in the protocol."""
        return self._clients.phase(row.link).capitalize() if row.link else "Init"

    def of_lease(self, read: Callable[[Lease4], str | None]) -> Callable[[ClientRow[Client4]], str]:
        """A fact of the lease; empty without one."""
        return lambda row: read(lease) or "" if (lease := self.lease(row)) else ""

    def remaining(self, row: ClientRow[Client4]) -> int:
        """Seconds; -1 for ever, 0 without a lease."""
        if self.lease(row) is None or row.link is None:
            return 0
        left = self._clients.remaining(row.link)
        return FOR_EVER if left is None else left

    def received(self, row: Keys) -> bytes:
        """The octets that the server sent for an option that was asked for."""
        client, asked = self._table.own_row(row[0]), self._asked.record(row)
        lease = self.lease(client) if client and asked.enable else None
        return lease.options.get(asked.tag, b"")[:255] if lease else b""
