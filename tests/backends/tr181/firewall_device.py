"""A gateway between strangers and a home whose NAT and firewall are set as an ACS would set them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.model.object import Backend
from agent.model.own_values import OwnValues
from backends.firewall.leases import Now
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.firewall import firewall
from backends.tr181.firewall_backend import tables_over
from backends.tr181.interface_stack import interface_stack
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.nat import nat
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from backends.tr181.upnp import upnp
from backends.tr181.upnp_gateway import UpnpTables, upnp_daemons
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.gateway import Gateway
from tests.netlab.packet_filter import packet_filter


class Moving:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = Now("boot", 1000.0, 1_800_000_000.0)

    def __call__(self) -> Now:
        return self.now

    def forward(self, seconds: float) -> None:
        wall = self.now.wall
        self.now = replace(self.now, uptime=self.now.uptime + seconds, wall=None if wall is None else wall + seconds)


class FirewallDevice(SmallDevice):
    """The router of a gateway; with the store of another one, that one after a restart."""

    def __init__(
        self,
        gateway: Gateway,
        manage: Sequence[str] = ("wan0", "lan0"),
        store: Documents | None = None,
        clock: Moving | None = None,
        lan: Any = None,
        upnp_in: Path | None = None,
        starts: bool = True,
    ) -> None:
        """``upnp_in``: with a UPnP gateway, that has this directory. ``starts``: what was configured is applied."""
        self.gateway, self.clock = gateway, clock or Moving()
        self.netlink, self.procfs = gateway.router.netlink(), NamespaceSettings(gateway.router)
        self.nftables = packet_filter(gateway.router)
        self.network = network = LinuxNetwork(self.netlink, self.procfs, manage)
        self.links = Links(network)
        mechanisms: Any = Mechanisms(
            self.netlink, None, self.procfs, Sysfs("/nonexistent"), None, network, OwnValues({}, {}),  # type: ignore[arg-type]
            links=self.links, own_ports=lambda: ((6, 7547),), lan=lan,
        )  # fmt: skip
        self.tables = tables_over(mechanisms, self.nftables, self.clock)
        mechanisms = replace(mechanisms, firewall=self.tables)
        backends: list[Backend] = [network, self.tables]
        forget = [self.netlink.forget, self.procfs.forget, self.tables.firewall.forget]
        if upnp_in is not None:
            mechanisms = replace(mechanisms, directory=upnp_in)
            part = upnp_daemons(mechanisms, gateway.router.command(), self.nftables)
            assert part is not None
            mechanisms = replace(mechanisms, **part.provides)
            self.upnp: UpnpTables = part.provides["upnp"]
            backends.insert(1, self.upnp)
            forget += part.forget
        declared = [one for declare in (root, ethernet, ip, nat, firewall, upnp) for one in declare(mechanisms)]
        super().__init__([*declared, interface_stack(declared)], backends=backends, store=store, forget=forget)
        self.tables.path_of = lambda target: self.model.instances.path_of(target.table, target.keys)
        if starts:
            self.tables.apply_at_start()
        self.wan, self.lan = (self.find("Device.IP.Interface.", Name=name)[:-1] for name in ("wan0", "lan0"))

    def ruleset(self) -> str:
        """All that the kernel has, without what it has counted, and where each rule stands in memory."""
        return self.gateway.router.run("nft", "-s", "list", "ruleset")

    def close(self) -> None:
        """End the helper."""
        self.procfs.close()
