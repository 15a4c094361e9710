"""Device.DHCPv4.Client.: DHCPv4 clients, their leases and options."""

from collections.abc import Callable
from typing import Any

from agent.model.object import Object, Parameter
from backends.dhcp_client.packets import DNS, MASK, ROUTERS, SERVER, Lease4
from backends.dhcp_client.records import Client4, RequestedOption4, SentOption4
from backends.tr181.dhcp_clients import ClientRow, ClientTable, DhcpClientTables, OptionRow, hexadecimal
from backends.tr181.mechanisms import Mechanisms

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

    def objects(self) -> list[Object[Any]]:
        """Client and what belongs to it."""
        table, set_option = self._table, self._table.set_option
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
            table.options(
                SentOption4,
                [
                    Parameter("Enable", lambda row: row.record.enable, set_option("enable")),
                    Parameter("Tag", lambda row: row.record.tag, set_option("tag")),
                    Parameter("Value", lambda row: hexadecimal(row.record.value), self.set_value),
                ],
            ),
            table.options(
                RequestedOption4,
                [
                    Parameter("Enable", lambda row: row.record.enable, set_option("enable")),
                    Parameter("Order", lambda row: row.record.order, set_option("order")),
                    Parameter("Tag", lambda row: row.record.tag, set_option("tag")),
                    Parameter("Value", self.received),
                ],
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

    def received(self, row: OptionRow[RequestedOption4]) -> bytes:
        """The octets that the server sent for an option that was asked for."""
        client = self._table.own_row(row.client)
        lease = self.lease(client) if client and row.record.enable else None
        return lease.options.get(row.record.tag, b"")[:255] if lease else b""

    def set_value(self, row: OptionRow[SentOption4], value: bytes) -> None:
        """Stage the octets that are sent."""
        self._table.set_option("value")(row, value.hex())
