"""A home gateway at a provider: w0 with addresses of both versions, which leads to the provider's s0."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from agent.model.own_values import OwnValues
from backends.generic_netlink import GenericNetlink
from backends.netlink_types import RouteTo
from backends.sysfs import Sysfs
from backends.tr181.dslite import dslite
from backends.tr181.ethernet import ethernet
from backends.tr181.gre import gre
from backends.tr181.interface_stack import interface_stack
from backends.tr181.ip import ip
from backends.tr181.ipv6rd import ipv6rd
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from backends.tr181.tunnels import LINK_KINDS, TunnelTables, part_over
from backends.tr181.vxlan import vxlan
from backends.tr181.wireguard import wireguard
from backends.tunnels.links import TunnelLinks
from backends.tunnels.service import Tunnels
from backends.wireguard import FAMILY
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE

HOME, ISP = "192.0.2.1", "192.0.2.2"
HOME6, ISP6 = "2001:db8:2::1", "2001:db8:2::2"
DECLARED = (root, ethernet, ip, gre, vxlan, ipv6rd, dslite, wireguard)


class TunnelDevice(SmallDevice):
    """The agent's model over the gateway; with the store of another, the agent after a restart."""

    def __init__(self, bench: "Bench", store: Documents | None, manage: tuple[str, ...]) -> None:
        self.netlink, self.procfs = bench.home.netlink(), NamespaceSettings(bench.home)
        self.path: RouteTo | None = None
        self.network = network = LinuxNetwork(self.netlink, self.procfs, manage, lambda: self.path)
        nothing: Any = None
        given = Mechanisms(
            self.netlink, nothing, self.procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),
            links=Links(network), management_path=lambda: self.path,
        )  # fmt: skip
        links = TunnelLinks(bench.home.open_socket, deadline=5)
        kinds = frozenset(kind for kind in LINK_KINDS if links.has(kind))
        part = part_over(given, links, GenericNetlink(FAMILY, bench.home.path, deadline=5), kinds)
        self.tables: TunnelTables = part.provides["tunnels"]
        assert isinstance(self.tables.tunnels, Tunnels)
        self.tunnels = self.tables.tunnels
        given = Mechanisms(**{name: getattr(given, name) for name in Mechanisms.__slots__} | {"tunnels": self.tables})
        objects = [one for declare in DECLARED for one in declare(given)]
        super().__init__(
            [*objects, interface_stack(objects)],
            backends=[network, self.tables],
            store=store,
            forget=[self.netlink.forget, self.tunnels.forget],
        )
        self.tables.apply_at_start()

    def writes(self) -> int:
        """How often the kernel was changed."""
        return self.tunnels.links.writes + self.tunnels.wireguard.writes


class Bench:
    """The two namespaces, and the devices on the first."""

    def __init__(self, make: Callable[[], Namespace]) -> None:
        self.home, self.isp = make(), make()
        self._devices: list[TunnelDevice] = []
        for one in (self.home, self.isp):
            one.ip("link set lo up")
            one.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        veth(self.home, "w0", self.isp, "s0")
        for one, link, addresses in ((self.home, "w0", (HOME, HOME6)), (self.isp, "s0", (ISP, ISP6))):
            one.ip(f"address add {addresses[0]}/24 dev {link}")
            one.ip(f"address add {addresses[1]}/64 dev {link} nodad")
        self.home.ip(f"route add default via {ISP}")
        self.home.ip(f"-6 route add default via {ISP6} metric 4096")

    def device(self, store: Documents | None = None, manage: tuple[str, ...] = ("w0",)) -> TunnelDevice:
        """An agent on the gateway."""
        self._devices.append(TunnelDevice(self, store, manage))
        return self._devices[-1]

    def told(self, name: str) -> dict[str, Any]:
        """A link of the gateway as ``ip`` tells it, {} where there is none."""
        links: list[dict[str, Any]] = json.loads(self.home.ip("-d -j link"))
        return next((link for link in links if link["ifname"] == name), {})

    def pings(self, address: str) -> bool:
        """Whether the gateway gets an answer from an address."""
        command = self.home.command("busybox", "ping", "-c", "1", "-W", "2", address)
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                return True
        return False

    def close(self) -> None:
        """End what runs."""
        for device in self._devices:
            device.procfs.close()
