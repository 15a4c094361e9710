"""The service behind PPP.Interface: its part of the machine, its rows, and PPP links as rows of the interface stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from backends.desired_state import Record, Service
from backends.kernel_features import PPPOE
from backends.netlink_types import Address, Link
from backends.network.other_layers import OtherLayers
from backends.network.records import Reference
from backends.ppp.links import ARPHRD_PPP
from backends.ppp.records import KINDS, PppInterface
from backends.pppd import Place, Pppd, plugin
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService

PPP_INTERFACE: Final = "Device.PPP.Interface.{i}."
TABLES: Final[dict[type[Record], str]] = {PppInterface: PPP_INTERFACE}
PARAMETERS: Final = {
    "lower": ("LowerLayers",),
    "access_concentrator": ("ACName",),
    "service": ("ServiceName",),
    "mru": ("MaxMRUSize",),
}


@dataclass(frozen=True, slots=True)
class PppRow:
    """A connection: one that was added, or a PPP link of the machine's own, which is known by its name."""

    key: str
    record: PppInterface
    name: str
    lower: str | None = None
    is_own: bool = True


class Dialling(Service, Protocol):
    """Whoever has connections made by the records, and knows what has come of them: by the link's name."""

    def link_name(self, key: str) -> str:
        """The name of the link of a connection that was added under a key, whether it is there or not."""

    def links(self) -> list[Link]:
        """Every PPP link of this machine, whoever made it."""

    def phase(self, name: str) -> str:
        """Where a connection stands (see ppp.output)."""

    def error(self, name: str) -> str:
        """Why it failed or ended last; none while it is there."""

    def session(self, name: str, lower: str | None) -> int | None:
        """The PPPoE session's number."""

    def unknown_protocols(self, name: str) -> int | None:
        """How many packets had no taker; None: the kernel's count is all that is known."""

    def address(self, name: str) -> Address | None:
        """The IPv4 address that IPCP agreed on, with the peer's."""

    def identifiers(self, name: str) -> tuple[str, str]:
        """Our interface identifier by IPv6CP and the peer's; empty without IPv6."""

    def name_servers(self, name: str) -> list[str]:
        """What IPCP told."""


class PppConnections(TableService):
    """The backend of the table: the records, and through ``pppd`` what has come of them."""

    def __init__(self, pppd: Dialling, links: Links) -> None:
        super().__init__("ppp", KINDS, pppd, TABLES, PARAMETERS)
        self.pppd = pppd
        self.links = links

    def rows(self) -> list[PppRow]:
        """The connections that were added, and the machine's own."""
        own = [
            PppRow(key, record, self.pppd.link_name(key), self.links.link_of(record.lower))
            for key, record in self.wanted.of(PppInterface).items()
        ]
        names = {row.name for row in own}
        others = [link.name for link in self.pppd.links() if link.name not in names]
        return [*own, *(PppRow(name, PppInterface(), name, is_own=False) for name in others)]

    def reset(self, key: str) -> None:
        """Stage that a connection is set up anew."""
        self.edit(PppInterface, key, resets=self.wanted.get(PppInterface, key).resets + 1)


class PppLayers(OtherLayers):
    """PPP links among the interfaces."""

    kind = "ppp"
    table = PPP_INTERFACE

    def __init__(self, connections: PppConnections) -> None:
        self.connections = connections

    def reference_of(self, link: Link) -> Reference | None:
        """See OtherLayers."""
        if link.type != ARPHRD_PPP:
            return None
        return Reference(self.kind, self._key(link.name) or link.name)

    def link_of(self, reference: Reference) -> str | None:
        """See OtherLayers; a connection that was added has its link's name before there is the link."""
        names = self.names()
        if reference.key in names:
            return names[reference.key]
        there = (link.name for link in self.connections.pppd.links())
        return next((name for name in there if name == reference.key), None)

    def carrier_of(self, link: Link) -> str | None:
        """See OtherLayers: a PPP link of ours is the agent's to manage where its lower link is."""
        key = self._key(link.name)
        return self.lower(key) if key is not None else None

    def names(self) -> Mapping[str, str]:
        """The links of the connections that were added, by their keys."""
        return {key: self.connections.pppd.link_name(key) for key in self.connections.wanted.of(PppInterface)}

    def lower(self, key: str) -> str | None:
        """The link that a connection goes over."""
        return self.connections.links.link_of(self.connections.wanted.get(PppInterface, key).lower)

    def _key(self, name: str) -> str | None:
        return next((key for key, link in self.names().items() if link == name), None)


def ppp_connections(mechanisms: Mechanisms) -> Part | None:
    """PPP connections, where pppd and its PPPoE plugin are installed and the kernel has what they use."""
    if plugin() is None or PPPOE in mechanisms.kernel_lacks:
        return None
    links, network = mechanisms.links, mechanisms.network
    place = Place(links.link_of, links.may_change, mechanisms.management_path)
    pppd = Pppd(mechanisms.netlink, place, mechanisms.directory / "ppp")
    connections = PppConnections(pppd, links)
    network.other_layers = (*network.other_layers, PppLayers(connections))
    return Part(
        name="ppp",
        provides={"ppp": connections},
        backend=connections,
        forget=(pppd.forget,),
        watch=pppd.watch,
    )
