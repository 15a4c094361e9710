"""PPPoE connections on OpenWrt as a part of the machine: /etc/config/network, netifd, and links of the kernel."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.openwrt.desired import UciDesired
from backends.openwrt.interfaces import interfaces
from backends.openwrt.protocols.ppp import PppoeLinks, PppoeMapping, new_name
from backends.openwrt.protocols.ppp_state import PppoeOfNetifd
from backends.openwrt.protocols.sections import NETWORK
from backends.ppp.records import PppInterface
from backends.pppd import TOPIC
from backends.tr181.acting_service import ActingService
from backends.tr181.layers import ETHERNET_LINK, VLAN_TERMINATION
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_netifd import PACKAGE, ground_of, news_for
from backends.tr181.parts import Part, lacking
from backends.tr181.ppp_connections import PppConnections, PppLayers

PLUGINS: Final = ("*/pppoe.so", "*/rp-pppoe.so")
"""Below usr/lib/pppd: netifd knows the protocol where one of them is installed."""


class UciPppConnections(PppConnections, ActingService, UciDesired):
    """The connections' table over UCI."""

    def __init__(self, pppoe: PppoeOfNetifd, links: Links) -> None:
        super().__init__(pppoe, links)
        self._pppoe = pppoe

    def reset(self, key: str) -> None:
        """See PppConnections: netifd is asked when the change is made."""
        self.then(lambda: self._pppoe.restart(key))

    def staged(self) -> frozenset[str] | None:
        """The keys of the rows while a change is staged; None without one."""
        return None if self._staged is None else frozenset(self._staged.of(PppInterface))


class UciPppLayers(PppLayers):
    """PPP links among the interfaces: of UCI's own words, as the records are read by where the interfaces are."""

    def __init__(self, connections: UciPppConnections, surface: Surface) -> None:
        super().__init__(connections)
        self._staged = connections.staged
        self._surface = surface
        self._links = PppoeLinks(surface.uci)

    def names(self) -> Mapping[str, str]:
        """See PppLayers."""
        try:
            known: Mapping[str, str] = self._links()
        except MechanismError:
            known = {}
        staged = self._staged()
        return known if staged is None else {key: known.get(key) or new_name(key) for key in staged}

    def lower(self, key: str) -> str | None:
        """See PppLayers."""
        try:
            found = interfaces(self._surface.uci.read(NETWORK), {}).get(key)
        except MechanismError:
            return None
        return found.link or None if found else None


def openwrt_ppp(given: Mechanisms, surface: Surface) -> Part:
    """PPPoE connections, where netifd has its configuration and pppd's plugin for them is installed."""
    if PACKAGE not in surface.uci.packages() or not has_plugin(surface.root):
        return lacking(given, "Device.PPP.", "pppd's plugin for PPPoE is not installed (package ppp-mod-pppoe)")
    names = PppoeLinks(surface.uci)
    mapping = PppoeMapping(ground_of(given, surface, ETHERNET_LINK, VLAN_TERMINATION), names)
    pppoe = PppoeOfNetifd(
        surface.uci, mapping, surface.reloads.note, names, surface.netifd, given.netlink, surface.root
    )
    connections = UciPppConnections(pppoe, given.links)
    network = given.network
    network.other_layers = (*network.other_layers, UciPppLayers(connections, surface))
    return Part(
        name="ppp",
        provides={"ppp": connections},
        backend=connections,
        forget=[surface.netifd.forget, connections.forget],
        look=news_for(TOPIC, connections.forget),
        settle=surface.reloads.settle,
        follows=frozenset(),
    )


def has_plugin(root: Path) -> bool:
    """Whether netifd knows the protocol."""
    return any(True for pattern in PLUGINS for _ in (root / "usr/lib/pppd").glob(pattern))
