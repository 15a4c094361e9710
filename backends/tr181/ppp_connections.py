"""The service behind PPP.Interface: its part of the machine, its rows, and PPP links as rows of the interface stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backends.desired_state import Record
from backends.kernel_features import PPPOE
from backends.netlink_types import Link
from backends.network.other_layers import OtherLayers
from backends.network.records import Reference
from backends.ppp.records import KINDS, PppInterface
from backends.pppd import ARPHRD_PPP, Place, Pppd, link_name, plugin
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


class PppConnections(TableService):
    """The backend of the table: the records, and through ``pppd`` what has come of them."""

    def __init__(self, pppd: Pppd, links: Links) -> None:
        super().__init__("ppp", KINDS, pppd, TABLES, PARAMETERS)
        self.pppd = pppd
        self.links = links

    def rows(self) -> list[PppRow]:
        """The connections that were added, and the machine's own."""
        own = [
            PppRow(key, record, link_name(key), self.links.link_of(record.lower))
            for key, record in self.wanted.of(PppInterface).items()
        ]
        names = {row.name for row in own}
        others = [link.name for link in self.pppd.links() if link.name not in names]
        return [*own, *(PppRow(name, PppInterface(), name, is_own=False) for name in others)]


class PppLayers(OtherLayers):
    """PPP links among the interfaces."""

    kind = "ppp"
    table = PPP_INTERFACE

    def __init__(self, connections: PppConnections) -> None:
        self._connections = connections

    def reference_of(self, link: Link) -> Reference | None:
        """See OtherLayers."""
        if link.type != ARPHRD_PPP:
            return None
        return Reference(self.kind, next((key for key in self._records if link_name(key) == link.name), link.name))

    def link_of(self, reference: Reference) -> str | None:
        """See OtherLayers; a connection that was added has its link's name before there is the link."""
        if reference.key in self._records:
            return link_name(reference.key)
        there = (link.name for link in self._connections.pppd.links())
        return next((name for name in there if name == reference.key), None)

    def carrier_of(self, link: Link) -> str | None:
        """See OtherLayers: a PPP link of ours is the agent's to manage where its lower link is."""
        found = next((record for key, record in self._records.items() if link_name(key) == link.name), None)
        return self._connections.links.link_of(found.lower) if found else None

    @property
    def _records(self) -> Mapping[str, PppInterface]:
        return self._connections.wanted.of(PppInterface)


def ppp_connections(mechanisms: Mechanisms) -> Part | None:
    """PPP connections, where pppd and its PPPoE plugin are installed and the kernel has what they use."""
    if plugin() is None or PPPOE in mechanisms.kernel_lacks:
        return None
    links, network = mechanisms.links, mechanisms.network
    place = Place(links.link_of, links.may_change, mechanisms.management_path)
    connections = PppConnections(Pppd(mechanisms.netlink, place, mechanisms.directory / "ppp"), links)
    network.other_layers = (*network.other_layers, PppLayers(connections))
    return Part(
        name="ppp",
        provides={"ppp": connections},
        backend=connections,
        forget=(connections.pppd.forget,),
        watch=connections.pppd.watch,
    )
