"""The service behind GRE, VXLAN, IPv6rd, DSLite and WireGuard, and its links as rows of the interface stack."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, Protocol

from agent.model.object import Target
from backends.desired_state import Pointer, Record, Service, Wanted
from backends.dhcp_client.records import Client6
from backends.errors import MechanismError
from backends.generic_netlink import GenericNetlink
from backends.netlink_types import Link
from backends.network.other_layers import OtherLayers
from backends.network.records import Reference
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import RecordTable, tables_of
from backends.tr181.service import TableService
from backends.tunnels.checks import ONE
from backends.tunnels.kinds import kinds
from backends.tunnels.links import TunnelLinks
from backends.tunnels.names import TOPIC, ResolvedNames, name_in_packet
from backends.tunnels.records import (
    KINDS,
    DsLite,
    GreInterface,
    GreTunnel,
    SixRd,
    VxlanInterface,
    VxlanTunnel,
    WireGuardInterface,
    WireGuardPeer,
)
from backends.tunnels.service import Tunnels
from backends.tunnels.wishes import DS_LITE, SIX_RD, Place, link_name
from backends.wireguard import FAMILY, WireGuard

GRE_TUNNEL: Final = "Device.GRE.Tunnel.{i}."
VXLAN_TUNNEL: Final = "Device.VXLAN.Tunnel.{i}."
WIREGUARD: Final = "Device.X_CPEAGENT_WireGuard."
SIX_RD_SETTING: Final = "Device.IPv6rd.InterfaceSetting.{i}."
DS_LITE_SETTING: Final = "Device.DSLite.InterfaceSetting.{i}."
TABLES: Final[dict[type[Record], str]] = {
    GreTunnel: GRE_TUNNEL,
    GreInterface: f"{GRE_TUNNEL}Interface.{{i}}.",
    VxlanTunnel: VXLAN_TUNNEL,
    VxlanInterface: f"{VXLAN_TUNNEL}Interface.{{i}}.",
    SixRd: SIX_RD_SETTING,
    DsLite: DS_LITE_SETTING,
    WireGuardInterface: f"{WIREGUARD}Interface.{{i}}.",
    WireGuardPeer: f"{WIREGUARD}Interface.{{i}}.Peer.{{i}}.",
}
PARAMETERS: Final = {
    "lower": ("LowerLayers",),
    "default_dscp_mark": ("DefaultDSCPMark",),
    "vni": ("VNI",),
    "setting_enable": ("Enable",),
    "border_relays": ("BorderRelayIPv4Addresses",),
    "prefix": ("SPIPv6Prefix",),
    "mask_length": ("IPv4MaskLength",),
    "allowed_ips": ("AllowedIPs",),
}
LAYERS: Final[dict[type[Record], str]] = {
    GreInterface: "gre",
    VxlanInterface: "vxlan",
    WireGuardInterface: "wireguard",
    SixRd: "6rd",
    DsLite: "ds_lite",
}
NAMES: Final[dict[type[Record], str]] = {SixRd: SIX_RD, DsLite: DS_LITE}
LINK_KINDS: Final = ("gre", "vxlan", "sit", "ip6tnl", "wireguard")
CHANGED_BY: Final = (TOPIC, "link", "address", "route")
AFTR_NAME: Final = 64
"""The DHCPv6 option of RFC 6334."""


class Tunnelling(Service, Protocol):
    """Whoever makes tunnels by the records, and knows what has come of them: by the link's name."""

    @property
    def wireguard(self) -> WireGuard:
        """The kernel's WireGuard links."""

    def is_there(self, name: str) -> bool:
        """Whether the link is there, and a tunnel's."""

    def is_up(self, name: str) -> bool:
        """Whether packets can go through it."""

    def remote(self, wanted: Wanted, name: str) -> str:
        """The address that packets go to, "" where it is not known."""

    def carriers(self, wanted: Wanted, name: str) -> Collection[str]:
        """The links by which packets leave, as far as they are known."""

    def relay_name(self) -> str:
        """The DS-Lite relay that DHCPv6 told, "" for none."""


