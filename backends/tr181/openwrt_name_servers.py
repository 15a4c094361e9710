"""Name servers on OpenWrt as a part of the machine: /etc/config/network, and what netifd has learnt."""

from collections.abc import Iterable
from typing import ClassVar, Final

from agent.model.errors import Denied
from agent.model.object import Target
from backends.desired_state import Record
from backends.errors import MechanismError
from backends.lan.resolver import NameServer
from backends.name_servers import StaticServer
from backends.openwrt.desired import UciDesired
from backends.openwrt.protocols.name_servers import KINDS, Heeded, NameServerMapping, NameServersOfNetifd
from backends.tr181.dns_client import NameServerTable
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_netifd import PACKAGE, ground_of, news_for
from backends.tr181.parts import Part
from backends.tr181.service import only

TOPIC: Final = "resolver"


class UciNameServerTable(NameServerTable, UciDesired):
    """The name servers' table over UCI. What an interface has learnt is asked as a whole, or not at all (peerdns)."""

    kinds: ClassVar[tuple[type[Record], ...]] = KINDS

    def __init__(self, servers: NameServersOfNetifd) -> None:
        super().__init__(servers)
        self._servers = servers

    def found(self, told: Iterable[NameServer]) -> list[NameServer]:
        """See NameServerTable: of netifd, while it answers."""
        if not self._servers.answers:
            return super().found(told)
        return list({one.address: one for _, one, _ in reversed(self._learnt())}.values())[::-1]

    def is_used(self, server: NameServer) -> bool:
        """See NameServerTable; as it is staged, where it is. One that several have learnt is asked if one is heeded."""
        places = self._places(server)
        return not places or any(self.wanted.get(Heeded, name).enable for name in places)

    def use(self, server: NameServer, value: bool) -> None:
        """See NameServerTable."""
        for name in self._places(server):
            self.edit(Heeded, name, enable=value)
        if not self._places(server) and not value:
            raise Denied("", "the system was told of this server by somebody else")

    def set_interface(self, key: str, value: Target | None) -> None:
        """See NameServerTable."""
        self.edit(StaticServer, key, interface=only(IP_INTERFACE)(value))

    def _places(self, server: NameServer) -> list[str]:
        """The interfaces that learnt it and that have a say in whether it is asked."""
        known = self.wanted.of(Heeded)
        return [name for name, one, _ in self._learnt() if one.address == server.address and name in known]

    def _learnt(self) -> list[tuple[str, NameServer, bool]]:
        try:
            return list(self._servers.learnt(self._servers.said_of))
        except MechanismError:
            return []


def openwrt_name_servers(given: Mechanisms, surface: Surface) -> Part | None:
    """Name servers, where netifd has its configuration."""
    if PACKAGE not in surface.uci.packages():
        return None
    mapping = NameServerMapping(ground_of(given, surface, IP_INTERFACE), given.may_change_system)
    servers = NameServersOfNetifd(surface.uci, mapping, surface.reloads.note, surface.netifd, surface.root)
    table = UciNameServerTable(servers)
    return Part(
        name="name servers",
        provides={"name_servers": table},
        backend=table,
        forget=[surface.netifd.forget, table.forget],
        look=news_for(TOPIC, table.forget),
        settle=surface.reloads.settle,
        follows=frozenset(),
    )
