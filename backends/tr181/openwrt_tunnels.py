"""Tunnels on OpenWrt as a part of the machine: /etc/config/network, and the links that netifd has made of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.desired_state import Record
from backends.errors import MechanismError
from backends.generic_netlink import GenericNetlink
from backends.openwrt.desired import UciDesired
from backends.openwrt.protocols import provider_tunnels, tunnels
from backends.openwrt.protocols.tunnel_mapping import SHAPES, TunnelMapping, TunnelNames
from backends.openwrt.protocols.tunnel_state import TunnelsOfNetifd
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_netifd import PACKAGE, ground_of, news_for
from backends.tr181.parts import Part
from backends.tr181.tunnels import LAYERS, TunnelLayers, TunnelTables
from backends.tunnels.links import TunnelLinks
from backends.tunnels.names import TOPIC
from backends.tunnels.records import DsLite, GreTunnel, SixRd
from backends.wireguard import FAMILY, WireGuard

SCRIPTS: Final = {"gre": "gre", "vxlan": "vxlan", "6rd": "sit", "dslite": "ip6tnl", "wireguard": "wireguard"}
"""netifd's protocols by the names of their scripts, and what kind of link each makes."""
PACKAGES: Final = {
    "gre": ("Device.GRE.", "gre"),
    "vxlan": ("Device.VXLAN.", "vxlan"),
    "sit": ("Device.IPv6rd.", "6rd"),
    "ip6tnl": ("Device.DSLite.", "ds-lite"),
    "wireguard": ("Device.X_CPEAGENT_WireGuard.", "wireguard-tools"),
}
"""By the kind of link, what of the data model stands on it, and the package that has the script."""
PROVIDERS: Final[Mapping[type[Record], str]] = {SixRd: provider_tunnels.SIX_RD, DsLite: provider_tunnels.DS_LITE}


class UciTunnelTables(TunnelTables, UciDesired):
    """The tunnels' tables over UCI. Names of links are of UCI's own words: the records are read by where links are."""

    def __init__(self, made: TunnelsOfNetifd, kinds: frozenset[str], names: TunnelNames) -> None:
        super().__init__(made, kinds)
        self._state, self._known = made, names

    def link_name(self, kind: type[Record], key: str) -> str:
        """See TunnelTables."""
        found = self._names().get(kind, {}).get(key)
        return found[1] if found else self._new_name(kind, key)

    def names(self, kind: type[Record]) -> Mapping[str, tuple[str, str]]:
        """See TunnelTables; with what is staged."""
        known = self._names().get(kind, {})
        if self._staged is None or kind in PROVIDERS:
            return known
        staged = self._staged.of(kind)
        return {key: known.get(key) or (one.parent, self._new_name(kind, key)) for key, one in staged.items()}

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._state.forget_links()

    def _names(self) -> Mapping[type[Record], Mapping[str, tuple[str, str]]]:
        try:
            return self._known()
        except MechanismError:
            return {}

    def _new_name(self, kind: type[Record], key: str) -> str:
        """The name that the link of a row will have."""
        if kind in PROVIDERS:
            return provider_tunnels.link_name(provider_tunnels.NEW[PROVIDERS[kind]], PROVIDERS[kind])
        shape = next((one for one in SHAPES if one.interface is kind), None)
        staged = self._staged.of(kind).get(key) if self._staged is not None and shape else None
        if shape is None or staged is None:
            return key
        tunnel: GreTunnel = self.wanted.get(shape.tunnel, staged.parent)
        return tunnels.link_name(key, tunnels.proto_of(shape, tunnel, staged))


def openwrt_tunnels(given: Mechanisms, surface: Surface) -> Part | None:
    """Tunnels of the kinds that netifd has scripts for."""
    if PACKAGE not in surface.uci.packages():
        return None
    there = kinds(surface.root)
    missing = {
        path: f"netifd's script for it is not installed (package {package})"
        for kind, (path, package) in PACKAGES.items()
        if kind not in there
    }
    lacks = {"lacks": {**given.lacks, **missing}}
    if not there:
        return Part("no tunnels", lacks, follows=frozenset())
    part = part_over(given, surface, TunnelLinks(), GenericNetlink(FAMILY), there)
    return replace(part, provides={**part.provides, **lacks})


def part_over(
    given: Mechanisms, surface: Surface, links: TunnelLinks, generic: GenericNetlink, there: frozenset[str]
) -> Part:
    """The part over given sockets, with the kinds of links that are there."""
    network = given.network
    ground = ground_of(given, surface, IP_INTERFACE)
    names = TunnelNames(surface.uci, ground)
    mapping = TunnelMapping(ground, names, _carriers(given))
    made = TunnelsOfNetifd(surface.uci, mapping, surface.reloads.note, links, WireGuard(generic))
    tables = UciTunnelTables(made, there, names)
    network.other_layers = (*network.other_layers, *(TunnelLayers(tables, record) for record in LAYERS))
    return Part(
        name="tunnels",
        provides={"tunnels": tables},
        backend=tables,
        forget=[surface.netifd.forget, tables.forget],
        look=news_for(TOPIC, tables.forget),
        settle=surface.reloads.settle,
        follows=frozenset(),
    )


def kinds(root: Path) -> frozenset[str]:
    """The kinds of links for which netifd has a script."""
    folder = root / "lib/netifd/proto"
    return frozenset(kind for name, kind in SCRIPTS.items() if (folder / f"{name}.sh").exists())


def _carriers(given: Mechanisms) -> Callable[[str], Collection[str]]:
    """The links by which packets to an address leave; "" for one that is not known: those that lead outside."""

    def find(address: str) -> Collection[str]:
        try:
            if not address:
                return sorted(
                    {one.interface for one in given.netlink.routes() if not one.destination and one.interface}
                )
            route = given.netlink.route_to(address)
        except MechanismError:
            return ()
        return [route.interface] if route else []

    return find
