"""Tunnels whose kernel has every kind and no link yet; nothing can be made, so that only what is wanted is tested."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.sysfs import Sysfs
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.staging import LinuxNetwork
from backends.tr181.tunnels import LINK_KINDS, TunnelTables, part_over
from backends.tunnels.links import OURS, ToldLink, TunnelLinks
from backends.tunnels.options import TunnelLink
from tests.backends.device import KernelSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.generic import RecordedFamily
from tests.fakes.netlink import FakeKernel, FakeNetlink


def no_socket() -> socket.socket:
    """Nothing is made here by accident."""
    raise AssertionError("the kernel was asked")


class NoLinks(TunnelLinks):
    """There are none."""

    def __init__(self) -> None:
        super().__init__(no_socket)

    def told(self) -> Mapping[str, ToldLink]:
        return {}


class MadeLinks(NoLinks):
    """Those that were made are kept in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, ToldLink] = {}

    def told(self) -> Mapping[str, ToldLink]:
        return self.made

    def make(self, name: str, wanted: TunnelLink) -> None:
        self.made[name] = ToldLink(100 + len(self.made), wanted.kind, OURS, False, wanted.options)

    def set_up(self, name: str) -> None:
        self.made[name] = replace(self.made[name], is_up=True)

    def change(self, name: str, wanted: TunnelLink) -> bool:
        self.made[name] = replace(self.made[name], kind=wanted.kind, is_up=True, options=wanted.options)
        return True

    def delete(self, name: str) -> None:
        del self.made[name]


class MemoryTunnels(SmallDevice):
    """A device with these objects."""

    def __init__(
        self, *declare: Callable[[Mechanisms], list[Object[Any]]], kinds: tuple[str, ...] = LINK_KINDS
    ) -> None:
        kernel = FakeKernel()
        kernel.add_link("eth0", up=True)
        netlink = FakeNetlink(kernel)
        network = LinuxNetwork(netlink, KernelSettings(kernel), ("*",))
        nothing: Any = None
        given = Mechanisms(
            netlink, nothing, nothing, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}), links=Links(network),
        )  # fmt: skip
        part = part_over(given, NoLinks(), RecordedFamily({}), frozenset(kinds))
        self.tables: TunnelTables = part.provides["tunnels"]
        given = Mechanisms(**{name: getattr(given, name) for name in Mechanisms.__slots__} | {"tunnels": self.tables})
        self.declared = [one for each in declare for one in each(given)]
        super().__init__(self.declared, backends=[network, self.tables], forget=[netlink.forget, *part.forget])