class TunnelTables(TableService):
    """The backend of these tables. ``kinds``: of LINK_KINDS, what this kernel has."""

    def __init__(self, tunnels: Tunnelling, kinds: frozenset[str]) -> None:
        super().__init__("tunnels", KINDS, tunnels, TABLES, PARAMETERS)
        self.tunnels = tunnels
        self.kinds = kinds
        self.tables: dict[type[Record], RecordTable] = tables_of(self, TABLES)  # type: ignore[type-arg]

    def link_name(self, kind: type[Record], key: str) -> str:
        """The name of the link of a record, whether it is there or not."""
        return NAMES.get(kind) or link_name(kind, key)

    def names(self, kind: type[Record]) -> Mapping[str, tuple[str, str]]:
        """Of the records of a kind by key, that of the tunnel that each belongs to, and its link's name."""
        if kind in NAMES:
            return {ONE: ("", NAMES[kind])}
        return {key: (one.parent, self.link_name(kind, key)) for key, one in self.wanted.of(kind).items()}

    def is_there(self, kind: type[Record], key: str) -> bool:
        """Whether the link of a record is."""
        return self.tunnels.is_there(self.link_name(kind, key))

    def status(self, kind: type[Record], key: str, *enabled: bool) -> str:
        """Of what is enabled or not: whether its link is there."""
        if not all(enabled):
            return "Disabled"
        return "Enabled" if self.tunnels.is_up(self.link_name(kind, key)) else "Error"

    def remote(self, kind: type[Record], key: str) -> str:
        """The address that packets go to, while there is a link."""
        name = self.link_name(kind, key)
        return self.tunnels.remote(self.wanted, name) if self.tunnels.is_there(name) else ""

    def carrier(self, kind: type[Record], key: str) -> str:
        """The link that packets leave by, "" when it is not known."""
        return min(self.tunnels.carriers(self.wanted, self.link_name(kind, key)), default="")


class TunnelLayers(OtherLayers):
    """The links of one kind of record among the interfaces."""

    def __init__(self, service: TunnelTables, record: type[Record]) -> None:
        self.kind = LAYERS[record]
        self.table = TABLES[record]
        self._service = service
        self._record = record

    def reference_of(self, link: Link) -> Reference | None:
        """See OtherLayers."""
        key = self._key(link.name)
        return None if key is None else Reference(self.kind, key)

    def link_of(self, reference: Reference) -> str | None:
        """See OtherLayers; a tunnel has its link's name before there is the link."""
        found = self._service.names(self._record).get(reference.key)
        return found[1] if found else None

    def keys_of(self, reference: Reference) -> tuple[str, ...]:
        """See OtherLayers."""
        parent, _ = self._service.names(self._record).get(reference.key, ("", ""))
        return (parent, reference.key) if self._record.owner else (reference.key,)

    def carrier_of(self, link: Link) -> str | None:
        """See OtherLayers."""
        key = self._key(link.name)
        return self._service.carrier(self._record, key) or None if key is not None else None

    def _key(self, name: str) -> str | None:
        names = self._service.names(self._record)
        return next((key for key, (_, link) in names.items() if link == name), None)


def tunnel_tables(mechanisms: Mechanisms) -> Part | None:
    """Tunnels of the kinds that this kernel has; None where it has none, or lets us make none."""
    links = TunnelLinks()
    try:
        there = kinds(links, LINK_KINDS)
    except MechanismError:
        return None
    if not there:
        return None
    return part_over(mechanisms, links, GenericNetlink(FAMILY), there)


def part_over(mechanisms: Mechanisms, links: TunnelLinks, generic: GenericNetlink, there: frozenset[str]) -> Part:
    """The part over given sockets, with the kinds of links that are there."""
    network, names = mechanisms.network, ResolvedNames()
    place = Place(
        mechanisms.links.link_of,
        mechanisms.links.may_change,
        mechanisms.management_path,
        address_of(mechanisms),
        aftr_name(mechanisms),
    )
    tunnels = Tunnels(links, WireGuard(generic), mechanisms.netlink, place, names)
    service = TunnelTables(tunnels, there)
    network.other_layers = (*network.other_layers, *(TunnelLayers(service, record) for record in LAYERS))
    return Part(
        name="tunnels",
        provides={"tunnels": service},
        backend=service,
        forget=(tunnels.forget,),
        watch=names.watch,
        follows=frozenset(CHANGED_BY),
    )


def address_of(mechanisms: Mechanisms) -> Callable[[Pointer], str | None]:
    """Which address a row of IPv4Address is."""

    def find(pointer: Pointer) -> str | None:
        network = mechanisms.network
        for row in network.addresses(4):
            if (row.parent, row.key) == pointer.keys:
                found = network.address_of(row)
                return found.address if found else None
        return None

    return find


def aftr_name(mechanisms: Mechanisms) -> Callable[[], str]:
    """The name of the DS-Lite relay that a DHCPv6 client was told."""

    def find() -> str:
        tables = mechanisms.dhcp_clients
        if tables is None:
            return ""
        for client in tables.wanted.of(Client6).values():
            link = tables.links.link_of(client.interface)
            lease = tables.clients.lease6(link) if link else None
            told = lease.first(AFTR_NAME) if lease else b""
            if told:
                return name_in_packet(told)
        return ""

    return find


def ip_interface_of(mechanisms: Mechanisms, link: str) -> Target | None:
    """The IP interface that a link is."""
    return mechanisms.links.row_of(link, IP_INTERFACE) if link else None
