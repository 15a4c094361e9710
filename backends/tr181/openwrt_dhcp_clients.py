"""DHCP clients on OpenWrt as a part of the machine: /etc/config/network, and what netifd tells of leases."""

from typing import ClassVar

from backends.dhcp_client.clients import TOPIC
from backends.openwrt.desired import UciDesired
from backends.openwrt.protocols.dhcp_clients import DhcpClientMapping
from backends.openwrt.protocols.dhcp_leases import DhcpClientsOfNetifd
from backends.tr181.dhcp_clients import DhcpClientTables
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_netifd import PACKAGE, ground_of, news_for
from backends.tr181.parts import Part


class UciDhcpClientTables(DhcpClientTables, UciDesired):
    """The clients' tables over UCI."""

    told_by: ClassVar[str] = "netifd"
    has_lease_files: ClassVar[bool] = False

    def changed(self) -> None:
        """A person, or netifd, has changed something: whoever stands on it is told as of a change of ours."""
        self.forget()
        self._tell_followers()


def openwrt_dhcp_clients(given: Mechanisms, surface: Surface) -> Part | None:
    """DHCP clients, where netifd has its configuration."""
    if PACKAGE not in surface.uci.packages():
        return None
    mapping = DhcpClientMapping(ground_of(given, surface, IP_INTERFACE))
    clients = DhcpClientsOfNetifd(surface.uci, mapping, surface.reloads.note, surface.netifd)
    tables = UciDhcpClientTables(clients, given.links)
    given.network.delegations = clients.delegated
    given.network.leased = clients.is_leased  # netifd gives addresses for good, also those of a lease
    return Part(
        name="dhcp_client",
        provides={"dhcp_clients": tables},
        backend=tables,
        forget=[surface.netifd.forget, tables.forget],
        look=news_for(TOPIC, tables.changed),
        settle=surface.reloads.settle,
        follows=frozenset(),
    )
