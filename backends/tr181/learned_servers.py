"""The name servers that connections of the agent's own learned: its DHCP clients' and its PPP connections'."""

from collections.abc import Iterator

from backends.dhcp_client.packets import DNS
from backends.dhcp_client.records import Client4, Client6
from backends.lan.resolver import NameServer
from backends.ppp.records import PppInterface
from backends.tr181.dhcp_clients import DhcpClientTables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.ppp_connections import PppConnections


def learned_servers(mechanisms: Mechanisms) -> Iterator[NameServer]:
    """Of every lease in force that a client of ours has, and of every connection that is up, as they were told.

    The machine's own clients give theirs to the machine's resolver themselves: they are not among these.
    """
    if mechanisms.dhcp_clients is not None:
        yield from _leased(mechanisms.dhcp_clients)
    if mechanisms.ppp is not None:
        yield from _agreed(mechanisms.ppp)


def _leased(tables: DhcpClientTables) -> Iterator[NameServer]:
    clients, links = tables.clients, tables.links
    for four in tables.wanted.of(Client4).values():
        link = links.link_of(four.interface)
        if four.enable and link is not None and clients.is_running(4, link) and (lease := clients.lease4(link)):
            yield from (NameServer(one, "DHCPv4", link, "a lease of the agent") for one in lease.addresses(DNS))
    for six in tables.wanted.of(Client6).values():
        link = links.link_of(six.interface)
        if six.enable and link is not None and clients.is_running(6, link) and (told := clients.lease6(link)):
            yield from (NameServer(one, "DHCPv6", link, "a lease of the agent") for one in told.servers())


def _agreed(connections: PppConnections) -> Iterator[NameServer]:
    for key, record in connections.wanted.of(PppInterface).items():
        if record.enable:
            name = connections.pppd.link_name(key)
            told = connections.pppd.name_servers(name)
            yield from (NameServer(one, "IPCP", name, "a PPP connection of the agent") for one in told)
