"""A gateway whose WAN port c0 leads to a provider with a real DHCP server, each in a namespace of its own."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.model.own_values import OwnValues
from backends.dhcp_client.clients import DhcpClients, Place
from backends.dhcp_client.held import MachinesOwn
from backends.dhcp_client.instance import Folders, instances
from backends.netlink import RouteTo
from backends.sysfs import Sysfs
from backends.tr181.dhcp_clients import DhcpClientTables
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.ethernet import ethernet
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.routing import routing
from backends.tr181.staging import LinuxNetwork
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.isp import DhcpServer
from tests.netlab.namespace import Namespace, veth

CLIENT4 = "Device.DHCPv4.Client."
CLIENT6 = "Device.DHCPv6.Client."


class Wan:
    """The cable, the server (not started), and the parts of the gateway."""

    def __init__(self, home: Namespace, isp: Namespace, folder: Path, server: Sequence[str]) -> None:
        self.home, self.isp, self.folder = home, isp, folder
        veth(isp, "s0", home, "c0")
        isp.ip("addr add 192.0.2.1/24 dev s0")
        isp.ip("addr add 2001:db8:1::1/64 dev s0 nodad")
        home.ip("link set lo up")
        self.server = DhcpServer(isp, folder, *server)
        self.procfs = NamespaceSettings(home)
        self.netlink = home.netlink()
        self.folders = Folders(folder / "run", folder / "leases", home.command())
        self.path: RouteTo | None = None
        self.devices: list[DhcpClients] = []

    def device(self, manage: Sequence[str] = ("c0",), store: Documents | None = None) -> SmallDevice:
        """The agent's model over the gateway; with the store of another, the agent after a restart."""
        network = LinuxNetwork(self.netlink, self.procfs, manage, lambda: self.path)
        links = Links(network)
        place = Place(links.link_of, links.may_change, lambda: self.path, lambda name: network.topology.below(name))
        clients = DhcpClients(self.netlink, self.procfs, place, self.folders, MachinesOwn(self.folder / "machine"))
        self.devices.append(clients)
        tables = DhcpClientTables(clients, links)
        nothing: Any = None
        mechanisms = Mechanisms(
            self.netlink, nothing, self.procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),
            links=links, dhcp_clients=tables,
        )  # fmt: skip
        declare: Sequence[Callable[[Mechanisms], list[Any]]] = (ethernet, ip, routing, dhcpv4_client, dhcpv6_client)
        objects = [one for each in declare for one in each(mechanisms)]
        device = SmallDevice(
            objects, backends=(network, tables), store=store, forget=(self.netlink.forget, clients.forget)
        )
        tables.apply_at_start()
        return device

    def client(self, device: SmallDevice, table: str = CLIENT4, **values: str) -> str:
        """An added client on c0, enabled; its path."""
        row = device.find("Device.IP.Interface.", Name="c0").removesuffix(".")
        return device.add(table, Interface=row, Enable="1", **values)

    def addresses(self, family: str = "inet") -> list[str]:
        """The global addresses of c0 as ``ip`` tells them."""
        [link] = json.loads(self.home.ip("-j addr show dev c0"))
        return [
            f"{one['local']}/{one['prefixlen']}"
            for one in link["addr_info"]
            if one["family"] == family and one["scope"] == "global"
        ]

    def close(self) -> None:
        """End what runs."""
        for one in instances(self.folders):
            one.stop()
        self.server.stop()
        self.procfs.close()
