"""A device with the network's objects alone: a data model over a kernel, real or in memory."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.model.data_model import DataModel
from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.errors import MechanismError
from backends.ethtool import Ports
from backends.netlink import Netlink, RouteTo
from backends.procfs import Procfs
from backends.sysfs import Sysfs
from backends.tr181.bridging import bridging
from backends.tr181.ethernet import ethernet
from backends.tr181.interface_stack import interface_stack
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.logical import logical
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.neighbor_discovery import neighbor_discovery
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_network import openwrt_network
from backends.tr181.root import root
from backends.tr181.routing import routing
from backends.tr181.staging import LinuxNetwork
from tests.backends.acs import Acs
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.netlab.namespace import Namespace
from tests.schemas import shipped_schema


class KernelSettings(Procfs):
    """The IPv6 switches and settings of a FakeKernel's links."""

    def __init__(self, kernel: FakeKernel) -> None:
        super().__init__("/nonexistent")
        self._kernel = kernel
        self.disabled: set[str] = set()
        self.values: dict[str, str] = {}
        self.defaults = {
            "dad_transmits": "1", "router_solicitations": "-1", "router_solicitation_interval": "4",
            "retrans_time_ms": "1000", "accept_ra_rt_info_max_plen": "0", "forwarding": "0", "accept_ra": "1",
        }  # fmt: skip

    def setting(self, name: str) -> str | None:
        if name == "net/ipv4/ip_forward":
            return self.values.get(name, "0")
        link = name.split("/")[3]
        if link != "all" and link not in self._kernel.links:
            return None
        if not name.endswith("/disable_ipv6"):
            return self.values.get(name, self.defaults.get(name.rpartition("/")[2]))
        return "1" if link in self.disabled else "0"

    def change_setting(self, name: str, value: str) -> None:
        link = name.split("/")[3]
        if link != "all" and link not in self._kernel.links:
            raise MechanismError(f"{name}: No such file or directory", "ENOENT")
        if not name.endswith("/disable_ipv6"):
            self.values[name] = value
        elif value == "1":
            self.disabled.add(link)
            self._kernel.addresses = [a for a in self._kernel.addresses if (a.interface, a.family) != (link, 6)]
            self._kernel.routes = [r for r in self._kernel.routes if (r.interface, r.family) != (link, 6)]
        else:
            self.disabled.discard(link)


class NamespaceSettings(Procfs):
    """/proc/sys/net shows the namespace of whoever reads: so a shell in there reads it, one for all questions."""

    def __init__(self, lab: Namespace) -> None:
        super().__init__("/proc")
        pipe = subprocess.PIPE
        self._shell = subprocess.Popen(lab.command("sh"), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)

    def setting(self, name: str) -> str | None:
        # The shell's own read asks for a byte at a time, and /proc/sys answers the first one only.
        whole = f"x=; read -r x < /proc/sys/{name}" if name.endswith("/disable_ipv6") else f"x=$(cat /proc/sys/{name})"
        return self._ask(f'{whole}; echo "$x"') or None

    def change_setting(self, name: str, value: str) -> None:
        if self._ask(f"(echo {value} > /proc/sys/{name}) && echo done || echo refused") != "done":
            raise MechanismError(f"{name} was refused")

    def _ask(self, command: str) -> str:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(command + "\n")
        self._shell.stdin.flush()
        return self._shell.stdout.readline().strip()

    def close(self) -> None:
        """End the shell."""
        assert self._shell.stdout is not None
        self._shell.communicate()


class NetworkDevice(Acs):
    """Set, add, delete and get as an ACS would, one transaction each."""

    def __init__(
        self,
        netlink: Netlink,
        procfs: Procfs,
        manage: Sequence[str],
        management_path: Callable[[], RouteTo | None] = lambda: None,
        store: Documents | None = None,
        sysfs: str | Path = "/nonexistent",
        beside: Sequence[Object[Any]] = (),
        ports: Ports | None = None,
        kernel_lacks: frozenset[str] = frozenset(),
        surface: Surface | None = None,
    ) -> None:
        """``surface``: of a device with OpenWrt."""
        self.store = store or Documents()
        on_linux = LinuxNetwork(netlink, procfs, manage, management_path, ports)
        on_openwrt = openwrt_network(surface, netlink, procfs, manage, management_path, ports) if surface else None
        self.network = on_openwrt or on_linux
        own = OwnValues({}, {})
        mechanisms: Any = Mechanisms(
            netlink,
            None,
            procfs,
            Sysfs(sysfs),
            None,
            self.network,
            own,
            links=Links(self.network),  # type: ignore[arg-type]
            kernel_lacks=kernel_lacks,
        )
        declared = [
            one
            for declare in (root, ethernet, bridging, ip, routing, logical, neighbor_discovery)
            for one in declare(mechanisms)
        ]
        declared += beside
        self.model = DataModel(
            shipped_schema(),
            [*declared, interface_stack(declared)],
            own,
            [self.network],
            self.store,
            time.monotonic,
            forget=[netlink.forget, *([on_openwrt.forget] if on_openwrt else ())],
            boot_id="boot",
        )
        if surface is not None and on_openwrt is not None:
            reloads, network = surface.reloads, on_openwrt

            def settle() -> None:
                reloads.settle()
                network.settle()

            self.model.settle = settle
        self.model.load()


def fake_device(kernel: FakeKernel, manage: Sequence[str], **more: Any) -> NetworkDevice:
    """A device on a kernel in memory."""
    return NetworkDevice(FakeNetlink(kernel), KernelSettings(kernel), manage, **more)
