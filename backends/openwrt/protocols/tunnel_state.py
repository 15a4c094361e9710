"""What has come of tunnels: the kernel's links, whoever made them, and WireGuard's peers by generic netlink."""

import ipaddress
from collections.abc import Callable, Collection
from typing import Final

from backends.desired_state import Wanted
from backends.errors import MechanismError
from backends.openwrt.configured import Configured
from backends.openwrt.protocols.tunnel_mapping import TunnelMapping
from backends.tunnels.links import ToldLink, TunnelLinks
from backends.tunnels.options import GRE_REMOTE, REMOTE, VXLAN_GROUP, VXLAN_GROUP6
from backends.uci import Uci
from backends.wireguard import WireGuard

REMOTES: Final = {"vxlan": (VXLAN_GROUP, VXLAN_GROUP6), "sit": (), "ip6tnl": (REMOTE,)}
"""The attributes that hold the address at the other end, where it is not GRE's."""


class TunnelsOfNetifd(Configured):
    """See backends.tr181.tunnels.Tunnelling. Reads are kept until ``forget``."""

    def __init__(
        self,
        uci: Uci,
        mapping: TunnelMapping,
        committed: Callable[[Collection[str]], None],
        links: TunnelLinks,
        wireguard: WireGuard,
    ) -> None:
        super().__init__(uci, mapping, committed)
        self.links, self.wireguard = links, wireguard

    def forget_links(self) -> None:
        """The kernel's links may have changed."""
        self.links.forget()
        self.wireguard.forget()

    def is_there(self, name: str) -> bool:
        """Whether the kernel has the link."""
        return self._told(name) is not None

    def is_up(self, name: str) -> bool:
        """Whether packets can go through it."""
        told = self._told(name)
        return told is not None and told.is_up

    def remote(self, wanted: Wanted, name: str) -> str:  # noqa: ARG002 - the kernel knows
        """The address that packets go to, while there is a link."""
        told = self._told(name)
        for number in REMOTES.get(told.kind, (GRE_REMOTE,)) if told else ():
            packed = told.options.get(number, b"") if told else b""
            if len(packed) in (4, 16) and any(packed):
                return str(ipaddress.ip_address(packed))
        return ""

    def carriers(self, wanted: Wanted, name: str) -> Collection[str]:  # noqa: ARG002 - the kernel knows
        """The link by which packets leave, where the tunnel is bound to one."""
        told = self._told(name)
        return [one for one, link in self._all().items() if told and told.carrier and link.index == told.carrier]

    def relay_name(self) -> str:
        """netifd makes another tunnel of a relay that DHCPv6 tells."""
        return ""

    def _told(self, name: str) -> ToldLink | None:
        return self._all().get(name)

    def _all(self) -> dict[str, ToldLink]:
        try:
            return dict(self.links.told())
        except MechanismError:
            return {}
