"""The network on OpenWrt as a backend of the data model, and as a part of the machine."""

from collections.abc import Callable, Sequence
from typing import Final

from backends.ethtool import Ports
from backends.netlink import Netlink
from backends.netlink_types import RouteTo
from backends.network.errors import Refused
from backends.openwrt.netifd import TOPIC
from backends.openwrt.network.network import UciNetwork
from backends.procfs import Procfs
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.staging import REFUSALS, LinuxNetwork

TOPICS: Final = frozenset({"link", "address", "route"})
"""What rows are looked at anew by after a change of /etc/config/network, or an event of netifd's."""


class OpenWrtNetwork(LinuxNetwork, UciNetwork):
    """The same rows and the same refusals as on any Linux."""

    def commit(self) -> None:
        """Say it in UCI."""
        try:
            super().commit()
        except Refused as refused:  # UCI was written by somebody else since it was prepared
            raise REFUSALS[type(refused)]("", refused.reason) from refused


def openwrt_network(
    surface: Surface,
    netlink: Netlink,
    procfs: Procfs,
    manage: Sequence[str],
    management_path: Callable[[], RouteTo | None],
    ports: Ports | None = None,
) -> OpenWrtNetwork:
    """The network over /etc/config/network and netifd."""
    note = surface.reloads.note
    return OpenWrtNetwork(netlink, procfs, manage, management_path, ports, surface.uci, surface.netifd, note)


def network_part(given: Mechanisms, surface: Surface) -> Part | None:
    """What is read anew for each request, and which values differ after what netifd or a person did."""
    network = given.network
    if not isinstance(network, OpenWrtNetwork):
        return None

    def look(topics: frozenset[str]) -> frozenset[str]:
        return TOPICS if topics & {TOPIC, "everything"} else frozenset()

    def settle() -> None:
        surface.reloads.settle()
        network.settle()

    return Part("network", {}, forget=[network.forget], look=look, settle=settle, follows=frozenset())
